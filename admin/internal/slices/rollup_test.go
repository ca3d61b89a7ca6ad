package slices

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	clickhousego "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/google/go-cmp/cmp"

	"noctra/schema"
)

// sums are the figures of rollups of a generation, whatever rows they come from.
func sums(t testing.TB, conn Querier, gen uint64) string {
	t.Helper()
	return table(t, conn, "dim, day, text, sum(visitors), sum(lasting), sum(visits), sum(bounces), sum(views), sum(duration_ms), sum(events)",
		fmt.Sprintf("rollup WHERE gen = %d GROUP BY dim, day, text ORDER BY dim, day, text", gen))
}

// TestRollupsTwice repeats the INSERTs of a generation, and makes the same sums in pieces.
func TestRollupsTwice(t *testing.T) {
	conn := openWriter(t)
	var list []visit
	for i := range 200 {
		list = append(list, visit{1, uint64(990 + i%90), fmt.Sprintf("2026-05-%02dT%02d:%02d:00Z", 1+i%3, i%24, i%60), 1 + i%7})
	}
	insert(t, conn, time.Date(2026, 5, 9, 0, 0, 0, 0, time.UTC), append(list, visit{1, 0, "2026-05-01T10:00:00Z", 3})...)
	run := func(b batch, gen uint64) {
		t.Helper()
		if err := makeVisits(t.Context(), conn, b, gen); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := makeRollups(t.Context(), conn, b, gen); err != nil {
				t.Fatal(err)
			}
		}
	}
	whole := batch{site: 1, zone: time.UTC, currency: "EUR", days: []DayNumber{date(t, "2026-05-01"), date(t, "2026-05-02"), date(t, "2026-05-03")}, events: 700}
	run(whole, 1)
	once := sums(t, conn, 1)
	visits := table(t, conn, "day, uniqExactIf(visitor_id, visitor_id != 0), countIf(visitor_id != 0), sum(events)", "visits WHERE gen = 1 GROUP BY day ORDER BY day")
	got := table(t, conn, "day, sum(visitors), sum(visits), sum(events)", "rollup WHERE gen = 1 AND dim = 0 GROUP BY day ORDER BY day")
	if diff := cmp.Diff(visits, got); diff != "" || strings.Count(got, "\n") != 2 {
		t.Errorf("figures (-visits +rollup): %s", diff)
	}
	inPieces := whole
	inPieces.finer = 4
	run(inPieces, 2)
	if diff := cmp.Diff(once, sums(t, conn, 2)); diff != "" {
		t.Errorf("in pieces (-want +got): %s", diff)
	}
}

// TestFacts says of days whether visitors last, and whether ids for a day are in two of them.
func TestFacts(t *testing.T) {
	conn := openWriter(t)
	insert(t, conn, time.Date(2026, 5, 9, 0, 0, 0, 0, time.UTC),
		visit{1, 10, "2026-05-01T10:00:00Z", 1}, visit{1, 10, "2026-05-02T10:00:00Z", 1}, visit{1, 1010, "2026-05-02T10:00:00Z", 1},
		visit{1, 1011, "2026-05-03T10:00:00Z", 1}, visit{1, 1012, "2026-05-05T10:00:00Z", 1}, visit{1, 1012, "2026-05-06T10:00:00Z", 1})
	site := schema.Site{ID: 1, TimeZone: "UTC", Currency: "EUR"}
	made := func(days ...string) {
		t.Helper()
		for _, d := range days {
			if err := MakeAs(t.Context(), conn, site, []DayNumber{date(t, d)}, time.Date(2026, 5, 9, 1, 0, 0, 0, time.UTC)); err != nil {
				t.Fatal(err)
			}
		}
	}
	made("2026-05-01", "2026-05-02", "2026-05-03", "2026-05-05")
	got := table(t, conn, "day, lasting, shared, rollups, currency", "slices ORDER BY day")
	want := "2026-05-01 1 0 1 EUR\n2026-05-02 1 0 1 EUR\n2026-05-03 0 0 1 EUR\n2026-05-05 0 1 1 EUR"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("slices (-want +got): %s", diff)
	}
}

// TestMakerMakesRollupsLater meets slices of a release without rollups, and then another currency.
func TestMakerMakesRollupsLater(t *testing.T) {
	conn := openWriter(t)
	now := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	insert(t, conn, now.Add(-time.Hour), visit{1, 10, "2026-05-01T10:00:00Z", 3})
	b := batch{site: 1, zone: time.UTC, days: []DayNumber{date(t, "2026-05-01")}}
	if err := conn.Exec(t.Context(), insertVisits(b, 7, 0), clickhousego.Named("tz", "UTC")); err != nil {
		t.Fatal(err)
	}
	err := conn.Exec(t.Context(), "INSERT INTO slices (site_id, day, gen, made_at, time_zone) SELECT 1, toDate('2026-05-01'), 7, toDateTime64('2026-05-04 11:30:00', 3, 'UTC'), 'UTC'")
	if err != nil {
		t.Fatal(err)
	}
	site := schema.Site{ID: 1, TimeZone: "UTC", Currency: "EUR"}
	expect := func(step, currency string, rolled bool) {
		t.Helper()
		state, err := load(t.Context(), conn, 1)
		if err != nil {
			t.Fatal(err)
		}
		day := state.Days(time.UTC, date(t, "2026-05-01"), date(t, "2026-05-01"))[0]
		if day.Mode != Clean || day.Rolled(currency) != rolled {
			t.Errorf("%s: mode %d, rolled in %s: %v", step, day.Mode, currency, !rolled)
		}
	}
	expect("of the release before", "", false)
	maker := NewMaker(conn, func(context.Context) ([]schema.Site, error) { return []schema.Site{site}, nil }, MakerOptions{Now: func() time.Time { return now }})
	round := func() {
		t.Helper()
		if err := maker.Round(t.Context()); err != nil {
			t.Fatal(err)
		}
		now = now.Add(time.Minute)
	}
	round()
	expect("made anew", "EUR", true)
	made := func() string { return table(t, conn, "count()", "slices") }
	round()
	if got := made(); got != "2" {
		t.Errorf("%s slices: the day was made once more without need", got)
	}
	site.Currency = "USD"
	expect("another currency", "USD", false)
	round()
	expect("made for it", "USD", true)
}

// TestMakerCutsAnew: after a change of the site's zone its closed days are those of the new zone.
func TestMakerCutsAnew(t *testing.T) {
	conn := openWriter(t)
	now := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	insert(t, conn, now.Add(-time.Hour), visit{1, 10, "2026-05-01T22:30:00Z", 2}, visit{1, 11, "2026-05-01T10:00:00Z", 1})
	site := schema.Site{ID: 1, TimeZone: "UTC", Currency: "EUR"}
	maker := NewMaker(conn, func(context.Context) ([]schema.Site, error) { return []schema.Site{site}, nil }, MakerOptions{Now: func() time.Time { return now }})
	expect := func(zone, want string) {
		t.Helper()
		site.TimeZone = zone
		if err := maker.Round(t.Context()); err != nil {
			t.Fatal(err)
		}
		now = now.Add(time.Minute)
		got := table(t, conn, "site_id, day, count(), sum(events), sum(duration_ms)", `visits WHERE (site_id, day, gen) IN
			(SELECT site_id, day, argMax(gen, (made_at, gen)) FROM slices WHERE time_zone = '`+zone+`' GROUP BY site_id, day) GROUP BY site_id, day ORDER BY site_id, day`)
		if got != want {
			t.Errorf("%s:\n%s\nwant\n%s", zone, got, want)
		}
	}
	expect("UTC", "1 2026-05-01 2 3 300000")
	expect("Europe/Berlin", "1 2026-05-01 1 1 0\n1 2026-05-02 1 2 300000")
}
