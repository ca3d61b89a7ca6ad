package e2e

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"
)

// reference makes events and keeps what the reports must say about them, in plain Go. A run of
// faults tells it what is stored instead. Equal seeds make equal events.
type reference struct {
	generator
	next   int
	random *rand.Rand
	told   told

	total    tally
	byPage   map[string]*tally
	byDay    map[string]*tally
	bySource map[string]*tally
	moments  map[visitorDay][]moment
}

// tally holds figures of which each event adds to its own.
type tally struct {
	events, pageviews, sales, refunds int
	gross, refunded                   int64 // micros
	visitors, visits                  int   // set by finish
}

// visitorDay is a visitor by day, which is what a pseudonym of the demo's site stands for.
type visitorDay struct {
	visitor int
	day     int64 // since 1970
}

// moment is an event of a visitor: Unix milliseconds, then six bits of page.
type moment uint64

func newMoment(f fact) moment     { return moment(f.at<<6 | int64(f.page)) }
func (m moment) at() int64        { return int64(m >> 6) }
func (m moment) page() int        { return int(m & 63) }
func (v visitorDay) date() string { return dateOf(v.day * dayMillis) }

func dateOf(millis int64) string { return time.UnixMilli(millis).UTC().Format(time.DateOnly) }

const idleMillis = 30 * 60 * 1000

func newReference(seed uint64, host string, now time.Time) *reference {
	return &reference{
		generator: generator{seed: seed, host: host, base: now, start: now.Add(-time.Hour), pace: 10 * time.Millisecond},
		random:    rand.New(rand.NewPCG(seed, 7)),
		byPage:    map[string]*tally{}, byDay: map[string]*tally{}, bySource: map[string]*tally{}, moments: map[visitorDay][]moment{},
	}
}

// event makes the next event, and takes it for stored unless it must be refused.
func (r *reference) event() fact {
	f := r.fact(r.next)
	r.next++
	if f.field == "" {
		r.add(f)
	}
	return f
}

// forget takes back everything that was added.
func (r *reference) forget() {
	empty := newReference(r.seed, r.host, r.base)
	r.total, r.byPage, r.byDay, r.bySource, r.moments = empty.total, empty.byPage, empty.byDay, empty.bySource, empty.moments
}

// add counts an event that is stored.
func (r *reference) add(f fact) {
	for _, t := range []*tally{&r.total, of(r.byPage, f.path()), of(r.byDay, dateOf(f.at)), of(r.bySource, f.from())} {
		t.add(f)
	}
	key := visitorDay{f.visitor, f.at / dayMillis}
	r.moments[key] = append(r.moments[key], newMoment(f))
}

func of(all map[string]*tally, key string) *tally {
	if all[key] == nil {
		all[key] = &tally{}
	}
	return all[key]
}

func (t *tally) add(f fact) {
	t.events++
	switch f.kind {
	case "pageview":
		t.pageviews++
	case "sale":
		t.sales++
		t.gross += f.micros
	case "refund":
		t.refunds++
		t.refunded += f.micros
	}
}

// finish counts visitors and visits anew: a visit ends after half an hour without an event, or at
// midnight. A visitor has one source a day, and so has a visit.
func (r *reference) finish() {
	all := []*tally{&r.total}
	for _, group := range []map[string]*tally{r.byPage, r.byDay, r.bySource} {
		for _, t := range group {
			all = append(all, t)
		}
	}
	for _, t := range all {
		t.visitors, t.visits = 0, 0
	}
	for key, moments := range r.moments {
		slices.Sort(moments)
		source := fact{source: (key.visitor*7 + int(key.day)) % sources}.from()
		wholes := []*tally{&r.total, r.byDay[key.date()], r.bySource[source]}
		var seen, inVisit uint64 // sets of pages
		last := int64(-1 << 62)
		for _, m := range moments {
			if m.at()-last > idleMillis {
				inVisit = 0
				for _, t := range wholes {
					t.visits++
				}
			}
			last = m.at()
			page := of(r.byPage, fact{page: m.page()}.path())
			if inVisit&(1<<m.page()) == 0 {
				page.visits++
			}
			if seen&(1<<m.page()) == 0 {
				page.visitors++
			}
			inVisit, seen = inVisit|1<<m.page(), seen|1<<m.page()
		}
		for _, t := range wholes {
			t.visitors++
		}
	}
}

// days returns the first and the last day that has events.
func (r *reference) days() []string {
	first, last := "9", ""
	for day := range r.byDay {
		first, last = min(first, day), max(last, day)
	}
	return []string{first, last}
}

// reportMetrics are the figures that are compared, in the order of tally.row.
var reportMetrics = []string{"events", "pageviews", "sales", "refunds", "gross_revenue", "revenue", "visitors", "visits"}

func (t *tally) row() string {
	return strings.Join([]string{
		strconv.Itoa(t.events), strconv.Itoa(t.pageviews), strconv.Itoa(t.sales), strconv.Itoa(t.refunds),
		trimZeros(decimal(t.gross)), trimZeros(decimal(t.gross - t.refunded)), strconv.Itoa(t.visitors), strconv.Itoa(t.visits),
	}, " ")
}

// rows are the answer to a question by a dimension.
func rows(group map[string]*tally) map[string]string {
	out := map[string]string{}
	for key, t := range group {
		if t.events > 0 {
			out[key] = t.row()
		}
	}
	return out
}

// rowOf writes an answer's metrics as tally.row does.
func rowOf(metrics []any) string {
	var out []string
	for _, metric := range metrics {
		out = append(out, trimZeros(fmt.Sprint(metric)))
	}
	return strings.Join(out, " ")
}
