package aggregator

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/alecthomas/kong"
	"github.com/prometheus/client_golang/prometheus"
	kafkago "github.com/segmentio/kafka-go"

	"noctra/internal/clickhouse"
	"noctra/internal/kafka"
	"noctra/internal/testenv"
	"noctra/schema"
)

func TestMain(m *testing.M) {
	if settings := os.Getenv(childSettings); settings != "" {
		if err := runChild(settings); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	testenv.Main(m)
}

// asTheyCome returns the settings as the command line makes them.
func asTheyCome(t testing.TB) Config {
	t.Helper()
	var c Config
	parser, err := kong.New(&c, kong.Vars{"kafka_default": "127.0.0.1:1", "clickhouse_default": "http://127.0.0.1:1"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse(nil); err != nil {
		t.Fatal(err)
	}
	return c
}

// defaults returns settings for tests that do not want to wait.
func defaults(t testing.TB) Config {
	t.Helper()
	c := asTheyCome(t)
	c.BatchWait, c.FetchWait, c.RepeatsMemory = 50*time.Millisecond, 20*time.Millisecond, 1<<20
	return c
}

// world is a topic, a group and a database of a test's own.
type world struct {
	t      testing.TB
	config Config
	names  names
	kafka  *kafkago.Client
	conn   driver.Conn
}

const testPartitions = 3

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, config: defaults(t)}
	name := strings.ToLower(strings.NewReplacer("/", ".").Replace(t.Name()) + "." + rand.Text()[:8])
	w.names = names{topic: "events." + name, letters: "letters." + name, group: "group." + name}
	w.config.Kafka, w.config.ClickHouse = testenv.Kafka(t), testenv.ClickHouse(t)
	var err error
	if w.kafka, err = w.config.Kafka.Client(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.kafka.Transport.(*kafkago.Transport).CloseIdleConnections)
	topics := []schema.Topic{{Name: w.names.topic, Partitions: testPartitions}, {Name: w.names.letters, Partitions: 1}}
	if err := kafka.EnsureTopics(t.Context(), w.kafka, topics); err != nil {
		t.Fatal(err)
	}
	if w.conn, err = w.config.ClickHouse.Open(clickhouse.Writer); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.conn.Close() })
	return w
}

// running is a started aggregator.
type running struct {
	*Service
	registry *prometheus.Registry
	stop     context.CancelFunc
	ended    chan struct{}
	err      error
}

// start runs an aggregator; prepare may change it before.
func (w *world) start(prepare func(s *Service)) *running {
	w.t.Helper()
	r := &running{registry: prometheus.NewRegistry(), ended: make(chan struct{})}
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	if os.Getenv("NOCTRA_TEST_LOG") != "" {
		log = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	var err error
	if r.Service, err = New(w.config, Deps{Log: log, Registry: r.registry}); err != nil {
		w.t.Fatal(err)
	}
	r.names = w.names
	if prepare != nil {
		prepare(r.Service)
	}
	ctx, cancel := context.WithCancel(context.Background())
	r.stop = cancel
	go func() {
		r.err = r.Run(ctx)
		close(r.ended)
	}()
	w.t.Cleanup(r.end)
	return r
}

func (r *running) end() {
	r.stop()
	<-r.ended
}

// now is the time of receipt of test events.
var now = schema.MillisOf(time.Now())

func event(id string) schema.Event {
	return schema.Event{
		ID: id, Site: 7, Workspace: 1, Kind: schema.KindPageview, Via: schema.ViaBrowser, OccurredAt: now - 50, ReceivedAt: now,
		Visitor: 5, VisitorKind: schema.VisitorDaily, Hostname: "shop.example", Path: "/" + id, Country: "DE",
	}
}

func events(from, to int) []schema.Event {
	all := make([]schema.Event, 0, to-from)
	for i := from; i < to; i++ {
		all = append(all, event(fmt.Sprintf("event-%d", i)))
	}
	return all
}

// send produces events as the collector does.
func (w *world) send(all ...schema.Event) {
	w.t.Helper()
	byPartition := map[int][]kafkago.Record{}
	for i := range all {
		p := int(all[i].PartitionKey() % testPartitions)
		byPartition[p] = append(byPartition[p], kafkago.Record{Value: kafkago.NewBytes(schema.AppendEvent(nil, &all[i]))})
	}
	for p, records := range byPartition {
		w.produce(w.names.topic, p, records...)
	}
}

func (w *world) produce(topic string, partition int, records ...kafkago.Record) {
	w.t.Helper()
	answer, err := w.kafka.Produce(w.t.Context(), &kafkago.ProduceRequest{
		Topic: topic, Partition: partition, RequiredAcks: kafkago.RequireAll, Records: kafkago.NewRecordReader(records...),
	})
	if err == nil {
		err = answer.Error
	}
	if err != nil {
		w.t.Fatal(err)
	}
}
