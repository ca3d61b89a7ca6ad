package main

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	kafkago "github.com/segmentio/kafka-go"

	"noctra/internal/kafka"
	"noctra/internal/postgres"
	"noctra/schema"
)

// Partitions are added to the running product, by hand and by the command. Events that are sent again
// after each change are found to be repeats. Its canary is looked for before.
func TestPartitionsAndCanary(t *testing.T) {
	i, ready, _ := withShop(t)
	client := i.kafkaClient()
	send := func(from, to int) {
		t.Helper()
		var events []string
		for n := from; n < to; n++ {
			id := fmt.Sprintf("0199f3a2-7b1c-7000-8000-%012x", n)
			if n%2 == 0 {
				id = fmt.Sprint("order-", n)
			}
			events = append(events, `{"id":"`+id+`","type":"goal","name":"x","site":"nst_a"}`)
		}
		body := "[" + strings.Join(events, ",") + "]"
		await(t, "they are accepted", func() bool { return strings.HasPrefix(post(t, ready.CollectorURL, body), "202 ") })
	}
	stored := func(want uint64) {
		t.Helper()
		await(t, fmt.Sprint(want, " events are stored"), func() bool {
			var n uint64
			i.clickHouse("SELECT count() FROM events WHERE site_id = 911", &n)
			return n >= want
		})
	}
	migrate := func(args ...string) string {
		t.Helper()
		return tool(t, append([]string{"migrate", "partitions", "--data", i.data}, args...)...)
	}
	seesCanary(t, i, ready)
	send(0, 100)
	stored(100)
	if err := kafka.AddPartitions(t.Context(), client, schema.TopicEvents, 6); err != nil {
		t.Fatal(err)
	}
	await(t, "the collector sees them", func() bool {
		return strings.Contains(metrics(t, ready.Metrics["collector"]), "noctra_collector_partitions_unused{topic=\"noctra.events\"} 2\n")
	})
	send(50, 150)
	stored(150)

	contains(t, migrate("--to=4"), "events are placed in 4 partitions already")
	contains(t, migrate("--to=9", "--dry-run"), "placed in 9 partitions instead of 4; Kafka had 6.", "Nothing was changed.")
	contains(t, migrate("--to=9", "--lead=0s", "--yes"), "placed in 9 partitions instead of 4; Kafka had 6.")
	await(t, "the collector uses them", func() bool {
		return strings.Contains(metrics(t, ready.Metrics["collector"]), "noctra_collector_partitions_used{topic=\"noctra.events\"} 9\n")
	})
	send(0, 200)
	stored(200)
	await(t, "copies are recognised", func() bool {
		return strings.Contains(metrics(t, ready.Metrics["aggregator"]), "\nnoctra_aggregator_events_repeated_total 200\n")
	})
	var n, distinct uint64
	i.clickHouse("SELECT count() FROM events WHERE site_id = 911", &n)
	i.clickHouse("SELECT uniqExact(event_id) FROM events WHERE site_id = 911", &distinct)
	if n != 200 || distinct != 200 {
		t.Errorf("%d events are stored, of %d ids", n, distinct)
	}
	remake(t, i)
	send(300, 350)
	stored(250)
	refused := func(args string, want string) {
		t.Helper()
		var out, errs bytes.Buffer
		if status := run(append(strings.Fields("migrate partitions "+args), "--data", i.data), &out, &errs); status == 0 || !strings.Contains(errs.String(), want) {
			t.Errorf("%s: status %d, %s", args, status, errs.String())
		}
	}
	refused("--to=8", "events are placed in 9 partitions: there are as many")
	refused("--to=12 --lead=1h", "give 24h0m0s, or --yes")
	refused("--to=0", "--to: 0 is not between 1 and 65535")
	refused("--to=12 --kafka=127.0.0.1:1", "--postgres: name it beside --kafka")
}

// remake deletes the topic, makes it with fewer partitions, and brings it in order as the command does.
func remake(t *testing.T, i *instance) {
	t.Helper()
	client := i.kafkaClient()
	deleted, err := client.DeleteTopics(t.Context(), &kafkago.DeleteTopicsRequest{Topics: []string{schema.TopicEvents}})
	if err != nil || deleted.Errors[schema.TopicEvents] != nil {
		t.Fatal(err, deleted)
	}
	topic := schema.Topics(2)[0]
	config := kafkago.TopicConfig{Topic: topic.Name, NumPartitions: topic.Partitions, ReplicationFactor: 1}
	for name, value := range topic.Config {
		config.ConfigEntries = append(config.ConfigEntries, kafkago.ConfigEntry{ConfigName: name, ConfigValue: value})
	}
	made, err := client.CreateTopics(t.Context(), &kafkago.CreateTopicsRequest{Topics: []kafkago.TopicConfig{config}})
	if err != nil || made.Errors[schema.TopicEvents] != nil {
		t.Fatal(err, made)
	}
	found := i.addresses()
	m := migration{stores: stores{Kafka: kafka.Config{Brokers: []string{found.Kafka}}, Postgres: postgres.Config{URL: found.Postgres}}, partitions: 4, log: slog.New(slog.DiscardHandler)}
	if err := m.topics(t.Context()); err != nil {
		t.Fatal(err)
	}
	await(t, "the topic has its partitions", func() bool {
		n, err := kafka.Partitions(t.Context(), i.kafkaClient(), schema.TopicEvents)
		return err == nil && n == 9
	})
}
