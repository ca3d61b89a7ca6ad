package aggregator

import (
	"context"
	"time"

	kafkago "github.com/segmentio/kafka-go"
)

// watchShares makes the group share out the partitions anew where some have no owner, until ctx ends:
// they were made after the leader had counted them and before anyone looked for changes. That is what
// a topic that is made anew looks like.
func (s *Service) watchShares(ctx context.Context, stop func()) {
	ticker := time.NewTicker(lookForChanges)
	defer ticker.Stop()
	before := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		left, err := s.unowned(ctx)
		if err != nil {
			continue // who reads and commits says so
		}
		if left > 0 && before {
			s.log.Warn("partitions have no owner, the group is left and joined anew", "topic", s.names.topic, "partitions", left)
			s.rejoin.Store(true)
			stop()
			return
		}
		before = left > 0
	}
}

// unowned returns how many partitions of the topic no member of the group has, once it has settled.
func (s *Service) unowned(ctx context.Context) (int, error) {
	meta, err := s.kafka.Metadata(ctx, &kafkago.MetadataRequest{Topics: []string{s.names.topic}})
	if err != nil {
		return 0, err
	}
	groups, err := s.kafka.DescribeGroups(ctx, &kafkago.DescribeGroupsRequest{GroupIDs: []string{s.names.group}})
	if err != nil {
		return 0, err
	}
	partitions, left := 0, 0
	for _, topic := range meta.Topics {
		if topic.Error == nil {
			partitions += len(topic.Partitions)
		}
	}
	for _, group := range groups.Groups {
		if group.Error != nil || group.GroupState != "Stable" {
			continue
		}
		left = partitions
		for _, member := range group.Members {
			for _, share := range member.MemberAssignments.Topics {
				if share.Topic == s.names.topic {
					left -= len(share.Partitions)
				}
			}
		}
	}
	return left, nil
}
