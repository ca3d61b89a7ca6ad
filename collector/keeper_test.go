package collector

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol/produce"

	"noctra/collector/internal/producer"
	"noctra/collector/internal/spool"
	"noctra/internal/testenv"
	"noctra/schema"
)

// replicas stands before Kafka and says of one partition that it has not enough of them.
type replicas struct {
	kafkago.RoundTripper
	missing atomic.Bool
}

const shortPartition, notEnough = 1, int16(kafkago.NotEnoughReplicas)

func (r *replicas) RoundTrip(ctx context.Context, addr net.Addr, request kafkago.Request) (kafkago.Response, error) {
	response, err := r.RoundTripper.RoundTrip(ctx, addr, request)
	if answer, ok := response.(*produce.Response); ok && r.missing.Load() {
		for i := range answer.Topics[0].Partitions {
			if p := &answer.Topics[0].Partitions[i]; p.Partition == shortPartition {
				p.ErrorCode = notEnough
			}
		}
	}
	return response, err
}

// A partition without enough replicas sends its events to the spool, in time, and they reach
// Kafka when it has them.
func TestNotEnoughReplicas(t *testing.T) {
	config := testenv.Kafka(t)
	ensureTopics(t, config)
	client, err := config.Client()
	if err != nil {
		t.Fatal(err)
	}
	short := &replicas{RoundTripper: client.Transport}
	client.Transport = short
	log := slog.New(slog.DiscardHandler)
	settings := producer.Config{Topic: schema.TopicEvents, Timeout: 500 * time.Millisecond, Stall: 250 * time.Millisecond, MaxBytes: 1 << 20, BatchBytes: 900_000}
	live, drains := producer.New(settings, client, log, producer.NewMetrics(nil)), producer.New(settings, client, log, producer.NewMetrics(nil))
	from, err := spool.Open(spool.Config{Dir: t.TempDir(), Bytes: 1 << 20, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	k := newKeeper(live, drains, from, log)
	k.metrics = newMetrics(prometheus.NewRegistry())
	ctx, stop := context.WithCancel(context.Background())
	var wait sync.WaitGroup
	for _, run := range []func(context.Context){live.Run, drains.Run, k.run} {
		wait.Go(func() { run(ctx) })
	}
	defer func() {
		stop()
		wait.Wait()
		if err := from.Close(); err != nil {
			t.Error(err)
		}
	}()
	eventually(t, "kafka is known", func() bool { return live.Ready() == nil && drains.Ready() == nil })
	n := 0
	send := func(times int) {
		t.Helper()
		for range times {
			var m producer.Messages
			m.Reset(1)
			m.Next(&schema.Event{ID: fmt.Sprintf("replicas-%d", n), Site: 7, Kind: schema.KindPageview}, nil)
			n++
			if began := time.Now(); k.Send(&m) != nil || time.Since(began) > slow {
				t.Errorf("message %d was not taken, or after %s", n, time.Since(began))
			}
		}
	}
	eventually(t, "nothing is spooled with Kafka well", func() bool { // unless Kafka takes longer than a quarter of a second
		send(20)
		return from.Empty()
	})
	short.missing.Store(true)
	send(60)
	if from.Empty() {
		t.Error("nothing is in the spool")
	}
	short.missing.Store(false)
	eventually(t, "the spool is drained", func() bool { return from.Empty() && live.Works() })
	send(20)
	found := idsIn(t, config)
	for i := range n {
		if id := fmt.Sprintf("replicas-%d", i); found[id] == 0 {
			t.Errorf("%s is lost", id)
		}
	}
}
