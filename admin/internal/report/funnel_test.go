package report

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	visits "noctra/admin/internal/slices"
	"noctra/schema"
	"noctra/schema/goals"
)

// modelMoment is an event of a person, with the steps that it matches.
type modelMoment struct {
	at   int64
	mask int
}

// modelWay is the furthest that a person came: the moments of the steps. It tries every choice of events.
func modelWay(f Funnel, moments []modelMoment) (best []int64) {
	slices.SortFunc(moments, func(a, b modelMoment) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.mask, b.mask)) })
	var try func(way []int64, from int)
	try = func(way []int64, from int) {
		if modelBetter(way, best) {
			best = slices.Clone(way)
		}
		for i := from; i < len(moments) && len(way) < len(f.Steps); i++ {
			if f.Shape.Strict && len(way) > 0 && i > from {
				return
			}
			m := moments[i]
			if m.mask&(1<<len(way)) == 0 || f.Shape.Hours > 0 && len(way) > 0 && m.at-way[0] > int64(f.Shape.Hours)*3_600_000 {
				continue
			}
			try(append(slices.Clone(way), m.at), i+1)
		}
	}
	try(nil, 0)
	return best
}

// modelBetter: further; there earlier; begun later; at each step between earlier.
func modelBetter(a, b []int64) bool {
	if len(a) != len(b) || len(a) == 0 {
		return len(a) > len(b)
	}
	if last := len(a) - 1; a[last] != b[last] {
		return a[last] < b[last]
	}
	if a[0] != b[0] {
		return a[0] > b[0]
	}
	return slices.Compare(a, b) < 0
}

// funnel is the model's answer: visitors of each step and the median from the step before, in milliseconds.
func (m *model) funnel(q *query, f Funnel) (reached []uint64, medians []float64) {
	people := map[schema.VisitorID]map[any][]modelMoment{}
	for _, e := range m.events {
		at := int64(e.OccurredAt)
		if e.Visitor == 0 || at < q.span.From || at >= q.span.To || len(e.BotReasons) > 0 && !q.include.bots || !m.holds(all(q.filters), modelRow{e, m.goalsOf(e), ""}) {
			continue
		}
		mask := 0
		for i, s := range f.Steps {
			if modelMatches(s.Match, e) {
				mask |= 1 << i
			}
		}
		if mask == 0 && (!f.Shape.Strict || e.Kind == schema.KindInteraction && e.Name == schema.EngagementName) {
			continue
		}
		var of any = e.visit
		if f.Shape.Hours > 0 {
			of = nil
		}
		if people[e.Visitor] == nil {
			people[e.Visitor] = map[any][]modelMoment{}
		}
		people[e.Visitor][of] = append(people[e.Visitor][of], modelMoment{at, mask})
	}
	reached, medians = make([]uint64, len(f.Steps)), make([]float64, len(f.Steps))
	times := make([][]int64, len(f.Steps))
	for _, runs := range people {
		var best []int64
		for _, moments := range runs {
			if way := modelWay(f, moments); modelBetter(way, best) {
				best = way
			}
		}
		for i := range best {
			reached[i]++
			if i > 0 {
				times[i] = append(times[i], best[i]-best[i-1])
			}
		}
	}
	for i, list := range times {
		slices.Sort(list)
		if n := len(list); n > 0 {
			medians[i] = float64(list[(n-1)/2]+list[n/2]) / 2
		}
	}
	return reached, medians
}

// TestFunnelsAgainstModel compares random funnels over random events with the model, over raw days, over
// slices and over slices that late events have made dirty.
func TestFunnelsAgainstModel(t *testing.T) {
	db := openDatabase(t)
	r := rand.New(rand.NewPCG(11, *oracleSeed))
	for i, zone := range []string{"UTC", "America/Havana"} {
		w := newWorld(t, r, schema.Site{ID: schema.SiteID(i + 1), TimeZone: zone, Currency: "EUR", IdentityMode: schema.IdentityConsented})
		w.people, w.goals = i, definedGoals
		base, late := w.funnelEvents(250), w.funnelEvents(50)
		old := time.Now().Add(-time.Hour)
		db.insert(t, base, old)
		rounds := *oracleRounds
		w.checkFunnels(t, db, base, rounds)
		w.makeSlices(t, db, base, old.Add(30*time.Minute))
		db.insert(t, late, time.Now())
		w.checkFunnels(t, db, append(base, late...), rounds)
	}
}

// funnelEvents are events of few kinds by few people, many of them in one millisecond.
func (w *world) funnelEvents(n int) []schema.Event {
	events := w.events(n)
	for i := range events {
		if e := &events[i]; w.r.IntN(4) > 0 && e.Kind != schema.KindSale && e.Kind != schema.KindRefund {
			e.Kind, e.Name = schema.KindPageview, ""
		}
	}
	return events
}

func (w *world) funnelQuestion() (f Funnel) {
	r := w.r
	for range 2 + r.IntN(3) {
		f.Steps = append(f.Steps, goals.Goal{Name: "x", Match: pick(r,
			goals.Match{Kind: goals.Page, Path: "/"}, goals.Match{Kind: goals.Page, Path: "/a*"}, goals.Match{Kind: goals.Page, Path: "/*b*"}, goals.Match{Kind: goals.Page, Path: "*"},
			goals.Match{Kind: goals.Sale}, goals.Match{Kind: goals.Event, EventType: "pageview", Props: map[string]string{"plan's": "pro"}},
			goals.Match{Kind: goals.Event, EventType: "interaction"}, goals.Match{Kind: goals.Event, Name: "Signup"})})
	}
	f.Shape = goals.Shape{Hours: pick(r, 0, 0, 1, 5, 30), Strict: r.IntN(3) == 0}
	f.Defined = w.goals
	body := map[string]any{"date_range": w.dateRange(), "include": map[string]any{"bots": r.IntN(2) == 0}}
	if r.IntN(3) == 0 {
		body["filters"] = []any{w.filter([]string{"event:page", "event:goal", "visit:source", "visit:country", "event:props:plan's", "event:hostname"}, 1)}
	}
	if r.IntN(3) == 0 {
		body["include"].(map[string]any)["comparisons"] = map[string]any{"mode": "custom", "date_range": w.days()}
	}
	f.Body, _ = json.Marshal(body)
	return f
}

func (w *world) checkFunnels(t *testing.T, db database, events []schema.Event, n int) {
	t.Helper()
	m := newModel(events, w.zone)
	m.goals = w.goals
	engine := New(db.reader, Options{Now: func() time.Time { return w.now }})
	state, err := engine.slices.State(t.Context(), w.site.ID)
	if err != nil {
		t.Fatal(err)
	}
	for range n {
		f := w.funnelQuestion()
		about := fmt.Sprintf("%s %+v %+v", f.Body, f.Shape, f.Steps)
		q, err := engine.decodeFunnel(w.site, f, state)
		if err != nil {
			t.Fatalf("%s: %v", about, err)
		}
		answer, err := engine.Funnel(t.Context(), w.site, f)
		if err != nil {
			t.Fatalf("%s: %v", about, err)
		}
		m.compareFunnel(t, q, f, answer, about)
		if q.include.compared != nil {
			other := *q
			other.span = *q.include.compared
			m.compareFunnel(t, &other, f, answer.Compared, "compared: "+about)
		}
	}
}

func (m *model) compareFunnel(t *testing.T, q *query, f Funnel, answer *FunnelAnswer, about string) {
	t.Helper()
	reached, medians := m.funnel(q, f)
	visitors := *q
	visitors.metrics = []metric{metricList[0]}
	total := m.answer(&visitors, nil, q.filters)[""].values.of(mVisitors).Uint64()
	if diff := gocmp.Diff(funnelAnswer(f, reached, medians, total), answer, gocmp.FilterPath(func(p gocmp.Path) bool {
		name := p.Last().String()
		return name == ".Meta" || name == ".Query" || name == ".Compared"
	}, gocmp.Ignore())); diff != "" {
		t.Fatalf("%s\nmodel (-), engine (+): %s", about, diff)
	}
}

// A short story, with the figures that a person would count.
func TestFunnel(t *testing.T) {
	db := openDatabase(t)
	now := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	site := schema.Site{ID: 1, TimeZone: "UTC", Currency: "EUR", IdentityMode: schema.IdentityCookieless}
	var events []schema.Event
	add := func(visitor schema.VisitorID, minute int, path string) {
		at := schema.MillisOf(now.Add(time.Duration(minute-600) * time.Minute))
		events = append(events, schema.Event{Site: 1, ID: fmt.Sprint(visitor, "-", minute, path), Kind: schema.KindPageview, Visitor: visitor, OccurredAt: at, ReceivedAt: at, Path: path})
	}
	add(1, 0, "/basket")
	add(1, 1, "/help")
	add(1, 2, "/order")
	add(1, 4, "/thanks")
	add(2, 0, "/basket") // two visits: none gets to the order
	add(2, 60, "/order")
	add(3, 0, "/basket")
	add(3, 10, "/basket")
	add(3, 14, "/order")
	add(4, 5, "/other")
	add(5, 0, "/order") // not in this order
	add(5, 1, "/basket")
	db.insert(t, events, now)
	engine := New(db.reader, Options{Now: func() time.Time { return now }})
	step := func(name string) goals.Goal {
		return goals.Goal{Name: name, Match: goals.Match{Kind: goals.Page, Path: "/" + name}}
	}
	f := Funnel{Steps: []goals.Goal{step("basket"), step("order"), step("thanks")}}
	for _, c := range []struct {
		shape   goals.Shape
		reached string
		medians string
		warning string
	}{
		{goals.Shape{}, "5: 4 2 1", "180 120", ""},
		{goals.Shape{Hours: 1}, "5: 4 3 1", "240 120", "visitors_live_a_day"},
		{goals.Shape{Strict: true}, "5: 4 1 0", "240 -", ""},
	} {
		f.Shape = c.shape
		answer, err := engine.Funnel(t.Context(), site, f)
		if err != nil {
			t.Fatal(err)
		}
		reached, medians, warning := fmt.Sprintf("%d:", answer.Visitors), "", ""
		for i, s := range answer.Steps {
			reached += fmt.Sprintf(" %d", s.Visitors)
			if s.MedianSeconds != nil {
				medians += fmt.Sprintf(" %v", *s.MedianSeconds)
			} else if i > 0 {
				medians += " -"
			}
		}
		for _, w := range answer.Meta.Warnings {
			warning += w.Code
		}
		if diff := gocmp.Diff([]string{c.reached, c.medians, c.warning}, []string{reached, strings.TrimSpace(medians), warning}); diff != "" {
			t.Errorf("%+v: %s", c.shape, diff)
		}
	}
	f.Shape = goals.Shape{}
	answer, err := engine.Funnel(t.Context(), site, f)
	if err != nil {
		t.Fatal(err)
	}
	want := FunnelStep{Name: "order", Visitors: 2, DropOff: 2, DropOffRate: 50, Conversion: 50, StepConversion: 50, MedianSeconds: answer.Steps[1].MedianSeconds}
	if diff := gocmp.Diff(want, answer.Steps[1]); diff != "" {
		t.Error(diff)
	}
}

// Nothing of a funnel is SQL, and one over years fits into a statement.
func TestFunnelSQL(t *testing.T) {
	q, err := decodeText(`"metrics": ["visitors"], "filters": [["has_done", ["is", "event:page", ["zQ9"]]]]`)
	if err != nil {
		t.Fatal(err)
	}
	var days []visits.DayState
	for n := testDay("2019-01-01"); n <= testDay("2026-03-25"); n++ {
		span := n.Span(time.UTC)
		days = append(days, visits.DayState{Number: n, From: span.From, To: span.To, Mode: visits.Clean, Gen: 1_882_860_984_457_686_730})
	}
	f := Funnel{}
	for range goals.MostSteps {
		f.Steps = append(f.Steps, goals.Goal{Name: "zQ9", Match: goals.Match{Kind: goals.Event, EventType: "goal", Name: "zQ9'", Props: map[string]string{"zQ9": "zQ9"}}})
	}
	sql := funnelSQL(newCompiler(q, days), f).sql
	if strings.Contains(sql, "zQ9") || len(sql) >= 256<<10 {
		t.Errorf("%d bytes: %.2000s", len(sql), sql)
	}
}
