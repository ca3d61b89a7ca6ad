package googleauth_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"noctra/internal/googleauth"
)

// TestGoogleAway: while Google's token address hangs, whoever does not need it has the database.
func TestGoogleAway(t *testing.T) {
	r := start(t)
	ids := make([]int64, 3*int(r.pool.Config().MaxConns))
	for i := range ids {
		ids[i] = r.connection(r.allow(googleauth.Scopes()...))
	}
	r.moved = 2 * time.Hour
	base, _, _ := strings.Cut(r.client.ConsentURL(redirect, "s", "v"), "/o/oauth2")
	response, err := http.Post(base+"/_faults", "application/json", strings.NewReader(`[{"kind": "delay", "delay_ms": 600000, "path": "/token"}]`))
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatal(response, err)
	}
	_ = response.Body.Close()
	ctx, cancel := context.WithCancel(t.Context())
	var group sync.WaitGroup
	defer group.Wait()
	defer cancel()
	for _, id := range ids {
		group.Go(func() { _, _ = r.tokens.Token(ctx, id) })
	}
	ticker, over := time.NewTicker(time.Millisecond), time.After(time.Minute)
	defer ticker.Stop()
	for r.pool.Stat().AcquiredConns() < r.pool.Config().MaxConns/2 {
		select {
		case <-over:
			t.Fatal("nobody asks Google")
		case <-ticker.C:
		}
	}
	for range 20 {
		within, done := context.WithTimeout(ctx, time.Minute)
		if _, err := r.pool.Exec(within, `SELECT pg_sleep(0.01)`); err != nil {
			t.Errorf("the database is not there for others: %v", err)
		}
		done()
	}
}
