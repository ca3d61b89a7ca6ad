package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	kafkago "github.com/segmentio/kafka-go"

	"noctra/schema"
)

const fetchBytes = 8 << 20

// storedIDs reads every message of the events topic and returns the numbers of the ids that the
// load generator made. brokers is a list with commas.
func storedIDs(ctx context.Context, brokers string) (map[uint64]struct{}, error) {
	client := &kafkago.Client{Addr: kafkago.TCP(strings.Split(brokers, ",")...)}
	meta, err := client.Metadata(ctx, &kafkago.MetadataRequest{Topics: []string{schema.TopicEvents}})
	if err != nil {
		return nil, fmt.Errorf("read kafka metadata: %w", err)
	}
	stored := map[uint64]struct{}{}
	for _, topic := range meta.Topics {
		for _, partition := range topic.Partitions {
			if err := readPartition(ctx, client, partition.ID, stored); err != nil {
				return nil, fmt.Errorf("read back partition %d: %w", partition.ID, err)
			}
		}
	}
	return stored, nil
}

func readPartition(ctx context.Context, client *kafkago.Client, partition int, stored map[uint64]struct{}) error {
	offsets, err := client.ListOffsets(ctx, &kafkago.ListOffsetsRequest{Topics: map[string][]kafkago.OffsetRequest{
		schema.TopicEvents: {kafkago.FirstOffsetOf(partition), kafkago.LastOffsetOf(partition)},
	}})
	if err != nil {
		return fmt.Errorf("list offsets: %w", err)
	}
	bounds := offsets.Topics[schema.TopicEvents][0]
	var event schema.Event
	for at := bounds.FirstOffset; at < bounds.LastOffset; {
		answer, err := client.Fetch(ctx, &kafkago.FetchRequest{Topic: schema.TopicEvents, Partition: partition, Offset: at, MinBytes: 1, MaxBytes: fetchBytes})
		if err := errors.Join(err, answerError(answer)); err != nil {
			return fmt.Errorf("fetch at %d: %w", at, err)
		}
		next, err := readRecords(answer.Records, at, &event, stored)
		if err != nil {
			return err
		}
		if next == at {
			return fmt.Errorf("fetch at %d of %d brought nothing", at, bounds.LastOffset)
		}
		at = next
	}
	return nil
}

func answerError(answer *kafkago.FetchResponse) error {
	if answer == nil {
		return nil
	}
	return answer.Error
}

func readRecords(records kafkago.RecordReader, at int64, event *schema.Event, stored map[uint64]struct{}) (int64, error) {
	for {
		record, err := records.ReadRecord()
		if errors.Is(err, io.EOF) {
			return at, nil
		}
		if err != nil {
			return at, fmt.Errorf("read record behind %d: %w", at, err)
		}
		if record.Offset < at {
			continue // a fetch begins with the batch that holds the offset
		}
		at = record.Offset + 1
		value, err := kafkago.ReadAll(record.Value)
		if err != nil {
			return at, fmt.Errorf("read record at %d: %w", record.Offset, err)
		}
		if schema.IsCounts(value) {
			continue // of refused events
		}
		if err := schema.DecodeEvent(value, event); err != nil {
			return at, fmt.Errorf("record at %d: %w", record.Offset, err)
		}
		if n, ok := parseID(event.ID); ok {
			stored[n] = struct{}{}
		}
	}
}
