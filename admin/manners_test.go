package admin

import (
	"errors"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// Lists go on where the page before ended, each entry once, also when some are added meanwhile.
func TestCursors(t *testing.T) {
	r := start(t, nil)
	owner := r.signedIn()
	site := func(n int) string {
		return fmt.Sprintf(`{"name": "Site %d", "hostnames": ["s%d.example"], "time_zone": "UTC", "currency": "EUR"}`, n, n)
	}
	for n := range 5 {
		r.wants("create", r.ask(owner, "POST", "/api/v1/sites", site(n)), 201, "")
	}
	var names []string
	for page, cursor := 0, ""; page == 0 || cursor != ""; page++ {
		var out sitesOutput
		decode(t, r.ask(owner, "GET", "/api/v1/sites?limit=2"+cursor, ""), 200, &out.Body)
		for _, s := range out.Body.Sites {
			names = append(names, s.Name)
		}
		cursor = ""
		if out.Body.NextCursor != "" {
			cursor = "&cursor=" + out.Body.NextCursor
		}
		if page == 0 {
			r.wants("create", r.ask(owner, "POST", "/api/v1/sites", site(9)), 201, "")
		}
	}
	want := []string{demoSite.Name, "Site 0", "Site 1", "Site 2", "Site 3", "Site 4", "Site 9"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Error(diff)
	}
	for _, list := range []string{"/api/v1/sites", "/api/v1/workspaces", "/api/v1/api-keys", "/api/v1/workspaces/" + r.demo().WorkspaceID + "/members", "/api/v1/workspaces/" + r.demo().WorkspaceID + "/audit"} {
		for _, query := range []string{"?cursor=x", "?cursor=LTE", "?limit=0", "?limit=1001"} {
			r.wants(list+query, r.ask(owner, "GET", list+query, ""), 422, "invalid_request")
		}
	}
}

// Every answer says how many requests are left.
func TestRateHeaders(t *testing.T) {
	at := time.Unix(0, 0)
	s := &Service{rates: newRateLimit(1, func() time.Time { return at })}
	ask := func() (header string, err error) {
		w := httptest.NewRecorder()
		err = s.ration(w, caller{account: 1})
		return w.Header().Get("RateLimit-Limit") + " " + w.Header().Get("RateLimit-Remaining") + " " + w.Header().Get("RateLimit-Reset"), err
	}
	for _, want := range []string{"2 1 1", "2 0 2"} {
		if got, err := ask(); got != want || err != nil {
			t.Errorf("%s, %v, want %s", got, err, want)
		}
	}
	got, err := ask()
	var f *fault
	if !errors.As(err, &f) || f.kind != rateLimited || f.wait != time.Second || got != "2 0 2" {
		t.Errorf("%s, %v", got, err)
	}
	at = at.Add(time.Second)
	if got, err := ask(); got != "2 0 2" || err != nil {
		t.Errorf("a second later: %s, %v", got, err)
	}
	s.rates = newRateLimit(0, time.Now)
	if got, err := ask(); got != "  " || err != nil {
		t.Errorf("without a limit: %q, %v", got, err)
	}
}

// What is sent and answered has examples; the body of a query is described by its fields, though the
// report engine reads it by itself.
func TestExamples(t *testing.T) {
	r := start(t, nil)
	operations, schemas := r.described()
	creating := 0
	for _, route := range r.routes() {
		if route.creates() {
			creating++
		}
	}
	for _, op := range operations {
		if op.ID == "query" {
			media := op.RequestBody.Content["application/json"]
			if _, ok := media.Schema.Properties["date_range"]; !ok || media.Example == nil {
				t.Errorf("%+v", media)
			}
		}
	}
	if a := r.ask(r.client, "GET", "/api/openapi.json", ""); strings.Count(a.body, `"Idempotency-Key"`) != creating {
		t.Errorf("%d routes take an Idempotency-Key", strings.Count(a.body, `"Idempotency-Key"`))
	}
	// Reports and what became of events have examples in their pages; what authenticators say has none.
	elsewhere := strings.Fields("GoalUsed Answer Bucket Canary Comparison CurrencySum Echo EchoInclude EchoPaging ErrorDetail Figures Freshness Meta Outcome Row Warning")
	for name, schema := range schemas {
		for field, of := range schema.Properties {
			plain := of.Ref == "" && (of.Items == nil || of.Items.Ref == "") && field != "$schema" && field != "options" && field != "credential"
			if plain && len(of.Examples) == 0 && !slices.Contains(elsewhere, name) {
				t.Errorf("%s: %s has no example", name, field)
			}
		}
	}
}
