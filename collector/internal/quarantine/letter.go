package quarantine

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"noctra/schema"
)

// Place is where a letter stands in its topic.
type Place struct {
	Partition int
	Offset    int64
}

// String returns partition/offset.
func (p Place) String() string { return fmt.Sprintf("%d/%d", p.Partition, p.Offset) }

// ParsePlace reads what String wrote.
func ParsePlace(s string) (p Place, err error) {
	partition, offset, ok := strings.Cut(s, "/")
	if ok {
		if p.Partition, err = strconv.Atoi(partition); err == nil {
			p.Offset, err = strconv.ParseInt(offset, 10, 64)
		}
	}
	if !ok || err != nil || p.Partition < 0 || p.Offset < 0 {
		return Place{}, fmt.Errorf("place %q is not partition/offset, like 0/17", s)
	}
	return p, nil
}

// Unreadable is the reason of a record that is no letter of this version. Its body is the record.
const Unreadable = "unreadable"

// Letter is a dead letter with its place.
type Letter struct {
	Place Place
	Bytes int // of the record
	schema.DeadLetter
}

func newLetter(place Place, stored time.Time, record []byte) Letter {
	l := Letter{Place: place, Bytes: len(record)}
	var err error
	if l.DeadLetter, err = schema.DecodeDeadLetter(record); err != nil {
		l.DeadLetter = schema.DeadLetter{At: schema.MillisOf(stored), Reason: Unreadable, Message: err.Error(), Body: record}
	}
	return l
}

// Filter chooses letters. Zero fields choose all.
type Filter struct {
	Site   schema.SiteID
	Since  time.Time // set aside then or later
	Until  time.Time // set aside before
	Reason string
	Stage  string
	Door   schema.Via // came by it; unknown: any
	Limit  int        // the first so many of those chosen
}

// Chooses tells whether l is chosen, the limit aside.
func (f *Filter) Chooses(l *Letter) bool {
	return (f.Site == 0 || l.Site == f.Site) &&
		(f.Since.IsZero() || l.At >= schema.MillisOf(f.Since)) &&
		(f.Until.IsZero() || l.At < schema.MillisOf(f.Until)) &&
		(f.Reason == "" || l.Reason == f.Reason) &&
		(f.Stage == "" || l.Stage == f.Stage) &&
		(f.Door == schema.ViaUnknown || l.Via == f.Door)
}
