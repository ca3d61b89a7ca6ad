package main

import (
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	kafkago "github.com/segmentio/kafka-go"

	"noctra/internal/clickhouse"
	"noctra/internal/kafka"
	"noctra/schema"
)

// engineAddresses are those of ready.json.
type engineAddresses struct{ Kafka, ClickHouse, Postgres string }

func (i *instance) addresses() engineAddresses {
	i.t.Helper()
	var found engineAddresses
	raw, err := os.ReadFile(filepath.Join(i.data, "ready.json"))
	if err == nil {
		err = json.Unmarshal(raw, &found)
	}
	if err != nil {
		i.t.Fatal(err)
	}
	return found
}

// clickHouse runs a statement as the migrator, and scans one value of its answer where to is
// not nil.
func (i *instance) clickHouse(statement string, to any) {
	i.t.Helper()
	u, err := url.Parse(i.addresses().ClickHouse)
	if err != nil {
		i.t.Fatal(err)
	}
	config := clickhouse.Config{Addr: "http://" + u.Host, Database: "noctra", MigratorUser: "noctra_migrator",
		MigratorPasswordFile: filepath.Join(i.data, "secrets", "clickhouse_migrator")}
	conn, err := config.Open(clickhouse.Migrator)
	if err != nil {
		i.t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if to == nil {
		err = conn.Exec(i.t.Context(), statement)
	} else {
		err = conn.QueryRow(i.t.Context(), statement).Scan(to)
	}
	if err != nil {
		i.t.Fatalf("clickhouse: %s: %v", statement, err)
	}
}

// postgres is the same for Postgres.
func (i *instance) postgres(statement string, to any) {
	i.t.Helper()
	conn, err := pgx.Connect(i.t.Context(), i.addresses().Postgres)
	if err != nil {
		i.t.Fatal(err)
	}
	defer func() { _ = conn.Close(i.t.Context()) }()
	if to == nil {
		_, err = conn.Exec(i.t.Context(), statement)
	} else {
		err = conn.QueryRow(i.t.Context(), statement).Scan(to)
	}
	if err != nil {
		i.t.Fatalf("postgres: %s: %v", statement, err)
	}
}

func (i *instance) kafkaClient() *kafkago.Client {
	i.t.Helper()
	client, err := kafka.Config{Brokers: []string{i.addresses().Kafka}}.Client()
	if err != nil {
		i.t.Fatal(err)
	}
	return client
}

// leaveMarks writes something into every engine.
func (i *instance) leaveMarks() {
	i.t.Helper()
	i.clickHouse("CREATE TABLE survivor (a UInt64) ENGINE = MergeTree ORDER BY a", nil)
	i.clickHouse("INSERT INTO survivor SELECT number FROM numbers(1000)", nil)
	i.postgres("CREATE TABLE survivor AS SELECT generate_series(1, 1000) AS a", nil)
	client := i.kafkaClient()
	resp, err := client.Produce(i.t.Context(), &kafkago.ProduceRequest{Topic: schema.TopicDeadLetter, RequiredAcks: kafkago.RequireAll,
		Records: kafkago.NewRecordReader(kafkago.Record{Time: time.Now(), Value: kafkago.NewBytes([]byte("survivor"))})})
	if err != nil || resp.Error != nil {
		i.t.Fatalf("produce: %v %v", err, resp)
	}
	commit, err := client.OffsetCommit(i.t.Context(), &kafkago.OffsetCommitRequest{GroupID: "survivors", GenerationID: -1,
		Topics: map[string][]kafkago.OffsetCommit{schema.TopicDeadLetter: {{Offset: 1, Metadata: "intent"}}}})
	if err != nil || commit.Topics[schema.TopicDeadLetter][0].Error != nil {
		i.t.Fatalf("commit: %v %v", err, commit)
	}
}

// checkMarks fails the test unless all that leaveMarks wrote is there.
func (i *instance) checkMarks(t *testing.T, when string) {
	t.Helper()
	var rows uint64
	i.clickHouse("SELECT count() FROM survivor", &rows)
	var tuples int64
	i.postgres("SELECT count(*) FROM survivor", &tuples)
	if rows != 1000 || tuples != 1000 {
		t.Errorf("%s: %d rows in clickhouse, %d in postgres, want 1000", when, rows, tuples)
	}
	client := i.kafkaClient()
	offsets, err := client.ListOffsets(t.Context(), &kafkago.ListOffsetsRequest{
		Topics: map[string][]kafkago.OffsetRequest{schema.TopicDeadLetter: {kafkago.LastOffsetOf(0)}}})
	if err != nil || offsets.Topics[schema.TopicDeadLetter][0].LastOffset != 1 {
		t.Errorf("%s: offsets in kafka: %+v, %v", when, offsets, err)
	}
	committed, err := client.OffsetFetch(t.Context(), &kafkago.OffsetFetchRequest{GroupID: "survivors", Topics: map[string][]int{schema.TopicDeadLetter: {0}}})
	if err != nil || committed.Topics[schema.TopicDeadLetter][0].CommittedOffset != 1 || committed.Topics[schema.TopicDeadLetter][0].Metadata != "intent" {
		t.Errorf("%s: committed in kafka: %+v, %v", when, committed, err)
	}
}
