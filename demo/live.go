package demo

import (
	"container/heap"
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"noctra/demo/internal/crowd"
)

const (
	tick = time.Second
	// For warmUp after the start, visits come often enough to watch: about 1 to 3 events a second.
	// Then the demo is as busy as its history, and a chart of days stays plausible.
	warmUp          = 20 * time.Minute
	warmVisits      = 0.32 // a second, at the mean level of a day
	openingVisits   = 12   // in the first seconds
	maxVisitsInTick = 20
	noteInterval    = 30 * time.Second
)

// live makes visits of a shop as time goes by, and pays parcels back that come in.
type live struct {
	shop    *crowd.Shop
	returns *desk
	front   sink
	random  *rand.Rand
	now     func() time.Time

	mu      sync.Mutex
	paused  bool
	since   time.Time // when it was started or resumed
	pending pending
	credit  float64               // part of a visit that is due
	note    func(time.Time) error // see follow; nil until then
}

func newLive(shop *crowd.Shop, to sink, seed uint64, now func() time.Time) *live {
	return &live{shop: shop, returns: newDesk(crowd.New(shop, seed), now()), front: to, now: now, random: rand.New(rand.NewPCG(seed, uint64(now().UnixNano()))), since: now()}
}

// follow has note called now and then with the moment until which there has been live traffic, so
// that a later start does not fill that time with history.
func (l *live) follow(note func(until time.Time) error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.note = note
}

// setPaused stops visits at once, also those under way, or begins with new ones.
func (l *live) setPaused(paused bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.paused && !paused {
		l.since = l.now()
	}
	l.paused, l.pending, l.credit = paused, nil, 0
}

func (l *live) isPaused() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.paused
}

// run sends steps when their time has come, until ctx ends. While the collector is away it waits,
// makes no new visits, and then sends what has become due.
func (l *live) run(ctx context.Context) error {
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	last, noted := l.now(), l.now()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
		now := l.now()
		due := l.advance(last, now)
		last = now
		if len(due) > 0 {
			if err := l.front.send(ctx, due); err != nil {
				return err
			}
		}
		if now.Sub(noted) < noteInterval {
			continue
		}
		noted = now
		if err := l.noteUntil(now); err != nil {
			return err
		}
	}
}

func (l *live) noteUntil(now time.Time) error {
	l.mu.Lock()
	note := l.note
	l.mu.Unlock()
	if note == nil {
		return nil
	}
	return note(now)
}

// advance starts the visits of the time from last to now and returns the steps that are due.
func (l *live) advance(last, now time.Time) []record {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.paused {
		return nil
	}
	visits := l.returns.due(now)
	for range l.arrivals(last, now) {
		visits = append(visits, l.shop.Visit(l.random, now)...)
	}
	for _, visit := range visits {
		for i := range visit.Steps {
			heap.Push(&l.pending, record{visit, &visit.Steps[i]})
		}
	}
	var due []record
	for len(l.pending) > 0 && !l.pending[0].step.At.After(now) {
		due = append(due, heap.Pop(&l.pending).(record))
	}
	return due
}

// arrivals is how many visits begin, at most maxVisitsInTick.
func (l *live) arrivals(last, now time.Time) int {
	rate := l.shop.PerSecond(now)
	if age := now.Sub(l.since); age < warmUp {
		rate = l.shop.Share * warmVisits * min(1.6, max(0.6, crowd.Level(now)))
		if age < openingVisits*time.Second {
			rate = l.shop.Share
		}
	}
	l.credit += rate * now.Sub(last).Seconds() * l.random.ExpFloat64()
	n := int(l.credit)
	l.credit -= float64(n)
	return min(n, maxVisitsInTick)
}

// pending is a heap of steps, the next one first.
type pending []record

func (p pending) Len() int           { return len(p) }
func (p pending) Less(i, j int) bool { return p[i].step.At.Before(p[j].step.At) }
func (p pending) Swap(i, j int)      { p[i], p[j] = p[j], p[i] }

// Push implements heap.Interface.
func (p *pending) Push(x any) { *p = append(*p, x.(record)) }

// Pop implements heap.Interface.
func (p *pending) Pop() any {
	last := len(*p) - 1
	x := (*p)[last]
	*p = (*p)[:last]
	return x
}
