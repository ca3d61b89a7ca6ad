package aggregator

import (
	"context"
	"errors"
	"fmt"

	kafkago "github.com/segmentio/kafka-go"

	"noctra/aggregator/internal/intent"
	"noctra/internal/failpoint"
)

// member is who commits: Kafka refuses a member whose generation has ended.
type member struct {
	generation int
	id         string
}

// committed returns the offset where the partition goes on, and the intent that stands with it.
// Without a committed offset it is the first that Kafka has.
func (w *worker) committed(ctx context.Context) (at int64, begun *intent.Intent, err error) {
	answer, err := w.kafka.OffsetFetch(ctx, &kafkago.OffsetFetchRequest{GroupID: w.names.group, Topics: map[string][]int{w.names.topic: {w.partition}}})
	if err == nil {
		err = answer.Error
	}
	if err != nil {
		return 0, nil, fmt.Errorf("fetch committed offset: %w", err)
	}
	partitions := answer.Topics[w.names.topic]
	if len(partitions) != 1 {
		return 0, nil, fmt.Errorf("fetch committed offset: %d partitions in the answer", len(partitions))
	}
	if err := partitions[0].Error; err != nil {
		return 0, nil, fmt.Errorf("fetch committed offset: %w", err)
	}
	at = partitions[0].CommittedOffset
	if at < 0 {
		at, _, err = w.bounds(ctx)
		return at, nil, err
	}
	i, found, err := intent.Parse(partitions[0].Metadata)
	switch {
	case errors.Is(err, intent.ErrVersion):
		return 0, nil, err
	case err != nil: // another program set the offset
		w.log.Warn("committed offset has metadata of another program", "topic", w.names.topic, "partition", w.partition, "error", err.Error())
	case found && i.From == at:
		begun = &i
	}
	return at, begun, nil
}

// bounds returns the first offset that Kafka has, and the one after its last.
func (w *worker) bounds(ctx context.Context) (first, last int64, err error) {
	begin, err := w.list(ctx, kafkago.FirstOffsetOf(w.partition))
	if err != nil {
		return 0, 0, err
	}
	end, err := w.list(ctx, kafkago.LastOffsetOf(w.partition))
	return begin.FirstOffset, end.LastOffset, err
}

func (w *worker) list(ctx context.Context, request kafkago.OffsetRequest) (found kafkago.PartitionOffsets, err error) {
	answer, err := w.kafka.ListOffsets(ctx, &kafkago.ListOffsetsRequest{Topics: map[string][]kafkago.OffsetRequest{w.names.topic: {request}}})
	if err != nil {
		return found, fmt.Errorf("list offsets: %w", err)
	}
	partitions := answer.Topics[w.names.topic]
	if len(partitions) != 1 {
		return found, fmt.Errorf("list offsets: %d partitions in the answer", len(partitions))
	}
	if err := partitions[0].Error; err != nil {
		return found, fmt.Errorf("list offsets: %w", err)
	}
	return partitions[0], nil
}

// commit stores an offset with its metadata as the member of a generation. Done proves that the
// partition is still ours. An error that Kafka answers leaves open whether it is stored, but not when:
// it is repeated. Without an answer it may still be stored after the next commit: so the member has to
// go, and Kafka refuses what still comes from it.
func (w *worker) commit(ctx context.Context, offset int64, metadata string) intent.Result {
	if failpoint.Planted(failpoint.CommitBeforeInsert) && metadata != "" {
		offset, metadata = w.current.to, ""
	}
	begin := w.now()
	err := w.keeper.Commit(ctx, w.member, kafkago.OffsetCommit{Partition: w.partition, Offset: offset, Metadata: metadata})
	var answer kafkago.Error
	switch {
	case err == nil:
		w.proven = begin
		return intent.Done
	case errors.Is(err, kafkago.IllegalGeneration), errors.Is(err, kafkago.UnknownMemberId), errors.Is(err, kafkago.RebalanceInProgress):
		w.log.Info("partition lost", "topic", w.names.topic, "partition", w.partition, "offset", offset, "reason", err.Error())
		return intent.Refused
	}
	w.metrics.commitFailures.Inc()
	if errors.As(err, &answer) {
		w.warn.Warn("offset not committed, it is repeated", "topic", w.names.topic, "partition", w.partition, "offset", offset, "error", err.Error())
		return intent.Unknown
	}
	w.unsure = true
	w.rejoin.Store(true)
	w.warn.Warn("offset committed or not, the partition is taken anew", "topic", w.names.topic, "partition", w.partition, "offset", offset, "error", err.Error())
	return intent.Refused
}

// offsets commits to Kafka.
type offsets struct {
	kafka *kafkago.Client
	names names
}

// Commit implements keeper.
func (o offsets) Commit(ctx context.Context, m member, offset kafkago.OffsetCommit) error {
	answer, err := o.kafka.OffsetCommit(ctx, &kafkago.OffsetCommitRequest{
		GroupID: o.names.group, GenerationID: m.generation, MemberID: m.id,
		Topics: map[string][]kafkago.OffsetCommit{o.names.topic: {offset}},
	})
	if err != nil {
		return fmt.Errorf("commit offset: %w", err)
	}
	partitions := answer.Topics[o.names.topic]
	if len(partitions) != 1 {
		return fmt.Errorf("commit offset: %d partitions in the answer", len(partitions))
	}
	if err := partitions[0].Error; err != nil {
		return fmt.Errorf("commit offset: %w", err)
	}
	return nil
}
