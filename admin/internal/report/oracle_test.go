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
// Half of the questions are such as sums of days must answer wherever a day has them.
func TestOracle(t *testing.T) {
	db := openDatabase(t)
	zones := []string{"UTC", "Asia/Kathmandu", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Havana"}
	for i, zone := range zones {
		t.Run(zone, func(t *testing.T) {
			r := rand.New(rand.NewPCG(uint64(i), *oracleSeed))
			site := schema.Site{ID: schema.SiteID(i + 1), TimeZone: zone, Currency: "EUR"}
			w := newWorld(t, r, site)
			w.people = i % 3
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
		body, err := json.Marshal(question)
		if err != nil {
			t.Fatal(err)
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
		if has, used := w.usesSums(t, engine, q); simple && used != has {
			t.Errorf("%s: %s: sums of days used: %v, there are some: %v", state, body, used, has)
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

// simple is a question that sums of days answer: whole days, one dimension at most and days or
// longer, filtered by that dimension or by one value of another.
func (w *world) simple() map[string]any {
	r := w.r
	day := func(back int) string { return w.now.In(w.zone).AddDate(0, 0, -back).Format(time.DateOnly) }
	from := r.IntN(5)
	q := map[string]any{"site_id": "x", "date_range": pick[any](r, "7d", "all", []string{day(from), day(r.IntN(from + 1))}, []string{day(4), day(0)})}
	metrics := without(metricNames(), "percentage")
	r.Shuffle(len(metrics), func(i, j int) { metrics[i], metrics[j] = metrics[j], metrics[i] })
	metrics = metrics[:1+r.IntN(len(metrics))]
	asked := []string{}
	if r.IntN(4) > 0 {
		asked = append(asked, pick(r, "event:page", "event:hostname", "event:name", "event:type", "event:goal", "event:currency", "visit:entry_page", "visit:exit_page",
			"visit:source", "visit:utm_campaign", "visit:country", "visit:country_name", "visit:device", "visit:browser"))
		metrics = append(metrics, "percentage")
	}
	filters := map[string][]string{"event:page": {"/a", "/", "(not set)"}, "event:goal": {"Signup", "Download"}, "visit:source": {"Google", "O'Reilly", "Direct / None"}, "visit:country": {"DE", "(not set)"}}
	switch {
	case r.IntN(2) > 0:
	case len(asked) == 0:
		by := pick(r, "event:page", "event:goal", "visit:source", "visit:country")
		q["filters"] = []any{[]any{"is", by, []string{pick(r, filters[by]...)}}}
	case filters[asked[0]] != nil:
		q["filters"] = []any{[]any{pick(r, "is", "is_not"), asked[0], filters[asked[0]][:1+r.IntN(2)]}}
	}
	if r.IntN(2) == 0 {
		asked = append(asked, pick(r, "time:day", "time:week", "time:month"))
		metrics = append(without(metrics, "percentage"), "percentage")
	}
	q["dimensions"], q["metrics"] = asked, metrics
	q["include"] = map[string]any{"total_rows": r.IntN(2) == 0}
	return q
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

func (w *world) dateRange() any {
	r := w.r
	day := func(back int) string { return w.now.In(w.zone).AddDate(0, 0, -back).Format(time.DateOnly) }
	from := r.IntN(5)
	switch r.IntN(4) {
	case 0:
		return pick(r, "day", "24h", "7d", "month", "12mo", "year", "all")
	case 1:
		at := w.now.Add(-time.Duration(r.IntN(80*3600)) * time.Second)
		return []string{at.Format(time.RFC3339), at.Add(time.Duration(r.IntN(40*3600)) * time.Second).Format(time.RFC3339)}
	default:
		return []string{day(from), day(r.IntN(from + 1))}
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
