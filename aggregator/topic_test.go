package aggregator

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"noctra/internal/kafka"
	"noctra/schema"
)

// deleteTopic returns when the topic is gone.
func (w *world) deleteTopic() {
	w.t.Helper()
	answer, err := w.kafka.DeleteTopics(w.t.Context(), &kafkago.DeleteTopicsRequest{Topics: []string{w.names.topic}})
	if err == nil {
		err = answer.Errors[w.names.topic]
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) makeTopic(partitions int) {
	w.t.Helper()
	client, err := w.config.Kafka.Client() // which remembers nothing of the former topic
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(client.Transport.(*kafkago.Transport).CloseIdleConnections)
	w.kafka = client
	if err := kafka.EnsureTopics(w.t.Context(), client, []schema.Topic{{Name: w.names.topic, Partitions: partitions}}); err != nil {
		w.t.Fatal(err)
	}
}

// TestTopicMadeAnew: it is deleted and made again under a running aggregator, with fewer partitions,
// and holds more than it did before. All that is in it is stored.
func TestTopicMadeAnew(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.start(nil)
	w.send(events(0, 90)...)
	w.once(0, 90)
	w.deleteTopic()
	w.await("the loss is named", func() bool {
		err := r.problem(group)
		return err != nil
	})
	w.makeTopic(1)
	var records []kafkago.Record
	for _, e := range events(60, 400) {
		records = append(records, record(schema.AppendEvent(nil, &e)))
	}
	w.produce(w.names.topic, 0, records...)
	w.await("everything is stored", func() bool { return w.number("SELECT uniqExact(event_id) FROM events") == 400 })
	w.await("it is well", func() bool { return r.Ready() == nil })
	// Events that moved to another partition with it are not recognised: see decision 0035.
	if n := w.rows(); n > 430 {
		t.Errorf("%d rows", n)
	}
}

// TestClocksThatJump: the wall clock of an owner goes ahead and back by hours and days, and that of
// another is minutes away. Only questions are added.
func TestClocksThatJump(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.config.BatchRows = 30
	var off atomic.Int64
	jumping := func(s *Service) {
		hasty(s)
		s.now = func() time.Time { return time.Now().Add(time.Duration(off.Load())) }
	}
	var other *running
	sent := 0
	r := w.start(jumping)
	for i, jump := range []time.Duration{0, time.Hour, -24 * time.Hour, 24 * time.Hour} {
		off.Store(int64(jump))
		w.send(events(max(sent-40, 0), sent+120)...)
		sent += 120
		if i == 2 {
			w.await("some are stored", func() bool { return w.rows() > uint64(sent-120) })
			other = w.start(func(s *Service) {
				hasty(s)
				s.now = func() time.Time { return time.Now().Add(-4 * time.Minute) }
			})
		}
		if i == 3 {
			r.end()
		}
		w.once(0, sent)
	}
	other.figures(t)
	r.figures(t)
}

// TestCommittedBeyondTheEnd: Kafka lost the end of a log that was consumed. The loss is counted, and
// what takes the lost messages' places is stored.
func TestCommittedBeyondTheEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.send(events(0, 90)...)
	r := w.start(nil)
	w.once(0, 90)
	r.end()
	w.deleteTopic()
	w.makeTopic(testPartitions)
	const beyond = 500
	for p := range testPartitions {
		err := errors.New("not yet")
		w.await("an offset is set", func() bool {
			err = offsets{w.kafka, w.names}.Commit(context.Background(), member{generation: -1}, kafkago.OffsetCommit{Partition: p, Offset: beyond})
			return err == nil
		})
	}
	w.send(events(0, 30)...) // what was left
	r = w.start(nil)
	w.once(0, 90)
	w.send(events(90, 300)...)
	w.once(0, 300)
	if got := r.figures(t); got["messages_missing"] != testPartitions*beyond-30 || got["repeated"] != 30 {
		t.Errorf("figures %v", got)
	}
}
