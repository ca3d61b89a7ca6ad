package demo

import (
	"time"

	"noctra/demo/internal/crowd"
)

// Parcels come in soon after the start, when what was sold in the days before is at Google by all odds, and on later
// days over the hours in which somebody is there to open them.
const (
	parcels         = 8
	firstParcel     = 75 * time.Second
	parcelPace      = 10 * time.Second
	deskOpens       = 8 * time.Hour // UTC
	parcelsOfAnHour = time.Hour
)

// desk is where parcels come back: it makes the refunds of each day.
type desk struct {
	crowd *crowd.Crowd
	day   time.Time
	next  []*crowd.Visit // of the day, the next one first
}

func newDesk(c *crowd.Crowd, start time.Time) *desk {
	d := &desk{crowd: c, day: start.UTC().Truncate(day)}
	d.open(start.Add(firstParcel), parcelPace)
	return d
}

func (d *desk) open(first time.Time, pace time.Duration) {
	at := make([]time.Time, parcels)
	for i := range at {
		at[i] = first.Add(time.Duration(i) * pace)
	}
	d.next = d.crowd.Returns(d.day, at)
}

// due are the refunds whose time has come.
func (d *desk) due(now time.Time) (visits []*crowd.Visit) {
	if today := now.UTC().Truncate(day); today.After(d.day) {
		d.day = today
		d.open(today.Add(deskOpens), parcelsOfAnHour)
	}
	for len(d.next) > 0 && !d.next[0].Steps[0].At.After(now) {
		visits, d.next = append(visits, d.next[0]), d.next[1:]
	}
	return visits
}
