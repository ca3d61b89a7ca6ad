package identity

import (
	"fmt"
	"sync/atomic"
	"time"

	"noctra/schema"
)

// Day names a salt: a local date, and the offset of local time from UTC at that date's midnight,
// so that sites with the same calendar share salts and all others do not.
type Day struct {
	Date   int32 // days since 1970-01-01
	Offset int32 // minutes east of UTC
}

// Time returns the date as midnight UTC.
func (d Day) Time() time.Time { return time.Unix(int64(d.Date)*86400, 0).UTC() }

func (d Day) String() string { return fmt.Sprintf("%s%+d", d.Time().Format(time.DateOnly), d.Offset) }

// DayOfDate returns the day of a date as Postgres gives it.
func DayOfDate(date time.Time, offset int) Day {
	return Day{Date: int32(date.Unix() / 86400), Offset: int32(offset)}
}

// bucket is a quarter of an hour: offsets change at its bounds only.
const bucket = 15 * 60 * 1000

// Zone is the calendar of a time zone. It remembers the quarter of an hour that was asked for last, so
// that most events find theirs by one comparison. It is safe for concurrent use.
type Zone struct {
	location *time.Location
	latest   atomic.Pointer[dayAt]
}

type dayAt struct {
	bucket schema.Millis
	day    Day
}

// NewZone returns the calendar of location.
func NewZone(location *time.Location) *Zone { return &Zone{location: location} }

// Day returns the local day of a moment.
func (z *Zone) Day(at schema.Millis) Day {
	b := at / bucket
	if latest := z.latest.Load(); latest != nil && latest.bucket == b {
		return latest.day
	}
	day := dayOf(at.Time().In(z.location))
	z.latest.Store(&dayAt{b, day})
	return day
}

func dayOf(local time.Time) Day {
	y, m, d := local.Date()
	_, offset := time.Date(y, m, d, 0, 0, 0, 0, local.Location()).Zone()
	return Day{
		Date:   int32(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400),
		Offset: int32(offset / 60),
	}
}
