package report

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"noctra/schema"
)

// shop is a site with a few events on two days.
func shop(t *testing.T) *Engine {
	t.Helper()
	db := openDatabase(t)
	now := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	n := 0
	event := func(at string, visitor schema.VisitorID, kind schema.Kind, path string) schema.Event {
		n++
		when, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		return schema.Event{Site: 1, ID: fmt.Sprint("e", n), Kind: kind, Visitor: visitor, Path: path, OccurredAt: schema.MillisOf(when), ReceivedAt: schema.MillisOf(when.Add(100 * time.Millisecond)), Country: "DE"}
	}
	money := func(e schema.Event, amount schema.Micros, currency string) schema.Event {
		e.Amount, e.Currency = amount, currency
		return e
	}
	bot := event("2026-05-04T09:00:00Z", 9, schema.KindPageview, "/")
	bot.BotReasons = []string{"crawler"}
	db.insert(t, []schema.Event{
		event("2026-05-03T09:00:00Z", 1, schema.KindPageview, "/"),
		money(event("2026-05-03T09:10:00Z", 1, schema.KindSale, "/checkout"), 9_990_000, "EUR"),
		event("2026-05-04T09:00:00Z", 1, schema.KindPageview, "/"),
		event("2026-05-04T09:05:00Z", 1, schema.KindPageview, "/a"),
		money(event("2026-05-04T09:10:00Z", 1, schema.KindSale, "/checkout"), 20_000_000, "EUR"),
		money(event("2026-05-04T09:20:00Z", 2, schema.KindSale, "/checkout"), 5_000_000, "USD"),
		money(event("2026-05-04T10:00:00Z", 0, schema.KindRefund, ""), 30_500_000, "EUR"),
		event("2026-05-04T10:30:00Z", 3, schema.KindPageview, "/b"),
		bot,
	}, now.Add(-time.Hour))
	return New(db.reader, Options{Now: func() time.Time { return now }})
}

var shopSite = schema.Site{ID: 1, TimeZone: "UTC", Currency: "EUR"}

// TestAnswers compares whole answers with golden files.
func TestAnswers(t *testing.T) {
	engine := shop(t)
	for name, body := range map[string]string{
		"answer_figures": `{"site_id": "nst_1", "metrics": ["visitors", "visits", "pageviews", "events", "views_per_visit", "bounce_rate", "visit_duration", "sales", "refunds", "gross_revenue", "revenue", "average_order_value", "conversion_rate"],
			"date_range": "day", "include": {"comparisons": {"mode": "previous_period"}, "imports": true}}`,
		"answer_chart": `{"site_id": "nst_1", "metrics": ["visitors", "revenue"], "date_range": ["2026-05-03", "2026-05-04"], "dimensions": ["time:day"],
			"include": {"time_labels": true, "total_rows": true, "bots": true, "comparisons": {"mode": "previous_period"}}}`,
		"answer_pages": `{"site_id": "nst_1", "metrics": ["visitors", "percentage"], "date_range": "day", "dimensions": ["event:page"], "filters": [["is", "visit:country", ["DE"]]],
			"order_by": [["visitors", "desc"], ["event:page", "asc"]], "pagination": {"limit": 2, "offset": 1}, "include": {"total_rows": true}}`,
	} {
		t.Run(name, func(t *testing.T) {
			answer, err := engine.Query(t.Context(), shopSite, []byte(body))
			if err != nil {
				t.Fatal(err)
			}
			got, err := json.MarshalIndent(answer, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			path := golden(name + ".json")
			if *update {
				if err := os.WriteFile(path, append(got, '\n'), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(strings.TrimSpace(string(want)), string(got)); diff != "" {
				t.Errorf("answer (-want +got; -update writes it anew): %s", diff)
			}
		})
	}
}

// rowsOf asks and writes one line per row.
func rowsOf(t *testing.T, engine *Engine, text string) string {
	t.Helper()
	answer, err := engine.Query(t.Context(), shopSite, []byte(`{"site_id": "x", "date_range": "day", `+text+"}"))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	var lines []string
	for _, r := range answer.Results {
		lines = append(lines, strings.Join(r.Dimensions, ",")+" "+fmt.Sprint(r.Metrics...))
	}
	if answer.Meta.TotalRows != nil {
		lines = append(lines, fmt.Sprint("of ", *answer.Meta.TotalRows))
	}
	return strings.Join(lines, "; ")
}

func TestOrderAndPages(t *testing.T) {
	engine := shop(t)
	tests := []struct{ query, want string }{
		{`"metrics": ["visitors"], "dimensions": ["event:page"]`, "/checkout 2; / 1; /a 1; /b 1; (not set) 0"},
		{`"metrics": ["visitors"], "dimensions": ["event:page"], "order_by": [["event:page", "desc"]]`, "/checkout 2; /b 1; /a 1; / 1; (not set) 0"},
		{`"metrics": ["average_order_value"], "dimensions": ["event:page"], "order_by": [["average_order_value", "desc"]]`, "/checkout 20.00; (not set) <nil>; / <nil>; /a <nil>; /b <nil>"},
		{`"metrics": ["average_order_value"], "dimensions": ["event:page"], "order_by": [["average_order_value", "asc"]], "pagination": {"limit": 1}`, "/checkout 20.00"},
		{`"metrics": ["revenue"], "dimensions": ["event:currency"], "order_by": [["revenue", "asc"]]`, "EUR -10.50; (not set) 0.00; USD 5.00"},
		{`"metrics": ["visits"], "dimensions": ["time:hour"]`, "2026-05-04 09:00:00 2; 2026-05-04 10:00:00 1"},
		{`"metrics": ["visitors"], "dimensions": ["event:page"], "pagination": {"limit": 2, "offset": 4}, "include": {"total_rows": true}`, "(not set) 0; of 5"},
		{`"metrics": ["visitors"], "dimensions": ["event:page"], "pagination": {"limit": 2, "offset": 50}, "include": {"total_rows": true}`, "of 5"},
		{`"metrics": ["visitors"], "dimensions": ["visit:source"], "filters": [["is", "event:page", ["/none"]]]`, ""},
		{`"metrics": ["visitors"], "filters": [["is", "event:page", ["/none"]]]`, " 0"},
		{`"metrics": ["visitors"], "dimensions": ["visit:bot_reason"], "include": {"bots": true}`, "(none) 3; crawler 1"},
	}
	for _, test := range tests {
		t.Run(test.query, func(t *testing.T) {
			if diff := cmp.Diff(test.want, rowsOf(t, engine, test.query)); diff != "" {
				t.Errorf("rows (-want +got): %s", diff)
			}
		})
	}
}

func TestChange(t *testing.T) {
	visitors, _ := findMetric("visitors")
	rate, _ := findMetric("bounce_rate")
	tests := []struct {
		metric        metric
		before, after any
		want          any
	}{
		{visitors, uint64(3), uint64(4), 33.33}, {visitors, uint64(4), uint64(1), -75.0}, {visitors, uint64(0), uint64(4), nil}, {visitors, uint64(0), uint64(0), 0.0},
		{visitors, nil, uint64(4), nil}, {visitors, uint64(4), nil, nil}, {rate, 40.0, 35.5, -4.5}, {rate, 0.0, 12.34, 12.34},
		{visitors, "-10", "5", 150.0}, {visitors, "9223372036854.775807", "9223372036854.775807", 0.0},
	}
	for _, test := range tests {
		if got := change(test.metric, test.before, test.after); got != test.want {
			t.Errorf("%s from %v to %v: %v, want %v", test.metric.name, test.before, test.after, got, test.want)
		}
	}
}
