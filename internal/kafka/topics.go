package kafka

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"

	kafkago "github.com/segmentio/kafka-go"

	"noctra/schema"
)

// maxReplicas is what a new topic gets where the cluster has as many brokers.
const maxReplicas = 3

// EnsureTopics creates those of topics that are missing, and checks the others: they need at
// least the wanted partitions, the wanted cleanup policy, and must keep messages at least as
// long as wanted. It changes no existing topic; all problems are reported at once, each with
// the value found. It may be called by several processes at the same time.
func EnsureTopics(ctx context.Context, client *kafkago.Client, topics []schema.Topic) error {
	names := make([]string, len(topics))
	for i, t := range topics {
		names[i] = t.Name
	}
	meta, err := client.Metadata(ctx, &kafkago.MetadataRequest{Topics: names})
	if err != nil {
		return fmt.Errorf("ask kafka at %s for its topics: %w", client.Addr, err)
	}
	found := make(map[string]int, len(meta.Topics))
	for _, t := range meta.Topics {
		switch {
		case t.Error == nil:
			found[t.Name] = len(t.Partitions)
		case !errors.Is(t.Error, kafkago.UnknownTopicOrPartition):
			return fmt.Errorf("ask kafka for topic %q: %w", t.Name, t.Error)
		}
	}
	replicas := max(1, min(maxReplicas, len(meta.Brokers)))
	var errs []error
	for _, t := range topics {
		partitions, ok := found[t.Name]
		if !ok {
			errs = append(errs, createTopic(ctx, client, t, replicas))
			continue
		}
		if partitions < t.Partitions {
			errs = append(errs, fmt.Errorf("kafka topic %q has %d partitions, %d are wanted: add partitions to it, or ask for fewer", t.Name, partitions, t.Partitions))
		}
		errs = append(errs, checkSettings(ctx, client, t))
	}
	return errors.Join(errs...)
}

func createTopic(ctx context.Context, client *kafkago.Client, t schema.Topic, replicas int) error {
	config := kafkago.TopicConfig{Topic: t.Name, NumPartitions: t.Partitions, ReplicationFactor: replicas}
	for _, name := range slices.Sorted(maps.Keys(t.Config)) {
		config.ConfigEntries = append(config.ConfigEntries, kafkago.ConfigEntry{ConfigName: name, ConfigValue: t.Config[name]})
	}
	if replicas == maxReplicas { // an acknowledgement is worth two copies at least
		config.ConfigEntries = append(config.ConfigEntries, kafkago.ConfigEntry{ConfigName: "min.insync.replicas", ConfigValue: "2"})
	}
	resp, err := client.CreateTopics(ctx, &kafkago.CreateTopicsRequest{Topics: []kafkago.TopicConfig{config}})
	if err != nil {
		return fmt.Errorf("create kafka topic %q: %w", t.Name, err)
	}
	if err := resp.Errors[t.Name]; err != nil && !errors.Is(err, kafkago.TopicAlreadyExists) {
		return fmt.Errorf("create kafka topic %q: %w", t.Name, err)
	}
	return nil
}

// checkSettings compares the settings of an existing topic with the wanted ones.
func checkSettings(ctx context.Context, client *kafkago.Client, t schema.Topic) error {
	if len(t.Config) == 0 {
		return nil
	}
	names := slices.Sorted(maps.Keys(t.Config))
	resp, err := client.DescribeConfigs(ctx, &kafkago.DescribeConfigsRequest{Resources: []kafkago.DescribeConfigRequestResource{
		{ResourceType: kafkago.ResourceTypeTopic, ResourceName: t.Name, ConfigNames: names},
	}})
	if err != nil {
		return fmt.Errorf("read settings of kafka topic %q: %w", t.Name, err)
	}
	var errs []error
	for _, r := range resp.Resources {
		if r.Error != nil {
			errs = append(errs, fmt.Errorf("read settings of kafka topic %q: %w", t.Name, r.Error))
		}
		for _, entry := range r.ConfigEntries {
			if want, ok := t.Config[entry.ConfigName]; ok && !settingSuffices(entry.ConfigName, entry.ConfigValue, want) {
				errs = append(errs, fmt.Errorf("kafka topic %q has %s=%s, at least %s is wanted: alter the topic", t.Name, entry.ConfigName, entry.ConfigValue, want))
			}
		}
	}
	return errors.Join(errs...)
}

// settingSuffices tells whether a topic's setting keeps what the wanted one promises. A
// retention may be longer (-1: for ever); anything else has to be the same.
func settingSuffices(name, got, want string) bool {
	if got == want {
		return true
	}
	if name != "retention.ms" && name != "retention.bytes" {
		return false
	}
	g, errGot := strconv.ParseInt(got, 10, 64)
	w, errWant := strconv.ParseInt(want, 10, 64)
	return errGot == nil && errWant == nil && (g < 0 || w >= 0 && g >= w)
}

// Partitions returns how many partitions a topic has, 0 where there is no such topic.
func Partitions(ctx context.Context, client *kafkago.Client, topic string) (int, error) {
	meta, err := client.Metadata(ctx, &kafkago.MetadataRequest{Topics: []string{topic}})
	if err != nil {
		return 0, fmt.Errorf("ask kafka at %s for topic %q: %w", client.Addr, topic, err)
	}
	for _, t := range meta.Topics {
		switch {
		case t.Name != topic || errors.Is(t.Error, kafkago.UnknownTopicOrPartition):
		case t.Error != nil:
			return 0, fmt.Errorf("ask kafka for topic %q: %w", topic, t.Error)
		default:
			return len(t.Partitions), nil
		}
	}
	return 0, nil
}

// AddPartitions makes a topic have that many partitions; it has fewer.
func AddPartitions(ctx context.Context, client *kafkago.Client, topic string, partitions int) error {
	answer, err := client.CreatePartitions(ctx, &kafkago.CreatePartitionsRequest{Topics: []kafkago.TopicPartitionsConfig{{Name: topic, Count: int32(partitions)}}})
	if err == nil {
		err = answer.Errors[topic]
	}
	if err != nil {
		return fmt.Errorf("add partitions to kafka topic %q, %d in all: %w", topic, partitions, err)
	}
	return nil
}
