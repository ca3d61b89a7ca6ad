package collector

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	kafkago "github.com/segmentio/kafka-go"

	"noctra/schema"
)

// A topic that is deleted under load is said, by its name; events are spooled. With fewer partitions
// than before it is said how to go on, and with as many again everything that waited is there.
func TestTopicDeletedAndMadeAnew(t *testing.T) {
	t.Parallel()
	_, config := faultyBrokers(t)
	client, err := config.Client()
	if err != nil {
		t.Fatal(err)
	}
	defer client.Transport.(*kafkago.Transport).CloseIdleConnections()
	r := startSpooled(t, config, filepath.Join(t.TempDir(), "spool"), nil)
	eventually(t, "kafka is known", func() bool { return r.events.Ready() == nil })
	post := func(id string) {
		t.Helper()
		if a := r.call(t, "POST", "/v1/events", strings.Replace(page, "e1", id, 1)); a.Status != 202 {
			t.Errorf("%s: %d %s", id, a.Status, a.Body)
		}
	}
	says := func(text string) func() bool {
		return func() bool { return strings.Contains(fmt.Sprint(r.Ready()), text) }
	}
	post("topic-before")
	answer, err := client.DeleteTopics(t.Context(), &kafkago.DeleteTopicsRequest{Topics: []string{schema.TopicEvents}})
	if err != nil || answer.Errors[schema.TopicEvents] != nil {
		t.Fatal(err, answer.Errors)
	}
	for i := range 20 {
		post(fmt.Sprintf("topic-gone-%d", i))
	}
	eventually(t, "the topic is missed", says(`kafka has no topic "noctra.events": make it with noctra migrate`))
	create := func(partitions int) {
		t.Helper()
		made, err := client.CreateTopics(t.Context(), &kafkago.CreateTopicsRequest{Topics: []kafkago.TopicConfig{{Topic: schema.TopicEvents, NumPartitions: partitions, ReplicationFactor: 1}}})
		if err != nil || made.Errors[schema.TopicEvents] != nil {
			t.Fatal(err, made.Errors)
		}
	}
	create(2)
	eventually(t, "fewer partitions are said", says("has 2 partitions and had 4"))
	for i := range 20 {
		post(fmt.Sprintf("topic-few-%d", i))
	}
	_, err = client.CreatePartitions(t.Context(), &kafkago.CreatePartitionsRequest{Topics: []kafkago.TopicPartitionsConfig{{Name: schema.TopicEvents, Count: 4}}})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "everything is drained", func() bool { return r.spool.Empty() && r.events.Ready() == nil })
	stored := storedIn(t, config, "topic-")
	for i := range 20 {
		for _, id := range []string{fmt.Sprintf("topic-gone-%d", i), fmt.Sprintf("topic-few-%d", i)} {
			if _, ok := stored[id]; !ok {
				t.Errorf("%s was acknowledged and is lost", id)
			}
		}
	}
	r.conserved(t)
}
