package aggregator

import (
	"context"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"noctra/aggregator/internal/intent"
)

const (
	// proofLasts is how old the last commit that Kafka accepted may be when an insert is sent. It
	// keeps an owner that slept from repeating an insert so late that its token is forgotten.
	proofLasts = 20 * time.Second

	// tokensLast is how long ClickHouse is trusted to remember the token of an insert; it forgets
	// after thirty thousand others. Who comes later looks which rows are stored.
	tokensLast = 60 * time.Second

	firstPause = 100 * time.Millisecond // after a failure, doubled up to
	longPause  = 3 * time.Second
)

// worker owns one partition within one generation of the group.
type worker struct {
	*Service
	partition  int
	member     member
	batchLimit int64        // bytes
	horizon    int64        // messages up to this offset may be stored already, -1: none is
	found      int64        // what horizon was at the takeover
	began      atomic.Int64 // the offset that was committed then, -1 until it is known

	machine   *intent.Machine
	parts     sync.WaitGroup // goroutines of pipelines
	unsettled atomic.Int64   // events read and not settled

	at      int64 // the committed offset
	begun   *intent.Intent
	lines   *pipeline
	current *batch // being recorded or inserted
	settles outcome
	to      int64 // where the batch ends that is inserted
	proven  time.Time
	unsure  bool // a commit had no answer
	pause   time.Duration
	lag     lag
}

// run works until soft ends; what is under way then may take until hard ends. It returns the
// offset up to which everything is stored.
func (w *worker) run(soft, hard context.Context) int64 {
	reading, stop := context.WithCancel(soft)
	defer func() {
		stop()
		w.parts.Wait()
		w.metrics.abandon(int(w.unsettled.Load()))
		w.healthy(w.problem())
	}()
	w.machine = intent.NewMachine()
	for w.machine.Step() != intent.End {
		step := w.machine.Step()
		result := w.do(reading, hard, step)
		if result == intent.Unknown {
			w.rest(w.until(reading, hard, step))
		} else {
			w.pause = 0
		}
		if err := w.machine.Apply(result); err != nil {
			panic(err) // the steps below answer only what the machine knows
		}
	}
	return w.at
}

// until is how long a step may go on: what has been recorded is finished if that is quick.
func (w *worker) until(soft, hard context.Context, step intent.Step) context.Context {
	if step == intent.Insert || step == intent.Advance {
		return hard
	}
	return soft
}

func (w *worker) do(soft, hard context.Context, step intent.Step) intent.Result {
	ctx := w.until(soft, hard, step)
	if ctx.Err() != nil {
		return intent.Refused
	}
	switch step {
	case intent.Load:
		return w.load(ctx)
	case intent.Rebuild:
		return w.rebuild(ctx)
	case intent.Build:
		return w.build(ctx)
	case intent.Record:
		return w.record(ctx)
	case intent.Insert:
		return w.insert(ctx)
	case intent.Advance:
		return w.advance(soft, ctx)
	default:
		return intent.Refused
	}
}

// stale tells whether the token of a batch that was recorded at that time may be forgotten. A time that
// is far ahead is of another clock and tells nothing.
func (w *worker) stale(recorded int64) bool {
	age := w.now().UnixMilli() - recorded
	return age > tokensLast.Milliseconds() || age < -tokensLast.Milliseconds()
}

// rest waits after a failure, longer each time.
func (w *worker) rest(ctx context.Context) {
	w.pause = min(max(firstPause, 2*w.pause), longPause)
	wait(ctx, w.pause)
}

func (w *worker) problem() string { return "partition " + strconv.Itoa(w.partition) }
