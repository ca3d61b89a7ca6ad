package demo

import (
	"context"
	"encoding/binary"
	"fmt"
	"log/slog"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"noctra/internal/kafka"
	"noctra/schema"
)

// topic writes records into Kafka as the collector would have, for days that lie too far back
// for the collector.
type topic struct {
	writer  *kafkago.Writer
	idle    func() // closes connections that are not in use
	keys    keys
	now     func() time.Time
	log     *slog.Logger
	metrics *metrics
}

const (
	kafkaBatchBytes = 900 << 10 // Kafka refuses requests over 1 MiB unless told otherwise
	kafkaLinger     = 10 * time.Millisecond
)

func newTopic(config kafka.Config, k keys, deps Deps, m *metrics) (*topic, error) {
	client, err := config.Client()
	if err != nil {
		return nil, fmt.Errorf("open kafka: %w", err)
	}
	writer := &kafkago.Writer{
		Addr: client.Addr, Transport: client.Transport, Topic: schema.TopicEvents,
		Balancer: kafkago.BalancerFunc(partitionOf), RequiredAcks: kafkago.RequireAll,
		BatchSize: historyBatch, BatchBytes: kafkaBatchBytes, BatchTimeout: kafkaLinger,
	}
	return &topic{writer: writer, idle: client.Transport.(*kafkago.Transport).CloseIdleConnections, keys: k, now: deps.Now, log: deps.Log, metrics: m}, nil
}

// partitionOf keeps copies of an event in one partition, by the rule of the collector.
func partitionOf(m kafkago.Message, partitions ...int) int {
	return partitions[binary.BigEndian.Uint64(m.Key)%uint64(len(partitions))]
}

// send writes the records with acks=all, and repeats them until Kafka has them. It fails only
// when ctx ends.
func (t *topic) send(ctx context.Context, records []record) error {
	messages := make([]kafkago.Message, len(records))
	for i, r := range records {
		e := t.keys.event(r, t.now())
		messages[i] = kafkago.Message{
			Key:   binary.BigEndian.AppendUint64(nil, e.PartitionKey()),
			Value: schema.AppendEvent(nil, e),
		}
	}
	backoff := minBackoff
	for try := 1; ; try++ {
		err := t.writer.WriteMessages(ctx, messages...)
		if err == nil {
			t.metrics.sent.WithLabelValues("kafka").Add(float64(len(records)))
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		t.metrics.retries.Inc()
		if try == 1 {
			t.log.Info("kafka does not take events yet, repeating", "error", err.Error())
		}
		if err := pause(ctx, backoff); err != nil {
			return err
		}
		backoff = min(2*backoff, maxBackoff)
	}
}

// close ends the writer's goroutines and connections.
func (t *topic) close() error {
	defer t.idle()
	return t.writer.Close()
}
