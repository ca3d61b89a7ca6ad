package producer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"noctra/internal/logs"
)

// Errors of Send.
var (
	ErrFull        = errors.New("too many bytes are on their way to kafka")
	ErrUnavailable = errors.New("kafka did not take the messages in time")
)

// Config says how messages are brought to Kafka.
type Config struct {
	Topic      string
	Timeout    time.Duration // from Send until the messages are given up
	Linger     time.Duration // most that is waited for company, under load
	MaxBytes   int64         // of messages between Send and Kafka's answer
	MaxWait    time.Duration // for Kafka's answer: when all of it is longer, fewer bytes are let in; 0: any
	Stall      time.Duration // without a good answer after which Takes says no; 0: never
	BatchBytes int           // of one batch of one partition; below the broker's message.max.bytes
	Used       func() int    // partitions that messages are placed in, 0 while that is not known; nil: any
}

// limits are the bounds that partitions hold to.
type limits struct {
	timeout time.Duration
	batch   atomic.Int64
}

const leastBatch = 64 << 10

// shrink halves what a batch may have, as the broker takes less than it was set to.
func (l *limits) shrink() { l.batch.Store(max(leastBatch, l.batch.Load()/2)) }

// Producer sends to one topic. It is safe for concurrent use.
type Producer struct {
	config  Config
	client  *kafkago.Client
	log     *logs.Throttled
	metrics *Metrics
	limits  limits
	window  *window
	began   time.Time

	partitions atomic.Pointer[[]*partition]
	bytes      atomic.Int64
	sent       atomic.Int64 // messages of all time, and their bytes
	sentBytes  atomic.Int64

	mu     sync.Mutex // of the layout
	lanes  map[int32]*lane
	start  func(*lane)
	why    atomic.Pointer[error] // the partitions are not known, or too few
	unused atomic.Int64          // partitions that nothing is placed in
	closed sync.WaitGroup
}

// New returns a Producer that works once Run is called.
func New(config Config, client *kafkago.Client, log *slog.Logger, metrics *Metrics) *Producer {
	p := &Producer{
		config: config, client: client, metrics: metrics, lanes: map[int32]*lane{},
		log: logs.Throttle(log, 10*time.Second, time.Now), window: newWindow(config.MaxBytes, config.MaxWait), began: time.Now(),
	}
	p.limits.timeout = config.Timeout
	p.limits.batch.Store(int64(config.BatchBytes))
	p.partitions.Store(&[]*partition{})
	if metrics.registry != nil {
		metrics.watch(p)
	}
	return p
}

// ticks returns nanoseconds that only ever go up: a wall clock that is set back by an hour would
// keep everybody from trying a failing broker for as long.
func (p *Producer) ticks() int64 { return int64(time.Since(p.began)) + int64(time.Hour) }

// InFlight returns the bytes of messages that wait for Kafka's answer.
func (p *Producer) InFlight() int64 { return p.bytes.Load() }

// Full reports whether size more bytes of a sender who has few there would be too many at this
// moment, or of one who has more.
func (p *Producer) Full(size int, few bool) bool {
	return !p.window.fits(p.bytes.Load(), int64(size), few)
}

// Window returns how many bytes may be on their way at this moment.
func (p *Producer) Window() int64 { return p.window.size.Load() }

// Takes reports whether all brokers that m's messages go to work, as far as is known: none has
// just failed, and none has left a request without a good answer for long.
func (p *Producer) Takes(m *Messages) bool {
	partitions := *p.partitions.Load()
	if len(partitions) == 0 {
		return false
	}
	var asked *lane // mostly there is one
	for _, key := range m.keys {
		to := pick(partitions, key)
		if to == nil {
			return false
		}
		l := to.lane.Load()
		if l != asked && !l.works() {
			return false
		}
		asked = l
	}
	return true
}

// Works reports whether all brokers work, as Takes does.
func (p *Producer) Works() bool {
	partitions := *p.partitions.Load()
	for _, partition := range partitions {
		if !partition.lane.Load().works() {
			return false
		}
	}
	return len(partitions) > 0
}

// Stall is how long a broker may be silent before Takes says no.
func (p *Producer) Stall() time.Duration { return p.config.Stall }

// Recovered says that somebody else found out that Kafka takes messages.
func (p *Producer) Recovered() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, l := range p.lanes {
		l.failing.Store(false)
		l.since.Store(0)
	}
}

// MeanBytes returns the mean size of a message so far, a guess where there was none.
func (p *Producer) MeanBytes() float64 {
	const guess, overhead = 600, 20
	if n := p.sent.Load(); n > 0 {
		return float64(p.sentBytes.Load())/float64(n) + overhead
	}
	return guess
}

// Send returns nil when Kafka has all messages. On an error some may be stored: ErrFull is
// returned at once and says that none is. Memory of m is the caller's again in any case.
func (p *Producer) Send(m *Messages) error {
	if m.Len() == 0 {
		return nil
	}
	partitions := *p.partitions.Load()
	if len(partitions) == 0 {
		return fmt.Errorf("%w: %w", ErrUnavailable, p.Ready())
	}
	for _, key := range m.keys {
		if pick(partitions, key) == nil {
			return fmt.Errorf("%w: kafka's topic %q has %d partitions, and a message is for partition %d", ErrUnavailable, p.config.Topic, len(partitions), key-placed)
		}
	}
	size := int64(m.Size())
	if !p.window.fits(p.bytes.Add(size)-size, size, m.Few) {
		p.bytes.Add(-size)
		return ErrFull
	}
	if !admitted(m.keys, partitions) {
		p.bytes.Add(-size)
		return ErrUnavailable
	}
	p.sent.Add(int64(m.Len()))
	p.sentBytes.Add(size)
	m.pending.Store(1)
	for i, key := range m.keys {
		pick(partitions, key).add(m.Value(i), m, &p.limits).signal()
	}
	m.finish(nil)
	return m.wait()
}

// admitted reports whether the lanes of all keys take messages. A failing one is tried by all
// messages of one sender together, and only when all the others may be tried too.
func admitted(keys []uint64, partitions []*partition) bool {
	var failing []*lane
	for _, key := range keys {
		l := pick(partitions, key).lane.Load()
		if !l.failing.Load() || slices.Contains(failing, l) {
			continue
		}
		if !l.due() {
			return false
		}
		failing = append(failing, l)
	}
	for _, l := range failing {
		if !l.claim() {
			return false
		}
	}
	return true
}

// end tells the senders of a batch how it went.
func (p *Producer) end(b *batch, err error) {
	p.bytes.Add(-b.bytes)
	for _, m := range b.waiters {
		m.finish(err)
	}
	b.free()
}

// Ready returns nil when the topic's partitions are known and Kafka takes messages.
func (p *Producer) Ready() error {
	if why := p.why.Load(); why != nil {
		return *why
	}
	if len(*p.partitions.Load()) == 0 {
		return errors.New("kafka has not answered yet")
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, l := range p.lanes {
		if l.broken() {
			return fmt.Errorf("kafka broker %d takes no messages", l.broker)
		}
	}
	return nil
}

// Unused returns how many partitions Kafka has beyond those that messages are placed in.
func (p *Producer) Unused() int { return int(p.unused.Load()) }

// Run sends until ctx ends. Senders have to be gone by then.
func (p *Producer) Run(ctx context.Context) {
	p.mu.Lock()
	p.start = func(l *lane) {
		p.closed.Add(1)
		go func() {
			defer p.closed.Done()
			l.run(ctx)
		}()
	}
	p.mu.Unlock()
	p.watchLayout(ctx)
	p.closed.Wait()
}
