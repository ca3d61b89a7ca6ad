package collector

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	kafkago "github.com/segmentio/kafka-go"

	"noctra/collector/internal/producer"
	"noctra/internal/kafka"
	"noctra/internal/testenv"
	"noctra/schema"
)

// tap notes every message that was acknowledged, on its way to the real store.
type tap struct {
	store
	mu   sync.Mutex
	seen map[string][]byte // record by event id
}

func (p *tap) Send(m *producer.Messages) error {
	if err := p.store.Send(m); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range m.Len() {
		var e schema.Event
		if err := schema.DecodeEvent(m.Value(i), &e); err != nil {
			return err
		}
		p.seen[e.ID] = bytes.Clone(m.Value(i))
	}
	return nil
}

// consume reads all that a topic has now and hands it out, by partition.
func consume(t *testing.T, config kafka.Config, topic string, take func(partition int, value []byte)) {
	t.Helper()
	client, err := config.Client()
	if err != nil {
		t.Fatal(err)
	}
	defer client.Transport.(*kafkago.Transport).CloseIdleConnections()
	meta, err := client.Metadata(t.Context(), &kafkago.MetadataRequest{Topics: []string{topic}})
	if err != nil || len(meta.Topics) != 1 {
		t.Fatalf("metadata: %v", err)
	}
	for _, partition := range meta.Topics[0].Partitions {
		ends, err := client.ListOffsets(t.Context(), &kafkago.ListOffsetsRequest{Topics: map[string][]kafkago.OffsetRequest{topic: {kafkago.LastOffsetOf(partition.ID)}}})
		if err != nil {
			t.Fatal(err)
		}
		for offset, end := int64(0), ends.Topics[topic][0].LastOffset; offset < end; {
			answer, err := client.Fetch(t.Context(), &kafkago.FetchRequest{Topic: topic, Partition: partition.ID, Offset: offset, MinBytes: 1, MaxBytes: 8 << 20, MaxWait: time.Second})
			if err != nil || answer.Error != nil {
				t.Fatal(errors.Join(err, answer.Error))
			}
			for {
				record, err := answer.Records.ReadRecord()
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
				value, err := io.ReadAll(record.Value)
				if err != nil {
					t.Fatal(err)
				}
				if record.Offset >= offset {
					offset = record.Offset + 1
					if !schema.IsCounts(value) {
						take(partition.ID, value)
					}
				}
			}
		}
	}
}

// Every event that was acknowledged is in Kafka, byte for byte, in the partition of its id.
func TestAcknowledgedIsInKafka(t *testing.T) {
	config := testenv.Kafka(t)
	through := &tap{seen: map[string][]byte{}}
	r := startOnKafka(t, config, func(s *Service) { through.store, s.sink = s.events, through })
	var wait sync.WaitGroup
	var accepted sync.Map
	for client := range 32 {
		wait.Go(func() {
			for i := range 20 {
				var parts []string
				for n := range 1 + (client+i)%40 {
					id := fmt.Sprintf("k-%d-%d-%d", client, i, n)
					accepted.Store(id, true)
					parts = append(parts, strings.Replace(page, "e1", id, 1))
				}
				a := r.call(t, "POST", "/v1/events", "["+strings.Join(parts, ",")+"]")
				if a.Status != 202 || a.Accepted != len(parts) {
					t.Errorf("%d %s", a.Status, a.Body)
				}
			}
		})
	}
	wait.Wait()
	found := map[string]int{}
	consume(t, config, schema.TopicEvents, func(partition int, value []byte) {
		var e schema.Event
		if err := schema.DecodeEvent(value, &e); err != nil || !strings.HasPrefix(e.ID, "k-") {
			return // of another test on the same broker
		}
		found[e.ID]++
		if diff := cmp.Diff(through.seen[e.ID], value); diff != "" {
			t.Errorf("%s differs: %s", e.ID, diff)
		}
		if want := int(e.PartitionKey() % 4); want != partition {
			t.Errorf("%s is in partition %d, not %d", e.ID, partition, want)
		}
	})
	accepted.Range(func(id, _ any) bool {
		if found[id.(string)] != 1 {
			t.Errorf("%s is there %d times", id, found[id.(string)])
		}
		return true
	})
	r.conserved(t)
	if n := r.events.InFlight(); n != 0 {
		t.Errorf("%d bytes in flight at rest", n)
	}
}

// Refused events of known sites are set aside without what is personal.
func TestDeadLetters(t *testing.T) {
	config := testenv.Kafka(t)
	r := startOnKafka(t, config, toKafka)
	body := `{"id":"letter-1","type":"sale","url":"https://shop.noctra.example/a?secret=1","title":"<anna@example.org> \u0001","amount":"x","email":"anna@example.org","phone":"+4915112345678","ip":"203.0.113.7","order_id":"4915112345678","note":"anna@example.org","props":{"a":"ä\n","anna@example.org":["by anna@example.org"]}}`
	if a := r.call(t, "POST", "/v1/events", body, "Authorization", "Bearer "+serverKey); a.Status != 400 {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	eventually(t, "the letter is stored", func() bool { return r.metric(t, "dead_letters_total", "stored") == 1 })
	var got []schema.DeadLetter
	consume(t, config, schema.TopicDeadLetter, func(_ int, value []byte) {
		letter, err := schema.DecodeDeadLetter(value)
		if err != nil {
			t.Fatal(err)
		}
		if letter.EventID == "letter-1" {
			got = append(got, letter)
		}
	})
	want := []schema.DeadLetter{{At: schema.MillisOf(r.clock()), Site: 7, Stage: "collector", Reason: "amount_invalid", Field: "amount", EventID: "letter-1", Via: schema.ViaServer}}
	var content map[string]any
	for i := range got {
		if err := json.Unmarshal(got[i].Body, &content); err != nil {
			t.Errorf("%s: %v", got[i].Body, err)
		}
		want[0].At, want[0].Message, want[0].Body = got[i].At, got[i].Message, got[i].Body
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	clean := map[string]any{"id": "letter-1", "type": "sale", "url": "https://shop.noctra.example/a", "title": "<[email]> \u0001", "amount": "x", "order_id": "4915112345678", "note": "[email]",
		"props": map[string]any{"a": "ä\n", "[email]": []any{"by [email]"}}}
	if diff := cmp.Diff(clean, content); diff != "" {
		t.Error(diff)
	}
}

// Without Kafka the answer is 503, soon, and each of the next ones at once.
func TestKafkaGone(t *testing.T) {
	r := startWith(t, func(c *Config) { c.ProduceTimeout = 500 * time.Millisecond }, nil, toKafka)
	for range 3 {
		began := time.Now()
		a := r.call(t, "POST", "/v1/events", page)
		if a.Status != 503 || a.Header.Get("Retry-After") == "" || a.Rejected[0].Code != "kafka_unavailable" {
			t.Errorf("%d %s", a.Status, a.Body)
		}
		if took := time.Since(began); took > slow {
			t.Errorf("took %s", took)
		}
	}
	if r.Ready() == nil {
		t.Error("ready without Kafka")
	}
	r.conserved(t)
}

// A broker that takes connections and answers nothing is as good as none.
func TestKafkaFrozen(t *testing.T) {
	front := newFront(t, testenv.Kafka(t).Brokers[0])
	r := startFronted(t, front)
	post := func(id string) (reply, time.Duration) {
		began := time.Now()
		return r.call(t, "POST", "/v1/events", strings.Replace(page, "e1", id, 1)), time.Since(began)
	}
	eventually(t, "events are taken", func() bool { a, _ := post("f-1"); return a.Status == 202 }) // within a second
	front.freeze(true)
	if a, took := post("f-2"); a.Status != 503 || took > slow {
		t.Errorf("frozen: %d after %s", a.Status, took)
	}
	if a, took := post("f-3"); a.Status != 503 || took > slow {
		t.Errorf("still frozen: %d after %s", a.Status, took)
	}
	front.freeze(false)
	eventually(t, "events are taken again", func() bool { a, _ := post("f-4"); return a.Status == 202 })
	if n := r.events.InFlight(); n != 0 {
		t.Errorf("%d bytes in flight at rest", n)
	}
	if err := r.events.Ready(); err != nil {
		t.Error(err)
	}
	r.conserved(t)
}

// An answer that is lost leaves a doubt: the request is repeated under the same deadline, the
// event may be there twice, and the sender gets its 202.
func TestAnswerLost(t *testing.T) {
	front := newFront(t, testenv.Kafka(t).Brokers[0])
	r := startFrontedWith(t, front, func(c *Config) { c.ProduceTimeout = 10 * time.Second }, toKafka)
	if a := r.call(t, "POST", "/v1/events", strings.Replace(page, "e1", "l-0", 1)); a.Status != 202 {
		t.Fatalf("before: %d %s", a.Status, a.Body)
	}
	front.lose.Store(true)
	if a := r.call(t, "POST", "/v1/events", strings.Replace(page, "e1", "l-1", 1)); a.Status != 202 {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	if found := idsIn(t, testenv.Kafka(t)); front.lost.Load() != 1 || found["l-0"] != 1 || found["l-1"] != 2 {
		t.Errorf("%d answers lost, found %d and %d", front.lost.Load(), found["l-0"], found["l-1"])
	}
	r.conserved(t)
}

// Events beyond the memory for them are refused at once.
func TestFull(t *testing.T) {
	front := newFront(t, testenv.Kafka(t).Brokers[0])
	r := startFronted(t, front)
	var m, second producer.Messages
	m.Reset(0)
	m.Add(1, make([]byte, 900<<10))
	front.freeze(true)
	ended := make(chan error, 1)
	go func() { ended <- r.events.Send(&m) }()
	eventually(t, "the first is in flight", func() bool { return r.events.InFlight() > 0 })
	second.Reset(0)
	second.Add(1, make([]byte, 900<<10))
	if err := r.events.Send(&second); !errors.Is(err, producer.ErrFull) {
		t.Errorf("second: %v", err)
	}
	if err := <-ended; !errors.Is(err, producer.ErrUnavailable) {
		t.Errorf("first: %v", err)
	}
	front.freeze(false)
	eventually(t, "messages are taken again", func() bool { return r.events.Send(&second) == nil })
}
