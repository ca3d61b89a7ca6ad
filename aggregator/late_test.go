package aggregator

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	kafkago "github.com/segmentio/kafka-go"
)

// TestLateCommit: an old commit arrives after all later ones, as from a connection that was given
// up. The successor finds an intent that is long done, and messages beyond it that are stored in
// batches it knows nothing of.
func TestLateCommit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.config.BatchRows = 30
	var mu sync.Mutex
	first := map[int]kafkago.OffsetCommit{} // by partition
	w.send(events(0, 400)...)
	r := w.start(func(s *Service) {
		real := offsets{s.kafka, w.names}
		s.keeper = keeperFunc(func(ctx context.Context, m member, offset kafkago.OffsetCommit) error {
			mu.Lock()
			if _, ok := first[offset.Partition]; !ok && offset.Metadata != "" {
				first[offset.Partition] = offset
			}
			mu.Unlock()
			return real.Commit(ctx, m, offset)
		})
	})
	w.once(0, 400)
	r.end()
	if len(first) != testPartitions {
		t.Fatalf("%d intents", len(first))
	}
	for _, commit := range first {
		if err := (offsets{w.kafka, w.names}).Commit(t.Context(), member{generation: -1}, commit); err != nil {
			t.Fatal(err)
		}
	}
	w.config.BatchRows = 47
	w.send(events(350, 500)...)
	r = w.start(nil)
	w.once(0, 500)
	if got := r.figures(t); got["batches_rebuilt"] != testPartitions || got["repeated"] < 50 {
		t.Errorf("figures %v", got)
	}
}

// TestCommitWithoutAnAnswer: the owner leaves the group before it goes on, so that Kafka refuses the
// commit should it come in later, and nobody builds on it.
func TestCommitWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.config.BatchRows = 50
	type sent struct {
		m      member
		offset kafkago.OffsetCommit
	}
	var held atomic.Pointer[sent]
	var mu sync.Mutex
	members := map[string]bool{}
	r := w.start(func(s *Service) {
		real := offsets{s.kafka, w.names}
		s.keeper = keeperFunc(func(ctx context.Context, m member, offset kafkago.OffsetCommit) error {
			mu.Lock()
			members[m.id] = true
			mu.Unlock()
			if offset.Offset > 50 && offset.Metadata != "" && held.CompareAndSwap(nil, &sent{m, offset}) {
				return errPlanted // it is on its way
			}
			return real.Commit(ctx, m, offset)
		})
	})
	w.send(events(0, 600)...)
	w.once(0, 600)
	late := held.Load()
	if late == nil {
		t.Fatal("no commit was held back")
	}
	err := (offsets{w.kafka, w.names}).Commit(t.Context(), late.m, late.offset)
	if !errors.Is(err, kafkago.IllegalGeneration) && !errors.Is(err, kafkago.UnknownMemberId) {
		t.Errorf("the late commit: %v", err)
	}
	mu.Lock()
	defer mu.Unlock()
	if len(members) != 2 {
		t.Errorf("%d members committed", len(members))
	}
	if got := r.figures(t); got["commit_failures"] != 1 || got["inserted"] != 600 {
		t.Errorf("figures %v", got)
	}
}
