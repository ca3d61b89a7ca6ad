package collector

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"noctra/collector/internal/producer"
	"noctra/collector/internal/spool"
	"noctra/internal/logs"
	"noctra/schema"
)

// keeper is the store of accepted events: Kafka, and the spool on disk where Kafka does not take
// them. What is spooled is drained into Kafka in order, beside the events that come meanwhile;
// that is also how it is found out that Kafka is back.
type keeper struct {
	kafka   *producer.Producer
	drains  *producer.Producer // of what comes out of the spool
	spool   *spool.Spool
	metrics *metrics
	log     *slog.Logger
	quiet   *logs.Throttled
	paused  func() bool // draining waits
	now     func() time.Time

	failed   atomic.Int64 // requests that neither Kafka nor the spool took at first
	failedAt atomic.Int64 // the last of them, nanoseconds since began; 0 for none
	began    time.Time
	sink     producer.Messages
}

// drainAgain is how long draining rests after Kafka did not take something.
const drainAgain = 250 * time.Millisecond

// saidEvery bounds how often the log says that the spool is empty: a slow Kafka fills it often.
const saidEvery = 10 * time.Second

func newKeeper(kafka, drains *producer.Producer, from *spool.Spool, log *slog.Logger) *keeper {
	k := &keeper{
		kafka: kafka, drains: drains, spool: from, log: log, quiet: logs.Throttle(log, time.Minute, time.Now),
		paused: func() bool { return false }, now: time.Now, began: time.Now(),
	}
	k.sink.Reset(schema.MillisOf(k.now()))
	return k
}

// Send implements store. producer.ErrFull and spool.ErrFull say that there is no room.
func (k *keeper) Send(m *producer.Messages) error {
	if k.kafka.Takes(m) {
		err := k.toKafka(m)
		if err == nil || errors.Is(err, producer.ErrFull) {
			return err
		}
		k.quiet.Warn("kafka does not take events, they are spooled", "error", err.Error())
	}
	err := k.spool.Append(m)
	if err == nil {
		k.metrics.bySpool.Add(float64(m.Events()))
		return nil
	}
	k.failed.Add(1)
	k.failedAt.Store(int64(time.Since(k.began)))
	if errors.Is(err, spool.ErrFull) {
		k.quiet.Warn("spool is full, events are refused; give it more with --spool-bytes", "spool_bytes", k.spool.Stats().Bytes)
	} else {
		k.quiet.Error("events not spooled", "error", err.Error())
	}
	if k.spool.Empty() { // nothing that is drained finds out that Kafka is back
		return k.toKafka(m)
	}
	return err
}

func (k *keeper) toKafka(m *producer.Messages) error {
	err := k.kafka.Send(m)
	if err == nil {
		k.metrics.byKafka.Add(float64(m.Events()))
	}
	return err
}

// run drains the spool whenever there is something in it, until ctx ends.
func (k *keeper) run(ctx context.Context) {
	ticker := time.NewTicker(drainAgain)
	defer ticker.Stop()
	failed, said := false, time.Time{}
	for {
		stored := k.spool.Stored()
		if failed {
			stored = nil
		}
		select {
		case <-ctx.Done():
			return
		case <-stored:
		case <-ticker.C:
		}
		if k.spool.Empty() || k.paused() {
			continue
		}
		began, before := time.Now(), k.spool.Stats().Drained
		err := k.spool.Drain(ctx, k)
		failed = err != nil
		if failed && ctx.Err() == nil {
			k.quiet.Warn("spool not drained, it is tried again", "error", err.Error())
		}
		if n := k.spool.Stats().Drained - before; !failed && n > 0 && time.Since(said) > saidEvery {
			said = time.Now()
			k.log.Info("spool drained into kafka", "messages", n, "took", time.Since(began).Round(time.Millisecond).String())
		}
	}
}

// Add implements spool.Sink.
func (k *keeper) Add(key uint64, value []byte) { k.sink.Add(key, value) }

// Flush implements spool.Sink. Messages get the time of now in Kafka, whose retention would
// otherwise delete soon what was spooled for long.
func (k *keeper) Flush() error {
	if k.paused() {
		k.sink.Reset(0)
		return errPaused
	}
	began := time.Now()
	k.sink.At = schema.MillisOf(k.now())
	err := k.drains.Send(&k.sink)
	k.sink.Reset(0)
	if err != nil {
		return err
	}
	if time.Since(began) < k.kafka.Stall() {
		k.kafka.Recovered()
	}
	return nil
}

var errPaused = errors.New("kafka may not be given more now")

// failingFor is how long a failure says that nothing can be spooled. One of long ago says
// nothing: who is sent nothing because of it would not find out that there is room again.
const failingFor = 5 * time.Second

// ready returns nil when events can be stored.
func (k *keeper) ready() error {
	err := k.kafka.Ready()
	if err == nil {
		return nil
	}
	if st := k.spool.Stats(); st.Bytes > st.Limit/100*98 {
		return errors.Join(err, spool.ErrFull)
	}
	if at := k.failedAt.Load(); at > 0 && time.Since(k.began)-time.Duration(at) < failingFor {
		return errors.Join(err, errors.New("the spool cannot be written"))
	}
	return nil
}
