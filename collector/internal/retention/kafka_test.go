package retention

import (
	"crypto/rand"
	"testing"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"noctra/internal/kafka"
	"noctra/internal/testenv"
	"noctra/schema"
)

func TestMain(m *testing.M) { testenv.Main(m) }

// What Kafka says is read as it is: settings, log, commits, and the time of the oldest unread message.
func TestKafka(t *testing.T) {
	config := testenv.Kafka(t)
	client, err := config.Client()
	if err != nil {
		t.Fatal(err)
	}
	topic, group := "retention-"+rand.Text(), "group-"+rand.Text()
	wanted := schema.Topic{Name: topic, Partitions: 2, Config: map[string]string{"retention.ms": "3600000", "retention.bytes": "1000000"}}
	if err := kafka.EnsureTopics(t.Context(), client, []schema.Topic{wanted}); err != nil {
		t.Fatal(err)
	}
	begin := time.Now().Add(-30 * time.Minute).Truncate(time.Second)
	for i := range 10 {
		answer, err := client.Produce(t.Context(), &kafkago.ProduceRequest{Topic: topic, Partition: 1, RequiredAcks: kafkago.RequireAll,
			Records: kafkago.NewRecordReader(kafkago.Record{Time: begin.Add(time.Duration(i) * time.Minute), Value: kafkago.NewBytes([]byte("x"))})})
		if err != nil || answer.Error != nil {
			t.Fatal(err, answer)
		}
	}
	k := &Kafka{Client: client, Topic: topic, Group: group, Now: time.Now}
	look := func(committed int64, oldest time.Time) {
		t.Helper()
		state, err := k.Look(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if !state.Safe || state.Keep != time.Hour || state.KeepBytes != 1_000_000 || len(state.Partitions) != 2 {
			t.Fatalf("%+v", state)
		}
		for _, p := range state.Partitions {
			end, at := int64(0), int64(-1)
			if p.ID == 1 {
				end, at = 10, committed
			}
			if p.Start != 0 || p.End != end || p.Committed != at {
				t.Errorf("%+v", p)
			}
			if err := k.date(t.Context(), &p); err != nil {
				t.Fatal(err)
			}
			if p.ID == 1 && !p.Oldest.Equal(oldest) || p.ID == 0 && !p.Oldest.IsZero() {
				t.Errorf("oldest of %+v, want %s", p, oldest)
			}
		}
	}
	commit := func(offset int64) {
		t.Helper()
		answer, err := client.OffsetCommit(t.Context(), &kafkago.OffsetCommitRequest{GroupID: group, GenerationID: -1, Topics: map[string][]kafkago.OffsetCommit{topic: {{Partition: 1, Offset: offset}}}})
		if err != nil || answer.Topics[topic][0].Error != nil {
			t.Fatal(err, answer)
		}
	}
	look(-1, begin)
	commit(4)
	look(4, begin.Add(4*time.Minute))
	look(4, begin.Add(4*time.Minute))
	commit(10)
	look(10, time.Time{})
	k.Topic = "missing-" + rand.Text()
	if _, err := k.Look(t.Context()); err == nil {
		t.Error("a topic that is not there was looked at")
	}
}

// Messages that came since the look before the last are young, and not read for their time.
func TestYoungAreNotRead(t *testing.T) {
	k := &Kafka{Now: func() time.Time { return noon }} // without a client: reading would panic
	k.seen = map[int]mark{3: {end: 90, earlierEnd: 80}}
	p := Partition{ID: 3, Committed: 85, End: 100}
	if err := k.date(t.Context(), &p); err != nil || !p.Oldest.Equal(noon.Add(-2*every)) {
		t.Errorf("%v, %v", p.Oldest, err)
	}
	if m := k.seen[3]; m.end != 100 || m.earlierEnd != 90 {
		t.Errorf("%+v", m)
	}
}
