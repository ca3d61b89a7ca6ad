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
	openAgain      = 3 * minuteMillis             // the same for a day that is still open: what came since
	openCostShare  = 20                           // its slice was made is read from raw events each time
	openCountEvery = minuteMillis
	newestHours    = 26 // may belong to an open day, whatever the zone
)

// siteWork is what the Maker remembers of a site.
type siteWork struct {
	mark     mark
	zone     string
	currency string
	today    DayNumber
	planned  int64               // when the last plan was made
	wanting  map[DayNumber]int64 // days that need making → since when that is known
	next     int64               // when the first of wanting may be made
	due      []DayNumber         // of wanting, what may be made now, the newest first
	cost     map[DayNumber]int64 // days made by this Maker → how long it took

	openDay       DayNumber
	openEvents    uint64
	openCountedAt int64
}

// mark is the newest insertion of a site, the newest into hours that are surely over, and the site's
// rows in touched. Another mark, new rows.
type mark struct{ at, older, rows int64 }

// lookEvery is how often a site is looked at that receives rows for its newest hours alone: each
// minute, and less often where many sites share the time.
func lookEvery(sites int) int64 { return max(minuteMillis, int64(sites)*150) }

// look is what the Maker sees of a site in a round.
type look struct {
	mark  mark
	now   int64
	every int64
}

// idle says that a plan would find nothing new to do.
func (w *siteWork) idle(site schema.Site, seen look) bool {
	zone, err := time.LoadLocation(site.TimeZone)
	switch {
	case err != nil, w.zone != site.TimeZone, w.currency != site.Currency, w.today != DayOf(time.UnixMilli(seen.now), zone), len(w.due) > 0:
		return false
	case len(w.wanting) > 0 && seen.now >= w.next:
		return false
	case w.mark != seen.mark:
		return w.mark.older == seen.mark.older && seen.now-w.planned < seen.every
	}
	return true
}

// planAt is the moment of a plan, in Unix milliseconds, its option and the site's currency.
type planAt struct {
	now      int64
	openFrom uint64
	currency string
}

// plan sets what is wanting and what is due.
func (w *siteWork) plan(state *State, zone *time.Location, p planAt) {
	w.zone, w.currency, w.today, w.planned, w.next, w.due = zone.String(), p.currency, DayOf(time.UnixMilli(p.now), zone), p.now, 0, nil
	var later []DayNumber // clean days that only want rollups: after all others
	wanting := map[DayNumber]int64{}
	first, last, _, ok := state.Extent()
	if ok {
		newest := min(DayOf(time.UnixMilli(last+hourMillis-1), zone), w.today)
		for _, day := range state.Days(zone, DayOf(time.UnixMilli(first), zone), newest) {
			touched := state.lastTouched(Span{day.From, day.To})
			open := day.Number == w.today
			if day.Rolled(p.currency) && day.Mode == Clean || touched == 0 || open && w.openEvents < p.openFrom {
				continue
			}
			since, known := w.wanting[day.Number]
			if !known {
				since = p.now
			}
			wanting[day.Number] = since
			ready := w.readyAt(day, dayNews{touched: touched, since: since, open: open})
			switch {
			case ready > p.now:
			case day.Mode == Clean:
				later = append(later, day.Number)
			default:
				w.due = append(w.due, day.Number)
			}
			if w.next == 0 || ready < w.next {
				w.next = ready
			}
		}
	}
	w.wanting = wanting
	slices.Reverse(w.due)
	slices.Reverse(later)
	w.due = append(w.due, later...)
}

type dayNews struct {
	touched, since int64
	open           bool
}

// readyAt says when a day that needs making is to be made: when it has become quiet, or has waited
// long enough, but not too soon after the last time. Rows keep coming to an open day, so it does
// not wait for quiet.
func (w *siteWork) readyAt(day DayState, news dayNews) int64 {
	cost := w.cost[day.Number]
	ready, pause := min(news.touched+settle, news.since+patience), max(again, costShare*cost)
	if news.open {
		ready, pause = news.since, max(openAgain, openCostShare*cost)
	}
	if day.Mode == Dirty {
		ready = max(ready, day.MadeAt+pause)
	}
	return ready
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
