package aggregator

import (
	"context"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	kafkago "github.com/segmentio/kafka-go"

	"noctra/schema"
)

// lag is how far a partition is behind.
type lag struct {
	high      atomic.Int64 // the offset after the last message that Kafka has
	committed atomic.Int64
	oldest    atomic.Int64 // time stamp of the oldest message that is not settled, 0: there is none
	last      atomic.Int64 // time stamp of the last message that was settled, 0 before there was one
}

// behind notes what a fetch says about the partition.
func (w *worker) behind(c *chunk) {
	w.lag.high.Store(c.high)
	w.lag.oldest.CompareAndSwap(0, int64(c.messages[0].at))
}

// caughtUp notes that a batch is settled.
func (w *worker) caughtUp() {
	w.lag.committed.Store(w.at)
	switch {
	case w.current != nil:
		w.lag.oldest.Store(w.current.born)
	case w.unsettled.Load() == 0 && w.at >= w.lag.high.Load():
		w.lag.oldest.Store(0)
	default: // the next batch is being filled: it began about when this one was closed
		w.lag.oldest.Store(int64(schema.MillisOf(w.now())))
	}
}

// lags shows the lag of every partition that this process owns.
type lags struct {
	*Service
	messages, seconds *prometheus.Desc
}

func newLags(s *Service) lags {
	return lags{s,
		prometheus.NewDesc(prefix+"lag_messages", "Messages of a partition that are not settled.", []string{"partition"}, nil),
		prometheus.NewDesc(prefix+"lag_seconds", "Age of the oldest message of a partition that is not settled.", []string{"partition"}, nil)}
}

// Describe implements prometheus.Collector.
func (l lags) Describe(to chan<- *prometheus.Desc) {
	to <- l.messages
	to <- l.seconds
}

// Collect implements prometheus.Collector.
func (l lags) Collect(to chan<- prometheus.Metric) {
	now := schema.MillisOf(l.now())
	for _, w := range l.owned() {
		label := strconv.Itoa(w.partition)
		age := 0.0
		if oldest := w.lag.oldest.Load(); oldest > 0 {
			age = max(float64(int64(now)-oldest)/1000, 0)
		}
		to <- prometheus.MustNewConstMetric(l.messages, prometheus.GaugeValue, float64(max(w.lag.high.Load()-w.lag.committed.Load(), 0)), label)
		to <- prometheus.MustNewConstMetric(l.seconds, prometheus.GaugeValue, age, label)
	}
}

const lookForEnds = 5 * time.Second

// watchEnds keeps the ends of the owned partitions known while nothing is fetched, until ctx ends.
func (s *Service) watchEnds(ctx context.Context) {
	ticker := time.NewTicker(lookForEnds)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		workers := s.owned()
		if len(workers) == 0 {
			continue
		}
		requests := make([]kafkago.OffsetRequest, len(workers))
		for i, w := range workers {
			requests[i] = kafkago.LastOffsetOf(w.partition)
		}
		answer, err := s.kafka.ListOffsets(ctx, &kafkago.ListOffsetsRequest{Topics: map[string][]kafkago.OffsetRequest{s.names.topic: requests}})
		if err != nil {
			continue // whoever reads or commits says so
		}
		for _, p := range answer.Topics[s.names.topic] {
			for _, w := range workers {
				if w.partition == p.Partition && p.Error == nil {
					w.lag.high.Store(max(p.LastOffset, w.lag.committed.Load()))
				}
			}
		}
	}
}
