package aggregator

import (
	"context"
	"sync"
	"testing"

	kafkago "github.com/segmentio/kafka-go"
)

// TestLateCommit: an old commit arrives after all later ones, as from a connection that was given
// up. The successor finds an intent that is long done, and messages beyond it that are stored in
// batches it knows nothing of.
func TestLateCommit(t *testing.T) {
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
