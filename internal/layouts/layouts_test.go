package layouts_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"noctra/internal/layouts"
	"noctra/internal/testenv"
	"noctra/schema"
)

func TestMain(m *testing.M) { testenv.Main(m) }

const insertSite = `INSERT INTO sites (workspace_id, public_key, name, hostnames, time_zone, currency, identity_key)
	VALUES (1, $1, 'Shop', '{shop.example}', 'UTC', 'EUR', decode(repeat('00', 32), 'hex')) RETURNING id`

func TestLayouts(t *testing.T) {
	ctx := t.Context()
	pool, err := testenv.Postgres(t).Open(ctx)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	check := func(name string, want ...schema.Layout) {
		t.Helper()
		got, err := layouts.Read(ctx, pool)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(schema.Layouts(want), got); len(want)+len(got) > 0 && diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	at := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	check("at first")
	if _, err := layouts.Add(ctx, pool, 8, at); !errors.Is(err, layouts.ErrNone) {
		t.Errorf("added to none: %v", err)
	}
	for _, n := range []int{4, 6} { // the second says nothing new
		if err := layouts.Begin(ctx, pool, n); err != nil {
			t.Fatal(err)
		}
	}
	first := schema.Layout{Partitions: 4}
	check("begun", first)
	for _, n := range []int{3, 4} {
		if _, err := layouts.Add(ctx, pool, n, at); !errors.Is(err, layouts.ErrFewer) {
			t.Errorf("%d partitions: %v", n, err)
		}
	}

	if _, err := pool.Exec(ctx, `INSERT INTO workspaces (id, name) OVERRIDING SYSTEM VALUE VALUES (1, 'Test')`); err != nil {
		t.Fatal(err)
	}
	making, err := pool.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	var old, young int64
	if err := making.QueryRow(ctx, insertSite, "nst_old").Scan(&old); err != nil {
		t.Fatal(err)
	}
	added := make(chan schema.Layout, 1)
	go func() {
		defer close(added)
		l, err := layouts.Add(ctx, pool, 8, at)
		if err != nil {
			t.Error(err)
		}
		added <- l
	}()
	blocked(t, pool)
	if err := making.Commit(ctx); err != nil { // a site that is being made is an old one
		t.Fatal(err)
	}
	second := <-added
	if err := pool.QueryRow(ctx, insertSite, "nst_young").Scan(&young); err != nil {
		t.Fatal(err)
	}
	if want := (schema.Layout{Partitions: 8, SitesFrom: schema.SiteID(old + 1), IDsFrom: schema.MillisOf(at)}); second != want || young <= old {
		t.Errorf("%+v, want %+v; the next site is %d", second, want, young)
	}
	third, err := layouts.Add(ctx, pool, 9, at.Add(-time.Hour)) // ids of before never move back
	if err != nil || third.IDsFrom != second.IDsFrom {
		t.Errorf("%+v, %v", third, err)
	}
	check("all", first, second, third)
	for _, statement := range []string{`UPDATE event_layouts SET partitions = 12`, `DELETE FROM event_layouts`, `TRUNCATE event_layouts`} {
		if _, err := pool.Exec(ctx, statement); err == nil {
			t.Errorf("%s was done", statement)
		}
	}
}

// blocked waits until somebody waits for a lock.
func blocked(t *testing.T, pool interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}) {
	t.Helper()
	deadline := time.Now().Add(2 * time.Minute)
	for n := 0; n == 0; {
		if err := pool.QueryRow(t.Context(), `SELECT count(*) FROM pg_locks WHERE NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		if time.Now().After(deadline) {
			t.Fatal("nobody waits for the lock")
		}
	}
}
