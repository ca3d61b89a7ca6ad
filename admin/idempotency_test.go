package admin

import (
	"strings"
	"sync"
	"testing"
	"time"
)

// A request with a key is done once, however often and at once it is sent.
func TestIdempotency(t *testing.T) {
	r := start(t, nil)
	owner := r.signedIn()
	const path, key = "/api/v1/api-keys", "0199d6f0-7a3c-7c41-b5d0-3d3a7f0f6c11"
	ask := func(body string) reply { return r.ask(owner, "POST", path, body, "Idempotency-Key", key) }
	var group sync.WaitGroup
	answers := make(chan reply, 6) // more than there are connections to Postgres
	for range cap(answers) {
		group.Go(func() { answers <- ask(`{"name": "once"}`) })
	}
	group.Wait()
	close(answers)
	first := ask(`{"name": "once"}`)
	for a := range answers {
		if a.status != 201 || a.body != first.body || a.header.Get("Content-Type") != first.header.Get("Content-Type") {
			t.Errorf("%d %s, want %s", a.status, a.body, first.body)
		}
	}
	made := func() (n int) {
		t.Helper()
		if err := r.pool.QueryRow(t.Context(), `SELECT count(*) FROM api_keys WHERE name = 'once'`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if made() != 1 {
		t.Errorf("%d keys", made())
	}
	r.wants("another request", ask(`{"name": "twice"}`), 422, "idempotency_key_reused")
	r.wants("a wrong key", r.ask(owner, "POST", path, `{"name": "x"}`, "Idempotency-Key", strings.Repeat("x", 300)), 422, "invalid_request")

	other := r.addMember("admin")
	a := r.ask(other, "POST", path, `{"name": "once"}`, "Idempotency-Key", key)
	if a.status != 201 || a.body == first.body {
		t.Errorf("somebody else with the same key: %d", a.status)
	}
	var stored string
	if err := r.pool.QueryRow(t.Context(), `SELECT string_agg(encode(answer, 'escape'), '') FROM kept_answers`).Scan(&stored); err != nil || strings.Contains(stored, "nak_") {
		t.Errorf("the answer stands open in the table, or %v", err)
	}
	r.offset.move(25 * time.Hour)
	if a := ask(`{"name": "once"}`); a.status != 201 || a.body == first.body || made() != 3 {
		t.Errorf("after a day: %d, %d keys", a.status, made())
	}
	r.offset.move(25 * time.Hour)
	r.tidy(t.Context())
	var left int
	if err := r.pool.QueryRow(t.Context(), `SELECT count(*) FROM kept_answers`).Scan(&left); err != nil || left != 0 {
		t.Errorf("%d answers are left, %v", left, err)
	}
}

// A refused request makes nothing and is tried anew.
func TestIdempotencyOfRefused(t *testing.T) {
	r := start(t, nil)
	owner := r.signedIn()
	ask := func(body string) reply {
		return r.ask(owner, "POST", "/api/v1/workspaces", body, "Idempotency-Key", "k")
	}
	r.wants("refused", ask(`{"name": ""}`), 422, "invalid_request")
	r.wants("malformed", ask(`{`), 400, "malformed_request")
	if a := ask(`{"name": "Acme"}`); a.status != 201 || a.body != ask(`{"name": "Acme"}`).body || a.header.Get("ETag") == "" {
		t.Errorf("%d %s", a.status, a.body)
	}
}
