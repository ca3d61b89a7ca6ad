package producer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	kafkago "github.com/segmentio/kafka-go"
)

// How often Kafka is asked for the topic's partitions and their leaders: the answer comes from
// the client's own copy, which is not much older.
const (
	layoutEvery = 500 * time.Millisecond
	layoutFirst = 50 * time.Millisecond // until the topic is known
	askTimeout  = 5 * time.Second
)

func (p *Producer) watchLayout(ctx context.Context) {
	for ctx.Err() == nil {
		every := layoutEvery
		if err := p.refresh(ctx); err != nil && ctx.Err() == nil {
			p.log.Warn("partitions of the topic are not known", "topic", p.config.Topic, "error", err.Error())
			p.why.Store(&err)
		} else {
			p.why.Store(nil)
		}
		if len(*p.partitions.Load()) == 0 {
			every = layoutFirst
		}
		pause(ctx, every)
	}
}

// refresh takes over what Kafka says about the topic.
func (p *Producer) refresh(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	answer, err := p.client.Metadata(ctx, &kafkago.MetadataRequest{Topics: []string{p.config.Topic}})
	if err != nil {
		return fmt.Errorf("ask kafka for topic %q: %w", p.config.Topic, err)
	}
	if len(answer.Topics) != 1 {
		return fmt.Errorf("kafka's answer does not name topic %q", p.config.Topic)
	}
	topic := answer.Topics[0]
	switch {
	case errors.Is(topic.Error, kafkago.UnknownTopicOrPartition):
		return fmt.Errorf("kafka has no topic %q: make it with noctra migrate", p.config.Topic)
	case topic.Error != nil:
		return fmt.Errorf("ask kafka for topic %q: %w", p.config.Topic, topic.Error)
	}
	leaders := make(map[int32]int32, len(topic.Partitions))
	for _, partition := range topic.Partitions {
		leaders[int32(partition.ID)] = int32(partition.Leader.ID)
	}
	if err := p.arrange(leaders); err != nil {
		return err
	}
	return p.compare(len(leaders))
}

// compare finds out whether Kafka has the partitions that messages are placed in.
func (p *Producer) compare(has int) error {
	if p.config.Used == nil {
		return nil
	}
	used := p.config.Used()
	if used > has {
		p.unused.Store(0)
		return fmt.Errorf("kafka's topic %q has %d partitions, and events are placed in %d: run `noctra migrate up`, which makes the others", p.config.Topic, has, used)
	}
	unused := int64(has - used)
	if used == 0 {
		unused = 0
	}
	if p.unused.Swap(unused) != unused && unused > 0 {
		p.log.Warn("kafka has more partitions than events are placed in, the others stay unused; run `noctra migrate partitions` to use them",
			"topic", p.config.Topic, "partitions", has, "used", used)
	}
	return nil
}

// arrange makes the partitions known and gives each to its leader's lane. leaders has the broker
// of each partition.
func (p *Producer) arrange(leaders map[int32]int32) error {
	for id := range int32(len(leaders)) {
		if _, ok := leaders[id]; !ok {
			return fmt.Errorf("kafka's answer about topic %q leaves out partition %d", p.config.Topic, id)
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	known := *p.partitions.Load()
	if len(leaders) < len(known) {
		return fmt.Errorf("kafka's topic %q has %d partitions and had %d: it was made anew; run `noctra migrate up`, which gives it as many again", p.config.Topic, len(leaders), len(known))
	}
	all := slices.Clone(known)
	for id := int32(len(all)); id < int32(len(leaders)); id++ {
		all = append(all, &partition{id: id})
	}
	for _, partition := range all {
		if leader, ok := leaders[partition.id]; ok {
			p.assign(partition, leader)
		}
	}
	if len(all) != len(known) {
		p.partitions.Store(&all)
	}
	return nil
}

// assign moves a partition to the lane of a broker. p.mu is held.
func (p *Producer) assign(partition *partition, broker int32) {
	from := partition.lane.Load()
	if from != nil && from.broker == broker {
		return
	}
	to := p.lanes[broker]
	if to == nil {
		to = &lane{producer: p, broker: broker, wake: make(chan struct{}, 1)}
		p.lanes[broker] = to
		p.start(to)
	}
	if from != nil {
		from.mu.Lock()
		from.partitions = slices.DeleteFunc(from.partitions, same(partition))
		if len(from.partitions) == 0 {
			from.failing.Store(false) // nothing left that could clear it
		}
		from.mu.Unlock()
	}
	to.mu.Lock()
	to.partitions = append(to.partitions, partition)
	to.mu.Unlock()
	partition.lane.Store(to)
	to.signal()
}

func same(wanted *partition) func(*partition) bool {
	return func(p *partition) bool { return p == wanted }
}
