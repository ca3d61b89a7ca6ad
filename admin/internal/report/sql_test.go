package report

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"noctra/admin/internal/slices"
	"noctra/schema"
)

var update = flag.Bool("update", false, "write golden files anew")

func testDay(s string) slices.DayNumber {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return slices.DateNumber(t.Date())
}

// threeDays are a clean, a dirty and a raw day.
func threeDays(zone *time.Location) []slices.DayState {
	out := []slices.DayState{{Number: testDay("2026-03-23"), Mode: slices.Clean, Gen: 11, MadeAt: 1_774_500_000_000}, {Number: testDay("2026-03-24"), Mode: slices.Dirty, Gen: 12, MadeAt: 1_774_500_000_000}, {Number: testDay("2026-03-25")}}
	for i := range out {
		span := out[i].Number.Span(zone)
		out[i].From, out[i].To = span.From, span.To
	}
	return out
}

// TestSQL keeps the SQL of a few kinds of queries in sight.
func TestSQL(t *testing.T) {
	for name, text := range map[string]string{
		"figures":     `"metrics": ["visitors", "bounce_rate", "revenue"]`,
		"events_only": `"metrics": ["visitors", "pageviews"], "dimensions": ["event:page"], "date_range": ["2026-03-25", "2026-03-25"], "filters": [["contains", "event:page", ["/blog"]]]`,
		"both":        `"metrics": ["events", "visits"], "dimensions": ["time:hour", "visit:source"], "filters": [["is", "event:goal", ["Signup"]]]`,
		"properties":  `"metrics": ["visits"], "dimensions": ["event:props:plan"], "order_by": [["event:props:plan", "asc"]], "pagination": {"limit": 5, "offset": 10}`,
	} {
		t.Run(name, func(t *testing.T) {
			q, err := decodeText(text)
			if err != nil {
				t.Fatal(err)
			}
			got := layOut(compile(q, threeDays(q.zone), nil).sql)
			path := golden(name + ".sql")
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("SQL (-want +got; -update writes it anew): %s", diff)
			}
		})
	}
}

// TestLongRange: ClickHouse reads at most 256 KiB of SQL, and years of slices must fit.
func TestLongRange(t *testing.T) {
	var state []slices.DayState
	for n := testDay("2019-01-01"); n <= testDay("2026-03-25"); n++ {
		span := n.Span(time.UTC)
		state = append(state, slices.DayState{Number: n, From: span.From, To: span.To, Mode: slices.Clean, Gen: 1_882_860_984_457_686_730})
	}
	for _, change := range []func(*slices.DayState){
		func(*slices.DayState) {},
		func(d *slices.DayState) { *d = slices.WithSums(*d, "EUR") },
		func(d *slices.DayState) { d.Lasting = true },
		func(d *slices.DayState) { d.Shared = true },
	} {
		for i := range state {
			change(&state[i])
		}
		for _, text := range []string{
			`"metrics": ["visitors", "visits", "revenue"], "dimensions": ["visit:source", "event:page"]`,
			`"metrics": ["visitors", "conversion_rate", "percentage"], "dimensions": ["visit:source"]`,
			`"metrics": ["visitors", "conversion_rate", "percentage", "visits"], "dimensions": ["event:goal"]`,
		} {
			q, err := decodeText(text + `, "date_range": ["2019-01-01", "2026-03-25"]`)
			if err != nil {
				t.Fatal(err)
			}
			if sql := compile(q, state, nil).sql; len(sql) >= 256<<10 {
				t.Errorf("%s: %d bytes of SQL", text, len(sql))
			}
		}
	}
}

// layOut breaks lines before the parts of a statement.
func layOut(sql string) string {
	for _, word := range []string{" FROM ", " WHERE ", " GROUP BY ", " ORDER BY ", " WINDOW ", " UNION ALL ", " ARRAY JOIN ", " LEFT JOIN "} {
		sql = strings.ReplaceAll(sql, word, "\n"+word[1:])
	}
	return sql + "\n"
}

// TestNothingOfARequestIsSQL asks for everything that takes text, each with a mark, and looks for
// the mark in the SQL.
func TestNothingOfARequestIsSQL(t *testing.T) {
	const mark = "zQ9"
	operators := []string{"is", "is_not", "contains", "contains_not", "matches", "matches_not"}
	for name := range dimensions {
		if strings.HasPrefix(name, "time") {
			continue
		}
		for _, op := range operators {
			checkMark(t, mark, fmt.Sprintf(`"filters": [["%s", "%s", ["%s'"]]], "dimensions": ["%s"]`, op, name, mark, name))
		}
	}
	checkMark(t, mark, `"site_id": "zQ9"`)
	checkMark(t, mark, `"dimensions": ["event:props:zQ9'"], "filters": [["is", "event:props:zQ9\\", ["zQ9"], {"case_sensitive": false}]], "order_by": [["event:props:zQ9'", "desc"]]`)
}

func checkMark(t *testing.T, mark, text string) {
	t.Helper()
	q, err := decodeText(`"metrics": ["visitors", "visits", "revenue", "conversion_rate"], ` + text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	groups := []group{{keys: []key{{text: mark}}}}
	withSums := threeDays(q.zone)
	withSums[0] = slices.WithSums(withSums[0], q.site.Currency)
	for _, days := range [][]slices.DayState{threeDays(q.zone), withSums} {
		for _, only := range []*keySet{nil, keysOf(q, groups[:min(1, len(q.dimensions))])} {
			if s := compile(q, days, only); strings.Contains(s.sql, mark) {
				t.Errorf("%s: %s", text, s.sql)
			}
		}
	}
}

// hostile are values that mean something to one of the languages they pass through.
var hostile = []string{
	"'", "''", `\`, `\'`, `"`, "`", "%", "_", "a\nb", "a\tb", "a\rb", "{p0:String}", "{tz:String}", "$1", "?", "@x", "--", "/*", ";", "')) OR 1 --", `\x27`, `\N`, "NULL", "[1]", "['a']", "\u2028", "ä", "😀", "\x01", "\x7f", " x ", ")", "<script>",
}

// TestHostileValues stores each value as page, source and property, and finds it again by itself.
func TestHostileValues(t *testing.T) {
	db := openDatabase(t)
	now := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	site := schema.Site{ID: 1, TimeZone: "UTC", Currency: "EUR"}
	var events []schema.Event
	for i, v := range hostile {
		events = append(events, schema.Event{
			Site: 1, ID: fmt.Sprint("e", i), Kind: schema.KindPageview, Visitor: schema.VisitorID(i + 1), OccurredAt: schema.MillisOf(now), ReceivedAt: schema.MillisOf(now),
			Path: v, Source: v, Props: []schema.Prop{{Key: v, Value: v}},
		})
	}
	db.insert(t, events, now)
	engine := New(db.reader, Options{Now: func() time.Time { return now }})
	for _, v := range hostile {
		body, err := json.Marshal(map[string]any{
			"site_id": v, "metrics": []string{"visitors", "visits"}, "date_range": "day", "dimensions": []string{"event:props:" + v, "event:page"},
			"filters":  []any{[]any{"is", "visit:source", []string{v, "other"}}, []any{"contains", "event:page", []string{v}}, []any{"is", "event:props:" + v, []string{v}}},
			"order_by": [][]string{{"event:props:" + v, "desc"}},
			"include":  map[string]any{"total_rows": true, "comparisons": map[string]any{"mode": "custom", "date_range": []string{"2026-05-04", "2026-05-04"}}},
		})
		if err != nil {
			t.Fatal(err)
		}
		answer, err := engine.Query(t.Context(), site, body)
		if err != nil {
			t.Errorf("%q: %v", v, err)
			continue
		}
		one := []any{uint64(1), uint64(1)}
		want := []Row{{Dimensions: []string{v, v}, Metrics: one, Comparison: &Comparison{Dimensions: []string{v, v}, Metrics: one, Change: []any{0.0, 0.0}}}}
		if diff := cmp.Diff(want, answer.Results); diff != "" {
			t.Errorf("%q (-want +got): %s", v, diff)
		}
	}

	if err := slices.MakeAs(t.Context(), db.writer, site, []slices.DayNumber{slices.DayOf(now, time.UTC)}, now.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	engine = New(db.reader, Options{Now: func() time.Time { return now }})
	for _, v := range hostile { // the same from sums
		body, err := json.Marshal(map[string]any{"site_id": "x", "metrics": []string{"visitors", "visits"}, "date_range": "day", "dimensions": []string{"visit:source"},
			"filters": []any{[]any{"is", "visit:source", []string{v}}}})
		if err != nil {
			t.Fatal(err)
		}
		answer, err := engine.Query(t.Context(), site, body)
		if err != nil {
			t.Errorf("%q: %v", v, err)
			continue
		}
		if diff := cmp.Diff([]Row{{Dimensions: []string{v}, Metrics: []any{uint64(1), uint64(1)}}}, answer.Results); diff != "" {
			t.Errorf("%q from sums (-want +got): %s", v, diff)
		}
	}
}

// TestClickHouseRefusesPattern has a pattern that Go's parser takes and ClickHouse's does not.
func TestClickHouseRefusesPattern(t *testing.T) {
	db := openDatabase(t)
	now := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	db.insert(t, []schema.Event{{Site: 1, ID: "e", Kind: schema.KindPageview, Path: "/", OccurredAt: schema.MillisOf(now)}}, now)
	engine := New(db.reader, Options{Now: func() time.Time { return now }})
	body := `{"site_id": "x", "metrics": ["visitors"], "date_range": "day", "filters": [["matches", "event:page", ["` + strings.Repeat(`\\pL{1000}`, 40) + `"]]]}`
	_, err := engine.Query(t.Context(), schema.Site{ID: 1, TimeZone: "UTC", Currency: "EUR"}, []byte(body))
	var wrong *Error
	if !errors.As(err, &wrong) || wrong.Problems[0].Path != "filters[0][2]" {
		t.Errorf("error %v", err)
	}
}

// FuzzDecode wants every body to give a query that compiles, or problems.
func FuzzDecode(f *testing.F) {
	for _, text := range []string{
		`{"site_id": "x", "metrics": ["visitors", "revenue", "percentage"], "date_range": "30d", "dimensions": ["event:page", "time"], "filters": [["or", [["is", "visit:country", ["DE"]], ["not", ["matches", "event:props:x", ["a.*"]]]]]], "order_by": [["visitors", "desc"]], "include": {"comparisons": {"mode": "year_over_year", "match_day_of_week": true}, "time_labels": true, "total_rows": true, "bots": true}, "pagination": {"limit": 1, "offset": 2}}`,
		`{"site_id": 1, "metrics": ["visits"], "date_range": ["2026-01-01T00:00:00Z", "2026-01-02T00:00:00.5+05:45"]}`, `{"site_id": "x", "filters": [[[[]]]]}`, `[]`, `null`, `{"metrics": {}}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		q, err := decode(body, testSite, testNow, testNow.AddDate(-1, 0, 0))
		if err != nil {
			var wrong *Error
			if !errors.As(err, &wrong) || len(wrong.Problems) == 0 {
				t.Fatalf("error without problems: %v", err)
			}
			return
		}
		if s := compile(q, threeDays(q.zone), nil); s.sql == "" || q.span.To < q.span.From {
			t.Fatalf("no statement for %q", body)
		}
		if _, err := json.Marshal(q.echo()); err != nil {
			t.Fatalf("echo: %v", err)
		}
	})
}
