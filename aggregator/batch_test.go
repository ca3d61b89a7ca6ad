package aggregator

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"noctra/aggregator/internal/repeats"
	"noctra/aggregator/internal/rows"
	"noctra/aggregator/internal/store"
	"noctra/schema"
)

// shelf is stored rows as ClickHouse would find them.
type shelf []store.Row

func (s shelf) stored(l store.Lookup) (found []store.Row) {
	wanted := map[store.ID]bool{}
	for _, id := range l.IDs {
		wanted[id] = true
	}
	for _, r := range s {
		if wanted[r.ID] && r.Offset < l.Before && r.Received >= l.Received && r.OccurredAt >= l.OccurredAt[0] && r.OccurredAt <= l.OccurredAt[1] {
			found = append(found, r)
		}
	}
	return found
}

// cut makes the batch of the events from one offset to another, and returns the offsets of its
// rows.
func cut(t *testing.T, all []schema.Event, from, to int, filter *repeats.Filter, stored shelf) (shelf, *batch) {
	t.Helper()
	b := newBatch()
	b.from, b.to = int64(from), int64(to)
	var e schema.Event
	for offset := from; offset < to; offset++ {
		if err := b.add(&e, arrival{body: schema.AppendEvent(nil, &all[offset]), place: rows.Place{Topic: "t", Offset: int64(offset)}}, filter); err != nil {
			t.Fatal(err)
		}
	}
	if len(b.candidates) > 0 {
		if err := b.sieve(stored.stored(b.lookup("t", 0)), rows.Place{Topic: "t"}); err != nil {
			t.Fatal(err)
		}
	}
	var made shelf
	b.rows.Each(func(uint64) bool { return true }, func(site schema.SiteID, id []byte, o rows.Original) {
		made = append(made, store.Row{ID: store.ID{Site: site, Event: string(id)}, Offset: o.Offset, OccurredAt: o.OccurredAt, Received: o.Received, Kind: o.Kind, Amount: o.Amount})
	})
	return made, b
}

func offsetsOf(s shelf) map[int64]bool {
	set := map[int64]bool{}
	for _, r := range s {
		set[r.Offset] = true
	}
	return set
}

// reference says which of all are no repeats, by the rule and nothing else.
func reference(all []schema.Event) map[int64]bool {
	kept := map[int64]bool{}
	firsts := map[string][]repeats.Copy{}
	for i := range all {
		e := &all[i]
		key, c, repeat := fmt.Sprint(e.Site, e.ID), repeats.Copy{OccurredAt: e.OccurredAt, Received: e.ReceivedAt}, false
		for _, first := range firsts[key] {
			repeat = repeat || repeats.Repeats(first, c)
		}
		if !repeat {
			kept[int64(i)] = true
			firsts[key] = append(firsts[key], c)
		}
	}
	return kept
}

// TestCutsDoNotMatter: wherever a partition is cut into batches, whatever the filter has forgotten
// or mistakes, and however often a half-stored batch is made again, the same events are stored.
func TestCutsDoNotMatter(t *testing.T) {
	const day = 24 * 3600 * 1000
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, 7))
		all := make([]schema.Event, 150)
		for i := range all {
			all[i] = event(fmt.Sprint("e", random.IntN(60)))
			all[i].Site = schema.SiteID(1 + random.IntN(2))
			all[i].ReceivedAt -= schema.Millis(random.IntN(14*day) * random.IntN(2))
			all[i].OccurredAt = all[i].ReceivedAt - schema.Millis(random.IntN(20*day)*random.IntN(2))
		}
		want := reference(all)
		memory := int64(1 << random.IntN(18))
		filter := repeats.NewFilter(memory, time.Now)
		var stored shelf
		for from := 0; from < len(all); {
			to := min(from+1+random.IntN(40), len(all))
			made, first := cut(t, all, from, to, filter, stored)
			if random.IntN(3) == 0 { // the owner ended: a successor knows what is stored, perhaps a part of this batch
				half := append(append(shelf{}, stored...), made[:random.IntN(len(made)+1)]...)
				filter = repeats.NewFilter(1<<random.IntN(18), time.Now)
				for _, r := range half {
					filter.Add(repeats.Hash(r.ID.Site, r.ID.Event), r.Received)
				}
				again, second := cut(t, all, from, to, filter, half)
				if diff := cmp.Diff(offsetsOf(made), offsetsOf(again)); diff != "" {
					t.Fatalf("seed %d: the batch from %d to %d made again, -first +second:\n%s", seed, from, to, diff)
				}
				if first.intent() != second.intent() || first.repeated != second.repeated {
					t.Fatalf("seed %d: %+v and %+v", seed, first.intent(), second.intent())
				}
			}
			stored = append(stored, made...)
			from = to
		}
		if diff := cmp.Diff(want, offsetsOf(stored)); diff != "" {
			t.Fatalf("seed %d: stored offsets, -want +got:\n%s", seed, diff)
		}
	}
}

// TestAgainTrustsNoFilter: an insert of a former owner may have come in since the filter was filled.
func TestAgainTrustsNoFilter(t *testing.T) {
	now := time.Date(2026, 11, 25, 10, 0, 0, 0, time.UTC)
	filter := repeats.NewFilter(1<<16, func() time.Time { return now })
	e := schema.Event{Site: 1, ID: "new", Kind: schema.KindPageview, OccurredAt: schema.MillisOf(now), ReceivedAt: schema.MillisOf(now)}
	for _, again := range []bool{true, false} {
		b := newBatch()
		b.again = again
		e.ID += "er"
		b.sort(&e, schema.AppendEvent(nil, &e), rows.Place{Topic: "t"}, filter)
		if asked := len(b.candidates) == 1; asked != again {
			t.Errorf("again %v: the event is looked up: %v", again, asked)
		}
	}
}

// A copy of what an event said before it was corrected is a repeat, and no conflict.
func TestCopyOfCorrected(t *testing.T) {
	for corrected, conflicts := range map[bool]int{false: 1, true: 0} {
		b := &batch{notes: rows.NewNotes()}
		c := &candidate{kind: schema.KindSale, amount: 41_930_000, offset: 5}
		b.repeat(c, &rows.Original{Offset: 1, Kind: schema.KindSale, Amount: 49_900_000, Corrected: corrected}, rows.Place{Topic: "t", Offset: 5})
		if b.conflicts != conflicts || b.repeated != 1 {
			t.Errorf("corrected %t: %d conflicts, %d repeats", corrected, b.conflicts, b.repeated)
		}
	}
}
