package report

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"noctra/admin/internal/slices"
	"noctra/internal/testenv"
	"noctra/schema"
	"noctra/schema/goals"
)

var (
	oracleRounds = flag.Int("oracle-rounds", 8, "questions of TestOracle per zone and state of the days")
	oracleSeed   = flag.Uint64("oracle-seed", 1, "seed of TestOracle")
)

// TestOracle asks random questions about random events, and compares every number with the model:
// once with all days raw, once with slices that late events have made dirty, once with clean ones.
// Half of the questions are such as sums of days must answer wherever a day has them.
func TestOracle(t *testing.T) {
	db := openDatabase(t)
	zones := []string{"UTC", "Asia/Kathmandu", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Havana"}
	for i, zone := range zones {
		t.Run(zone, func(t *testing.T) { askOracle(t, db, i, zone, *oracleRounds) })
	}
}

// TestOracleOnShards asks about sites that are on different shards, the second one by way of the
// first one's server.
func TestOracleOnShards(t *testing.T) {
	db := open(t, testenv.ClickHouseShards(t).Config)
	for i, zone := range []string{"Europe/Berlin", "America/New_York"} {
		t.Run(zone, func(t *testing.T) { askOracle(t, db, i, zone, 3) })
	}
}

// askOracle makes the i-th site and asks about it.
func askOracle(t *testing.T, db database, i int, zone string, rounds int) {
	t.Helper()
	r := rand.New(rand.NewPCG(uint64(i), *oracleSeed))
	site := schema.Site{ID: schema.SiteID(i + 1), TimeZone: zone, Currency: "EUR"}
	w := newWorld(t, r, site)
	w.people = i % 3
	askWorld(t, db, w, rounds)
}

func askWorld(t *testing.T, db database, w *world, rounds int) {
	t.Helper()
	base, late := w.events(400), w.events(60)
	old := time.Now().Add(-time.Hour)
	db.insert(t, base, old)
	engine := New(db.reader, Options{Now: func() time.Time { return w.now }})
	w.check(t, engine, base, "raw", rounds)
	w.makeSlices(t, db, base, old.Add(30*time.Minute))
	db.insert(t, late, time.Now())
	everything := append(append([]schema.Event{}, base...), late...)
	w.check(t, New(db.reader, Options{Now: func() time.Time { return w.now }}), everything, "dirty", rounds)
	w.makeSlices(t, db, everything, time.Now().Add(10*time.Minute))
	w.check(t, New(db.reader, Options{Now: func() time.Time { return w.now }}), everything, "clean", rounds)
}

// world makes random events and questions of one site around a change of clocks.
type world struct {
	r    *rand.Rand
	site schema.Site
	zone *time.Location
	now  time.Time
	next int

	goals  []goals.Goal
	people int // 0: all ids are for a day; 1: some last; 2: some for a day are in two, as after a change of zone
}

func newWorld(t *testing.T, r *rand.Rand, site schema.Site) *world {
	zone, err := time.LoadLocation(site.TimeZone)
	if err != nil {
		t.Fatal(err)
	}
	changes := map[string]time.Time{
		"Europe/Berlin":       time.Date(2026, 10, 25, 1, 0, 0, 0, time.UTC),
		"America/New_York":    time.Date(2026, 3, 8, 7, 0, 0, 0, time.UTC),
		"Australia/Lord_Howe": time.Date(2026, 4, 4, 15, 0, 0, 0, time.UTC),
		"America/Havana":      time.Date(2026, 3, 8, 5, 0, 0, 0, time.UTC),
	}
	at, ok := changes[site.TimeZone]
	if !ok {
		at = time.Date(2026, 2, 27, 18, 0, 0, 0, time.UTC)
	}
	return &world{r: r, site: site, zone: zone, now: at.Add(40 * time.Hour)}
}

func pick[T any](r *rand.Rand, list ...T) T { return list[r.IntN(len(list))] }

func (w *world) events(n int) []schema.Event {
	out := make([]schema.Event, 0, n)
	for len(out) < n {
		at := w.now.Add(-time.Duration(w.r.IntN(80*3600)) * time.Second).Truncate(time.Minute)
		visitor := w.r.IntN(12)
		for range 1 + w.r.IntN(5) {
			at = at.Add(pick(w.r, 0, time.Second, 7*time.Minute, 30*time.Minute, 30*time.Minute+time.Millisecond, 45*time.Minute))
			if at.Before(w.now) {
				out = append(out, w.event(visitor, at))
			}
		}
	}
	return out[:n]
}

// person is the id that visitor has at a moment.
func (w *world) person(visitor int, at time.Time) (schema.VisitorID, schema.VisitorKind) {
	switch {
	case visitor == 0:
		return 0, schema.VisitorNone
	case visitor > 9 && w.people > 0:
		return schema.VisitorID(visitor), schema.VisitorLasting
	case visitor > 7 && w.people == 1:
		return schema.VisitorID(visitor), schema.VisitorNone // of an older sender: not known to be for a day
	case visitor > 7 && w.people == 2:
		return schema.VisitorID(visitor), schema.VisitorDaily
	default:
		return schema.VisitorID(visitor + 100*int(slices.DayOf(at, w.zone))), schema.VisitorDaily
	}
}

func (w *world) event(visitor int, at time.Time) schema.Event {
	r := w.r
	w.next++
	id, kind := w.person(visitor, at)
	e := schema.Event{
		ID: fmt.Sprintf("e%05d", r.IntN(10000)*10+w.next%10), Site: w.site.ID, Visitor: id, VisitorKind: kind, Via: schema.ViaServer,
		Kind:       pick(r, schema.KindPageview, schema.KindPageview, schema.KindClick, schema.KindSale, schema.KindRefund, schema.KindGoal, schema.KindInteraction, schema.KindHeldSale),
		OccurredAt: schema.MillisOf(at), ReceivedAt: schema.MillisOf(at.Add(time.Second)),
		Hostname: pick(r, "a.example", "b.example"), Path: pick(r, "", "/", "/a", "/b/c", "/ä"), Title: pick(r, "", "Home", "it's \\ \"quoted\""),
		Source: pick(r, "", "Google", "O'Reilly"), UTMCampaign: pick(r, "", "spring"), Country: pick(r, "DE", "FR", ""),
		Device: pick(r, "desktop", "mobile"), Browser: pick(r, "Chrome", "chrome", "Firefox"),
	}
	e.ID += fmt.Sprintf("-%d", w.next)
	switch e.Kind {
	case schema.KindSale, schema.KindRefund, schema.KindHeldSale:
		e.Amount, e.Currency = pick(r, schema.Micros(1+r.IntN(1e9)), schema.MaxMicros), pick(r, "EUR", "EUR", "USD")
	case schema.KindGoal:
		e.Name = pick(r, "Signup", "Download")
	case schema.KindInteraction:
		e.Name = pick(r, schema.EngagementName, "outbound")
	}
	if r.IntN(8) == 0 {
		e.BotReasons = pick(r, []string{"crawler"}, []string{"headless", "datacenter"})
	}
	if r.IntN(3) == 0 {
		e.Props = []schema.Prop{{Key: "plan's", Value: pick(r, "pro", "free\t\n")}}
	}
	if r.IntN(40) == 0 {
		e.Via = schema.ViaCanary
	}
	return e
}

// makeSlices makes about two days of three that have events, as the Maker does.
func (w *world) makeSlices(t *testing.T, db database, events []schema.Event, madeAt time.Time) {
	t.Helper()
	last := slices.DayOf(w.now, w.zone)
	some := map[slices.DayNumber]bool{}
	for i := range events {
		some[slices.DayOf(events[i].OccurredAt.Time(), w.zone)] = true
	}
	var days []slices.DayNumber
	for n := last - 4; n <= last; n++ {
		if w.r.IntN(3) > 0 && some[n] {
			days = append(days, n)
		}
	}
	if err := slices.MakeAs(t.Context(), db.writer, w.site, days, madeAt); err != nil {
		t.Fatal(err)
	}
}

func (w *world) check(t *testing.T, engine *Engine, events []schema.Event, state string, n int) {
	t.Helper()
	m := newModel(events, w.zone)
	m.goals = w.goals
	first := w.now
	for _, e := range events {
		if at := e.OccurredAt.Time().Truncate(time.Hour); at.Before(first) {
			first = at
		}
	}
	for i := range 2 * n {
		simple := i%2 == 0
		question := w.question()
		if simple {
			question = w.simple()
		}
		if w.r.IntN(3) == 0 {
			question["include"].(map[string]any)["comparisons"] = map[string]any{"mode": "custom", "date_range": w.days()}
		}
		body, err := json.Marshal(question)
		if err != nil {
			t.Fatal(err)
		}
		q, err := decode(body, w.site, w.now, first)
		if err != nil {
			t.Fatalf("%s: %v", body, err)
		}
		q.goals = define(w.goals)
		answer, err := engine.Query(t.Context(), w.site, body, w.goals...)
		if err != nil {
			t.Fatalf("%s: %s: %v", state, body, err)
		}
		got := map[string][]any{}
		for _, row := range answer.Results {
			got[strings.Join(row.Dimensions, "|")] = row.Metrics
		}
		if len(got) != len(answer.Results) {
			t.Errorf("%s: %s: a group stands there twice", state, body)
		}
		if diff := cmp.Diff(m.rows(q), got); diff != "" {
			t.Fatalf("%s: %s\nmodel (-), engine (+): %s", state, body, diff)
		}
		if q.include.compared != nil && q.timeDimension() < 0 {
			compareRows(t, m, q, answer, fmt.Sprintf("%s: %s", state, body))
		}
		if has, used := w.usesSums(t, engine, q); simple && used != has && (len(w.goals) == 0 || !q.about(dimension.isGoal)) {
			t.Errorf("%s: %s: sums of days used: %v, there are some: %v", state, body, used, has)
		}
	}
}

// compareRows checks what stands beside each row of the range compared with.
func compareRows(t *testing.T, m *model, q *query, answer *Answer, about string) {
	t.Helper()
	other := *q
	other.span, other.include = *q.include.compared, include{bots: q.include.bots}
	old := m.rows(&other)
	for _, row := range answer.Results {
		want, ok := old[strings.Join(row.Dimensions, "|")]
		if !ok {
			want = q.metricValues(values{})
		}
		if diff := cmp.Diff(want, row.Comparison.Metrics); diff != "" {
			t.Fatalf("%s\ncompared row %v: model (-), engine (+): %s", about, row.Dimensions, diff)
		}
	}
}

// usesSums says whether a day of the query has sums that may be used, and whether the query's SQL
// reads sums.
func (w *world) usesSums(t *testing.T, engine *Engine, q *query) (has, used bool) {
	t.Helper()
	state, err := engine.slices.State(t.Context(), w.site.ID)
	if err != nil {
		t.Fatal(err)
	}
	days := engine.days(state, q)
	for _, d := range days {
		has = has || d.Mode == slices.Clean && !d.Empty
	}
	return has, strings.Contains(compile(q, days, nil).sql, "FROM rollup")
}
