package admin

import (
	"context"
	"math"
	"sync"
	"time"
)

// mostBuckets bounds the memory of limits. Full buckets are forgotten first; they say nothing.
const mostBuckets = 10_000

// rateLimit is a token bucket per name. The zero rate is no limit. It is safe for concurrent use.
type rateLimit struct {
	rate, burst float64 // tokens a second, tokens at most
	now         func() time.Time

	mu      sync.Mutex
	buckets map[string]bucket
}

type bucket struct {
	tokens float64
	at     time.Time
}

func newRateLimit(perSecond int, now func() time.Time) *rateLimit {
	return &rateLimit{rate: float64(perSecond), burst: 2 * float64(perSecond), now: now, buckets: map[string]bucket{}}
}

// take takes a token, or returns how long it is until there is one.
func (l *rateLimit) take(name string) time.Duration {
	if l.rate <= 0 {
		return 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	b, ok := l.buckets[name]
	if !ok {
		if len(l.buckets) >= mostBuckets {
			l.forget(now)
		}
		b = bucket{l.burst, now}
	}
	b.tokens = min(l.burst, b.tokens+l.rate*max(0, now.Sub(b.at).Seconds()))
	b.at = now
	wait := time.Duration(0)
	if b.tokens >= 1 {
		b.tokens--
	} else {
		wait = time.Duration((1 - b.tokens) / l.rate * float64(time.Second))
	}
	l.buckets[name] = b
	return wait
}

// allowance is what a name has left. The zero value says that there is no limit.
type allowance struct {
	limit     int // requests at once at most
	remaining int
	reset     int // seconds until there are as many as at most
}

// left returns what a name has left.
func (l *rateLimit) left(name string) allowance {
	if l.rate <= 0 {
		return allowance{}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	b, ok := l.buckets[name]
	if !ok {
		b = bucket{l.burst, l.now()}
	}
	return allowance{int(l.burst), int(b.tokens), int(math.Ceil((l.burst - b.tokens) / l.rate))}
}

// forget drops buckets that are full again, or all of them where none is.
func (l *rateLimit) forget(now time.Time) {
	for name, b := range l.buckets {
		if b.tokens+l.rate*now.Sub(b.at).Seconds() >= l.burst {
			delete(l.buckets, name)
		}
	}
	if len(l.buckets) >= mostBuckets {
		clear(l.buckets)
	}
}

// slots bounds how many work at a time.
type slots chan struct{}

// enter waits for a slot until ctx ends; the caller has to call leave.
func (s slots) enter(ctx context.Context) (leave func(), err error) {
	select {
	case s <- struct{}{}:
		return func() { <-s }, nil
	default:
	}
	select {
	case s <- struct{}{}:
		return func() { <-s }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
