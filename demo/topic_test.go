package demo

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	kafkago "github.com/segmentio/kafka-go"

	"noctra/internal/kafka"
	"noctra/internal/testenv"
	"noctra/schema"
)

func TestOldDaysReachKafkaOnceEach(t *testing.T) {
	config := testenv.Kafka(t)
	client, err := config.Client()
	if err != nil {
		t.Fatal(err)
	}
	if err := kafka.EnsureTopics(t.Context(), client, schema.Topics(4)); err != nil {
		t.Fatal(err)
	}
	k, err := readKeys(testKeys(t))
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(testConfig(t, newFakeCollector(t, time.Now)), Deps{Log: slog.New(slog.DiscardHandler), Registry: prometheus.NewRegistry(), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	old, err := newTopic(config, k, s.deps, s.metrics)
	if err != nil {
		t.Fatal(err)
	}
	p := newPast(t, filepath.Join(t.TempDir(), "history.json"), 8)
	want := map[string]bool{}
	p.history.topic = both{old, p.topic}
	if err := p.run(t.Context(), noon); err != nil {
		t.Fatal(err)
	}
	if err := old.close(); err != nil {
		t.Fatal(err)
	}
	for id := range p.topic.ids() {
		want[id] = true
	}
	readBack(t, config, want)
}

// both gives records to two sinks.
type both [2]sink

func (b both) send(ctx context.Context, records []record) error {
	return errors.Join(b[0].send(ctx, records), b[1].send(ctx, records))
}

// readBack reads the events topic until every wanted id has come, each in its partition.
func readBack(t *testing.T, config kafka.Config, want map[string]bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	dialer, err := config.Dialer()
	if err != nil {
		t.Fatal(err)
	}
	for partition := range 4 {
		conn, err := dialer.DialLeader(ctx, "tcp", config.Brokers[0], schema.TopicEvents, partition)
		if err != nil {
			t.Fatal(err)
		}
		last, err := conn.ReadLastOffset()
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.Close()
		reader := kafkago.NewReader(kafkago.ReaderConfig{Brokers: config.Brokers, Dialer: dialer, Topic: schema.TopicEvents, Partition: partition, MaxWait: 100 * time.Millisecond})
		for range last {
			m, err := reader.ReadMessage(ctx)
			if err != nil {
				t.Fatal(err)
			}
			var e schema.Event
			if err := schema.DecodeEvent(m.Value, &e); err != nil {
				t.Fatal(err)
			}
			if e.Site == 7 && !want[e.ID] || int(e.PartitionKey()%4) != partition {
				t.Fatalf("event %s in partition %d", e.ID, partition)
			}
			delete(want, e.ID)
		}
		_ = reader.Close()
	}
	if len(want) > 0 {
		t.Errorf("%d events did not arrive", len(want))
	}
}
