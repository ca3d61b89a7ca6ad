package notes

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"noctra/internal/testenv"
	"noctra/schema"
)

func TestMain(m *testing.M) { testenv.Main(m) }

const noon = schema.Millis(1_795_176_000_000) // at a full hour

type writer struct {
	err  error
	uses []Use
	seen []Seen
}

func (w *writer) WriteUses(_ context.Context, uses []Use) error {
	w.uses = append(w.uses, uses...)
	return w.err
}

func (w *writer) WriteSightings(_ context.Context, seen []Seen) error {
	w.seen = append(w.seen, seen...)
	return w.err
}

// What is not written waits, is added to what comes meanwhile, and has a bound.
func TestNotes(t *testing.T) {
	w := &writer{err: errors.New("away")}
	n := New(w, slog.New(slog.DiscardHandler))
	host := func(i int) Sighting {
		return Sighting{Site: 7, Kind: HostNotAllowed, Host: fmt.Sprintf("h%d.example", i)}
	}
	n.Used(3, noon)
	n.Used(3, noon+5)
	for i := range 2 * mostOfSite {
		n.Saw(host(i), noon)
	}
	n.Saw(host(0), noon+7)
	n.Saw(Sighting{Site: 8, Kind: HostNotAllowed, Host: "x.example"}, noon)
	for _, bad := range []string{"", "A.example", "a b", "a/b", strings.Repeat("a", 254), "ä.example"} {
		n.Saw(Sighting{Site: 9, Kind: HostNotAllowed, Host: bad}, noon)
	}
	if err := n.Write(t.Context()); err == nil {
		t.Error("what could not be written was")
	}
	n.Used(3, noon+9)
	n.Saw(host(0), noon+8)
	*w = writer{}
	if err := n.Write(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(w.uses) != 1 || w.uses[0] != (Use{3, noon.Time(), (noon + 9).Time()}) {
		t.Errorf("uses %+v", w.uses)
	}
	if len(w.seen) != mostOfSite+1 {
		t.Errorf("%d sightings", len(w.seen))
	}
	for _, s := range w.seen {
		if s.Host == "h0.example" && (s.N != 3 || !s.Last.Equal((noon + 8).Time()) || !s.Hour.Equal(noon.Time())) {
			t.Errorf("%+v", s)
		}
	}
	n.Used(3, noon+10)
	n.Saw(host(0), noon+10)
	if n.isFresh() {
		t.Error("what was written before is new again")
	}
	n.Used(4, noon)
	if !n.isFresh() {
		t.Error("another key is not new")
	}
}

// Postgres has a key's use at most once a minute, whoever says it, and few sightings of an hour.
func TestPostgres(t *testing.T) {
	pool, err := testenv.Postgres(t).Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	if _, err := pool.Exec(t.Context(), `WITH w AS (INSERT INTO workspaces (name) VALUES ('x') RETURNING id),
		k AS (INSERT INTO server_keys (id, workspace_id, name, key_hash) OVERRIDING SYSTEM VALUE SELECT 3, id, 'x', decode(repeat('00', 32), 'hex') FROM w)
		INSERT INTO sites (id, workspace_id, public_key, name, hostnames, time_zone, currency, identity_key) OVERRIDING SYSTEM VALUE
		SELECT 7, id, 'nst_x', 'x', '{x.example}', 'UTC', 'EUR', decode(repeat('00', 32), 'hex') FROM w`); err != nil {
		t.Fatal(err)
	}
	p := Postgres{pool}
	at := func(seconds int) time.Time { return noon.Time().Add(time.Duration(seconds) * time.Second) }
	for _, uses := range [][]Use{{{3, at(0), at(10)}, {99, at(0), at(0)}}, {{3, at(20), at(69)}}, {{3, at(5), at(5)}}} {
		if err := p.WriteUses(t.Context(), uses); err != nil {
			t.Fatal(err)
		}
	}
	var first, last time.Time
	read := func() {
		t.Helper()
		if err := pool.QueryRow(t.Context(), `SELECT first_used_at, last_used_at FROM server_key_uses`).Scan(&first, &last); err != nil {
			t.Fatal(err)
		}
	}
	if read(); !first.Equal(at(0)) || !last.Equal(at(10)) {
		t.Errorf("first %s, last %s", first, last)
	}
	if err := p.WriteUses(t.Context(), []Use{{3, at(70), at(70)}}); err != nil {
		t.Fatal(err)
	}
	if read(); !first.Equal(at(0)) || !last.Equal(at(70)) {
		t.Errorf("a minute later: first %s, last %s", first, last)
	}

	saw := func(site schema.SiteID, host string) Seen {
		return Seen{Sighting{Site: site, Kind: HostNotAllowed, Host: host}, noon.Time(), 2, at(1)}
	}
	for i := range 3 * mostOfSite {
		if err := p.WriteSightings(t.Context(), []Seen{saw(7, fmt.Sprintf("h%d.example", i)), saw(7, "h0.example"), saw(99, "x.example")}[:1+i%2*2]); err != nil {
			t.Fatal(err)
		}
	}
	var rows, n int
	if err := pool.QueryRow(t.Context(), `SELECT count(*), sum(n) FILTER (WHERE host = 'h0.example') FROM site_sightings`).Scan(&rows, &n); err != nil || rows != mostOfSite || n != 2+2*3*mostOfSite/2 {
		t.Errorf("%d rows, %d of one host, %v", rows, n, err)
	}
}
