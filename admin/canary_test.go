package admin

import (
	"errors"
	"strings"
	"testing"
	"time"

	"noctra/internal/ops"
	"noctra/schema"
)

// Answers of reports say how long a canary took, and no report, list or slice knows of its site.
func TestCanaryInReports(t *testing.T) {
	r := start(t, func(c *Config) { c.CanaryEvery = time.Minute })
	d := r.demo()
	ask := func() string {
		t.Helper()
		return r.ask(r.client, "POST", "/api/v1/query", `{"site_id":"`+d.SiteKey+`","metrics":["events"],"date_range":"day"}`, "Authorization", "Bearer "+d.APIKey).body
	}
	if body := ask(); strings.Contains(body, "canary") {
		t.Errorf("before the first: %s", body)
	}
	received := time.Now().Add(-3 * time.Second)
	err := r.writer.Exec(t.Context(), `INSERT INTO events (site_id, event_id, kind, name, via, occurred_at, received_at) VALUES (?, 'c', 'interaction', 'canary', 'canary', ?, ?)`,
		uint64(schema.CanarySite), received, received)
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "answers have the canary", func() bool {
		body := ask()
		return strings.Contains(body, `"canary":{"delay_seconds":`) && strings.Contains(body, `"missing":false`) && strings.Contains(body, `"metrics":[0]`)
	})
	if r.Ready() != nil {
		t.Errorf("ready: %v", r.Ready())
	}

	r.offset.move(5 * time.Minute)
	var note ops.Note
	eventually(t, "a missing canary is said", func() bool {
		return errors.As(r.Ready(), &note) && strings.Contains(note.Error(), "no canary has come through for 5m") && strings.Contains(r.log.String(), "no canary comes through")
	})
	if a := r.ask(r.client, "GET", "/readyz", ""); a.status != 200 || strings.Contains(a.body, "canary") {
		t.Errorf("in public: %d %s", a.status, a.body)
	}
	if body := ask(); !strings.Contains(body, `"missing":true`) {
		t.Errorf("when it is missing: %s", body)
	}
	sites, err := r.allSites(t.Context())
	if err != nil || len(sites) != 1 || sites[0].ID == schema.CanarySite {
		t.Errorf("slices are made of %+v, %v", sites, err)
	}
	for _, table := range []string{"slices", "visits", "rollup"} {
		var n uint64
		if err := r.reader.QueryRow(t.Context(), "SELECT count() FROM "+table+" WHERE site_id = ?", uint64(schema.CanarySite)).Scan(&n); err != nil || n != 0 {
			t.Errorf("%s has %d rows of the canary, %v", table, n, err)
		}
	}
}
