package slices

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"noctra/internal/clickhouse"
	"noctra/internal/testenv"
	"noctra/schema"
)

func openWriter(t testing.TB) driver.Conn {
	t.Helper()
	return open(t, testenv.ClickHouse(t))
}

func open(t testing.TB, config clickhouse.Config) driver.Conn {
	t.Helper()
	conn, err := config.Open(clickhouse.Writer)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// openShards returns a cluster of two shards, and how a Maker reaches each.
func openShards(t testing.TB) (testenv.Shards, driver.Conn, MakerOptions) {
	t.Helper()
	shards := testenv.ClickHouseShards(t)
	each := func(ctx context.Context, do func(context.Context, Conn) error) error {
		return shards.EachServer(ctx, clickhouse.Writer, func(ctx context.Context, conn driver.Conn) error { return do(ctx, conn) })
	}
	return shards, open(t, shards.Config), MakerOptions{EachServer: each}
}

// visit is what a test inserts: events of one visitor, five minutes from one another. Visitors from
// 1000 on have ids for a day, others lasting ones.
type visit struct {
	site    schema.SiteID
	visitor uint64
	start   string // RFC 3339
	events  int
}

// insert writes visits as if they had been inserted at that time.
func insert(t testing.TB, conn driver.Conn, at time.Time, visits ...visit) {
	t.Helper()
	batch, err := conn.PrepareBatch(t.Context(), "INSERT INTO events (site_id, event_id, kind, via, occurred_at, inserted_at, visitor_id, visitor_kind, path, country)")
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range visits {
		start, err := time.Parse(time.RFC3339, v.start)
		if err != nil {
			t.Fatal(err)
		}
		kind := schema.VisitorLasting
		if v.visitor >= 1000 {
			kind = schema.VisitorDaily
		}
		for i := range v.events {
			id := fmt.Sprintf("%d-%s-%d", v.visitor, v.start, i)
			err := batch.Append(uint64(v.site), id, int8(schema.KindPageview), int8(schema.ViaBrowser), start.Add(time.Duration(i)*5*time.Minute), at, v.visitor, uint8(kind), fmt.Sprint("/", i), "DE")
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := batch.Send(); err != nil {
		t.Fatal(err)
	}
}

// table reads columns of what stands in from, a line of text per row.
func table(t testing.TB, conn Querier, columns, from string) string {
	t.Helper()
	var lines []string
	err := each(t.Context(), conn, "SELECT concatWithSeparator(' ', "+columns+") FROM "+from, func(scan func(...any) error) error {
		var line string
		err := scan(&line)
		lines = append(lines, line)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(lines, "\n")
}

// visitTable are the visits that count, by site and day.
func visitTable(t testing.TB, conn Querier) string {
	t.Helper()
	return table(t, conn, "site_id, day, count(), sum(events), sum(duration_ms)", `visits
		WHERE (site_id, day, gen) GLOBAL IN (SELECT site_id, day, argMax(gen, (made_at, gen)) FROM slices GROUP BY site_id, day) GROUP BY site_id, day ORDER BY site_id, day`)
}

// modes says how the days first to last of a site are answered: c, d or r for each.
func modes(t testing.TB, conn Querier, site schema.Site, first, last string) string {
	t.Helper()
	zone, err := time.LoadLocation(site.TimeZone)
	if err != nil {
		t.Fatal(err)
	}
	state, err := load(t.Context(), conn, site.ID)
	if err != nil {
		t.Fatal(err)
	}
	out := ""
	for _, d := range state.Days(zone, date(t, first), date(t, last)) {
		out += map[Mode]string{Raw: "r", Clean: "c", Dirty: "d"}[d.Mode]
	}
	return out
}

func date(t testing.TB, s string) DayNumber {
	t.Helper()
	d, err := time.Parse(time.DateOnly, s)
	if err != nil {
		t.Fatal(err)
	}
	return DateNumber(d.Date())
}

func listOf(sites ...schema.Site) Sites {
	return func(context.Context) ([]schema.Site, error) { return sites, nil }
}
