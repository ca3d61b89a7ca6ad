package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"noctra/admin/internal/report"
	"noctra/internal/clickhouse"
)

// insertEvents adds pageviews of a site to ClickHouse, each by a visitor of its own.
func insertEvents(t testing.TB, c Config, site string, at time.Time, n int) {
	t.Helper()
	conn, err := c.ClickHouse.Open(clickhouse.Writer)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	err = conn.Exec(t.Context(), fmt.Sprintf(`INSERT INTO events (site_id, workspace_id, event_id, kind, via, occurred_at, received_at, inserted_at, visitor_id, hostname, path)
		SELECT %s, 1, toString(generateUUIDv4()), 'pageview', 'browser', fromUnixTimestamp64Milli(%[2]d), fromUnixTimestamp64Milli(%[2]d), fromUnixTimestamp64Milli(%[2]d), bitOr(rand64(), 1), 'shop.noctra.example', '/a' FROM numbers(%[3]d)`,
		site, at.UnixMilli(), n))
	if err != nil {
		t.Fatalf("insert events: %v", err)
	}
}

func pageviews(site string) string {
	return fmt.Sprintf(`{"site_id": %q, "metrics": ["pageviews"], "date_range": "day"}`, site)
}

// onlyFigure reads the only figure of an answer.
func onlyFigure(t testing.TB, a reply) float64 {
	t.Helper()
	var answer struct {
		Results []struct{ Metrics []float64 }
	}
	if err := json.Unmarshal([]byte(a.body), &answer); err != nil || a.status != http.StatusOK || len(answer.Results) != 1 {
		t.Fatalf("answer %d %s: %v", a.status, a.body, err)
	}
	return answer.Results[0].Metrics[0]
}

func TestQuery(t *testing.T) {
	r := start(t, nil)
	demo := r.demo()
	r.offset.stop() // so that it is the same day for all questions
	insertEvents(t, r.config, demo.SiteID, r.now(), 3)
	key := []string{"Authorization", "Bearer " + demo.APIKey}
	for _, site := range []string{demo.SiteID, demo.SiteKey} {
		if n := onlyFigure(t, r.ask(r.client, "POST", "/api/v1/query", pageviews(site), key...)); n != 3 {
			t.Errorf("site %s: %v pageviews, want 3", site, n)
		}
	}
	if n := onlyFigure(t, r.ask(r.signedIn(), "POST", "/api/v1/query", pageviews(demo.SiteID))); n != 3 {
		t.Errorf("by session: %v pageviews, want 3", n)
	}
	t.Run("number", func(t *testing.T) {
		a := r.ask(r.client, "POST", "/api/v1/query", strings.Replace(pageviews(demo.SiteID), `"`+demo.SiteID+`"`, demo.SiteID, 1), key...)
		if a.status != http.StatusOK && a.problem(t).Code != "invalid_query" {
			t.Errorf("%d %s", a.status, a.body)
		}
	})
	t.Run("every mistake with its place", func(t *testing.T) {
		a := r.ask(r.client, "POST", "/api/v1/query", fmt.Sprintf(`{"site_id": %q, "metrics": ["pageviews", "nothing"], "date_range": "never", "filters": [["is", "visit:planet", ["x"]]]}`, demo.SiteID), key...)
		p := a.problem(t)
		if a.status != http.StatusBadRequest || p.Code != "invalid_query" {
			t.Fatalf("%d %+v", a.status, p)
		}
		var paths []string
		for _, e := range p.Errors {
			paths = append(paths, e.Path)
		}
		for _, want := range []string{"metrics[1]", "date_range", "filters[0]"} {
			if !strings.Contains(strings.Join(paths, " "), want) {
				t.Errorf("no problem at %s among %q", want, paths)
			}
		}
	})
}

func TestRefusedQueries(t *testing.T) {
	r := start(t, nil)
	key := []string{"Authorization", "Bearer " + r.demo().APIKey}
	for name, c := range map[string]struct {
		body   string
		status int
		code   string
	}{
		"no JSON":      {"{", 400, "invalid_query"},
		"nothing":      {"", 400, "malformed_request"},
		"no site":      {`{"metrics": ["visitors"], "date_range": "7d"}`, 400, "invalid_query"},
		"unknown site": {pageviews("nst_nobody"), 404, "not_found"},
		"other number": {pageviews("999999"), 404, "not_found"},
		"too large":    {pageviews(strings.Repeat("x", 300_000)), 413, "too_large"},
	} {
		a := r.ask(r.client, "POST", "/api/v1/query", c.body, key...)
		if p := a.problem(t); a.status != c.status || p.Code != c.code {
			t.Errorf("%s: %d %s, want %d %s", name, a.status, p.Code, c.status, c.code)
		}
	}
}

func TestRateLimit(t *testing.T) {
	r := start(t, func(c *Config) { c.QueryRate = 1 })
	key := []string{"Authorization", "Bearer " + r.demo().APIKey}
	r.offset.stop()
	r.rates.now = r.offset.now // however slow it is here, no second goes by
	var last reply
	for range 3 {
		last = r.ask(r.client, "POST", "/api/v1/query", pageviews(r.demo().SiteID), key...)
	}
	if p := last.problem(t); last.status != http.StatusTooManyRequests || p.Code != "rate_limited" || last.header.Get("Retry-After") != "1" {
		t.Errorf("third query: %d %+v, Retry-After %q", last.status, p, last.header.Get("Retry-After"))
	}
	if a := r.ask(r.signedIn(), "POST", "/api/v1/query", pageviews(r.demo().SiteID)); a.status != http.StatusOK {
		t.Errorf("another caller: %d", a.status)
	}
}

func TestClickHouseAway(t *testing.T) {
	r := start(t, nil)
	if err := r.reader.Close(); err != nil {
		t.Fatal(err)
	}
	config := r.config.ClickHouse
	config.Addr = "http://127.0.0.1:1"
	gone, err := config.Open(clickhouse.Reader)
	if err != nil {
		t.Fatal(err)
	}
	r.reports = reportsOn(gone, r.now)
	a := r.ask(r.client, "POST", "/api/v1/query", pageviews(r.demo().SiteID), "Authorization", "Bearer "+r.demo().APIKey)
	if p := a.problem(t); a.status != http.StatusServiceUnavailable || p.Code != "clickhouse_unavailable" || a.header.Get("Retry-After") == "" {
		t.Errorf("%d %+v, Retry-After %q", a.status, p, a.header.Get("Retry-After"))
	}
}

// Queries wait for their turn at ClickHouse, but not for ever.
func TestBusy(t *testing.T) {
	r := start(t, func(c *Config) { c.QueryConcurrency, c.QueryTimeout = 1, time.Second })
	key := []string{"Authorization", "Bearer " + r.demo().APIKey}
	leave, err := r.slots.enter(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	a := r.ask(r.client, "POST", "/api/v1/query", pageviews(r.demo().SiteID), key...)
	if p := a.problem(t); a.status != 503 || p.Code != "busy" || a.header.Get("Retry-After") != "1" {
		t.Errorf("%d %+v", a.status, p)
	}
	leave()
	eventually(t, "the next query is answered", func() bool {
		return r.ask(r.client, "POST", "/api/v1/query", pageviews(r.demo().SiteID), key...).status == 200
	})
}

func TestPublicAnswersOfReports(t *testing.T) {
	for _, c := range []struct {
		err  error
		want kind
	}{
		{fmt.Errorf("run: %w", report.ErrTooExpensive), tooExpensive},
		{fmt.Errorf("run: %w", report.ErrUnavailable), clickHouseUnavailable},
		{context.DeadlineExceeded, clickHouseUnavailable},
		{context.Canceled, busy},
		{&report.Error{Problems: []report.Problem{{Path: "metrics", Message: "x"}}}, invalidQuery},
		{errors.New("planted"), internalError},
		{refuse(notFound, "x"), notFound},
	} {
		if got := ofReport(c.err); got.kind != c.want || strings.Contains(got.problem().Detail, "planted") {
			t.Errorf("%v: %+v", c.err, got)
		}
	}
	for k, status := range statuses {
		if status < 400 || status > 599 || k == "" {
			t.Errorf("%s is %d", k, status)
		}
	}
}
