package admin

import (
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
)

// breaker ends what the service has open at Postgres, as a restart does: the server ends every session
// in the middle of what it does, and then takes no connections for a while.
type breaker struct {
	t    *testing.T
	link *cutter
	own  *pgxpool.Pool // past the cutter
}

func (b *breaker) restart(refused func() int64) {
	b.t.Helper()
	_, err := b.own.Exec(b.t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`)
	if err != nil {
		b.t.Error(err)
	}
	before := refused()
	b.link.take(true)
	eventually(b.t, "a request meets the restart", func() bool { return refused() > before })
	b.link.take(false)
}

// Postgres is restarted again and again in the middle of requests that create. Each is answered with
// what it made, or with 503 and when to come again; sent again with its Idempotency-Key it makes its
// thing once in the end, and the audit has it once. Reading goes on.
func TestPostgresRestarts(t *testing.T) {
	var b breaker
	b.t = t
	r := start(t, func(c *Config) {
		engines(t, c)
		var err error
		if b.own, err = c.Postgres.Open(t.Context()); err != nil {
			t.Fatal(err)
		}
		b.link = cut(t, c)
	})
	defer b.own.Close()
	owner := r.signedIn()
	var refused, made atomic.Int64
	stop := make(chan struct{})
	var group sync.WaitGroup
	for worker := range 4 {
		group.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
					r.createUntilDone(owner, fmt.Sprintf("restart-%d-%d", worker, n), &refused)
					made.Add(1)
				}
			}
		})
	}
	for range 5 {
		done := made.Load()
		b.restart(refused.Load)
		eventually(t, "it goes on", func() bool { return made.Load() >= done+5 })
	}
	close(stop)
	group.Wait()
	var keys, names, noted, open int64
	err := b.own.QueryRow(t.Context(), `SELECT count(*), count(DISTINCT name),
		(SELECT count(*) FROM audit JOIN audit_private USING (chain, seq) WHERE action = 'api_key.created' AND texts->>0 LIKE 'restart-%'), (SELECT count(*) FROM kept_answers WHERE answer IS NULL)
		FROM api_keys WHERE name LIKE 'restart-%'`).Scan(&keys, &names, &noted, &open)
	if want := made.Load(); err != nil || keys != want || names != want || noted != want || open != 0 {
		t.Errorf("%d acknowledged, %d keys of %d names, %d in the audit, %d answers half kept, %v", want, keys, names, noted, open, err)
	}
	t.Logf("%d made, %d answers of 503", made.Load(), refused.Load())
}

// createUntilDone makes an API key, sending the request again until it is done.
func (r *rig) createUntilDone(client *http.Client, name string, refused *atomic.Int64) {
	for {
		a := r.ask(client, "POST", "/api/v1/api-keys", j("name", name), "Idempotency-Key", name)
		if a.status == 503 && a.header.Get("Retry-After") != "" && a.code() == "postgres_unavailable" {
			refused.Add(1)
		} else if a.status != 201 {
			r.t.Errorf("%s: %d %s", name, a.status, a.body)
			return
		}
		if read := r.ask(client, "GET", "/api/v1/me", ""); read.status != 200 && read.status != 503 {
			r.t.Errorf("reading: %d %s", read.status, read.body)
		}
		if a.status == 201 {
			return
		}
	}
}
