// Package retention watches that Kafka does not delete events before the aggregator has read them.
//
// Kafka's retention does not know whether something was consumed. Every ten seconds the guard
// compares what the aggregator's group has committed with the topic's log and settings. Long
// before the oldest unread message can be deleted it warns; close to that it says that nothing
// may be acknowledged any more. It never writes. In the flow it stands at the front door.
package retention

import (
	"context"
	"log/slog"
	"math"
	"sync/atomic"
	"time"

	"noctra/internal/logs"
)

// Partition is how far one partition was read.
type Partition struct {
	ID        int
	Committed int64     // -1: the group has committed nothing here
	Start     int64     // offset of the oldest message that Kafka still has
	End       int64     // offset of the next message
	Oldest    time.Time // of the oldest message that was not read, zero for none or not known
}

// State is what Kafka says at one moment.
type State struct {
	Partitions []Partition
	Keep       time.Duration // the topic's retention.ms, negative: for ever
	KeepBytes  int64         // its retention.bytes, of one partition; negative: any number
	Safe       bool          // this Kafka never deletes what was not consumed
}

// Source asks Kafka.
type Source interface {
	Look(ctx context.Context) (State, error)
}

// Parts of the retention that the oldest unread message has used up.
const (
	warnAt    = 0.5
	blockAt   = 0.85
	releaseAt = 0.8

	every      = 10 * time.Second
	askTimeout = 8 * time.Second
)

// Guard says whether events may be acknowledged.
type Guard struct {
	source Source
	mean   func() float64 // bytes of a message
	now    func() time.Time
	log    *logs.Throttled

	blocked  atomic.Bool
	fraction atomic.Uint64 // bits of a float64
	unread   atomic.Int64
}

// New returns a Guard that watches once Run is called. mean says how large messages are.
func New(source Source, mean func() float64, log *slog.Logger, now func() time.Time) *Guard {
	return &Guard{source: source, mean: mean, now: now, log: logs.Throttle(log, 10*time.Minute, now)}
}

// Blocked reports whether acknowledging more would lose what is there. While Kafka does not
// answer, what was found last holds.
func (g *Guard) Blocked() bool { return g.blocked.Load() }

// Fraction returns how much of the retention the oldest unread message has used up: 0 for
// nothing unread, 1 and more when it may be deleted at any moment.
func (g *Guard) Fraction() float64 { return math.Float64frombits(g.fraction.Load()) }

// Unread returns the number of messages that the aggregator has not committed.
func (g *Guard) Unread() int64 { return g.unread.Load() }

// Run looks until ctx ends.
func (g *Guard) Run(ctx context.Context) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		g.look(ctx)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

func (g *Guard) look(ctx context.Context) {
	asking, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	state, err := g.source.Look(asking)
	if err != nil {
		if ctx.Err() == nil {
			g.log.Warn("kafka's retention not compared with what was consumed", "error", err.Error())
		}
		return
	}
	g.judge(state)
}

// judge takes over a state.
func (g *Guard) judge(state State) {
	worst, at, unread := 0.0, Partition{}, int64(0)
	for _, p := range state.Partitions {
		from := max(p.Committed, p.Start)
		unread += max(0, p.End-from)
		if used := g.used(state, p, from); used > worst {
			worst, at = used, p
		}
		if p.Committed >= 0 && p.Committed < p.Start && !state.Safe {
			g.log.Error("kafka has deleted messages that were not consumed", "partition", p.ID, "messages", p.Start-p.Committed)
		}
	}
	g.unread.Store(unread)
	g.fraction.Store(math.Float64bits(worst))
	details := []any{"fraction", math.Round(worst*100) / 100, "partition", at.ID, "oldest", at.Oldest, "messages", unread, "retention", state.Keep.String()}
	switch {
	case worst >= blockAt && consumed(state):
		g.blocked.Store(true)
		g.log.Error("no events are taken, kafka would delete some that the aggregator has not consumed; start the aggregator or raise the topic's retention", details...)
	case worst < releaseAt || !consumed(state):
		g.blocked.Store(false)
	}
	if worst >= warnAt {
		g.log.Warn("the aggregator is far behind, kafka may delete what it has not consumed; start it or raise the topic's retention", details...)
	}
}

// used returns how much of the retention the messages from that offset have used up.
func (g *Guard) used(state State, p Partition, from int64) float64 {
	if state.Safe || p.End <= from {
		return 0
	}
	used := 0.0
	if state.Keep > 0 && !p.Oldest.IsZero() {
		used = float64(g.now().Sub(p.Oldest)) / float64(state.Keep)
	}
	if state.KeepBytes > 0 {
		used = max(used, float64(p.End-from)*g.mean()/float64(state.KeepBytes))
	}
	return max(0, used)
}

// consumed reports whether the group has ever committed anything. Where it has not, as in a new
// installation, nothing is held back for it.
func consumed(state State) bool {
	for _, p := range state.Partitions {
		if p.Committed >= 0 {
			return true
		}
	}
	return false
}
