package producer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
	"github.com/segmentio/kafka-go/protocol/produce"
	"github.com/segmentio/kafka-go/protocol/rawproduce"

	"noctra/internal/failpoint"
)

// lane sends the batches of all partitions that one broker leads, one request at a time.
type lane struct {
	producer *Producer
	broker   int32
	wake     chan struct{}

	mu         sync.Mutex
	partitions []*partition

	load     float64 // messages per request, a moving average
	backoff  time.Duration
	failing  atomic.Bool  // the last batches were given up; nothing was stored since
	failedAt atomic.Int64 // when a batch was given up last, in ticks
	probeAt  atomic.Int64 // when a failing lane was last tried, in ticks
	since    atomic.Int64 // begin of the first request without a good answer, in ticks; 0 for none
}

const (
	requestBytes = 16 << 20 // of one produce request
	firstBackoff = 50 * time.Millisecond
	lastBackoff  = 500 * time.Millisecond
	probeEvery   = 500 * time.Millisecond
	failingFor   = 5 * time.Second // how long a failure says that the broker takes nothing
	leastAttempt = time.Second     // so that old batches do not cut short the request of newer ones
)

func (l *lane) signal() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// due reports whether a failing lane may be tried: not when it was a moment ago.
func (l *lane) due() bool {
	return l.producer.ticks()-l.probeAt.Load() > int64(probeEvery)
}

// claim is due for one of those who ask at the same time.
func (l *lane) claim() bool {
	last := l.probeAt.Load()
	return l.due() && l.probeAt.CompareAndSwap(last, l.producer.ticks())
}

// works reports whether the lane stores what it is given, as far as is known.
func (l *lane) works() bool {
	if l.failing.Load() {
		return false
	}
	stall, since := l.producer.config.Stall, l.since.Load()
	return stall <= 0 || since == 0 || l.producer.ticks()-since < int64(stall)
}

func (l *lane) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-l.wake:
		}
		for {
			l.linger(ctx)
			sending := l.collect()
			if len(sending) == 0 {
				break
			}
			l.send(sending)
			if l.backoff > 0 {
				pause(ctx, l.backoff)
			}
		}
	}
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// linger waits for company, the longer the more messages came lately: a request costs the
// broker more than the messages in it do.
func (l *lane) linger(ctx context.Context) {
	most := l.producer.config.Linger
	switch {
	case most <= 0 || l.load < 4:
		return
	case l.load < 16:
		most /= 4
	case l.load < 64:
		most /= 2
	}
	pause(ctx, most)
}

// collect takes a batch of each partition, up to what one request holds. Batches past their
// deadline are given up.
func (l *lane) collect() []*batch {
	l.mu.Lock()
	defer l.mu.Unlock()
	var all []*batch
	size, now := 0, time.Now()
	for _, p := range l.partitions {
		for b := p.take(); b != nil; b = p.take() {
			if now.After(b.deadline) {
				l.giveUp(b)
				continue
			}
			all = append(all, b)
			size += len(b.buf)
			break
		}
		if size > requestBytes {
			break
		}
	}
	return all
}

// send makes one request and ends the batches that Kafka has; the others wait for the next one.
func (l *lane) send(sending []*batch) {
	begin, count := time.Now(), 0
	deadline, oldest := begin.Add(l.producer.limits.timeout), begin
	for _, b := range sending {
		b.seal()
		count += b.count
		if b.deadline.Before(deadline) {
			deadline = b.deadline
		}
		if b.born.Before(oldest) {
			oldest = b.born
		}
	}
	if least := begin.Add(leastAttempt); deadline.Before(least) {
		deadline = least
	}
	l.since.CompareAndSwap(0, l.producer.ticks())
	l.load = l.load*0.7 + float64(count)*0.3
	failpoint.Hit(failpoint.CollectorProduce)
	answers, err := l.request(sending, deadline)
	failpoint.Hit(failpoint.CollectorProduced)
	l.producer.metrics.request(len(sending), count, time.Since(begin), err)
	inflight := l.producer.InFlight()
	if failed := l.settle(sending, answers, err); failed > 0 {
		l.backoff = min(max(firstBackoff, 2*l.backoff), lastBackoff)
		return
	}
	l.since.Store(0)
	l.backoff = 0
	now := time.Now()
	l.producer.window.answered(now, now.Sub(oldest), inflight)
}

// settle ends or puts back each batch of a request, and returns how many Kafka did not take.
func (l *lane) settle(sending []*batch, answers answers, err error) (failed int) {
	for _, b := range sending {
		cause := err
		if err == nil {
			cause = answers.of(b.partition.id)
		} else if failpoint.Planted(failpoint.LostRetry) {
			cause = nil
		}
		if cause == nil {
			l.failing.Store(false)
			l.producer.end(b, nil)
			continue
		}
		failed++
		l.fail(b, cause, err != nil)
	}
	return failed
}

// fail puts a batch back until its deadline.
func (l *lane) fail(b *batch, cause error, doubt bool) {
	p := l.producer
	p.log.Warn("kafka did not take a batch", "topic", p.config.Topic, "partition", b.partition.id, "batch_rows", b.count, "error", cause.Error())
	b.tainted = b.tainted || doubt
	if errors.Is(cause, kafkago.MessageSizeTooLarge) || errors.Is(cause, kafkago.RecordListTooLarge) {
		p.limits.shrink()
		p.end(b, fmt.Errorf("%w: a batch was too large for the broker", ErrUnavailable))
		return
	}
	if time.Now().After(b.deadline) {
		l.giveUp(b)
		return
	}
	b.partition.putBack(b).signal()
}

// giveUp ends a batch that was not stored in time.
func (l *lane) giveUp(b *batch) {
	l.failing.Store(true)
	l.failedAt.Store(l.producer.ticks())
	l.producer.end(b, ErrUnavailable)
}

// broken reports whether batches were given up lately. A failure of long ago says nothing: a
// collector that is sent nothing because of it would never find out that Kafka is back.
func (l *lane) broken() bool {
	return l.failing.Load() && l.producer.ticks()-l.failedAt.Load() < int64(failingFor)
}

// answers are the results of one request by partition.
type answers []produce.ResponsePartition

func (a answers) of(partition int32) error {
	for i := range a {
		if a[i].Partition != partition {
			continue
		}
		if a[i].ErrorCode != 0 {
			return kafkago.Error(a[i].ErrorCode)
		}
		return nil
	}
	return errors.New("kafka's answer does not name the partition")
}

// request sends all batches at once. The broker leads all their partitions, as far as is known.
func (l *lane) request(sending []*batch, deadline time.Time) (answers, error) {
	ctx, cancel := context.WithDeadline(context.Background(), deadline)
	defer cancel()
	partitions := make([]rawproduce.RequestPartition, len(sending))
	for i, b := range sending {
		partitions[i] = rawproduce.RequestPartition{
			Partition: b.partition.id,
			RecordSet: protocol.RawRecordSet{Reader: bytes.NewReader(b.buf)},
		}
	}
	p := l.producer
	response, err := p.client.Transport.RoundTrip(ctx, p.client.Addr, &rawproduce.Request{
		Acks:    int16(kafkago.RequireAll),
		Timeout: int32(max(1, time.Until(deadline).Milliseconds())),
		Topics:  []rawproduce.RequestTopic{{Topic: p.config.Topic, Partitions: partitions}},
	})
	if err != nil {
		return nil, fmt.Errorf("produce to broker %d: %w", l.broker, err)
	}
	answer, ok := response.(*produce.Response)
	if !ok || len(answer.Topics) == 0 {
		return nil, fmt.Errorf("produce to broker %d: unexpected answer %T", l.broker, response)
	}
	return answer.Topics[0].Partitions, nil
}
