package aggregator

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"noctra/aggregator/internal/store"
)

const (
	grace               = 5 * time.Second // for a batch under way when it is time to stop
	lookForChanges      = 5 * time.Second // of the number of partitions
	askTimeout          = 2 * time.Second
	joinAgain           = 500 * time.Millisecond
	heartbeatsInSession = 6 // in the time of a session
)

// join takes part in the group until ctx ends.
func (s *Service) join(ctx context.Context) error {
	dialer, err := s.config.Kafka.Dialer()
	if err != nil {
		return err
	}
	if s.dial != nil {
		dialer.DialFunc = s.dial
	}
	config := kafkago.ConsumerGroupConfig{
		ID: s.names.group, Brokers: s.config.Kafka.Brokers, Dialer: dialer, Topics: []string{s.names.topic},
		SessionTimeout: s.config.Session, HeartbeatInterval: s.config.Session / heartbeatsInSession, RebalanceTimeout: s.config.Session + s.grace,
		JoinGroupBackoff: joinAgain, WatchPartitionChanges: true, PartitionWatchInterval: lookForChanges, StartOffset: kafkago.FirstOffset,
	}
	for ctx.Err() == nil {
		members, err := kafkago.NewConsumerGroup(config)
		if err != nil {
			return fmt.Errorf("join group %q: %w", s.names.group, err)
		}
		s.rejoin.Store(false)
		s.attend(ctx, members)
		_ = members.Close() // leaves the group; it has no error to tell
	}
	return nil
}

// attend is one membership of the group. It ends with ctx, when partitions have no owner, and when a
// commit has had no answer: Kafka may still apply that one, after later ones, but only for the member
// that sent it.
func (s *Service) attend(ctx context.Context, members *kafkago.ConsumerGroup) {
	for !s.rejoin.Load() {
		generation, err := members.Next(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case errors.Is(err, kafkago.RebalanceInProgress):
			continue
		case err != nil:
			s.sick(group, errors.New("kafka does not let the aggregator into its group"))
			s.warn.Warn("group not joined, it is tried again", "group", s.names.group, "error", err.Error())
			continue
		}
		begin := time.Now()
		done := make(chan struct{})
		generation.Start(func(current context.Context) {
			defer close(done)
			s.serve(ctx, current, generation)
			if s.rejoin.Load() { // before the member can join again
				go func() { _ = members.Close() }()
				<-current.Done()
			}
		})
		<-done
		if time.Since(begin) < joinAgain { // something ends generations at once: do not turn in circles
			wait(ctx, joinAgain)
		}
	}
	s.log.Warn("the group is left and joined anew", "group", s.names.group)
}

// serve works on the partitions of one generation, until it or ctx ends.
func (s *Service) serve(ctx, current context.Context, generation *kafkago.Generation) {
	soft, stop := context.WithCancel(current)
	defer stop()
	defer context.AfterFunc(ctx, stop)()
	hard, kill := context.WithCancel(context.WithoutCancel(ctx))
	defer kill()
	defer context.AfterFunc(soft, func() {
		timer := time.AfterFunc(s.grace, kill)
		context.AfterFunc(hard, func() { timer.Stop() })
	})()

	var watching sync.WaitGroup
	watching.Go(func() { s.watchShares(soft, stop) })
	defer func() { stop(); watching.Wait() }()

	var partitions []int
	for _, a := range generation.Assignments[s.names.topic] {
		partitions = append(partitions, a.ID)
	}
	if len(partitions) == 0 {
		s.idle(ctx, soft)
		return
	}
	horizons, ok := s.recall(soft, partitions)
	if !ok {
		return
	}
	s.healthy(group)
	s.forgetDoubts(horizons)
	m := member{generation: int(generation.ID), id: generation.MemberID}
	var working sync.WaitGroup
	for _, p := range partitions {
		w := &worker{Service: s, partition: p, member: m, horizon: horizons[p], found: horizons[p], batchLimit: max(s.config.BatchMemory/int64(batchesInUse*len(partitions)), 1<<18)}
		w.began.Store(-1)
		s.own(w)
		working.Go(func() {
			at := w.run(soft, hard)
			stop() // one that is refused ends the generation for all
			s.disown(w, at)
		})
	}
	working.Wait()
}

// idle waits while others have all partitions, until soft ends. Where there is no topic yet, Kafka
// ends generations at once; that is found out by asking, for as long as ctx lasts.
func (s *Service) idle(ctx, soft context.Context) {
	asking, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	answer, err := s.kafka.Metadata(asking, &kafkago.MetadataRequest{Topics: []string{s.names.topic}})
	switch {
	case err != nil:
		s.warn.Warn("partitions not read", "topic", s.names.topic, "error", err.Error())
	case len(answer.Topics) == 1 && answer.Topics[0].Error == nil:
		s.healthy(group)
	default:
		s.sick(group, fmt.Errorf("kafka has no topic %q: run `noctra migrate up`", s.names.topic))
		s.warn.Error("topic is missing, waiting for it", "topic", s.names.topic)
	}
	<-soft.Done()
}

func (s *Service) own(w *worker) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.workers[w.partition] = w
}

// disown notes up to where the filter knows the partition.
func (s *Service) disown(w *worker, at int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.workers, w.partition)
	s.known[w.partition] = max(s.known[w.partition], at)
}

// recall fills the filter with what is stored of partitions, and returns the highest stored offset
// of each, -1 where nothing is. ok is false when ctx has ended.
func (s *Service) recall(ctx context.Context, partitions []int) (horizons map[int]int64, ok bool) {
	begin := time.Now()
	for ctx.Err() == nil {
		n, err := s.recallOnce(ctx, partitions)
		if err == nil {
			horizons, err = s.horizons(ctx, partitions)
		}
		if err == nil {
			s.healthy(clickHouse)
			s.log.Info("stored events recalled", "topic", s.names.topic, "partitions", len(partitions), "events", n, "took", time.Since(begin).Round(time.Millisecond).String())
			return horizons, true
		}
		s.unwell(ctx, "stored events not recalled, it is tried again", err)
		wait(ctx, askEvery)
	}
	return nil, false
}

func (s *Service) recallOnce(ctx context.Context, partitions []int) (n int, err error) {
	s.filter.Turn()
	s.mu.Lock()
	shares := make([]store.Share, len(partitions))
	for i, p := range partitions {
		shares[i] = store.Share{Partition: p, From: s.known[p]}
	}
	s.mu.Unlock()
	err = s.store.Hashes(ctx, store.Part{Topic: s.names.topic, Shares: shares, Since: s.filter.Oldest()}, s.filter.Recall(&n))
	return n, err
}

// horizons returns the highest stored offset of each partition, or -1.
func (s *Service) horizons(ctx context.Context, partitions []int) (map[int]int64, error) {
	found, err := s.store.Last(ctx, store.Part{Topic: s.names.topic, Shares: whole(partitions), Since: s.filter.Oldest()})
	if err != nil {
		return nil, err
	}
	var others []int // what they have is old, if anything: look everywhere
	for _, p := range partitions {
		if _, ok := found[p]; !ok {
			others = append(others, p)
			found[p] = -1
		}
	}
	if len(others) == 0 {
		return found, nil
	}
	old, err := s.store.Last(ctx, store.Part{Topic: s.names.topic, Shares: whole(others)})
	if err != nil {
		return nil, err
	}
	for p, last := range old {
		found[p] = last
	}
	return found, nil
}

func whole(partitions []int) []store.Share {
	shares := make([]store.Share, len(partitions))
	for i, p := range partitions {
		shares[i].Partition = p
	}
	return shares
}
