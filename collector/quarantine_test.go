package collector

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	kafkago "github.com/segmentio/kafka-go"

	"noctra/internal/kafka"
	"noctra/internal/testenv"
	"noctra/schema"
)

// longPage is a URL that only a collector with the usual limits takes.
var longPage = "https://shop.noctra.example" + strings.Repeat("/shop", 20)

// startStrict starts a collector that takes no URL over 100 bytes.
func startStrict(t *testing.T) (*rig, kafka.Config) {
	t.Helper()
	config := testenv.Kafka(t)
	ensureTopics(t, config)
	r := startWith(t, func(c *Config) { c.Kafka, c.MaxURLBytes = config, 100 }, nil, toKafka)
	eventually(t, "the collector is ready", func() bool { return r.problem() == nil })
	return r, config
}

// refuse posts an event that is refused for a reason.
func (r *rig) refuse(t *testing.T, reason, event string, headers ...string) {
	t.Helper()
	a := r.call(t, "POST", "/v1/events", event, headers...)
	if a.Accepted != 0 || len(a.Rejected) != 1 || a.Rejected[0].Code != reason {
		t.Fatalf("%s: %d %s", event, a.Status, a.Body)
	}
}

// lettersSince returns the chosen letters from an offset on.
func lettersSince(t *testing.T, config kafka.Config, from int64, f LetterFilter) (all []*Letter) {
	t.Helper()
	err := EachLetter(t.Context(), config, f, func(l *Letter) error {
		if l.Place.Offset >= from {
			all = append(all, l)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func endOfLetters(t *testing.T, config kafka.Config) int64 {
	t.Helper()
	end := int64(0)
	consume(t, config, schema.TopicDeadLetter, func(int, []byte) { end++ })
	return end
}

// produceLetter stores a record in the topic as it is.
func produceLetter(t *testing.T, config kafka.Config, record []byte) {
	t.Helper()
	client, err := config.Client()
	if err != nil {
		t.Fatal(err)
	}
	defer client.Transport.(*kafkago.Transport).CloseIdleConnections()
	answer, err := client.Produce(t.Context(), &kafkago.ProduceRequest{Topic: schema.TopicDeadLetter, RequiredAcks: kafkago.RequireAll,
		Records: kafkago.NewRecordReader(kafkago.Record{Value: kafkago.NewBytes(record), Time: time.Now()})})
	if err == nil {
		err = answer.Error
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestLetters(t *testing.T) {
	r, config := startStrict(t)
	from := endOfLetters(t, config)
	key := []string{"Authorization", "Bearer " + serverKey}
	r.refuse(t, "too_long", `{"id":"q-1","type":"pageview","url":"`+longPage+`"}`, key...)
	r.refuse(t, "amount_invalid", `{"id":"q-2","type":"sale","site":"`+otherKey+`","amount":"x"}`)
	eventually(t, "both are stored", func() bool { return r.metric(t, "dead_letters_total", "stored") == 2 })
	between := time.Now().Add(time.Millisecond)
	eventually(t, "the clock has moved on", func() bool { return time.Now().After(between) })
	r.refuse(t, "required", `{"type":"goal"}`, key...)
	eventually(t, "the third is stored", func() bool { return r.metric(t, "dead_letters_total", "stored") == 3 })
	produceLetter(t, config, []byte("no letter"))

	check := func(name string, f LetterFilter, want ...string) {
		t.Helper()
		got := []string{}
		for _, l := range lettersSince(t, config, from, f) {
			got = append(got, fmt.Sprintf("%d %d %s %s %s %s", l.Place.Offset-from, l.Site, l.Stage, l.Reason, l.Field, l.EventID))
			if ago := time.Since(l.At.Time()); ago < 0 || ago > time.Minute {
				t.Errorf("%s: set aside at %s", l.Place, l.At.Time())
			}
		}
		if diff := cmp.Diff(append([]string{}, want...), got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	first, second, third := "0 7 collector too_long url q-1", "1 8 collector amount_invalid amount q-2", "2 7 collector required name "
	fourth := "3 0  unreadable  "
	check("all", LetterFilter{}, first, second, third, fourth)
	check("a site", LetterFilter{Site: 8}, second)
	check("a reason", LetterFilter{Reason: "required"}, third)
	check("unreadable", LetterFilter{Reason: "unreadable"}, fourth)
	check("a stage", LetterFilter{Stage: StageAggregator})
	check("since", LetterFilter{Since: between}, third, fourth)
	check("until", LetterFilter{Until: between, Site: 7}, first)
	if got := lettersSince(t, config, 0, LetterFilter{Limit: 2}); len(got) != 2 {
		t.Errorf("%d letters with a limit of 2", len(got))
	}
	stop := errors.New("stop")
	if err := EachLetter(t.Context(), config, LetterFilter{}, func(*Letter) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("an error of take became %v", err)
	}

	l, err := OneLetter(t.Context(), config, LetterPlace{Offset: from + 1})
	if err != nil || l.EventID != "q-2" {
		t.Errorf("one letter: %+v, %v", l, err)
	}
	for _, wrong := range []LetterPlace{{Offset: from + 4}, {Partition: 5}} {
		if _, err := OneLetter(t.Context(), config, wrong); err == nil || !strings.Contains(err.Error(), "no letter at "+wrong.String()) {
			t.Errorf("%s: %v", wrong, err)
		}
	}
}

// Letters have the time of their events in Kafka, which counts from there how long they are kept.
func TestLettersAreKept(t *testing.T) {
	r, config := startStrict(t)
	from, began := endOfLetters(t, config), time.Now().Add(-time.Second)
	r.refuse(t, "too_long", `{"type":"pageview","site":"`+shopKey+`","url":"`+longPage+`"}`)
	eventually(t, "it is stored", func() bool { return r.metric(t, "dead_letters_total", "stored") == 1 })
	client, err := config.Client()
	if err != nil {
		t.Fatal(err)
	}
	defer client.Transport.(*kafkago.Transport).CloseIdleConnections()
	answer, err := client.Fetch(t.Context(), &kafkago.FetchRequest{Topic: schema.TopicDeadLetter, Offset: from, MinBytes: 1, MaxBytes: 1 << 20, MaxWait: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	record, err := answer.Records.ReadRecord()
	if err != nil || record.Time.Before(began) || record.Time.After(time.Now()) {
		t.Errorf("time stamp %v, %v", record, err)
	}
}
