package admin

import (
	"flag"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

var benchSlots = flag.Int("slots", 0, "passwords that BenchmarkSignIn has checked at a time")

// BenchmarkSignIn signs in with passwords as fast as it goes, over HTTP and with real Postgres, while
// somebody else asks for something small all the time. The goal: 20 a second and core, and the others
// do not notice.
func BenchmarkSignIn(b *testing.B) {
	r, _ := startWithMail(b, func(c *Config) { c.PasswordConcurrency = *benchSlots })
	const people = 8
	hash, err := r.people.hasher.Hash(b.Context(), goodPassword)
	if err != nil {
		b.Fatal(err)
	}
	r.sql(`INSERT INTO accounts (email, name, password_hash, created_at) SELECT 'p' || i || '@acme.example', 'P', $1, now() FROM generate_series(0, $2::int) i`, hash, people)
	other := r.signedIn()
	var stop atomic.Bool
	var waits []time.Duration
	var group, others sync.WaitGroup
	others.Go(func() {
		for !stop.Load() {
			begin := time.Now()
			if got := r.me(other); got != http.StatusOK {
				b.Errorf("somebody else: %d", got)
				return
			}
			waits = append(waits, time.Since(begin))
		}
	})
	var left atomic.Int64
	left.Store(int64(b.N))
	b.ResetTimer()
	for i := range people {
		client := r.browser()
		body := j("email", fmt.Sprintf("p%d@acme.example", i), "password", goodPassword)
		group.Go(func() {
			for left.Add(-1) >= 0 {
				r.wants("sign in", r.send(client, "/sign-in", body), 200, "")
			}
		})
	}
	group.Wait()
	b.StopTimer()
	stop.Store(true)
	others.Wait()
	slices.Sort(waits)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "sign-ins/s")
	b.ReportMetric(float64(waits[len(waits)*95/100].Microseconds())/1000, "p95-others-ms")
}
