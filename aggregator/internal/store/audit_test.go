package store

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"noctra/aggregator/internal/repeats"
	"noctra/aggregator/internal/rows"
	"noctra/internal/testenv"
	"noctra/schema"
)

func TestAudit(t *testing.T) {
	s, _ := open(t)
	auditOn(t, s, s)
}

// TestAuditOverShards: rows and notes of the sites of both shards are found through either server.
func TestAuditOverShards(t *testing.T) {
	shards := testenv.ClickHouseShards(t)
	auditOn(t, openOn(t, shards.On(0)), openOn(t, shards.On(1)))
}

// auditOn stores places 0 to 9 by one store and looks at them by the other.
func auditOn(t *testing.T, by, other *Store) {
	t.Helper()
	r, notes := rows.New(), rows.NewNotes()
	at := func(offset int64) rows.Place {
		return rows.Place{Topic: "noctra.events", Partition: 2, Offset: offset}
	}
	for i := range 6 { // of two sites
		e := full(i)
		r.Append(&e, at(int64(i)), repeats.Hash(e.Site, e.ID))
	}
	notes.Append(at(6), rows.Note{Site: 7, At: noon, Reason: rows.Repeated, N: 1})
	notes.Append(at(7), rows.Note{Site: 8, At: noon, Reason: rows.Conflicting, N: 1})
	notes.Append(at(8), rows.Note{At: noon, Reason: rows.Missing, N: 2})
	notes.Count(at(10), noon, &schema.Counts{Source: 1, Sequence: 3, Rows: []schema.Count{{Site: 7, Minute: noon, Stage: "browser", Reason: "too_long", N: 5}, {Site: 8, Minute: noon, Stage: "browser", Reason: "too_long", N: 6}}})
	if err := by.Insert(t.Context(), r.Block(), "a"); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := by.Note(t.Context(), notes.Block()); err != nil {
			t.Fatal(err)
		}
	}
	look := func(from, to int64, want Found) {
		t.Helper()
		got, err := other.Audit(t.Context(), Range{Topic: "noctra.events", Partition: 2, From: from, To: to})
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%d to %d: %v\n%s", from, to, err, diff)
		}
	}
	look(0, 11, Found{Rows: 9, Distinct: 9, Missing: 2})
	look(0, 12, Found{Rows: 9, Distinct: 9, Missing: 2})
	look(9, 11, Found{Rows: 1, Distinct: 1, Missing: 1})
	look(2, 7, Found{Rows: 5, Distinct: 5})
	if err := by.Insert(t.Context(), r.Block(), "b"); err != nil {
		t.Fatal(err)
	}
	look(0, 11, Found{Rows: 15, Distinct: 9, Missing: 2})
	expectRows(t, other, "SELECT sum(n) FROM ingestion FINAL WHERE stage = 'browser'", "11\n")

	if _, found, err := other.Audited(t.Context(), "noctra.events", 2); found || err != nil {
		t.Errorf("audited before: %v, %v", found, err)
	}
	for n := range int64(3) {
		if err := by.Report(t.Context(), "noctra.events", []Progress{{Partition: 2, Committed: 10 + n, High: 20, Oldest: noon, Audited: 5 + n, Lost: n}, {Partition: 3}}); err != nil {
			t.Fatal(err)
		}
	}
	if at, found, err := other.Audited(t.Context(), "noctra.events", 2); at != 7 || !found || err != nil {
		t.Errorf("audited to %d, %v, %v", at, found, err)
	}
	expectRows(t, other, "SELECT sum(committed), sum(high), sum(lost) FROM partitions FINAL", "12\t20\t2\n")
}
