package report

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"noctra/schema"
)

var (
	testSite = schema.Site{ID: 1, TimeZone: "Europe/Berlin", Currency: "EUR"}
	testNow  = time.Date(2026, 3, 30, 10, 0, 0, 0, time.UTC) // a Monday, the day after clocks went forward
)

// decodeText decodes a query whose other keys are good; text is the inside of an object.
func decodeText(text string) (*query, error) {
	body := "{" + text
	for _, needed := range []string{`"site_id": "x"`, `"metrics": ["visitors"]`, `"date_range": "7d"`} {
		if !strings.Contains(text, needed[:strings.Index(needed, ":")]) {
			body += ", " + needed
		}
	}
	return decode([]byte(strings.Replace(body, "{,", "{", 1)+"}"), testSite, testNow, time.Time{})
}

// TestProblems is what is said of wrong queries: where, and why.
func TestProblems(t *testing.T) {
	tests := []struct {
		query string
		want  []string // path: part of the message
	}{
		{`"metrics": ["visitor"]`, []string{`metrics[0]: "visitor" is no metric; there is visitors, `}},
		{`"metrics": ["visits", 7, "visits"]`, []string{`metrics[1]: 7 is no metric`, `metrics[2]: "visits" stands there twice`}},
		{`"metrics": []`, []string{`metrics: [] is not a list of at least one metric`}},
		{`"metrics": null`, []string{`metrics: missing`}},
		{`"metric": ["visits"]`, []string{`metric: unknown; there is site_id, metrics, `}},
		{`"site_id": ""`, []string{`site_id: "" is not a site's public key or id`}},
		{`"site_id": -4`, []string{`site_id: -4 is not`}},
		{`"site_id": null`, []string{`site_id: missing`}},
		{`"date_range": "8d"`, []string{`date_range: "8d" is no range; there is day, 24h, `}},
		{`"date_range": 7`, []string{`date_range: 7 is neither`}},
		{`"date_range": ["2026-01-01"]`, []string{`date_range: ["2026-01-01"] is not a pair`}},
		{`"date_range": ["2026-01-02", "2026-01-01"]`, []string{`date_range: ["2026-01-02","2026-01-01"] ends before it begins`}},
		{`"date_range": ["2026-01-02", "2026-01-03T00:00:00Z"]`, []string{`date_range: ["2026-01-02","2026-01-03T00:00:00Z"] mixes`}},
		{`"date_range": ["2026-02-30", "2100-01-01"]`, []string{`date_range[0]: "2026-02-30" is neither a date`, `date_range[1]: "2100-01-01" is outside`}},
		{`"dimensions": "event:page"`, []string{`dimensions: "event:page" is not a list`}},
		{`"dimensions": ["visit:sauce", "event:props:", "visit:source", "visit:source"]`, []string{
			`dimensions[0]: "visit:sauce" is no dimension`, `dimensions[1]: "event:props:" is no dimension`, `dimensions[3]: "visit:source": a dimension stands there once`}},
		{`"dimensions": ["time:day", "time:hour"]`, []string{`dimensions[1]: "time:hour": a dimension stands there once, and time once`}},
		{`"filters": {"is": 1}`, []string{`filters: {"is":1} is not a list of filters`}},
		{`"filters": [["is", "event:page"]]`, []string{`filters[0]: ["is","event:page"] is not [operator, dimension, [values]]`}},
		{`"filters": [["equals", "event:page", ["/"]]]`, []string{`filters[0][0]: "equals" is no operator; there is is, `}},
		{`"filters": [["is", "event:pages", ["/"]], ["is", "event:page", "/"], ["is", "event:page", [1]]]`, []string{
			`filters[0][1]: "event:pages" is no dimension`, `filters[1][2]: "/" is not a list`, `filters[2][2][0]: 1 is not a string`}},
		{`"filters": [["or", [["is", "event:page", []], ["not", ["and", []]]]]]`, []string{
			`filters[0][1][0][2]: [] is not a list of at least one value`, `filters[0][1][1][1][1]: [] is not a list of at least one filter`}},
		{`"filters": [["not", ["is", "time:day", ["2026-01-01"]]]]`, []string{`filters[0][1][1]: "time:day" cannot be filtered by`}},
		{`"filters": [["matches", "event:page", ["("]]]`, []string{`filters[0][2][0]: "(" is no RE2 pattern`}},
		{`"filters": [["matches", "event:page", ["x"], {"case_sensitive": false}]]`, []string{`filters[0][3].case_sensitive: not with matches`}},
		{`"filters": [["is", "event:page", ["x"], {"case": false}]]`, []string{`filters[0][3].case: unknown`}},
		{`"filters": [["is", "event:page", ["a\u0000b"]]]`, []string{`filters[0][2][0]: "a\u0000b" holds a NUL character`}},
		{`"filters": [` + strings.Repeat(`["not", `, 10) + `["is", "event:page", ["x"]]` + strings.Repeat("]", 10) + `]`, []string{`filters[0][1][1][1][1][1][1][1][1][1]: and, or and not stand more than 8 deep`}},
		{`"filters": [["is", "event:page", [` + strings.Repeat(`"x",`, maxValues) + `"x"]]]`, []string{`filters[0][2][1000]: more than 1000 values`}},
		{`"order_by": [["visits", "desc"], ["visitors", "down"], "visitors"]`, []string{
			`order_by[0][0]: "visits" is none of the query's metrics and dimensions`, `order_by[1][1]: "down" is neither`, `order_by[2]: "visitors" is not [metric`}},
		{`"include": {"bots": 1, "robots": true, "comparisons": {"mode": "next"}}`, []string{
			`include.robots: unknown`, `include.bots: 1 is neither true nor false`, `include.comparisons.mode: "next" is no mode`}},
		{`"include": {"time_labels": true}`, []string{`include.time_labels: needs a dimension of time`}},
		{`"include": {"comparisons": {"mode": "custom"}}`, []string{`include.comparisons.date_range: null is not a pair`}},
		{`"pagination": {"limit": 0, "offset": -1, "page": 2}`, []string{`pagination.page: unknown`, `pagination.limit: 0 is not a whole number from 1 to 1000000`, `pagination.offset: -1 is not`}},
		{`"pagination": {"limit": 2.5}`, []string{`pagination.limit: 2.5 is not`}},
		{`"metrics": ["percentage"]`, []string{`metrics[0]: percentage needs a dimension`}},
		{`"metrics": ["conversion_rate"], "filters": [["not", ["is", "event:goal", ["x"]]]]`, []string{`metrics[0]: conversion_rate needs filters by event:goal to stand by themselves`}},
		{`"dimensions": ["time:minute"], "include": {"time_labels": true}, "date_range": ["2000-01-01", "2026-01-01"]`, []string{`dimensions[0]: more than 1000000 buckets`}},
	}
	for _, test := range tests {
		t.Run(test.query[:min(60, len(test.query))], func(t *testing.T) {
			q, err := decodeText(test.query)
			compareProblems(t, err, test.want)
			if q != nil {
				t.Error("a wrong query is given back")
			}
		})
	}
}

func TestBadJSON(t *testing.T) {
	for body, want := range map[string]string{
		``: ": the query is not JSON: it ends too early", `{"site_id": `: ": the query is not JSON: it ends too early", `[]`: ": the query must be an object, not []",
		`{} {}`: ": something follows after", "{\"site_id\": \"\xff\"}": ": the query is not valid UTF-8", `{"site_id": nil}`: ": the query is not JSON: invalid character",
		strings.Repeat(" ", maxBody+1): ": the query has 262145 bytes; at most 262144",
	} {
		_, err := decode([]byte(body), testSite, testNow, time.Time{})
		compareProblems(t, err, []string{want})
		if _, err := SiteID([]byte(body)); err == nil {
			t.Errorf("SiteID of %.20q gives no error", body)
		}
	}
}

func compareProblems(t *testing.T, err error, want []string) {
	t.Helper()
	var wrong *Error
	if !errors.As(err, &wrong) {
		t.Fatalf("error %v", err)
	}
	if len(wrong.Problems) != len(want) {
		t.Errorf("%d problems, want %d: %v", len(wrong.Problems), len(want), err)
		return
	}
	for i, p := range wrong.Problems {
		if got := p.Path + ": " + p.Message; !strings.HasPrefix(got, want[i]) {
			t.Errorf("problem %s, want %s…", got, want[i])
		}
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("error of several lines: %v", err)
	}
}

func TestSiteID(t *testing.T) {
	for body, want := range map[string]string{`{"site_id": "nst_abc", "metrics": 7}`: "nst_abc", `{"site_id": 12}`: "12", `{"site_id": 18446744073709551615}`: "18446744073709551615"} {
		got, err := SiteID([]byte(body))
		if err != nil || got != want {
			t.Errorf("site of %s: %q, %v", body, got, err)
		}
	}
}

func TestDateRanges(t *testing.T) {
	tests := []struct{ dateRange, want string }{
		{`"day"`, "2026-03-30T00:00:00+02:00 2026-03-30T23:59:59+02:00"},
		{`"7d"`, "2026-03-23T00:00:00+01:00 2026-03-29T23:59:59+02:00"},
		{`"30d"`, "2026-02-28T00:00:00+01:00 2026-03-29T23:59:59+02:00"},
		{`"month"`, "2026-03-01T00:00:00+01:00 2026-03-31T23:59:59+02:00"},
		{`"6mo"`, "2025-09-01T00:00:00+02:00 2026-02-28T23:59:59+01:00"},
		{`"12mo"`, "2025-03-01T00:00:00+01:00 2026-02-28T23:59:59+01:00"},
		{`"year"`, "2026-01-01T00:00:00+01:00 2026-12-31T23:59:59+01:00"},
		{`"all"`, "2026-03-30T00:00:00+02:00 2026-03-30T23:59:59+02:00"},
		{`"24h"`, "2026-03-29T12:00:00+02:00 2026-03-30T12:00:00+02:00"},
		{`["2026-03-29", "2026-03-29"]`, "2026-03-29T00:00:00+01:00 2026-03-29T23:59:59+02:00"},
		{`["2026-03-29T01:30:00", "2026-03-29T03:30:00"]`, "2026-03-29T01:30:00+01:00 2026-03-29T03:30:00+02:00"},
		{`["2026-03-28T23:00:00Z", "2026-03-29T21:59:59Z"]`, "2026-03-29T00:00:00+01:00 2026-03-29T23:59:59+02:00"},
		{`["2026-03-29T00:00:00.500+01:00", "2026-03-29 12:00:00"]`, "2026-03-29T00:00:00+01:00 2026-03-29T12:00:00+02:00"},
	}
	for _, test := range tests {
		t.Run(test.dateRange, func(t *testing.T) {
			q, err := decodeText(`"date_range": ` + test.dateRange)
			if err != nil {
				t.Fatal(err)
			}
			echo := q.span.echo(q.zone)
			if got := echo[0] + " " + echo[1]; got != test.want {
				t.Errorf("range %s, want %s", got, test.want)
			}
		})
	}
}

func TestWholeDays(t *testing.T) {
	for dateRange, want := range map[string]bool{
		`["2026-03-29", "2026-03-30"]`:                     true,
		`["2026-03-28T23:00:00Z", "2026-03-29T21:59:59Z"]`: true, // the same as a date
		`["2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"]`: false,
		`"24h"`: false,
	} {
		q, err := decodeText(`"date_range": ` + dateRange)
		if err != nil {
			t.Fatal(err)
		}
		if q.span.whole != want {
			t.Errorf("%s consists of whole days: %v", dateRange, q.span.whole)
		}
	}
}

func TestComparedRanges(t *testing.T) {
	tests := []struct{ query, want string }{
		{`"date_range": "7d", "include": {"comparisons": {"mode": "previous_period"}}`, "2026-03-16 2026-03-22"},
		{`"date_range": "7d", "include": {"comparisons": {"mode": "year_over_year"}}`, "2025-03-23 2025-03-29"},
		{`"date_range": "7d", "include": {"comparisons": {"mode": "year_over_year", "match_day_of_week": true}}`, "2025-03-24 2025-03-30"},
		{`"date_range": "30d", "include": {"comparisons": {"mode": "previous_period", "match_day_of_week": true}}`, "2026-01-31 2026-03-01"},
		{`"date_range": "month", "include": {"comparisons": {"mode": "previous_period"}}`, "2026-01-30 2026-02-28"}, // up to today
		{`"date_range": "day", "include": {"comparisons": {"mode": "custom", "date_range": ["2024-02-29", "2024-02-29"]}}`, "2024-02-29 2024-02-29"},
	}
	for _, test := range tests {
		t.Run(test.query, func(t *testing.T) {
			q, err := decodeText(test.query)
			if err != nil {
				t.Fatal(err)
			}
			if got := q.include.compared.first.String() + " " + q.include.compared.last.String(); got != test.want {
				t.Errorf("compared with %s, want %s", got, test.want)
			}
		})
	}
}

func TestTimeLabels(t *testing.T) {
	havana, err := time.LoadLocation("America/Havana")
	if err != nil {
		t.Fatal(err)
	}
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	day := func(s string, zone *time.Location) dateRange {
		d := decoder{}
		return d.pair("", []any{s, s}, zone)
	}
	forward := day("2026-03-29", berlin).labels(intervalHour, berlin)
	if len(forward) != 23 || forward[1] != "2026-03-29 01:00:00" || forward[2] != "2026-03-29 03:00:00" {
		t.Errorf("hours of the day on which clocks go forward: %v", forward)
	}
	back := day("2026-10-25", berlin).labels(intervalHour, berlin)
	if len(back) != 24 || back[2] != "2026-10-25 02:00:00" || back[3] != "2026-10-25 03:00:00" {
		t.Errorf("hours of the day on which clocks go back: %v", back)
	}
	if late := day("2026-03-08", havana).labels(intervalHour, havana); len(late) != 23 || late[0] != "2026-03-08 01:00:00" {
		t.Errorf("hours of a day that begins at one: %v", late)
	}
	quarter := days(testDay("2025-12-31"), testDay("2026-02-02"), berlin)
	if diff := cmp.Diff([]string{"2025-12-01", "2026-01-01", "2026-02-01"}, quarter.labels(intervalMonth, berlin)); diff != "" {
		t.Errorf("months (-want +got): %s", diff)
	}
	if diff := cmp.Diff([]string{"2025-12-31", "2026-01-05", "2026-01-12", "2026-01-19", "2026-01-26", "2026-02-02"}, quarter.labels(intervalWeek, berlin)); diff != "" {
		t.Errorf("weeks (-want +got): %s", diff)
	}
}
