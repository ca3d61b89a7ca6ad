package engines

import (
	"context"
	"log/slog"
	"testing"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kfake"
)

// broker starts a cluster on dir with one partition of each topic.
func broker(t *testing.T, dir string) (*kfake.Cluster, *kafkago.Client) {
	t.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.DataDir(dir), kfake.SyncWrites(), kfake.SeedTopics(1, "events", "letters"))
	if err != nil {
		t.Fatal(err)
	}
	return cluster, &kafkago.Client{Addr: kafkago.TCP(cluster.ListenAddrs()...), Timeout: 5 * time.Second}
}

func produce(t *testing.T, client *kafkago.Client, topic string, n int) {
	t.Helper()
	produceAt(t, client, topic, n, time.Now())
}

func produceAt(t *testing.T, client *kafkago.Client, topic string, n int, at time.Time) {
	t.Helper()
	for range n {
		resp, err := client.Produce(t.Context(), &kafkago.ProduceRequest{Topic: topic, RequiredAcks: kafkago.RequireAll,
			Records: kafkago.NewRecordReader(kafkago.Record{Time: at, Value: kafkago.NewBytes(make([]byte, 1000))})})
		if err != nil || resp.Error != nil {
			t.Fatalf("produce: %v %v", err, resp)
		}
	}
}

func commit(t *testing.T, client *kafkago.Client, offset int64) {
	t.Helper()
	resp, err := client.OffsetCommit(t.Context(), &kafkago.OffsetCommitRequest{GroupID: "g", GenerationID: -1,
		Topics: map[string][]kafkago.OffsetCommit{"events": {{Partition: 0, Offset: offset}}}})
	if err != nil || resp.Topics["events"][0].Error != nil {
		t.Fatalf("commit: %v %v", err, resp)
	}
}

func TestTrim(t *testing.T) {
	dir := t.TempDir()
	cluster, client := broker(t, dir)
	defer func() { cluster.Close() }()
	trim := func(keep int64) (start, end int64) {
		t.Helper()
		trimmer{cluster: cluster, group: "g", keep: keep, now: time.Now, log: slog.New(slog.DiscardHandler)}.trim()
		p := cluster.PartitionInfo("events", 0)
		return p.LogStartOffset, p.HighWatermark
	}
	check := func(name string, keep, wantStart, wantEnd int64) {
		t.Helper()
		if start, end := trim(keep); start != wantStart || end != wantEnd {
			t.Errorf("%s: offsets %d to %d, want %d to %d", name, start, end, wantStart, wantEnd)
		}
	}
	produce(t, client, "events", 10)
	check("nothing committed", 0, 0, 10)
	commit(t, client, 4)
	check("below the bound", 1<<20, 0, 10)
	check("consumed goes", 0, 4, 10)
	commit(t, client, 10)
	check("the newest stays", 0, 9, 10)

	cluster.Close()
	cluster, client = broker(t, dir)
	produce(t, client, "events", 1)
	if p := cluster.PartitionInfo("events", 0); p.HighWatermark != 11 {
		t.Errorf("offsets went on at %d after a restart, want 11", p.HighWatermark)
	}
}

func TestExpire(t *testing.T) {
	cluster, client := broker(t, t.TempDir())
	defer cluster.Close()
	now := time.Now()
	produceAt(t, client, "letters", 2, now)
	produceAt(t, client, "letters", 3, now.Add(30*time.Second))
	_, err := client.IncrementalAlterConfigs(t.Context(), &kafkago.IncrementalAlterConfigsRequest{Resources: []kafkago.IncrementalAlterConfigsRequestResource{{
		ResourceType: kafkago.ResourceTypeTopic, ResourceName: "letters",
		Configs: []kafkago.IncrementalAlterConfigsRequestConfig{{Name: "retention.ms", Value: "60000", ConfigOperation: kafkago.ConfigOperationSet}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	check := func(name string, at time.Time, want int64) {
		t.Helper()
		trimmer{cluster: cluster, client: client, others: []string{"letters", "absent"}, now: func() time.Time { return at }, log: slog.New(slog.DiscardHandler)}.expire(t.Context())
		if got := cluster.PartitionInfo("letters", 0).LogStartOffset; got != want {
			t.Errorf("%s: first offset %d, want %d", name, got, want)
		}
	}
	check("fresh", now, 0)
	check("some old", now.Add(80*time.Second), 2)
	check("all old", now.Add(2*time.Minute), 4)
}

func TestWaitForLock(t *testing.T) {
	path := t.TempDir() + "/lock"
	first, err := waitForLock(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := waitForLock(ctx, path); err == nil {
		t.Error("taken twice")
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := waitForLock(t.Context(), path); err != nil {
		t.Error(err)
	}
}
