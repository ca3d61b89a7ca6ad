package engines

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kfake"
)

// trimmer keeps the embedded broker's log small, since a restart reads all that is retained.
//
// A partition that the group consumes loses consumed messages once it holds more than keep
// bytes; what is not consumed is never deleted, however old or large. Other partitions lose
// what is older than the topic's retention.ms.
//
// The newest message always stays. The broker takes a partition's next offset from its files,
// so an emptied partition would count from 0 again after a crash, below what the group has
// committed, and new messages would never be read. That is why the broker's own retention,
// which does empty partitions, is off.
type trimmer struct {
	cluster *kfake.Cluster
	client  *kafkago.Client
	group   string
	keep    int64
	others  []string // topics that the group does not consume
	now     func() time.Time
	log     *slog.Logger
}

func (t trimmer) run(ctx context.Context) {
	ticker := time.NewTicker(trimEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			t.trim()
			t.expire(ctx)
		}
	}
}

// trim deletes what the group has consumed.
func (t trimmer) trim() {
	commits := map[string]map[int32]kfake.GroupCommit{}
	if t.group != "" {
		if info := t.cluster.GroupInfo(t.group); info != nil {
			commits = info.Commits
		}
	}
	for topic, partitions := range commits {
		for _, p := range t.cluster.PartitionInfos(topic) {
			if commit, ok := partitions[p.Partition]; ok && p.NumBytes > t.keep {
				t.delete(topic, p, commit.Offset)
			}
		}
	}
}

// expire deletes messages of the other topics that are older than the topic's retention.
func (t trimmer) expire(ctx context.Context) {
	for _, topic := range t.others {
		info := t.cluster.TopicInfo(topic)
		if info == nil || info.Configs["retention.ms"] == nil {
			continue
		}
		retention, err := strconv.ParseInt(*info.Configs["retention.ms"], 10, 64)
		if err != nil || retention < 0 {
			continue
		}
		for _, p := range t.cluster.PartitionInfos(topic) {
			offset, err := t.firstSince(ctx, topic, p, t.now().Add(-time.Duration(retention)*time.Millisecond))
			if err != nil && ctx.Err() == nil {
				t.log.Warn("age of messages not found out", "topic", topic, "partition", p.Partition, "error", err.Error())
				continue
			}
			t.delete(topic, p, offset)
		}
	}
}

// firstSince returns the offset of the first message of that time or later, the end where there is none.
func (t trimmer) firstSince(ctx context.Context, topic string, p *kfake.PartitionInfo, at time.Time) (int64, error) {
	if p.MaxTimestamp < at.UnixMilli() {
		if p.MaxTimestamp <= 0 {
			return 0, nil // no message says when it was made
		}
		return p.HighWatermark, nil
	}
	answer, err := t.client.ListOffsets(ctx, &kafkago.ListOffsetsRequest{Topics: map[string][]kafkago.OffsetRequest{topic: {kafkago.TimeOffsetOf(int(p.Partition), at)}}})
	if err != nil {
		return 0, fmt.Errorf("ask for the offset of %s: %w", at.UTC().Format(time.RFC3339), err)
	}
	for _, found := range answer.Topics[topic] {
		for offset := range found.Offsets {
			return offset, found.Error
		}
	}
	return 0, nil
}

// delete removes messages before offset, but never the newest one.
func (t trimmer) delete(topic string, p *kfake.PartitionInfo, offset int64) {
	offset = min(offset, p.HighWatermark-1)
	if offset <= p.LogStartOffset {
		return
	}
	if err := t.cluster.DeleteRecords(topic, p.Partition, offset); err != nil {
		t.log.Warn("delete of old messages failed", "topic", topic, "partition", p.Partition, "offset", offset, "err", err)
		return
	}
	t.log.Info("old messages deleted", "topic", topic, "partition", p.Partition, "messages", offset-p.LogStartOffset)
}
