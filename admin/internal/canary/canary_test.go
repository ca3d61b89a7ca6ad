package canary_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"noctra/admin/internal/canary"
	"noctra/internal/clickhouse"
	"noctra/internal/testenv"
	"noctra/schema"
)

func TestMain(m *testing.M) { testenv.Main(m) }

// rig is a database, and a clock that stands.
type rig struct {
	t        *testing.T
	writer   driver.Conn
	reader   driver.Conn
	now      time.Time
	log      bytes.Buffer
	registry *prometheus.Registry
}

func newRig(t *testing.T) *rig {
	t.Helper()
	config := testenv.ClickHouse(t)
	open := func(role clickhouse.Role) driver.Conn {
		conn, err := config.Open(role)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		return conn
	}
	return &rig{t: t, writer: open(clickhouse.Migrator), reader: open(clickhouse.Reader), now: time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC), registry: prometheus.NewRegistry()}
}

func (r *rig) watch() *canary.Watch {
	r.registry = prometheus.NewRegistry()
	return canary.New(r.reader, canary.Options{Every: time.Minute, Log: slog.New(slog.NewTextHandler(&r.log, nil)), Registry: r.registry, Now: func() time.Time { return r.now }})
}

// store inserts a row as the aggregator does.
func (r *rig) store(site schema.SiteID, id string, via schema.Via, received, inserted time.Time) {
	r.t.Helper()
	err := r.writer.Exec(r.t.Context(), `INSERT INTO events (site_id, event_id, kind, via, occurred_at, received_at, inserted_at) VALUES (?, ?, 'interaction', ?,
		fromUnixTimestamp64Milli(?, 'UTC'), fromUnixTimestamp64Milli(?, 'UTC'), fromUnixTimestamp64Milli(?, 'UTC'))`,
		uint64(site), id, via.String(), received.UnixMilli(), received.UnixMilli(), inserted.UnixMilli())
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) gauges() map[string]float64 {
	r.t.Helper()
	families, err := r.registry.Gather()
	if err != nil {
		r.t.Fatal(err)
	}
	found := map[string]float64{}
	for _, f := range families {
		found[strings.TrimPrefix(f.GetName(), "noctra_admin_canary_")] = f.GetMetric()[0].GetGauge().GetValue()
	}
	return found
}

func TestWatch(t *testing.T) {
	r := newRig(t)
	begin := r.now
	w := r.watch()
	check := func(name string, want *canary.Seen, missing time.Duration) {
		t.Helper()
		if err := w.Look(t.Context()); err != nil {
			t.Fatal(err)
		}
		seen, ok := w.Newest()
		if ok != (want != nil) {
			t.Fatalf("%s: seen %v", name, seen)
		}
		age := r.now.Sub(begin)
		if want != nil {
			if diff := cmp.Diff(*want, seen); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
			age = r.now.Sub(seen.ReceivedAt)
		}
		if got := w.Missing(); got != missing {
			t.Errorf("%s: missing for %s", name, got)
		}
		if diff := cmp.Diff(map[string]float64{"delay_seconds": seen.Delay.Seconds(), "age_seconds": age.Seconds()}, r.gauges()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	seen := func(received, at time.Time) *canary.Seen {
		return &canary.Seen{ReceivedAt: received, SeenAt: at, Delay: at.Sub(received)}
	}
	check("nothing yet", nil, 0)
	r.now = begin.Add(3*time.Minute + time.Second)
	check("nothing for long", nil, 3*time.Minute+time.Second)

	first := r.now.Add(-1200 * time.Millisecond)
	r.store(schema.CanarySite, "a", schema.ViaCanary, first, r.now.Add(-400*time.Millisecond))
	r.store(7, "a", schema.ViaServer, r.now.Add(-time.Second), r.now)
	check("one", seen(first, r.now), 0)
	at := r.now
	r.now = r.now.Add(time.Second)
	check("the same again", seen(first, at), 0)

	late := begin.Add(time.Minute) // had waited in a spool
	r.store(schema.CanarySite, "b", schema.ViaCanary, late, r.now)
	second := first.Add(500 * time.Millisecond) // of another collector; its insert began before
	r.store(schema.CanarySite, "c", schema.ViaCanary, second, second.Add(100*time.Millisecond))
	r.now = r.now.Add(time.Second)
	check("one that is late, and another", seen(second, r.now), 0)
	at = r.now
	r.now = second.Add(3*time.Minute + time.Millisecond)
	check("none for long", seen(second, at), 3*time.Minute+time.Millisecond)

	w = r.watch()
	begin = r.now
	check("after a restart: what was there is as old as its insertion says", seen(second, second.Add(100*time.Millisecond)), 3*time.Minute+time.Millisecond)
}

// Canaries, and they alone, go some days after the end of their month.
func TestCanariesEnd(t *testing.T) {
	r := newRig(t)
	old, young := time.Now().AddDate(0, -3, 0), time.Now()
	r.store(schema.CanarySite, "old", schema.ViaCanary, old, old)
	r.store(7, "old", schema.ViaServer, old, old)
	r.store(schema.CanarySite, "young", schema.ViaCanary, young, young)
	for _, table := range []string{"events", "touched"} {
		if err := r.writer.Exec(t.Context(), "OPTIMIZE TABLE "+table+" FINAL"); err != nil {
			t.Fatal(err)
		}
	}
	check := func(query string, want uint64) {
		t.Helper()
		var got uint64
		if err := r.reader.QueryRow(t.Context(), query, uint64(schema.CanarySite)).Scan(&got); err != nil || got != want {
			t.Errorf("%s: %d, want %d, %v", query, got, want, err)
		}
	}
	check("SELECT count() FROM events WHERE site_id = ? AND event_id = 'old'", 0)
	check("SELECT count() FROM events WHERE site_id = ? AND event_id = 'young'", 1)
	check("SELECT count() FROM touched WHERE site_id = ?", 1)
	check("SELECT count() FROM events WHERE site_id != ?", 1)
	check("SELECT count() FROM touched WHERE site_id != ?", 1)
}
