package slices

import (
	"slices"
	"time"

	"noctra/schema"
)

// When a day is made. All in milliseconds.
const (
	settle         = overlapMillis + minuteMillis // without rows for so long, a slice made now stays clean
	patience       = 30 * minuteMillis            // rows that keep coming put a making off no longer
	again          = 10 * minuteMillis            // between two makings of one day, at least
	costShare      = 60                           // and so many times as long as a making took
	openCountEvery = 2 * minuteMillis
)

// siteWork is what the Maker remembers of a site.
type siteWork struct {
	mark    mark
	zone    string
	today   DayNumber
	wanting map[DayNumber]int64 // days that need making → since when that is known
	due     []DayNumber         // of wanting, what may be made now, the newest first
	cost    map[DayNumber]int64 // days made by this Maker → how long it took

	openDay       DayNumber
	openEvents    uint64
	openCountedAt int64
}

// mark is the newest insertion of a site and its rows in touched; another mark, new rows.
type mark struct{ at, rows int64 }

// idle says that nothing has changed since the last plan, which left nothing to do.
func (w *siteWork) idle(site schema.Site, now mark, at int64) bool {
	zone, err := time.LoadLocation(site.TimeZone)
	return err == nil && w.mark == now && w.zone == site.TimeZone && w.today == DayOf(time.UnixMilli(at), zone) && len(w.wanting) == 0
}

// planAt is the moment of a plan, in Unix milliseconds, and its option.
type planAt struct {
	now      int64
	openFrom uint64
}

// plan sets what is wanting and what is due.
func (w *siteWork) plan(state *State, zone *time.Location, p planAt) {
	w.zone, w.today, w.due = zone.String(), DayOf(time.UnixMilli(p.now), zone), nil
	wanting := map[DayNumber]int64{}
	first, last, _, ok := state.Extent()
	if ok {
		newest := min(DayOf(time.UnixMilli(last+hourMillis-1), zone), w.today)
		for _, day := range state.Days(zone, DayOf(time.UnixMilli(first), zone), newest) {
			touched := state.lastTouched(Span{day.From, day.To})
			open := day.Number == w.today
			if day.Mode == Clean || touched == 0 || open && w.openEvents < p.openFrom {
				continue
			}
			since, known := w.wanting[day.Number]
			if !known {
				since = p.now
			}
			wanting[day.Number] = since
			if w.mayBeMade(day, dayNews{touched: touched, since: since, open: open}, p.now) {
				w.due = append(w.due, day.Number)
			}
		}
	}
	w.wanting = wanting
	slices.Reverse(w.due)
}

type dayNews struct {
	touched, since int64
	open           bool
}

// mayBeMade says whether a day that needs making is to be made now: when it has become quiet, or has
// waited long enough, but not too soon after the last time. Rows keep coming to an open day, so
// it does not wait for quiet.
func (w *siteWork) mayBeMade(day DayState, news dayNews, now int64) bool {
	if day.Mode == Dirty && now-day.MadeAt < max(again, costShare*w.cost[day.Number]) {
		return false
	}
	return news.open || now-news.touched >= settle || now-news.since >= patience
}

// made notes that days were made at a moment. They stay wanting until a plan has found them clean.
func (w *siteWork) made(days []DayNumber, at int64, took time.Duration) {
	if w.cost == nil {
		w.cost = map[DayNumber]int64{}
	}
	for _, n := range days {
		w.wanting[n] = at
		w.cost[n] = took.Milliseconds() / int64(len(days))
		w.due = slices.DeleteFunc(w.due, func(d DayNumber) bool { return d == n })
	}
}
