package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5/pgxpool"
	kafkago "github.com/segmentio/kafka-go"

	"noctra/internal/kafka"
	"noctra/internal/layouts"
	"noctra/schema"
)

// topics makes what is missing in Kafka: topics, and partitions that events are placed in. At the
// first time it notes in Postgres how many these are: as many as there are now.
func (m migration) topics(ctx context.Context) error {
	if m.dryRun {
		return nil
	}
	pool, err := m.stores.Postgres.Open(ctx)
	if err != nil {
		return err
	}
	defer pool.Close()
	kept, err := layouts.Read(ctx, pool)
	if err != nil {
		return fmt.Errorf("--postgres: %w", err)
	}
	if len(kept) > 0 {
		if err := m.mendPartitions(ctx, kept.Partitions()); err != nil {
			return fmt.Errorf("--kafka: %w", err)
		}
	}
	if err := m.withKafka(func(client *kafkago.Client) error {
		return kafka.EnsureTopics(ctx, client, m.wanted(kept))
	}); err != nil {
		return fmt.Errorf("--kafka: %w", err)
	}
	if len(kept) > 0 {
		return nil
	}
	return m.keepPartitions(ctx, pool)
}

// wanted are the topics as they have to be. What events are placed in has grown for them alone.
func (m migration) wanted(kept schema.Layouts) []schema.Topic {
	if len(kept) == 0 {
		return schema.Topics(m.partitions)
	}
	topics := schema.Topics(kept[0].Partitions)
	i := slices.IndexFunc(topics, func(t schema.Topic) bool { return t.Name == schema.TopicEvents })
	topics[i].Partitions = kept.Partitions()
	return topics
}

// mendPartitions gives the topic of events back what it had, where it was made anew with fewer.
func (m migration) mendPartitions(ctx context.Context, wanted int) error {
	return m.withKafka(func(client *kafkago.Client) error {
		has, err := kafka.Partitions(ctx, client, schema.TopicEvents)
		if err != nil || has == 0 || has >= wanted {
			return err
		}
		m.log.Warn("partitions of the topic are missing, they are made again", "topic", schema.TopicEvents, "partitions", has, "wanted", wanted)
		return kafka.AddPartitions(ctx, client, schema.TopicEvents, wanted)
	})
}

// keepPartitions notes how many partitions events are placed in from now on.
func (m migration) keepPartitions(ctx context.Context, pool *pgxpool.Pool) error {
	return m.withKafka(func(client *kafkago.Client) error {
		has, err := kafka.Partitions(ctx, client, schema.TopicEvents)
		if err != nil {
			return fmt.Errorf("--kafka: %w", err)
		}
		if has == 0 {
			return fmt.Errorf("--kafka: topic %q was made and is not there: run this again", schema.TopicEvents)
		}
		if err := layouts.Begin(ctx, pool, has); err != nil {
			return fmt.Errorf("--postgres: %w", err)
		}
		return nil
	})
}

// withKafka calls do with a client of its own: one that is kept would answer with what it knows.
func (m migration) withKafka(do func(client *kafkago.Client) error) error {
	client, err := m.stores.Kafka.Client()
	if err != nil {
		return err
	}
	defer client.Transport.(*kafkago.Transport).CloseIdleConnections()
	return do(client)
}
