package report

import (
	"strconv"
	"strings"
	"time"

	"noctra/admin/internal/slices"
)

const rangeNames = "day, 24h, 7d, 28d, 30d, 91d, month, 6mo, 12mo, year, all"

// Dates that can be asked for.
var (
	firstDay = slices.DateNumber(1970, time.January, 2)
	lastDay  = slices.DateNumber(2099, time.December, 31)
)

func (d *decoder) dateRange(path string, v any, q *query) dateRange {
	switch v := v.(type) {
	case nil:
		d.wrong(path, `missing: give one of %s, or ["2026-01-01", "2026-01-31"]`, rangeNames)
	case string:
		if span, ok := d.preset(v, q.zone); ok {
			return span
		}
		d.wrong(path, "%s is no range; there is %s, or a pair of dates", show(v), rangeNames)
	case []any:
		return d.pair(path, v, q.zone)
	default:
		d.wrong(path, "%s is neither the name of a range nor a pair of dates", show(v))
	}
	return dateRange{}
}

// preset resolves a named range as Plausible does: 7d to 91d are the whole days before today, 6mo
// and 12mo the whole months before this one; day, month and year are the current ones; all goes
// from the first event to today.
func (d *decoder) preset(name string, zone *time.Location) (dateRange, bool) {
	today := slices.DayOf(d.now, zone)
	y, m, _ := today.Date().Date()
	switch name {
	case "day":
		return days(today, today, zone), true
	case "24h":
		to := d.now.UnixMilli() + 1
		from := to - 24*60*60*1000
		return instants(from, to, zone), true
	case "month":
		return days(slices.DateNumber(y, m, 1), slices.DateNumber(y, m+1, 1)-1, zone), true
	case "year":
		return days(slices.DateNumber(y, 1, 1), slices.DateNumber(y, 12, 31), zone), true
	case "all":
		if d.first.IsZero() {
			return days(today, today, zone), true
		}
		return days(min(slices.DayOf(d.first, zone), today), today, zone), true
	case "7d", "28d", "30d", "91d":
		n, _ := strconv.Atoi(strings.TrimSuffix(name, "d"))
		return days(today-slices.DayNumber(n), today-1, zone), true
	case "6mo", "12mo":
		n, _ := strconv.Atoi(strings.TrimSuffix(name, "mo"))
		return days(slices.DateNumber(y, m-time.Month(n), 1), slices.DateNumber(y, m, 1)-1, zone), true
	}
	return dateRange{}, false
}

func days(first, last slices.DayNumber, zone *time.Location) dateRange {
	return dateRange{
		Span:  slices.Span{From: first.Span(zone).From, To: last.Span(zone).To},
		first: first, last: last, whole: true,
	}
}

// instants is the range of two moments, in milliseconds, without to.
func instants(from, to int64, zone *time.Location) dateRange {
	span := dateRange{
		Span:  slices.Span{From: from, To: to},
		first: slices.DayOf(time.UnixMilli(from), zone), last: slices.DayOf(time.UnixMilli(to-1), zone),
	}
	span.whole = span.first.Span(zone).From == from && span.last.Span(zone).To == to
	return span
}

// pair reads two dates, or two moments; both ends belong to the range. A moment without fraction
// means its whole second.
func (d *decoder) pair(path string, pair []any, zone *time.Location) dateRange {
	if len(pair) != 2 {
		d.wrong(path, "%s is not a pair of dates", show(pair))
		return dateRange{}
	}
	first, dates1, ok1 := d.moment(path+"[0]", pair[0], zone)
	last, dates2, ok2 := d.moment(path+"[1]", pair[1], zone)
	switch {
	case !ok1 || !ok2:
		return dateRange{}
	case dates1 != dates2:
		d.wrong(path, "%s mixes a date and a moment", show(pair))
		return dateRange{}
	case last.From < first.From:
		d.wrong(path, "%s ends before it begins", show(pair))
		return dateRange{}
	}
	return instants(first.From, last.To, zone)
}

// moment reads a date as its day, or a time as its second or millisecond.
func (d *decoder) moment(path string, v any, zone *time.Location) (span slices.Span, date, ok bool) {
	text, _ := v.(string)
	if t, err := time.Parse(time.DateOnly, text); err == nil {
		n := slices.DateNumber(t.Date())
		return n.Span(zone), true, d.inBounds(path, v, n)
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999"} {
		t, err := time.ParseInLocation(layout, text, zone)
		if err != nil {
			continue
		}
		length := int64(1000)
		if strings.Contains(text, ".") {
			length = 1
		}
		return slices.Span{From: t.UnixMilli(), To: t.UnixMilli() + length}, false, d.inBounds(path, v, slices.DayOf(t, zone))
	}
	d.wrong(path, "%s is neither a date such as 2026-01-31 nor a time such as 2026-01-31T12:00:00+02:00", show(v))
	return slices.Span{}, false, false
}

func (d *decoder) inBounds(path string, v any, n slices.DayNumber) bool {
	if n < firstDay || n > lastDay {
		d.wrong(path, "%s is outside %s to %s", show(v), firstDay, lastDay)
		return false
	}
	return true
}

// autoInterval is what time alone means: hours for a day, days up to a month, months beyond.
func (r dateRange) autoInterval() interval {
	switch length := r.last - r.first; {
	case length == 0 || r.To-r.From <= 24*60*60*1000:
		return intervalHour
	case length <= 31:
		return intervalDay
	default:
		return intervalMonth
	}
}

// echo writes the range's first and last second in zone.
func (r dateRange) echo(zone *time.Location) [2]string {
	first, last := time.UnixMilli(r.From).In(zone), time.UnixMilli(r.To-1).In(zone)
	return [2]string{first.Format(time.RFC3339), last.Format(time.RFC3339)}
}
