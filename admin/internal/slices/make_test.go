package slices

import (
	"fmt"
	"strings"
	"testing"
	"time"

	clickhousego "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/google/go-cmp/cmp"

	"noctra/schema"
)

// fingerprint is the same for the same visits, whatever their generation.
const fingerprint = "count(), sum(cityHash64(day, visitor_id, bot, start, duration_ms, pageviews, entry_page, exit_page, country, arraySort(e_offset), arraySort(e_page)))"

// TestMakeTwice repeats the INSERTs of a generation, and makes the same visits in pieces.
func TestMakeTwice(t *testing.T) {
	conn := openWriter(t)
	var list []visit
	for i := range 200 {
		list = append(list, visit{1, uint64(i % 90), fmt.Sprintf("2026-05-%02dT%02d:%02d:00Z", 1+i%3, i%24, i%60), 1 + i%7})
	}
	insert(t, conn, time.Date(2026, 5, 9, 0, 0, 0, 0, time.UTC), list...)
	run := func(b batch, gen uint64) {
		t.Helper()
		for piece := range b.pieces() {
			if err := conn.Exec(t.Context(), insertVisits(b, gen, piece), clickhousego.Named("tz", "UTC")); err != nil {
				t.Fatal(err)
			}
		}
	}
	whole := batch{site: 1, zone: time.UTC, days: []DayNumber{date(t, "2026-05-01"), date(t, "2026-05-02"), date(t, "2026-05-03")}, events: 700}
	run(whole, 1)
	once := table(t, conn, fingerprint, "visits WHERE gen = 1")
	run(whole, 1)
	if diff := cmp.Diff(once, table(t, conn, fingerprint, "visits WHERE gen = 1")); diff != "" || strings.HasPrefix(once, "0 ") {
		t.Errorf("the same generation once more (-want +got): %s", diff)
	}
	inPieces := whole
	inPieces.events = 4 * pieceEvents
	run(inPieces, 2)
	run(inPieces, 2)
	if diff := cmp.Diff(once, table(t, conn, fingerprint, "visits WHERE gen = 2")); diff != "" {
		t.Errorf("in pieces (-want +got): %s", diff)
	}
}

func TestCut(t *testing.T) {
	first := date(t, "2026-05-30")
	days := []DayNumber{first + 3, first + 2, first + 1, first}
	counts := map[DayNumber]uint64{first + 3: 600_000, first + 2: 500_000, first + 1: 10, first: 2_000_000}
	var got []string
	for _, b := range cut(batch{site: 1, zone: time.UTC, days: days}, counts) {
		got = append(got, fmt.Sprintf("%v %d in %d", b.days, b.events, b.pieces()))
	}
	want := []string{"[2026-06-02] 600000 in 2", "[2026-06-01] 500000 in 2", "[2026-05-31] 10 in 1", "[2026-05-30] 2000000 in 5"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("batches (-want +got): %s", diff)
	}
}

// TestRebuild takes everything that is derived away, and makes it again while events come in.
func TestRebuild(t *testing.T) {
	conn := openWriter(t)
	site := schema.Site{ID: 1, TimeZone: "Asia/Kathmandu"}
	old := time.Now().Add(-time.Hour)
	insert(t, conn, old, visit{1, 10, "2026-05-01T10:00:00Z", 3}, visit{1, 11, "2026-05-02T18:10:00Z", 4}, visit{2, 11, "2026-05-02T18:10:00Z", 4})
	first, last := AllDays()
	done, err := Rebuild(t.Context(), conn, site, first, last)
	if err != nil {
		t.Fatal(err)
	}
	if want := (Rebuilt{date(t, "2026-05-01"), date(t, "2026-05-03"), 3, 7}); done != want {
		t.Errorf("rebuilt %v, want %v", done, want)
	}
	want := "1 2026-05-01 1 3 600000\n1 2026-05-02 1 1 0\n1 2026-05-03 1 3 600000"
	if diff := cmp.Diff(want, visitTable(t, conn)); diff != "" {
		t.Errorf("visits (-want +got): %s", diff)
	}
	touched := "touched WHERE site_id = 1 GROUP BY hour ORDER BY hour"
	hours := table(t, conn, "hour, max(at)", touched)
	for _, wipe := range []string{"TRUNCATE TABLE visits", "TRUNCATE TABLE slices", "DELETE FROM touched WHERE site_id = 1"} {
		if err := conn.Exec(t.Context(), wipe); err != nil {
			t.Fatal(err)
		}
	}
	insert(t, conn, time.Now(), visit{1, 12, "2026-05-07T10:00:00Z", 1}) // between the loss and the repair
	if _, err := Rebuild(t.Context(), conn, site, first, last); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want+"\n1 2026-05-07 1 1 0", visitTable(t, conn)); diff != "" {
		t.Errorf("visits made again (-want +got): %s", diff)
	}
	if got := table(t, conn, "hour, max(at)", touched); !strings.HasPrefix(got, hours+"\n2026-05-07 10:00:00 ") {
		t.Errorf("touched made again: %s, want first\n%s", got, hours)
	}
	if got := modes(t, conn, site, "2026-05-01", "2026-05-03"); got != "ccc" {
		t.Errorf("days are %s", got)
	}
	empty, err := Rebuild(t.Context(), conn, schema.Site{ID: 9, TimeZone: "UTC"}, first, last)
	if err != nil || empty.Days != 0 {
		t.Errorf("a site without events: %v, %v", empty, err)
	}
	if _, err := Rebuild(t.Context(), conn, schema.Site{ID: 9, TimeZone: "Nowhere"}, first, last); err == nil {
		t.Error("a zone that does not exist is taken")
	}
}
