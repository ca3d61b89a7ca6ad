package aggregator

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	kafkago "github.com/segmentio/kafka-go"

	"noctra/internal/kafka"
	"noctra/internal/testenv"
	"noctra/schema"
)

func TestTwoShareThePartitions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.send(events(0, 300)...)
	first := w.start(hasty)
	w.once(0, 300)
	second := w.start(hasty)
	w.await("the second has partitions", func() bool { return len(second.owned()) > 0 && len(first.owned()) > 0 })
	w.send(events(200, 600)...)
	w.once(0, 600)
	first.end()
	w.send(events(500, 900)...)
	w.once(0, 900)
	third := w.start(hasty)
	w.await("the third has partitions", func() bool { return len(second.owned()) > 0 && len(third.owned()) > 0 })
	w.send(events(0, 1000)...)
	w.once(0, 1000)
	for _, r := range []*running{first, second, third} {
		r.figures(t)
	}
}

// gate is a proxy in front of ClickHouse that can be shut.
type gate struct {
	listener net.Listener
	target   string
	shut     atomic.Bool
	mu       sync.Mutex
	open     []net.Conn
}

func newGate(t *testing.T, target string) *gate {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g := &gate{listener: listener, target: target}
	t.Cleanup(func() { _ = listener.Close(); g.close() })
	go g.serve()
	return g
}

func (g *gate) serve() {
	for {
		client, err := g.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", g.target)
		if err != nil || g.shut.Load() {
			_ = client.Close()
			continue
		}
		g.mu.Lock()
		g.open = append(g.open, client, server)
		g.mu.Unlock()
		pipe := func(to, from net.Conn) {
			_, _ = io.Copy(to, from)
			_, _ = to.Close(), from.Close()
		}
		go pipe(server, client)
		go pipe(client, server)
	}
}

// close breaks all connections.
func (g *gate) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, c := range g.open {
		_ = c.Close()
	}
	g.open = nil
}

func TestClickHouseAwayAndBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	target, err := url.Parse(w.config.ClickHouse.Addr)
	if err != nil {
		t.Fatal(err)
	}
	g := newGate(t, target.Host)
	g.shut.Store(true)
	w.config.ClickHouse.Addr = "http://" + g.listener.Addr().String()
	w.send(events(0, 100)...)
	r := w.start(nil)
	if err := r.Ready(); err == nil {
		t.Error("ready without ClickHouse")
	}
	g.shut.Store(false)
	w.once(0, 100)
	if err := r.Ready(); err != nil {
		t.Errorf("not ready: %v", err)
	}
	g.shut.Store(true)
	g.close()
	w.send(events(50, 300)...)
	w.await("the loss is noticed", func() bool { return r.Ready() != nil })
	if got := r.figures(t); got["pending"] == 0 {
		t.Errorf("figures %v", got)
	}
	g.shut.Store(false)
	w.once(0, 300)
	if err := r.Ready(); err != nil {
		t.Errorf("not ready: %v", err)
	}
}

// TestNewerRecordsStopThePartition: an upgrade helps, so nothing is set aside.
func TestNewerRecordsStopThePartition(t *testing.T) {
	w := newWorld(t)
	w.send(events(0, 100)...)
	w.produce(w.names.topic, 1, record([]byte{'N', 99, 1, 2}))
	w.send(events(100, 200)...)
	r := w.start(nil)
	of := func(partition uint64, from, to int) (n uint64) {
		for _, e := range events(from, to) {
			if e.PartitionKey()%testPartitions == partition {
				n++
			}
		}
		return n
	}
	want := 200 - of(1, 100, 200)
	w.await("the other partitions are stored", func() bool { return w.rows() == want && r.Ready() != nil })
	if err := r.Ready(); !strings.Contains(err.Error(), "partition 1 rests") || !strings.Contains(err.Error(), "upgrade") {
		t.Errorf("ready: %v", err)
	}
	if got := r.figures(t); got["dead_lettered"] != 0 || got["lag_messages"] == 0 || uint64(got["inserted"]) > want {
		t.Errorf("figures %v", got)
	}
}

func TestUnknownTablesAreRefused(t *testing.T) {
	config := defaults(t)
	config.Kafka, config.ClickHouse = testenv.Kafka(t), testenv.EmptyClickHouse(t)
	s, err := New(config, Deps{Log: slog.New(slog.DiscardHandler), Registry: prometheus.NewRegistry()})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	if err := s.Run(ctx); err == nil || !strings.Contains(err.Error(), "noctra migrate up") {
		t.Errorf("run: %v", err)
	}
}

func TestTopicComesLater(t *testing.T) {
	w := newWorld(t)
	w.names.topic += ".later"
	r := w.start(nil)
	w.await("the missing topic is noticed", func() bool {
		err := r.Ready()
		return err != nil && strings.Contains(err.Error(), "has no topic")
	})
	if err := kafka.EnsureTopics(t.Context(), w.kafka, []schema.Topic{{Name: w.names.topic, Partitions: testPartitions}}); err != nil {
		t.Fatal(err)
	}
	w.await("it has partitions", func() bool { return r.Ready() == nil && len(r.owned()) == testPartitions })
	w.send(events(0, 100)...)
	w.once(0, 100)
}

// TestOffsetsLost: a group without offsets reads everything again, and knows it by its place.
func TestOffsetsLost(t *testing.T) {
	w := newWorld(t)
	all := events(0, 500)
	for i := range all[:100] { // received long ago
		all[i].ReceivedAt -= 20 * 24 * 3600 * 1000
		all[i].OccurredAt -= 20 * 24 * 3600 * 1000
	}
	w.send(all...)
	r := w.start(nil)
	w.once(0, 500)
	r.end()
	w.names.group += ".new"
	w.send(events(400, 600)...)
	r = w.start(nil)
	w.once(0, 600)
	if got := r.figures(t); got["inserted"] != 100 || got["repeated"] != 600 {
		t.Errorf("figures %v", got)
	}
}

// TestOffsetsAhead: a committed offset that Kafka does not have, as of a topic that was made anew.
func TestOffsetsAhead(t *testing.T) {
	w := newWorld(t)
	r := w.start(nil)
	w.await("it has partitions", func() bool { return len(r.owned()) == testPartitions })
	r.end()
	for p, metadata := range []string{"", "noctra 1 5000 5100 100 1 1 0", "of somebody else"} {
		commit := kafkago.OffsetCommit{Partition: p, Offset: 5000, Metadata: metadata}
		if err := (offsets{w.kafka, w.names}).Commit(t.Context(), member{generation: -1}, commit); err != nil {
			t.Fatal(err)
		}
	}
	w.send(events(0, 200)...)
	w.start(nil)
	w.once(0, 200)
}

// TestIntentOfOtherMessages: the recorded batch stands for messages that are not there any more.
func TestIntentOfOtherMessages(t *testing.T) {
	w := newWorld(t)
	w.send(events(0, 200)...)
	for p, metadata := range []string{"noctra 1 0 50 50 1 1 0", "noctra 1 0 1 1 1 1 1", "noctra 1 0 90000 9 1 1 0"} {
		commit := kafkago.OffsetCommit{Partition: p, Offset: 0, Metadata: metadata}
		if err := (offsets{w.kafka, w.names}).Commit(t.Context(), member{generation: -1}, commit); err != nil {
			t.Fatal(err)
		}
	}
	w.start(nil)
	w.once(0, 200)
}

func TestSettingsAreChecked(t *testing.T) {
	c := defaults(t)
	c.Kafka.Brokers, c.ClickHouse.Addr = []string{"x"}, "ftp://x"
	c.BatchRows, c.BatchWait, c.RepeatsMemory = 0, 0, 1
	err := c.Validate()
	for _, want := range []string{"--kafka", "--clickhouse", "--batch-rows", "--batch-wait", "--repeats-memory"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s is not named in %v", want, err)
		}
	}
	if _, err := New(c, Deps{}); err == nil {
		t.Error("a service is made of wrong settings")
	}
}
