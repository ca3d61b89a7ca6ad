package report

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"noctra/admin/internal/slices"
	"noctra/schema"
)

// TestRollupsOf says which questions about clean days are answered from sums, in whole or in part.
func TestRollupsOf(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	day := func(change func(*slices.DayState)) []slices.DayState {
		days := threeDays(zone)
		for i := range days {
			days[i].Mode = slices.Clean
			days[i] = slices.WithSums(days[i], "EUR")
			change(&days[i])
		}
		return days
	}
	asIs := day(func(*slices.DayState) {})
	const sums, both, plain = "sums", "both", "plain"
	tests := []struct {
		name, query, want string
		days              []slices.DayState
	}{
		{"figures", `"metrics": ["visitors", "visits", "revenue", "average_order_value", "conversion_rate", "bounce_rate", "visit_duration", "views_per_visit"]`, sums, asIs},
		{"days", `"metrics": ["visitors"], "dimensions": ["time:day"]`, sums, asIs},
		{"weeks of a list", `"metrics": ["visitors"], "dimensions": ["time:week", "event:page"]`, sums, asIs},
		{"share of all", `"metrics": ["percentage"], "dimensions": ["visit:city"]`, sums, asIs},
		{"goals", `"metrics": ["conversion_rate"], "dimensions": ["event:goal"]`, sums, asIs},
		{"one value", `"metrics": ["visits"], "filters": [["is", "event:page", ["/a"]]]`, sums, asIs},
		{"values of the same dimension", `"metrics": ["visits"], "dimensions": ["event:page"], "filters": [["is_not", "event:page", ["/a", "/b"]]]`, sums, asIs},
		{"two values", `"metrics": ["visits"], "filters": [["is", "event:page", ["/a", "/b"]]]`, plain, asIs},
		{"another dimension", `"metrics": ["visits"], "dimensions": ["visit:source"], "filters": [["is", "event:page", ["/a"]]]`, plain, asIs},
		{"a pattern", `"metrics": ["visits"], "dimensions": ["event:page"], "filters": [["contains", "event:page", ["a"]]]`, plain, asIs},
		{"no goal", `"metrics": ["visits"], "filters": [["is", "event:goal", ["(not set)"]]]`, plain, asIs},
		{"one currency", `"metrics": ["revenue"], "filters": [["is", "event:currency", ["USD"]]]`, plain, asIs},
		{"two dimensions", `"metrics": ["visits"], "dimensions": ["visit:source", "visit:country"]`, plain, asIs},
		{"hours", `"metrics": ["visits"], "dimensions": ["time:hour"]`, plain, asIs},
		{"titles", `"metrics": ["visits"], "dimensions": ["event:title"]`, plain, asIs},
		{"properties", `"metrics": ["visits"], "dimensions": ["event:props:plan"]`, plain, asIs},
		{"bots", `"metrics": ["visits"], "include": {"bots": true}`, plain, asIs},
		{"part of a day", `"metrics": ["visits"], "date_range": ["2026-03-23T10:00:00", "2026-03-25T10:00:00"]`, plain, asIs},
		{"another currency", `"metrics": ["visits"]`, plain, day(func(d *slices.DayState) { *d = slices.WithSums(*d, "USD") })},
		{"an open day", `"metrics": ["visits"]`, both, append(day(func(*slices.DayState) {})[:2], threeDays(zone)[2])},
		{"days before the first event", `"metrics": ["visitors"]`, sums, append([]slices.DayState{{Empty: true}}, asIs...)},
		{"lasting visitors", `"metrics": ["visitors"]`, both, day(func(d *slices.DayState) { d.Lasting = true })},
		{"lasting visitors do not matter", `"metrics": ["visits"]`, sums, day(func(d *slices.DayState) { d.Lasting = true })},
		{"lasting visitors of each day", `"metrics": ["visitors"], "dimensions": ["time:day", "visit:source"]`, sums, day(func(d *slices.DayState) { d.Lasting = true })},
		{"lasting visitors of one day", `"metrics": ["visitors"]`, sums, day(func(d *slices.DayState) { d.Lasting = d.Number == testDay("2026-03-24") })},
		{"visitors of two days", `"metrics": ["visitors"]`, both, day(func(d *slices.DayState) { d.Shared = d.Number > testDay("2026-03-23") })},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			text := test.query
			if !strings.Contains(text, "date_range") {
				text += `, "date_range": ["2026-03-23", "2026-03-25"]`
			}
			q, err := decodeText(text)
			if err != nil {
				t.Fatal(err)
			}
			sql := compile(q, test.days, nil).sql
			got := map[[2]bool]string{{true, false}: sums, {true, true}: both, {false, true}: plain}[[2]bool{
				strings.Contains(sql, "FROM rollup"), strings.Contains(sql, "FROM visits") || strings.Contains(sql, "FROM events")}]
			if got != test.want {
				t.Errorf("answered from %s, want %s: %s", got, test.want, sql)
			}
		})
	}
}

// TestRollupsOfManyDays asks about more days than are named where they are used: with ids for a
// day, lasting ids, and ids that every two days share.
func TestRollupsOfManyDays(t *testing.T) {
	db := openDatabase(t)
	first := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	const days = 100
	for i, visitors := range []int{100, 61, 61} {
		site := schema.Site{ID: schema.SiteID(i + 1), TimeZone: "UTC", Currency: "EUR"}
		var events []schema.Event
		var numbers []slices.DayNumber
		for n := range days {
			at := first.AddDate(0, 0, n)
			e := schema.Event{ID: fmt.Sprint(n), Site: site.ID, Kind: schema.KindPageview, Via: schema.ViaBrowser, Visitor: schema.VisitorID(n + 1), VisitorKind: schema.VisitorDaily,
				OccurredAt: schema.MillisOf(at), ReceivedAt: schema.MillisOf(at), Path: "/", Source: "Google"}
			switch {
			case site.ID == 2 && n < 40:
				e.Visitor, e.VisitorKind = 1000, schema.VisitorLasting
			case site.ID == 3 && n < 40:
				e.Visitor = 1000
			case site.ID == 3:
				e.Visitor = schema.VisitorID(2000 + n)
			}
			events, numbers = append(events, e), append(numbers, slices.DayOf(at, time.UTC))
		}
		db.insert(t, events, time.Now().Add(-time.Hour))
		if err := slices.MakeAs(t.Context(), db.writer, site, numbers, time.Now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		engine := New(db.reader, Options{Now: func() time.Time { return first.AddDate(0, 0, days) }})
		answer, err := engine.Query(t.Context(), site, []byte(`{"site_id": "x", "metrics": ["visitors", "visits", "events", "conversion_rate", "percentage"],
			"dimensions": ["visit:source"], "date_range": ["2026-01-01", "2026-04-10"]}`))
		if err != nil {
			t.Fatal(err)
		}
		got, err := json.Marshal(answer.Results)
		if err != nil {
			t.Fatal(err)
		}
		wanted := fmt.Sprintf(`[{"dimensions":["Google"],"metrics":[%d,100,100,0,100]}]`, visitors)
		if diff := cmp.Diff(wanted, string(got)); diff != "" {
			t.Errorf("site %d (-want +got): %s", site.ID, diff)
		}
	}
}

// TestMetaFromSums says the same of bots and currencies from sums as from raw events.
func TestMetaFromSums(t *testing.T) {
	db := openDatabase(t)
	now := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	site := schema.Site{ID: 1, TimeZone: "UTC", Currency: "EUR"}
	sale := func(id, currency string, reasons ...string) schema.Event {
		return schema.Event{Site: 1, ID: id, Kind: schema.KindSale, Visitor: 7, OccurredAt: schema.MillisOf(now), ReceivedAt: schema.MillisOf(now), Amount: 1, Currency: currency, BotReasons: reasons}
	}
	db.insert(t, []schema.Event{sale("a", "EUR"), sale("b", "USD", "crawler"), sale("c", "EUR", "crawler"), sale("d", "USD")}, now)
	ask := func() Meta {
		t.Helper()
		engine := New(db.reader, Options{Now: func() time.Time { return now }})
		answer, err := engine.Query(t.Context(), site, []byte(`{"site_id": "x", "metrics": ["revenue"], "date_range": "day"}`))
		if err != nil {
			t.Fatal(err)
		}
		return answer.Meta
	}
	want := ask()
	if err := slices.MakeAs(t.Context(), db.writer, site, []slices.DayNumber{slices.DayOf(now, time.UTC)}, now.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if err := db.migrator.Exec(t.Context(), "TRUNCATE TABLE visits"); err != nil { // so that sums alone can say it
		t.Fatal(err)
	}
	got := ask()
	if diff := cmp.Diff(want, got); diff != "" || *got.BotEventsLeftOut != 2 || len(got.OtherCurrencies) != 1 {
		t.Errorf("meta %+v (-raw +sums): %s", got, diff)
	}
}
