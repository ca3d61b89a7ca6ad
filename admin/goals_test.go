package admin

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"noctra/admin/internal/report"
	"noctra/schema/goals"
)

// definer asks about goals and funnels of the demo's site as its owner.
type definer struct {
	*rig
	owner *http.Client
	site  string
}

func TestDefinitions(t *testing.T) {
	r := start(t, nil)
	for _, c := range []struct {
		name string
		test func(definer)
	}{
		{"goals", goalsAreKept}, {"wrong goals", wrongGoals}, {"most goals", mostGoals}, {"funnels", funnelsAreKept},
		{"reports", goalsInReports}, {"funnel reports", funnelReports}, // the second has events of the first
	} {
		t.Run(c.name, func(t *testing.T) {
			r.sql(`DELETE FROM goals; DELETE FROM funnels`)
			own := *r
			own.t = t
			c.test(definer{&own, r.signedIn(), "/api/v1/sites/" + r.demo().SiteID})
		})
	}
}

func (d definer) do(method, path, body string, headers ...string) reply {
	d.t.Helper()
	return d.ask(d.owner, method, d.site+path, body, headers...)
}

// Goals are made once, listed, changed by whoever saw their state, and deleted; each change is audited.
func goalsAreKept(d definer) {
	since := d.audits()
	body := `{"name": " Signup ", "match": {"kind": "event", "event_type": "goal", "name": "signup", "props": {"plan": "pro"}}}`
	var made, again, read GoalView
	first := d.do("POST", "/goals", body, "Idempotency-Key", "one")
	decode(d.t, first, 201, &made)
	decode(d.t, d.do("POST", "/goals", body, "Idempotency-Key", "one"), 201, &again)
	if diff := cmp.Diff(made, again); diff != "" {
		d.t.Errorf("the same key made another: %s", diff)
	}
	want := goals.Match{Kind: "event", EventType: "goal", Name: "signup", Props: map[string]string{"plan": "pro"}}
	if made.Name != "Signup" || made.Version != 1 || !cmp.Equal(made.Match, want) {
		d.t.Errorf("made %+v", made)
	}
	path := "/goals/" + made.ID
	seen := d.do("GET", path, "")
	decode(d.t, seen, 200, &read)
	if diff := cmp.Diff(made, read); diff != "" || seen.header.Get("ETag") != first.header.Get("ETag") {
		d.t.Errorf("read %s, %v", diff, seen.header)
	}
	d.wants("name taken", d.do("POST", "/goals", `{"name": "SIGNUP", "match": {"kind": "sale"}}`), 409, "conflict")
	d.wants("no condition", d.do("PATCH", path, `{"name": "Registered"}`), 428, "precondition_required")
	d.wants("another state", d.do("PATCH", path, `{"name": "Registered"}`, "If-Match", `"0123456789abcdef"`), 412, "changed_meanwhile")
	read = GoalView{}
	decode(d.t, d.do("PATCH", path, `{"match": {"kind": "sale", "min_amount": "049.900"}}`, "If-Match", seen.header.Get("ETag")), 200, &read)
	if read.Version != 2 || read.Name != "Signup" || read.Match.MinAmount != "49.90" {
		d.t.Errorf("changed to %+v", read)
	}
	d.wants("seen before the change", d.do("PATCH", path, `{"name": "x"}`, "If-Match", seen.header.Get("ETag")), 412, "changed_meanwhile")
	decode(d.t, d.do("PATCH", path, `{"name": "Signup"}`, "If-Match", "*"), 200, &read)
	if read.Version != 2 {
		d.t.Errorf("a change that changes nothing made version %d", read.Version)
	}
	d.wants("delete", d.do("DELETE", path, "", "If-Match", "*"), 204, "")
	d.wants("gone", d.do("GET", path, ""), 404, "not_found")
	d.wants("gone", d.do("DELETE", path, ""), 404, "not_found")
	d.audited(since, "goal.created", "goal.changed", "goal.deleted")
}

// audits returns the last entry of the workspace's audit.
func (d definer) audits() (seq int64) {
	d.t.Helper()
	if err := d.pool.QueryRow(d.t.Context(), `SELECT coalesce(max(seq), 0) FROM audit WHERE workspace_id IS NOT NULL`).Scan(&seq); err != nil {
		d.t.Fatal(err)
	}
	return seq
}

// audited wants these actions, and no others about definitions, in the audit since an entry.
func (d definer) audited(since int64, want ...string) {
	d.t.Helper()
	rows, err := d.pool.Query(d.t.Context(), `SELECT action, coalesce(before->>'site_id', after->>'site_id') FROM audit WHERE action ~ '^(goal|funnel)\.' AND seq > $1 ORDER BY seq`, since)
	if err != nil {
		d.t.Fatal(err)
	}
	defer rows.Close()
	var got []string
	for rows.Next() {
		var action, site string
		if err := rows.Scan(&action, &site); err != nil || site != d.demo().SiteID {
			d.t.Fatalf("%s of site %s: %v", action, site, err)
		}
		got = append(got, action)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		d.t.Errorf("audit: %s", diff)
	}
}

// What is wrong with a definition is said with its place, all at once.
func wrongGoals(d definer) {
	since := d.audits()
	text := func(n int) string { return strings.Repeat("x", n) }
	for _, c := range []struct{ match, paths string }{
		{`{"kind": "planet"}`, "match.kind"},
		{`{"kind": "page"}`, "match.path"},
		{`{"kind": "page", "path": "thanks"}`, "match.path"},
		{`{"kind": "page", "path": "/\u0000"}`, "match.path"},
		{`{"kind": "page", "path": "/*********"}`, "match.path"},
		{`{"kind": "page", "path": "/` + text(500) + `"}`, "match.path"},
		{`{"kind": "page", "path": "/a", "min_amount": "1"}`, "match.min_amount"},
		{`{"kind": "event"}`, "match"},
		{`{"kind": "event", "event_type": "unknown"}`, "match.event_type"},
		{`{"kind": "event", "event_type": "Goal", "props": {"": "x"}, "path": "/"}`, "match.event_type match.props match.path"},
		{`{"kind": "event", "name": "x", "props": {"a": "", "b": "` + text(501) + `"}}`, "match.props match.props"},
		{`{"kind": "event", "name": "x", "props": {"a": "1", "b": "1", "c": "1", "d": "1", "e": "1", "f": "1"}}`, "match.props"},
		{`{"kind": "sale", "min_amount": "-1"}`, "match.min_amount"},
		{`{"kind": "sale", "min_amount": "1.1234567"}`, "match.min_amount"},
		{`{"kind": "sale", "name": "x"}`, "match.name"},
	} {
		a := d.do("POST", "/goals", `{"name": "ok", "match": `+c.match+`}`)
		var paths []string
		for _, e := range a.problem(d.t).Errors {
			paths = append(paths, e.Path)
		}
		if got := strings.Join(paths, " "); a.status != 422 || got != c.paths && a.problem(d.t).Detail == "The goal is not as it has to be; errors says where." {
			d.t.Errorf("%s: %d at %q, want %q", c.match, a.status, got, c.paths)
		}
	}
	for _, name := range []string{"", "  ", "a\u0007", text(101), "(not set)"} {
		raw, err := json.Marshal(name)
		if err != nil {
			d.t.Fatal(err)
		}
		d.wants(name, d.do("POST", "/goals", fmt.Sprintf(`{"name": %s, "match": {"kind": "sale"}}`, raw)), 422, "invalid_request")
	}
	d.wants("unknown field", d.do("POST", "/goals", `{"name": "x", "match": {"kind": "sale", "regex": "x"}}`), 422, "invalid_request")
	d.audited(since)
}

// A site has as many goals and as much text in them as a report can carry.
func mostGoals(d definer) {
	long := fmt.Sprintf(`{"name": "%%d", "match": {"kind": "event", "name": "x", "props": {"a": "%[1]s", "b": "%[1]s", "c": "%[1]s", "d": "%[1]s", "e": "%[1]s"}}}`, strings.Repeat("x", 500))
	for n := range 12 {
		d.wants("long", d.do("POST", "/goals", fmt.Sprintf(long, n)), 201, "")
	}
	d.wants("too much text", d.do("POST", "/goals", fmt.Sprintf(long, 99)+strings.Repeat(" ", 1)), 201, "")
	d.wants("too much text", d.do("POST", "/goals", fmt.Sprintf(long, 100)), 409, "conflict")
	d.sql(`DELETE FROM goals`)
	d.sql(`INSERT INTO goals (site_id, name, definition, created_at, changed_at) SELECT $1::text::bigint, n::text, '{"kind": "sale"}', now(), now() FROM generate_series(1, 99) n`, d.demo().SiteID)
	d.wants("the hundredth", d.do("POST", "/goals", `{"name": "a", "match": {"kind": "sale"}}`), 201, "")
	d.wants("one more", d.do("POST", "/goals", `{"name": "b", "match": {"kind": "sale"}}`), 409, "conflict")
}

// Funnels name goals of their site, which stay while they are steps.
func funnelsAreKept(d definer) {
	since := d.audits()
	var goal GoalView
	decode(d.t, d.do("POST", "/goals", `{"name": "Basket", "match": {"kind": "page", "path": "/basket"}}`), 201, &goal)
	body := fmt.Sprintf(`{"name": "Buy", "steps": [{"goal_id": %q}, {"name": "Order", "match": {"kind": "sale"}}], "window_hours": 24}`, goal.ID)
	var made, read FunnelView
	decode(d.t, d.do("POST", "/funnels", body), 201, &made)
	want := []StepView{{GoalID: goal.ID}, {Name: "Order", Match: &goals.Match{Kind: "sale"}}}
	if diff := cmp.Diff(want, made.Steps); diff != "" || made.WindowHours != 24 || made.Strict {
		d.t.Errorf("%s %+v", diff, made)
	}
	d.wants("goal of a funnel", d.do("DELETE", "/goals/"+goal.ID, ""), 409, "conflict")
	path := "/funnels/" + made.ID
	seen := d.do("GET", path, "")
	decode(d.t, d.do("PATCH", path, `{"strict": true, "window_hours": 0}`, "If-Match", seen.header.Get("ETag")), 200, &read)
	if !read.Strict || read.WindowHours != 0 || read.Name != "Buy" || read.Version != 2 || !cmp.Equal(read.Steps, want) {
		d.t.Errorf("changed to %+v", read)
	}
	for _, c := range []struct{ body, path string }{
		{`{"name": "x", "steps": [{"goal_id": "999999"}, {"name": "y", "match": {"kind": "sale"}}]}`, "steps[0].goal_id"},
		{`{"name": "x", "steps": [{"name": "y"}, {"name": "y", "match": {"kind": "page", "path": "x"}}]}`, "steps[0]"},
		{`{"name": "x", "steps": [{"goal_id": "` + goal.ID + `", "name": "z"}, {"name": "y", "match": {"kind": "sale"}}]}`, "steps[0]"},
	} {
		a := d.do("POST", "/funnels", c.body)
		if p := a.problem(d.t); a.status != 422 || p.Errors[0].Path != c.path {
			d.t.Errorf("%s: %d %+v", c.body, a.status, p)
		}
	}
	for _, body := range []string{
		`{"name": "x", "steps": []}`, `{"name": "x", "steps": [{"name": "y", "match": {"kind": "sale"}}]}`, `{"name": "x"}`,
		strings.Replace(body, "24", "-1", 1), strings.Replace(body, "24", "2161", 1),
		`{"name": "x", "steps": [` + strings.TrimSuffix(strings.Repeat(`{"name": "y", "match": {"kind": "sale"}},`, 9), ",") + `]}`,
	} {
		d.wants(body, d.do("POST", "/funnels", body), 422, "invalid_request")
	}
	d.wants("name taken", d.do("POST", "/funnels", body), 409, "conflict")
	var list funnelsOutput
	decode(d.t, d.do("GET", "/funnels?limit=1", ""), 200, &list.Body)
	if diff := cmp.Diff([]FunnelView{read}, list.Body.Funnels); diff != "" || list.Body.NextCursor != "" {
		d.t.Errorf("list %s", diff)
	}
	d.wants("delete", d.do("DELETE", path, "", "If-Match", "*"), 204, "")
	d.wants("gone", d.do("GET", path, ""), 404, "not_found")
	d.wants("free", d.do("DELETE", "/goals/"+goal.ID, ""), 204, "")
	d.audited(since, "goal.created", "funnel.created", "funnel.changed", "funnel.deleted", "goal.deleted")
}

// A goal that is made counts for events of before, in reports and in a preview; changed, it counts others.
func goalsInReports(d definer) {
	insertEvents(d.t, d.config, d.demo().SiteID, time.Now(), 3) // pageviews of /a
	var seen PreviewView
	decode(d.t, d.do("POST", "/goals/preview", `{"match": {"kind": "page", "path": "/a*"}}`), 200, &seen)
	if seen.Events != 3 || seen.Visitors != 3 {
		d.t.Errorf("preview %+v", seen)
	}
	d.wants("wrong match", d.do("POST", "/goals/preview", `{"match": {"kind": "page", "path": "a"}}`), 422, "invalid_request")
	var made GoalView
	decode(d.t, d.do("POST", "/goals", `{"name": "Read", "match": {"kind": "page", "path": "/b"}}`), 201, &made)
	ask := func() (answer report.Answer) {
		decode(d.t, d.ask(d.owner, "POST", "/api/v1/query", fmt.Sprintf(`{"site_id": %q, "metrics": ["visitors", "conversion_rate"], "date_range": "all", "dimensions": ["event:goal"]}`, d.demo().SiteID)), 200, &answer)
		return answer
	}
	if got := ask(); len(got.Results) != 0 || len(got.Meta.Goals) != 1 || got.Meta.Goals[0].Version != 1 {
		d.t.Errorf("before the change: %+v", got)
	}
	decode(d.t, d.do("PATCH", "/goals/"+made.ID, `{"match": {"kind": "page", "path": "/*"}}`, "If-Match", "*"), 200, &made)
	got := ask()
	want := []report.Row{{Dimensions: []string{"Read"}, Metrics: []any{3.0, 100.0}}}
	if diff := cmp.Diff(want, got.Results); diff != "" || got.Meta.Goals[0].Version != 2 || got.Meta.Goals[0].ID != made.ID {
		d.t.Errorf("after the change: %s %+v", diff, got.Meta.Goals)
	}
}

// A funnel is asked over a range, compared with another, and tried before it is kept.
func funnelReports(d definer) {
	yesterday := time.Now().UTC().Add(-24 * time.Hour)
	insertEvents(d.t, d.config, d.demo().SiteID, yesterday.Add(-24*time.Hour), 2)
	insertEvents(d.t, d.config, d.demo().SiteID, yesterday, 4)
	var goal GoalView
	decode(d.t, d.do("POST", "/goals", `{"name": "Read", "match": {"kind": "page", "path": "/a"}}`), 201, &goal)
	steps := fmt.Sprintf(`"steps": [{"goal_id": %q}, {"name": "Order", "match": {"kind": "sale"}}]`, goal.ID)
	var made FunnelView
	decode(d.t, d.do("POST", "/funnels", `{"name": "Buy", "window_hours": 48, `+steps+`}`), 201, &made)
	var got funnelReportOutput
	day := yesterday.Format(time.DateOnly)
	body := fmt.Sprintf(`{"date_range": [%[1]q, %[1]q], "filters": [["is", "event:page", ["/a"]]], "include": {"comparisons": {"mode": "previous_period"}}}`, day)
	decode(d.t, d.do("POST", "/funnels/"+made.ID+"/query", body), 200, &got.Body)
	want := []FunnelStepView{
		{Name: "Read", GoalID: goal.ID, GoalVersion: 1, Visitors: 4, Conversion: 100, StepConversion: 100},
		{Name: "Order", DropOff: 4, DropOffRate: 100},
	}
	if diff := cmp.Diff(want, got.Body.Steps); diff != "" || got.Body.Visitors != 4 || got.Body.Comparison.Steps[0].Visitors != 2 || got.Body.DateRange[0] != day+"T00:00:00Z" {
		d.t.Errorf("%s %+v", diff, got.Body)
	}
	if m := got.Body.Meta; m.FunnelVersion != 1 || m.WindowHours != 48 || m.VisitorsKnown != "day" || len(m.Warnings) != 1 {
		d.t.Errorf("meta %+v", m)
	}
	var tried funnelReportOutput
	eventually(d.t, "the days of before are seen", func() bool { // which days there are is known to two seconds
		decode(d.t, d.do("POST", "/funnels/preview", `{`+steps+`}`), 200, &tried.Body)
		return tried.Body.Steps[0].Visitors >= 6
	})
	if tried.Body.Meta.VisitorsKnown != "visit" {
		d.t.Errorf("preview %+v", tried.Body)
	}
	for body, path := range map[string]string{
		`{"date_range": "never"}`: "date_range", `{"date_range": "7d", "filters": [["is", "visit:planet", ["x"]]]}`: "filters[0][1]",
		`{"date_range": "7d", "include": {"time_labels": true}}`: "include.time_labels", `{"date_range": {"a": [1]}}`: "date_range",
	} {
		a := d.do("POST", "/funnels/"+made.ID+"/query", body)
		if p := a.problem(d.t); a.status != 400 || p.Code != "invalid_query" || p.Errors[0].Path != path {
			d.t.Errorf("%s: %d %+v", body, a.status, p)
		}
	}
	d.wants("no such funnel", d.do("POST", "/funnels/999999/query", `{"date_range": "7d"}`), 404, "not_found")
}
