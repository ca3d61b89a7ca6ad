package aggregator

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"noctra/aggregator/internal/columns"
)

var errPlanted = errors.New("planted")

// sinkFunc and keeperFunc are seams that do as they like before and after the real thing.
type (
	sinkFunc   func(ctx context.Context, block *columns.Block, token string) error
	keeperFunc func(ctx context.Context, m member, offset kafkago.OffsetCommit) error
)

func (f sinkFunc) Insert(ctx context.Context, block *columns.Block, token string) error {
	return f(ctx, block, token)
}

func (f keeperFunc) Commit(ctx context.Context, m member, offset kafkago.OffsetCommit) error {
	return f(ctx, m, offset)
}

// hasty makes a service that gives up quickly what it cannot finish.
func hasty(s *Service) { s.grace = 300 * time.Millisecond }

func TestCrashAfterTheIntent(t *testing.T) {
	w := newWorld(t)
	w.send(events(0, 300)...)
	var tried atomic.Int32
	first := w.start(func(s *Service) {
		hasty(s)
		s.sink = sinkFunc(func(context.Context, *columns.Block, string) error {
			tried.Add(1)
			return errPlanted
		})
	})
	w.await("an insert is tried", func() bool { return tried.Load() > 0 })
	first.end()
	if n := w.rows(); n != 0 {
		t.Fatalf("%d rows", n)
	}
	if got := first.figures(t); got["inserted"] != 0 || got["pending"] != got["received"] {
		t.Errorf("figures of the first %v", got)
	}
	w.send(events(200, 400)...)
	second := w.start(nil)
	w.once(0, 400)
	if got := second.figures(t); got["batches_rebuilt"] == 0 || got["repeated"] != 100 {
		t.Errorf("figures of the second %v", got)
	}
}

func TestCrashAfterTheInsert(t *testing.T) {
	w := newWorld(t)
	w.send(append(events(0, 300), events(100, 200)...)...)
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
	w.send(events(150, 400)...)
	second := w.start(nil)
	w.once(0, 400)
	if got := second.figures(t); got["batches_rebuilt"] == 0 {
		t.Errorf("figures %v", got)
	}
}

func TestLostAnswers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.send(events(0, 300)...)
	var inserts, commits atomic.Int32
	r := w.start(func(s *Service) {
		real := offsets{s.kafka, w.names}
		s.sink = sinkFunc(func(ctx context.Context, block *columns.Block, token string) error {
			err := s.store.Insert(ctx, block, token)
			if inserts.Add(1)%3 != 0 {
				err = errPlanted
			}
			return err
		})
		s.keeper = keeperFunc(func(ctx context.Context, m member, offset kafkago.OffsetCommit) error {
			switch commits.Add(1) % 6 {
			case 1, 3: // an answer that says no
				return kafkago.GroupCoordinatorNotAvailable
			case 5:
				_ = real.Commit(ctx, m, offset)
				return errPlanted
			}
			return real.Commit(ctx, m, offset)
		})
	})
	w.once(0, 300)
	w.await("everything is counted", func() bool { return r.figures(t)["inserted"] == 300 })
	if got := r.figures(t); got["insert_failures"] == 0 || got["commit_failures"] == 0 || got["pending"] != 0 {
		t.Errorf("figures %v", got)
	}
}

// TestZombieRecordsNothing: an owner that slept before it recorded its intent is refused by Kafka,
// and inserts nothing.
func TestZombieRecordsNothing(t *testing.T) {
	w := newWorld(t)
	w.send(events(0, 300)...)
	asleep, wake := make(chan struct{}, 100), make(chan struct{})
	var inserts atomic.Int32
	zombie := w.start(func(s *Service) {
		hasty(s)
		real := offsets{s.kafka, w.names}
		s.keeper = keeperFunc(func(_ context.Context, m member, offset kafkago.OffsetCommit) error {
			asleep <- struct{}{}
			<-wake
			return real.Commit(context.Background(), m, offset)
		})
		s.sink = sinkFunc(func(context.Context, *columns.Block, string) error {
			inserts.Add(1)
			return errPlanted
		})
	})
	<-asleep
	w.start(hasty)
	w.once(0, 300)
	zombie.stop()
	close(wake)
	zombie.end()
	if n := inserts.Load(); n != 0 {
		t.Errorf("the zombie inserted %d times", n)
	}
	w.once(0, 300)
}

// TestZombieInsertsTheSame: an owner that slept between intent and insert inserts what its
// successor has inserted, under the same token.
func TestZombieInsertsTheSame(t *testing.T) {
	w := newWorld(t)
	w.send(events(0, 300)...)
	asleep, wake := make(chan struct{}, 100), make(chan struct{})
	var late atomic.Int32
	zombie := w.start(func(s *Service) {
		hasty(s)
		s.sink = sinkFunc(func(_ context.Context, block *columns.Block, token string) error {
			asleep <- struct{}{}
			<-wake
			if err := s.store.Insert(context.Background(), block, token); err != nil {
				return err
			}
			late.Add(1)
			return nil
		})
	})
	<-asleep
	w.start(hasty)
	w.once(0, 300)
	w.send(events(250, 400)...)
	w.once(0, 400)
	zombie.stop()
	close(wake)
	zombie.end()
	if late.Load() == 0 {
		t.Error("the zombie did not insert")
	}
	w.once(0, 400)
}

// trouble plants failures of every kind before and after inserts and commits.
func (w *world) trouble(seed uint64) func(s *Service) {
	random := rand.New(rand.NewPCG(seed, 2))
	var mu sync.Mutex
	roll := func(n int) int {
		mu.Lock()
		defer mu.Unlock()
		return random.IntN(n)
	}
	// attempt does what it is given, or nothing, or loses the answer.
	attempt := func(one int, do func() error) error {
		switch roll(one) {
		case 0:
			return errPlanted
		case 1:
			_ = do()
			return errPlanted
		}
		return do()
	}
	return func(s *Service) {
		hasty(s)
		real := offsets{s.kafka, w.names}
		s.sink = sinkFunc(func(ctx context.Context, block *columns.Block, token string) error {
			return attempt(5, func() error { return s.store.Insert(ctx, block, token) })
		})
		s.notes = notebookFunc(func(ctx context.Context, block *columns.Block) error {
			return attempt(20, func() error { return s.store.Note(ctx, block) })
		})
		s.keeper = keeperFunc(func(ctx context.Context, m member, offset kafkago.OffsetCommit) error {
			if roll(5) == 0 {
				return kafkago.GroupCoordinatorNotAvailable
			}
			return attempt(30, func() error { return real.Commit(ctx, m, offset) }) // each ends a membership
		})
	}
}

// TestTrouble plants failures while aggregators come and go.
func TestTrouble(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.config.BatchRows = 40
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	const total, each = 2400, 400
	var last *running
	for from := 0; from < total; from += each {
		next := w.start(w.trouble(seed + uint64(from)))
		w.send(events(max(from-150, 0), from+each)...)
		if last != nil {
			w.await("something is stored", func() bool { return w.rows() > uint64(from/2) })
			last.end()
			last.figures(t)
		}
		last = next
	}
	last.end()
	w.start(nil)
	w.once(0, total)
	w.everywhere()
	if n := w.noted()["7 aggregator repeated"]; n != 150*(total/each-1) {
		t.Errorf("%d repeats are noted", n)
	}
}
