package store

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"noctra/aggregator/internal/repeats"
	"noctra/aggregator/internal/rows"
	"noctra/internal/clickhouse"
	"noctra/internal/testenv"
	"noctra/schema"
)

const perBatch = 2000

// shardBatch are rows of two sites, which are on different shards, within one month.
func shardBatch(n int) *rows.Rows {
	r := rows.New()
	for i := range perBatch {
		e := shardEvent(n, i)
		r.Append(&e, rows.Place{Topic: "noctra.events", Partition: 2, Offset: int64(n*perBatch + i)}, repeats.Hash(e.Site, e.ID))
	}
	return r
}

func shardEvent(n, i int) schema.Event {
	e := full(i)
	e.ID = fmt.Sprintf("event-%d-%d", n, i)
	return e
}

func openOn(t *testing.T, config clickhouse.Config) *Store {
	t.Helper()
	s, err := Open(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// expectRows compares the answer of a query.
func expectRows(t *testing.T, s *Store, sql, want string) {
	t.Helper()
	if got, err := s.query(t.Context(), sql); err != nil || string(got) != want {
		t.Errorf("%s: %q, %v, want %q", sql, got, err, want)
	}
}

// TestShardAway inserts a batch of which one shard takes its part and the other cannot: looking up
// fails meanwhile, instead of saying that nothing is stored, and the repetition, by the other server,
// adds what is missing alone.
func TestShardAway(t *testing.T) {
	shards := testenv.ClickHouseShards(t)
	first, second := openOn(t, shards.On(0)), openOn(t, shards.On(1))
	shards.Kill(1)
	insertErr := first.Insert(t.Context(), shardBatch(0).Block(), "a")
	part := Part{"noctra.events", []Share{{Partition: 2}}, noon}
	_, lastErr := first.Last(t.Context(), part)
	hashErr := first.Hashes(t.Context(), part, func(uint64, schema.Millis) {})
	_, storedErr := first.Stored(t.Context(), Lookup{Topic: part.Topic, Partition: 2, Before: 9, Received: noon, OccurredAt: [2]schema.Millis{noon, noon + 9}, IDs: []ID{{7, "event-0-0"}, {8, "event-0-1"}}})
	if err := shards.Start(1); err != nil {
		t.Fatal(err)
	}
	// What the attempt may have done: one shard has its rows, under the token.
	own := rows.New()
	for i := 1; i < perBatch; i += 2 {
		e := shardEvent(0, i)
		own.Append(&e, rows.Place{Topic: part.Topic, Partition: 2, Offset: int64(i)}, repeats.Hash(e.Site, e.ID))
	}
	local := openOn(t, shards.Local(0))
	if err := local.Insert(t.Context(), own.Block(), "a"); err != nil {
		t.Fatal(err)
	}
	for what, err := range map[string]error{"insert": insertErr, "last": lastErr, "hashes": hashErr, "stored": storedErr} {
		if err == nil {
			t.Errorf("%s without a shard did not fail", what)
		}
	}
	expectRows(t, local, "SELECT count() FROM events", "1000\n")
	for range 2 {
		if err := second.Insert(t.Context(), shardBatch(0).Block(), "a"); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 2 {
		expectRows(t, openOn(t, shards.Local(i)), "SELECT count(), uniqExact(event_id), uniqExact(site_id), (SELECT sum(1) FROM touched) FROM events", "1000\t1000\t1\t1\n")
	}
	if last, err := first.Last(t.Context(), part); err != nil || last[2] != perBatch-1 {
		t.Errorf("last offset %v, %v", last, err)
	}
}

// TestCheckOnShards finds the view where the server's own tables are, and names it there.
func TestCheckOnShards(t *testing.T) {
	shards := testenv.ClickHouseShards(t)
	s := openOn(t, shards.On(1))
	columns := shardBatch(0).Block().Entries
	if altered, err := s.Check(t.Context(), columns); altered != nil || err != nil {
		t.Fatalf("as they were made: %v, %v", altered, err)
	}
	conn, err := shards.Local(1).Open(clickhouse.Migrator)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.Exec(t.Context(), "DROP VIEW touched_by_events"); err != nil {
		t.Fatal(err)
	}
	altered, err := s.Check(t.Context(), columns)
	if err != nil || altered == nil || !altered.ViewGone {
		t.Fatalf("without its view: %v, %v", altered, err)
	}
	_, remedy, _ := strings.Cut(altered.Problems[0], ": ")
	if err := conn.Exec(t.Context(), remedy); err != nil {
		t.Fatalf("%s: %v", remedy, err)
	}
	if altered, err := s.Check(t.Context(), columns); altered != nil || err != nil {
		t.Errorf("put right: %v, %v", altered, err)
	}
}

// TestShardsKilledInTheMiddle kills one server and then the other while batches are inserted by way
// of the first, each repeated until it is in. Nothing is missing or twice, on either shard.
func TestShardsKilledInTheMiddle(t *testing.T) {
	shards := testenv.ClickHouseShards(t)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	w := writer{store: openOn(t, shards.Config), stop: make(chan struct{})}
	ended := make(chan error, 1)
	go func() { ended <- w.run(ctx) }()
	more := func() {
		t.Helper()
		for want := w.batches.Load() + 3; w.batches.Load() < want; {
			if err := shards.StartAll(); err != nil { // the embedded engine may also end when its neighbour does
				t.Fatal(err)
			}
			select {
			case err := <-ended:
				t.Fatal(err)
			case <-time.After(10 * time.Millisecond):
			}
		}
	}
	for _, shard := range []int{1, 0, 1, 0} {
		more()
		shards.Kill(shard)
		more()
	}
	close(w.stop)
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	batches := w.batches.Load()
	t.Logf("%d batches, %d failures", batches, w.failures)
	if w.failures == 0 {
		t.Error("no insert failed")
	}
	for i := range 2 {
		local := openOn(t, shards.Local(i))
		expectRows(t, local, "SELECT count(), uniqExact(event_id) FROM events", fmt.Sprintf("%d\t%[1]d\n", batches*perBatch/2))
		expectRows(t, local, `SELECT count() FROM (SELECT site_id, toStartOfHour(occurred_at) AS hour, max(inserted_at) AS newest FROM events GROUP BY site_id, hour) AS e
			LEFT JOIN (SELECT site_id, hour, max(at) AS at FROM touched GROUP BY site_id, hour) AS t USING (site_id, hour) WHERE newest > at`, "0\n")
	}
}

// writer inserts batches, one after the other.
type writer struct {
	store    *Store
	stop     chan struct{}
	batches  atomic.Int64
	failures int
}

func (w *writer) run(ctx context.Context) error {
	for {
		select {
		case <-w.stop:
			return nil
		default:
		}
		n := int(w.batches.Load())
		for failures := w.failures; ; w.failures++ {
			err := w.store.Insert(ctx, shardBatch(n).Block(), fmt.Sprint("t", n))
			if err == nil && w.failures > failures {
				err = w.store.Mend(ctx, Range{"noctra.events", 2, int64(n * perBatch), int64((n + 1) * perBatch)})
			}
			if err == nil {
				break
			}
			if ctx.Err() != nil {
				return err
			}
		}
		w.batches.Add(1)
	}
}
