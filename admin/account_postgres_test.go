package admin

import (
	"errors"
	"io"
	"net"
	"net/url"
	"sync"
	"testing"
)

// cutter stands before Postgres and can take it away.
type cutter struct {
	listener net.Listener
	to       string

	mu    sync.Mutex
	gone  bool
	conns []net.Conn
}

// cut puts a cutter before the service's Postgres.
func cut(t *testing.T, c *Config) *cutter {
	t.Helper()
	u, err := url.Parse(c.Postgres.URL)
	if err != nil {
		t.Fatal(err)
	}
	k := &cutter{listener: listen(t), to: u.Host}
	u.Host = k.listener.Addr().String()
	c.Postgres.URL = u.String()
	var group sync.WaitGroup
	group.Go(func() { k.serve(&group) })
	t.Cleanup(func() { _ = k.listener.Close(); k.take(true); group.Wait() })
	return k
}

func (k *cutter) serve(group *sync.WaitGroup) {
	for {
		in, err := k.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue
		}
		out, err := net.Dial("tcp", k.to)
		k.mu.Lock()
		if err != nil || k.gone {
			_ = in.Close()
			if out != nil {
				_ = out.Close()
			}
			k.mu.Unlock()
			continue
		}
		k.conns = append(k.conns, in, out)
		k.mu.Unlock()
		for from, to := range map[net.Conn]net.Conn{in: out, out: in} {
			group.Go(func() { _, _ = io.Copy(to, from); _ = to.Close() })
		}
	}
}

// take ends all connections, and lets none through while it is gone.
func (k *cutter) take(gone bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.gone = gone
	for _, c := range k.conns {
		_ = c.Close()
	}
	k.conns = nil
}

// Postgres goes away and comes back: 503 and nothing half done meanwhile, and the mail of before
// arrives once.
func TestPostgresAway(t *testing.T) {
	var k *cutter
	r, box := startWithMail(t, func(c *Config) {
		engines(t, c)
		k = cut(t, c)
	})
	const email = "mara@acme.example"
	client := r.joined(box, email)
	eventually(t, "the mail that arrived is noted", func() bool { return r.mailRows(isWaiting) == 0 }) // or it would be sent again
	k.take(true)
	for path, body := range map[string]string{
		"/sign-in": j("email", email, "password", goodPassword), "/sign-up": j("name", "Mara", "email", "b@acme.example", "password", goodPassword),
		"/forgot-password": j("email", email), "/password": j("password", goodPassword, "new_password", "ganz andere Worte hier"),
		"/delete": j("password", goodPassword),
	} {
		a := r.send(client, path, body)
		r.wants(path, a, 503, "postgres_unavailable")
		if a.header.Get("Retry-After") == "" {
			t.Errorf("%s: no Retry-After", path)
		}
	}
	k.take(false)
	r.pool.Reset() // or each connection that ended meanwhile would be one more 503, whoever meets it
	eventually(t, "it goes on", func() bool { return r.send(client, "/forgot-password", j("email", email)).status == 202 })
	box.token(email, subjectReset)
	r.signedInAs(email, goodPassword)
	eventually(t, "all is noted", func() bool { return r.mailRows(isWaiting) == 0 })
	var half int
	err := r.pool.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM sign_ups WHERE email = 'b@acme.example') + (SELECT count(*) FROM accounts WHERE delete_after IS NOT NULL)`).Scan(&half)
	if err != nil || half != 0 {
		t.Errorf("%d things half done, %v", half, err)
	}
	if l := box.ledger(); l.Totals.Copies != 0 {
		t.Errorf("%+v", l.Totals)
	}
}
