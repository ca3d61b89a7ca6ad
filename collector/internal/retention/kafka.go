package retention

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"noctra/internal/kafka"
)

// Kafka is the Source in earnest. It is for one goroutine.
type Kafka struct {
	Client *kafkago.Client
	Topic  string
	Group  string
	Now    func() time.Time

	seen map[int]mark // by partition
}

// mark is what was found out about a partition earlier.
type mark struct {
	end, earlierEnd int64 // of the last look, and of the one before
	at              int64 // offset that was looked up
	oldest          time.Time
}

// Look implements Source.
func (k *Kafka) Look(ctx context.Context) (State, error) {
	meta, err := k.Client.Metadata(ctx, &kafkago.MetadataRequest{Topics: []string{k.Topic}})
	if err != nil {
		return State{}, fmt.Errorf("ask kafka for topic %q: %w", k.Topic, err)
	}
	if len(meta.Topics) != 1 {
		return State{}, fmt.Errorf("kafka's answer does not name topic %q", k.Topic)
	}
	if err := meta.Topics[0].Error; err != nil {
		return State{}, fmt.Errorf("ask kafka for topic %q: %w", k.Topic, err)
	}
	state := State{Safe: meta.ClusterID == kafka.EmbeddedCluster}
	if err := k.settings(ctx, &state); err != nil {
		return State{}, err
	}
	ids := make([]int, 0, len(meta.Topics[0].Partitions))
	for _, p := range meta.Topics[0].Partitions {
		ids = append(ids, p.ID)
	}
	if state.Partitions, err = k.offsets(ctx, ids); err != nil {
		return State{}, err
	}
	if state.Safe {
		return state, nil
	}
	for i := range state.Partitions {
		if err := k.date(ctx, &state.Partitions[i]); err != nil {
			return State{}, err
		}
	}
	return state, nil
}

// settings reads the topic's retention.
func (k *Kafka) settings(ctx context.Context, state *State) error {
	answer, err := k.Client.DescribeConfigs(ctx, &kafkago.DescribeConfigsRequest{Resources: []kafkago.DescribeConfigRequestResource{
		{ResourceType: kafkago.ResourceTypeTopic, ResourceName: k.Topic, ConfigNames: []string{"retention.ms", "retention.bytes"}},
	}})
	if err != nil {
		return fmt.Errorf("read settings of kafka topic %q: %w", k.Topic, err)
	}
	state.Keep, state.KeepBytes = -1, -1
	for _, r := range answer.Resources {
		if r.Error != nil {
			return fmt.Errorf("read settings of kafka topic %q: %w", k.Topic, r.Error)
		}
		for _, entry := range r.ConfigEntries {
			n, err := strconv.ParseInt(entry.ConfigValue, 10, 64)
			if err != nil {
				continue // another setting
			}
			switch entry.ConfigName {
			case "retention.ms":
				state.Keep = time.Duration(min(n, int64(1<<62/time.Millisecond))) * time.Millisecond
			case "retention.bytes":
				state.KeepBytes = n
			}
		}
	}
	return nil
}

// offsets reads what the log has and what the group has committed.
func (k *Kafka) offsets(ctx context.Context, ids []int) ([]Partition, error) {
	requests := make([]kafkago.OffsetRequest, 0, 2*len(ids))
	for _, id := range ids {
		requests = append(requests, kafkago.FirstOffsetOf(id), kafkago.LastOffsetOf(id))
	}
	listed, err := k.Client.ListOffsets(ctx, &kafkago.ListOffsetsRequest{Topics: map[string][]kafkago.OffsetRequest{k.Topic: requests}})
	if err != nil {
		return nil, fmt.Errorf("list offsets of kafka topic %q: %w", k.Topic, err)
	}
	fetched, err := k.Client.OffsetFetch(ctx, &kafkago.OffsetFetchRequest{GroupID: k.Group, Topics: map[string][]int{k.Topic: ids}})
	if err == nil {
		err = fetched.Error
	}
	if errors.Is(err, kafkago.GroupIdNotFound) { // no aggregator has ever started
		fetched, err = &kafkago.OffsetFetchResponse{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read committed offsets of group %q: %w", k.Group, err)
	}
	committed := map[int]int64{}
	for _, p := range fetched.Topics[k.Topic] {
		if p.Error != nil {
			return nil, fmt.Errorf("read committed offsets of group %q: %w", k.Group, p.Error)
		}
		committed[p.Partition] = p.CommittedOffset
	}
	partitions := make([]Partition, 0, len(ids))
	for _, p := range listed.Topics[k.Topic] {
		if p.Error != nil {
			return nil, fmt.Errorf("list offsets of kafka topic %q: %w", k.Topic, p.Error)
		}
		at, ok := committed[p.Partition]
		if !ok {
			at = -1
		}
		partitions = append(partitions, Partition{ID: p.Partition, Committed: at, Start: p.FirstOffset, End: p.LastOffset})
	}
	return partitions, nil
}

// date finds the time of the oldest unread message. It reads the message only if that was not
// looked up before and the group is further behind than two looks.
func (k *Kafka) date(ctx context.Context, p *Partition) error {
	if k.seen == nil {
		k.seen = map[int]mark{}
	}
	m, known := k.seen[p.ID]
	from := max(p.Committed, p.Start)
	switch {
	case from >= p.End:
	case known && m.at == from && !m.oldest.IsZero():
		p.Oldest = m.oldest
	case known && from >= m.earlierEnd && m.earlierEnd > 0: // it came after the look before the last
		p.Oldest = k.Now().Add(-2 * every)
	default:
		oldest, err := k.timeOf(ctx, p.ID, from)
		if err != nil {
			return err
		}
		p.Oldest, m.at, m.oldest = oldest, from, oldest
	}
	m.earlierEnd, m.end = m.end, p.End
	k.seen[p.ID] = m
	return nil
}

// timeOf reads the message at or after offset; the zero time when there is none.
func (k *Kafka) timeOf(ctx context.Context, partition int, offset int64) (time.Time, error) {
	answer, err := k.Client.Fetch(ctx, &kafkago.FetchRequest{Topic: k.Topic, Partition: partition, Offset: offset, MinBytes: 1, MaxBytes: 1 << 10, MaxWait: 500 * time.Millisecond})
	if err == nil {
		err = answer.Error
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("read message %d of partition %d: %w", offset, partition, err)
	}
	for {
		record, err := answer.Records.ReadRecord()
		if errors.Is(err, io.EOF) {
			return time.Time{}, nil
		}
		if err != nil {
			return time.Time{}, fmt.Errorf("read message %d of partition %d: %w", offset, partition, err)
		}
		if record.Offset >= offset {
			return record.Time, nil
		}
	}
}
