package aggregator

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/alecthomas/kong"
	"github.com/google/go-cmp/cmp"
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

// defaults returns the settings as the command line makes them.
func defaults(t testing.TB) Config {
	t.Helper()
	var c Config
	parser, err := kong.New(&c, kong.Vars{"kafka_default": "127.0.0.1:1", "clickhouse_default": "http://127.0.0.1:1"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse(nil); err != nil {
		t.Fatal(err)
	}
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
	name := strings.ToLower(strings.NewReplacer("/", ".").Replace(t.Name()))
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

// await polls until ok, or fails the test.
func (w *world) await(what string, ok func() bool) {
	w.t.Helper()
	deadline := time.NewTimer(60 * time.Second)
	defer deadline.Stop()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for !ok() {
		select {
		case <-deadline.C:
			w.t.Fatalf("waited in vain until %s", what)
		case <-ticker.C:
		}
	}
}

// number returns the one number of a query.
func (w *world) number(sql string) uint64 {
	w.t.Helper()
	var n uint64
	if err := w.conn.QueryRow(w.t.Context(), sql).Scan(&n); err != nil {
		w.t.Fatal(err)
	}
	return n
}

func (w *world) rows() uint64 { return w.number("SELECT count() FROM events") }

// settled waits until every message of the topic is committed.
func (w *world) settled() {
	w.t.Helper()
	var partitions []int
	var ends []kafkago.OffsetRequest
	for p := range testPartitions {
		partitions = append(partitions, p)
		ends = append(ends, kafkago.LastOffsetOf(p))
	}
	w.await("all messages are committed", func() bool {
		last, err := w.kafka.ListOffsets(w.t.Context(), &kafkago.ListOffsetsRequest{Topics: map[string][]kafkago.OffsetRequest{w.names.topic: ends}})
		if err != nil {
			w.t.Fatal(err)
		}
		done, err := w.kafka.OffsetFetch(w.t.Context(), &kafkago.OffsetFetchRequest{GroupID: w.names.group, Topics: map[string][]int{w.names.topic: partitions}})
		if err != nil {
			return false
		}
		want, got := map[int]int64{}, map[int]int64{}
		for _, p := range last.Topics[w.names.topic] {
			want[p.Partition] = p.LastOffset
		}
		for _, p := range done.Topics[w.names.topic] {
			got[p.Partition] = max(p.CommittedOffset, 0)
		}
		return cmp.Equal(want, got)
	})
}

// once fails the test unless exactly the events from … to are stored, each once, and touched holds
// what the rows say.
func (w *world) once(from, to int) {
	w.t.Helper()
	w.settled()
	want := map[string]uint64{}
	for i := from; i < to; i++ {
		want[fmt.Sprintf("event-%d", i)] = 1
	}
	got := map[string]uint64{}
	rows, err := w.conn.Query(w.t.Context(), "SELECT event_id, count() FROM events GROUP BY event_id")
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id string
		var n uint64
		if err := rows.Scan(&id, &n); err != nil {
			w.t.Fatal(err)
		}
		got[id] = n
	}
	if err := rows.Err(); err != nil {
		w.t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		w.t.Errorf("stored events, -want +got:\n%s", diff)
	}
	wrong := w.number(`SELECT count() FROM (SELECT site_id, toStartOfHour(occurred_at) AS hour, max(inserted_at) AS at FROM events GROUP BY site_id, hour) AS e
		FULL JOIN (SELECT site_id, hour, max(at) AS at FROM touched GROUP BY site_id, hour) AS t ON e.site_id = t.site_id AND e.hour = t.hour WHERE e.at != t.at`)
	if wrong != 0 {
		w.t.Errorf("%d hours of touched do not agree with the rows", wrong)
	}
}

// figures returns the values of the ledger.
func (r *running) figures(t testing.TB) map[string]int {
	t.Helper()
	families, err := r.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int{}
	for _, f := range families {
		name := strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(f.GetName(), prefix), "events_"), "_total")
		for _, m := range f.GetMetric() {
			got[name] += int(m.GetCounter().GetValue() + m.GetGauge().GetValue())
		}
	}
	if got["noctra_unaccounted_events"] != 0 || got["received"] != got["inserted"]+got["repeated"]+got["dead_lettered"]+got["pending"] {
		t.Errorf("the ledger does not add up: %v", got)
	}
	return got
}

func record(value []byte) kafkago.Record {
	if value == nil {
		return kafkago.Record{Key: kafkago.NewBytes([]byte("k"))}
	}
	return kafkago.Record{Value: kafkago.NewBytes(value)}
}

// letters reads all dead letters.
func (w *world) letters() []schema.DeadLetter {
	w.t.Helper()
	answer, err := w.kafka.Fetch(w.t.Context(), &kafkago.FetchRequest{Topic: w.names.letters, MinBytes: 1, MaxBytes: 8 << 20, MaxWait: time.Second})
	if err != nil {
		w.t.Fatal(err)
	}
	var all []schema.DeadLetter
	for {
		r, err := answer.Records.ReadRecord()
		if err != nil {
			return all
		}
		body, err := io.ReadAll(r.Value)
		if err != nil {
			w.t.Fatal(err)
		}
		letter, err := schema.DecodeDeadLetter(body)
		if err != nil {
			w.t.Fatal(err)
		}
		all = append(all, letter)
	}
}
