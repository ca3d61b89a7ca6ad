package aggregator

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"noctra/aggregator/internal/columns"
	"noctra/internal/clickhouse"
)

// forgetful makes ClickHouse remember no token at all.
func (w *world) forgetful() {
	w.t.Helper()
	conn, err := w.config.ClickHouse.Open(clickhouse.Migrator)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	for _, table := range []string{"events", "touched"} {
		if err := conn.Exec(w.t.Context(), "ALTER TABLE "+table+" MODIFY SETTING non_replicated_deduplication_window = 0"); err != nil {
			w.t.Fatal(err)
		}
	}
}

// emptyTouched takes away what the view has stored, with its tokens, once no insert is under way.
func (w *world) emptyTouched() {
	w.t.Helper()
	w.await("no insert is under way", func() bool {
		return w.number("SELECT count() FROM system.processes WHERE current_database = currentDatabase() AND query_kind = 'Insert'") == 0
	})
	if err := w.conn.Exec(w.t.Context(), "TRUNCATE TABLE touched"); err != nil {
		w.t.Fatal(err)
	}
}

// TestForgottenTokens: the successor comes so late that ClickHouse does not know the token any
// more, and the view did not get its share.
func TestForgottenTokens(t *testing.T) {
	w := newWorld(t)
	w.forgetful()
	w.send(events(0, 300)...)
	var inserted atomic.Int32
	first := w.start(func(s *Service) {
		hasty(s)
		real := offsets{s.kafka, w.names}
		s.keeper = keeperFunc(func(ctx context.Context, m member, offset kafkago.OffsetCommit) error {
			if inserted.Load() > 0 {
				return errPlanted
			}
			return real.Commit(ctx, m, offset)
		})
		s.sink = sinkFunc(func(ctx context.Context, block *columns.Block, token string) error {
			defer inserted.Add(1)
			return s.store.Insert(ctx, block, token)
		})
	})
	w.await("an insert is done", func() bool { return inserted.Load() > 0 })
	first.end()
	if n := w.rows(); n == 0 {
		t.Fatal("no rows")
	}
	w.emptyTouched()
	w.send(events(250, 400)...)
	second := w.start(func(s *Service) { s.now = func() time.Time { return time.Now().Add(2 * tokensLast) } })
	w.once(0, 400)
	if got := second.figures(t); got["batches_rebuilt"] == 0 || got["repeated"] < 50 {
		t.Errorf("figures %v", got)
	}
}

// TestOwnerThatTriesForLong: the answer of an insert is lost, and no other attempt succeeds until
// the token is forgotten.
func TestOwnerThatTriesForLong(t *testing.T) {
	w := newWorld(t)
	w.forgetful()
	w.send(events(0, 300)...)
	var ahead atomic.Int64 // of the clock
	var mu sync.Mutex
	tried := map[string]int{} // by token
	r := w.start(func(s *Service) {
		s.now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
		s.sink = sinkFunc(func(ctx context.Context, block *columns.Block, token string) error {
			if ahead.Load() > 0 {
				return s.store.Insert(ctx, block, token)
			}
			mu.Lock()
			tried[token]++
			first := tried[token] == 1
			mu.Unlock()
			if first { // it is stored, nobody knows
				if err := s.store.Insert(ctx, block, token); err != nil {
					return err
				}
			}
			return errPlanted
		})
	})
	w.await("all partitions try again", func() bool {
		mu.Lock()
		defer mu.Unlock()
		again := 0
		for _, n := range tried {
			if n > 1 {
				again++
			}
		}
		return again == testPartitions
	})
	ahead.Store(int64(2 * tokensLast))
	w.send(events(200, 400)...)
	w.once(0, 400)
	if got := r.figures(t); got["batches_rebuilt"] == 0 || got["inserted"]+got["repeated"] != 500 {
		t.Errorf("figures %v", got)
	}
}

// TestCrashInABatchLookedUp: a batch is taken over so late that its rows are looked up, and its new
// owner ends when they are in, and the view's share is not. The next one finds all rows stored.
func TestCrashInABatchLookedUp(t *testing.T) {
	w := newWorld(t)
	w.send(events(0, 300)...)
	var tried, inserted atomic.Int32
	first := w.start(func(s *Service) {
		hasty(s)
		s.sink = sinkFunc(func(context.Context, *columns.Block, string) error {
			tried.Add(1)
			return errPlanted
		})
	})
	w.await("all partitions have an intent", func() bool { return tried.Load() >= testPartitions })
	first.end()
	ahead := func(s *Service) {
		hasty(s)
		s.now = func() time.Time { return time.Now().Add(2 * tokensLast) }
	}
	second := w.start(func(s *Service) {
		ahead(s)
		s.sink = sinkFunc(func(ctx context.Context, block *columns.Block, token string) error {
			if err := s.store.Insert(ctx, block, token); err != nil {
				return err
			}
			inserted.Add(1)
			return errPlanted
		})
	})
	w.await("rows are in", func() bool { return inserted.Load() >= testPartitions })
	second.end()
	w.emptyTouched()
	third := w.start(ahead)
	w.once(0, 300)
	if got := third.figures(t); got["batches_rebuilt"] == 0 {
		t.Errorf("figures %v", got)
	}
}
