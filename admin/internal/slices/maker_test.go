package slices

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	clickhousego "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/go-cmp/cmp"

	"noctra/schema"
)

// TestMaker follows a site through its days: what is made, when it is made again, what is deleted.
func TestMaker(t *testing.T) {
	t.Run("server", func(t *testing.T) { followSite(t, openWriter(t), MakerOptions{}) })
	t.Run("shards", func(t *testing.T) {
		shards, conn, opts := openShards(t)
		followSite(t, conn, opts)
		for shard, want := range []string{"2", "1,3"} {
			got := table(t, open(t, shards.Local(shard)), "arrayStringConcat(arraySort(groupUniqArray(toString(site_id))), ',')", "events")
			if got != want {
				t.Errorf("shard %d has events of sites %s, want %s", shard, got, want)
			}
			if n := table(t, open(t, shards.Local(shard)), "count()", "(SELECT site_id FROM visits UNION ALL SELECT site_id FROM slices UNION ALL SELECT site_id FROM rollup) WHERE site_id NOT IN ("+want+")"); n != "0" {
				t.Errorf("shard %d has %s rows of other sites", shard, n)
			}
		}
	})
}

func followSite(t *testing.T, conn driver.Conn, opts MakerOptions) {
	t.Helper()
	berlin := schema.Site{ID: 1, TimeZone: "Europe/Berlin"}
	utc := schema.Site{ID: 2, TimeZone: "UTC"}
	now := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	opts.Now, opts.OpenFrom = func() time.Time { return now }, 1000
	maker := NewMaker(conn, listOf(berlin, utc), opts)
	round := func() {
		t.Helper()
		if err := maker.Round(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	expect := func(step, want string) {
		t.Helper()
		if got := modes(t, conn, berlin, "2026-04-30", "2026-05-04"); got != want {
			t.Errorf("%s: days are %s, want %s", step, got, want)
		}
	}
	round()
	expect("no events", "rrrrr")
	insert(t, conn, now.Add(-time.Minute),
		visit{1, 10, "2026-04-30T10:00:00Z", 3}, visit{1, 11, "2026-05-02T21:55:00Z", 2}, // over Berlin's midnight
		visit{1, 10, "2026-05-04T10:00:00Z", 2}, visit{2, 10, "2026-05-02T23:50:00Z", 4}, visit{3, 1, "2026-05-02T01:00:00Z", 1})
	round()
	expect("rows came a minute ago", "rrrrr")
	now = now.Add(3 * time.Minute)
	round()
	expect("quiet", "crccr")
	want := "1 2026-04-30 1 3 600000\n1 2026-05-02 1 1 0\n1 2026-05-03 1 1 0\n2 2026-05-02 1 2 300000\n2 2026-05-03 1 2 300000"
	if diff := cmp.Diff(want, visitTable(t, conn)); diff != "" {
		t.Errorf("visits (-want +got): %s", diff)
	}

	now = now.Add(time.Minute)
	insert(t, conn, now, visit{1, 12, "2026-04-30T11:00:00Z", 1})
	now = now.Add(4 * time.Minute)
	round()
	expect("made five minutes ago", "drccr")
	now = now.Add(6 * time.Minute)
	round()
	expect("made ten minutes ago", "crccr")

	generations := func() string {
		return table(t, conn, "uniqExact(site_id, day, gen), count()", "visits") + ", " +
			table(t, conn, "count()", "slices") + ", " + table(t, conn, "uniqExact(site_id, day, gen)", "rollup")
	}
	if got := generations(); got != "6 7, 6, 6" {
		t.Errorf("before the sweep: %s generations, visits, slices, rollups", got)
	}
	now = now.Add(11 * time.Minute)
	round()
	if got := generations(); got != "5 6, 5, 5" {
		t.Errorf("after the sweep: %s generations, visits, slices, rollups", got)
	}
	expect("swept", "crccr")

	// A site whose zone changes has other days; those of the old zone count no more.
	berlin.TimeZone = "Pacific/Auckland"
	opts.OpenFrom = 1
	maker = NewMaker(conn, listOf(berlin, utc), opts)
	expect("another zone", "rrrrr")
	round()
	expect("made for it", "crrcc") // also the open day, as there are enough events for it now
}

// TestMakerLeavesNothingBehind is what a making that failed half way leaves to the next day's sweep.
func TestMakerLeavesNothingBehind(t *testing.T) {
	conn := openWriter(t)
	now := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	site := schema.Site{ID: 1, TimeZone: "UTC"}
	insert(t, conn, now.Add(-time.Hour), visit{1, 10, "2026-05-01T10:00:00Z", 3})
	failing := &failingConn{Conn: conn, match: "INTO slices"}
	maker := NewMaker(failing, listOf(site), MakerOptions{Now: func() time.Time { return now }})
	if err := maker.Round(t.Context()); err == nil || !strings.Contains(err.Error(), "record slices of site 1: refused") {
		t.Fatalf("round with a failure: %v", err)
	}
	failing.match = "nothing"
	if err := maker.Round(t.Context()); err != nil {
		t.Fatal(err)
	}
	count := func() string {
		return table(t, conn, "count()", "visits") + " " + table(t, conn, "count()", "rollup WHERE dim = 0")
	}
	if got := count(); got != "2 2" {
		t.Errorf("%s visits and rollups of two generations", got)
	}
	now = now.Add(25 * time.Hour)
	if err := maker.Round(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := count(); got != "1 1" {
		t.Errorf("%s visits and rollups after the sweep", got)
	}
	if got := modes(t, conn, site, "2026-05-01", "2026-05-01"); got != "c" {
		t.Errorf("the day is %s", got)
	}
}

// TestMakerShortOfMemory makes smaller pieces until they fit.
func TestMakerShortOfMemory(t *testing.T) {
	conn := openWriter(t)
	now := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	insert(t, conn, now.Add(-time.Hour), visit{1, 10, "2026-05-01T10:00:00Z", 3}, visit{1, 11, "2026-05-01T10:00:00Z", 2})
	for _, failures := range []int{2, 100} {
		ok := failures == 2
		short := &shortConn{Conn: conn, left: failures}
		err := NewMaker(short, listOf(schema.Site{ID: 1, TimeZone: "UTC"}), MakerOptions{Now: func() time.Time { return now }}).Round(t.Context())
		if (err == nil) != ok {
			t.Errorf("with %d failures: %v", failures, err)
		}
		if ok && (short.pieces != 1+1+16 || visitTable(t, conn) != "1 2026-05-01 2 5 900000") {
			t.Errorf("%d pieces made visits %s", short.pieces, visitTable(t, conn))
		}
		now = now.Add(time.Hour)
		insert(t, conn, now.Add(-30*time.Minute), visit{1, 12, "2026-05-01T12:00:00Z", 1})
	}
}

// shortConn has no memory for the first visits.
type shortConn struct {
	Conn
	left, pieces int
}

func (c *shortConn) Exec(ctx context.Context, query string, args ...any) error {
	if strings.Contains(query, "INTO visits") {
		c.pieces++
		if c.left--; c.left >= 0 {
			return &clickhousego.Exception{Code: 241, Message: "Query memory limit exceeded"}
		}
	}
	return c.Conn.Exec(ctx, query, args...)
}

// TestTwoMakers lets two work on the same days at once.
func TestTwoMakers(t *testing.T) {
	conn := openWriter(t)
	now := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	site := schema.Site{ID: 1, TimeZone: "UTC"}
	insert(t, conn, now.Add(-time.Hour), visit{1, 10, "2026-05-01T10:00:00Z", 3}, visit{1, 11, "2026-05-02T10:00:00Z", 2})
	var wg sync.WaitGroup
	for range 2 {
		maker := NewMaker(conn, listOf(site), MakerOptions{Now: func() time.Time { return now }})
		wg.Go(func() {
			if err := maker.Round(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if diff := cmp.Diff("1 2026-05-01 1 3 600000\n1 2026-05-02 1 2 300000", visitTable(t, conn)); diff != "" {
		t.Errorf("visits (-want +got): %s", diff)
	}
}

// failingConn refuses statements that contain match.
type failingConn struct {
	Conn
	match string
}

func (c *failingConn) Exec(ctx context.Context, query string, args ...any) error {
	if strings.Contains(query, c.match) {
		return errors.New("refused")
	}
	return c.Conn.Exec(ctx, query, args...)
}

// awayConn is a ClickHouse that does not answer.
type awayConn struct{ asked []time.Time }

func (c *awayConn) Query(context.Context, string, ...any) (driver.Rows, error) {
	c.asked = append(c.asked, time.Now())
	return nil, errors.New("connection refused")
}

func (c *awayConn) Exec(context.Context, string, ...any) error { return errors.New("unexpected") }

func TestMakerWithoutClickHouse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn := &awayConn{}
		var log strings.Builder
		maker := NewMaker(conn, listOf(), MakerOptions{Log: slog.New(slog.NewTextHandler(&log, nil))})
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
		defer cancel()
		if err := maker.Run(ctx); err != nil {
			t.Errorf("run: %v", err)
		}
		var waits []time.Duration
		for i := 1; i < len(conn.asked); i++ {
			waits = append(waits, conn.asked[i].Sub(conn.asked[i-1]))
		}
		want := []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 16 * time.Second, 32 * time.Second, time.Minute}
		if diff := cmp.Diff(want, waits[:7]); diff != "" || len(waits) > 16 {
			t.Errorf("waits, %d in all (-want +got): %s", len(waits), diff)
		}
		if lines := strings.Count(log.String(), "level=WARN"); lines < 5 || lines > 11 {
			t.Errorf("%d warnings in ten minutes:\n%s", lines, log.String())
		}
	})
}
