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
	"noctra/schema"
)

var (
	oracleRounds = flag.Int("oracle-rounds", 8, "questions of TestOracle per zone and state of the days")
	oracleSeed   = flag.Uint64("oracle-seed", 1, "seed of TestOracle")
)

// TestOracle asks random questions about random events, and compares every number with the model:
// once with all days raw, once with slices that late events have made dirty, once with clean ones.
func TestOracle(t *testing.T) {
	db := openDatabase(t)
	zones := []string{"UTC", "Asia/Kathmandu", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Havana"}
	for i, zone := range zones {
		t.Run(zone, func(t *testing.T) {
			r := rand.New(rand.NewPCG(uint64(i), *oracleSeed))
			site := schema.Site{ID: schema.SiteID(i + 1), TimeZone: zone, Currency: "EUR"}
			w := newWorld(t, r, site)
			base, late := w.events(400), w.events(60)
			old := time.Now().Add(-time.Hour)
			db.insert(t, base, old)
			engine := New(db.reader, Options{Now: func() time.Time { return w.now }})
			w.check(t, engine, base, "raw", *oracleRounds)
			w.makeSlices(t, db, old.Add(30*time.Minute))
			db.insert(t, late, time.Now())
			everything := append(append([]schema.Event{}, base...), late...)
			w.check(t, New(db.reader, Options{Now: func() time.Time { return w.now }}), everything, "dirty", *oracleRounds)
			w.makeSlices(t, db, time.Now().Add(10*time.Minute))
			w.check(t, New(db.reader, Options{Now: func() time.Time { return w.now }}), everything, "clean", *oracleRounds)
		})
	}
}

// world makes random events and questions of one site around a change of clocks.
type world struct {
	r    *rand.Rand
	site schema.Site
	zone *time.Location
	now  time.Time
	next int
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
		visitor := schema.VisitorID(w.r.IntN(12))
		for range 1 + w.r.IntN(5) {
			at = at.Add(pick(w.r, 0, time.Second, 7*time.Minute, 30*time.Minute, 30*time.Minute+time.Millisecond, 45*time.Minute))
			if at.Before(w.now) {
				out = append(out, w.event(visitor, at))
			}
		}
	}
	return out[:n]
}

func (w *world) event(visitor schema.VisitorID, at time.Time) schema.Event {
	r := w.r
	w.next++
	e := schema.Event{
		ID: fmt.Sprintf("e%05d", r.IntN(10000)*10+w.next%10), Site: w.site.ID, Visitor: visitor, Via: schema.ViaServer,
		Kind:       pick(r, schema.KindPageview, schema.KindPageview, schema.KindClick, schema.KindSale, schema.KindRefund, schema.KindGoal, schema.KindInteraction),
		OccurredAt: schema.MillisOf(at), ReceivedAt: schema.MillisOf(at.Add(time.Second)),
		Hostname: pick(r, "a.example", "b.example"), Path: pick(r, "", "/", "/a", "/b/c", "/ä"), Title: pick(r, "", "Home", "it's \\ \"quoted\""),
		Source: pick(r, "", "Google", "O'Reilly"), UTMCampaign: pick(r, "", "spring"), Country: pick(r, "DE", "FR", ""),
		Device: pick(r, "desktop", "mobile"), Browser: pick(r, "Chrome", "chrome", "Firefox"),
	}
	e.ID += fmt.Sprintf("-%d", w.next)
	switch e.Kind {
	case schema.KindSale, schema.KindRefund:
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

// makeSlices makes about two days of three.
func (w *world) makeSlices(t *testing.T, db database, madeAt time.Time) {
	t.Helper()
	last := slices.DayOf(w.now, w.zone)
	var days []slices.DayNumber
	for n := last - 4; n <= last; n++ {
		if w.r.IntN(3) > 0 {
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
	for range n {
		question := w.question()
		if w.r.IntN(3) == 0 {
			question["include"].(map[string]any)["comparisons"] = map[string]any{"mode": "custom", "date_range": w.days()}
		}
		body, err := json.Marshal(question)
		if err != nil {
			t.Fatal(err)
		}
		first := time.UnixMilli(int64(events[0].OccurredAt))
		for _, e := range events {
			if at := e.OccurredAt.Time().Truncate(time.Hour); at.Before(first) {
				first = at
			}
		}
		q, err := decode(body, w.site, w.now, first)
		if err != nil {
			t.Fatalf("%s: %v", body, err)
		}
		answer, err := engine.Query(t.Context(), w.site, body)
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

func (w *world) question() map[string]any {
	r := w.r
	q := map[string]any{"site_id": "x", "date_range": w.dateRange()}
	metrics := metricNames()
	r.Shuffle(len(metrics), func(i, j int) { metrics[i], metrics[j] = metrics[j], metrics[i] })
	dims := []string{
		"event:page", "event:hostname", "event:name", "event:type", "event:goal", "event:title", "event:props:plan's", "event:currency",
		"visit:entry_page", "visit:exit_page", "visit:source", "visit:utm_campaign", "visit:country", "visit:country_name", "visit:device", "visit:browser", "visit:bot_reason",
	}
	r.Shuffle(len(dims), func(i, j int) { dims[i], dims[j] = dims[j], dims[i] })
	asked := append([]string{}, dims[:r.IntN(3)]...)
	if r.IntN(2) == 0 {
		asked = append(asked, pick(r, "time", "time:minute", "time:hour", "time:day", "time:week", "time:month"))
	}
	metrics = metrics[:1+r.IntN(len(metrics))]
	q["dimensions"] = asked
	if len(asked) == 0 {
		metrics = without(metrics, "percentage")
	}
	var filters []any
	for range pick(r, 0, 0, 1, 2) {
		filters = append(filters, w.filter(dims, 0))
	}
	if strings.Contains(fmt.Sprint(filters...), "event:goal") {
		metrics = without(without(metrics, "conversion_rate"), "group_conversion_rate")
	}
	if len(filters) < 2 && r.IntN(4) == 0 {
		filters = append(filters, []any{"is", "event:goal", []string{"Signup"}})
		metrics = append(without(metrics, "conversion_rate"), "conversion_rate")
		if strings.Contains(fmt.Sprint(filters[:len(filters)-1]...), "event:goal") {
			metrics = without(metrics, "conversion_rate")
		}
	}
	if len(metrics) == 0 {
		metrics = []string{"visitors"}
	}
	q["metrics"] = metrics
	if filters != nil {
		q["filters"] = filters
	}
	q["include"] = map[string]any{"bots": r.IntN(2) == 0, "total_rows": r.IntN(2) == 0, "time_labels": false}
	return q
}

func without(list []string, name string) []string {
	var out []string
	for _, s := range list {
		if s != name {
			out = append(out, s)
		}
	}
	return out
}

// days is a range of whole days.
func (w *world) days() []string {
	day := func(back int) string { return w.now.In(w.zone).AddDate(0, 0, -back).Format(time.DateOnly) }
	from := w.r.IntN(5)
	return []string{day(from), day(w.r.IntN(from + 1))}
}

func (w *world) dateRange() any {
	r := w.r
	switch r.IntN(4) {
	case 0:
		return pick(r, "day", "24h", "7d", "month", "12mo", "year", "all")
	case 1:
		at := w.now.Add(-time.Duration(r.IntN(80*3600)) * time.Second)
		return []string{at.Format(time.RFC3339), at.Add(time.Duration(r.IntN(40*3600)) * time.Second).Format(time.RFC3339)}
	default:
		return w.days()
	}
}

func (w *world) filter(dims []string, depth int) any {
	r := w.r
	if depth < 3 && r.IntN(4) == 0 {
		switch r.IntN(3) {
		case 0:
			return []any{"not", w.filter(dims, depth+1)}
		case 1:
			return []any{"and", []any{w.filter(dims, depth+1), w.filter(dims, depth+1)}}
		default:
			return []any{"or", []any{w.filter(dims, depth+1), w.filter(dims, depth+1)}}
		}
	}
	values := []string{"/", "/a", "DE", "Google", "O'Reilly", "pro", "free\t\n", "chrome", "(not set)", "(none)", "Direct / None", "Signup", "pageview", "crawler", "EUR", "it's \\ \"quoted\"", "", "ä"}
	r.Shuffle(len(values), func(i, j int) { values[i], values[j] = values[j], values[i] })
	op := pick(r, "is", "is_not", "contains", "contains_not", "matches", "matches_not")
	chosen := append([]string{}, values[:1+r.IntN(4)]...)
	if strings.HasPrefix(op, "matches") {
		return []any{op, pick(r, dims...), []string{pick(r, "^/a?$", "oo|R", ".*", `\\ "`, "(?i)CHROME")}}
	}
	if r.IntN(3) == 0 {
		return []any{op, pick(r, dims...), chosen, map[string]any{"case_sensitive": r.IntN(2) == 0}}
	}
	return []any{op, pick(r, dims...), chosen}
}
