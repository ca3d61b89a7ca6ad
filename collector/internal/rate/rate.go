// Package rate counts events per key against a rate, with a token bucket each.
//
// Memory is bounded: of more keys than fit, the one that was used longest ago is forgotten, and
// begins anew with a full bucket. Nothing is kept on disk, and collectors do not share what they
// count: behind a balancer each has the whole rate. In the flow it comes before the work on an
// event.
package rate

import (
	"hash/maphash"
	"sync"
	"time"
)

const (
	shards   = 32
	perShard = 4096            // keys
	burst    = 2 * time.Second // of the rate, that a key may use at once
)

// Limiter holds the buckets. It is safe for concurrent use; nil lets everything pass.
type Limiter[K comparable] struct {
	rate   float64 // tokens a second
	burst  float64
	now    func() time.Time
	seed   maphash.Seed
	shards [shards]shard[K]
}

// shard is a map with its entries in the order of their use.
type shard[K comparable] struct {
	mu     sync.Mutex
	byKey  map[K]*bucket[K]
	oldest *bucket[K]
	newest *bucket[K]
}

type bucket[K comparable] struct {
	key          K
	tokens       float64 // below 0: a debt
	at           time.Time
	older, newer *bucket[K]
}

// New returns a Limiter for a rate in events a second, nil for 0.
func New[K comparable](rate int, now func() time.Time) *Limiter[K] {
	if rate <= 0 {
		return nil
	}
	return &Limiter[K]{rate: float64(rate), burst: max(1, float64(rate)*burst.Seconds()), now: now, seed: maphash.MakeSeed()}
}

// Take takes n tokens where the key has any, and returns 0; otherwise it takes none and returns
// how long it is until there are some. More may be taken than there are: the debt is paid before
// the next, so the rate holds over time and a large request passes whole.
func (l *Limiter[K]) Take(key K, n int) (wait time.Duration) {
	if l == nil {
		return 0
	}
	now := l.now()
	s := &l.shards[maphash.Comparable(l.seed, key)%shards]
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.use(key)
	if b.at.IsZero() {
		b.tokens = l.burst
	} else if since := now.Sub(b.at); since > 0 {
		b.tokens = min(l.burst, b.tokens+since.Seconds()*l.rate)
	}
	b.at = now
	if b.tokens < 1 {
		return max(time.Millisecond, time.Duration((1-b.tokens)/l.rate*float64(time.Second)))
	}
	b.tokens -= float64(n)
	return 0
}

// Len returns the number of keys that are remembered.
func (l *Limiter[K]) Len() int {
	if l == nil {
		return 0
	}
	n := 0
	for i := range l.shards {
		s := &l.shards[i]
		s.mu.Lock()
		n += len(s.byKey)
		s.mu.Unlock()
	}
	return n
}

// use returns the key's bucket as the newest one. s.mu is held.
func (s *shard[K]) use(key K) *bucket[K] {
	b := s.byKey[key]
	switch {
	case b != nil:
		s.unlink(b)
	case len(s.byKey) >= perShard:
		b = s.oldest
		s.unlink(b)
		delete(s.byKey, b.key)
		*b = bucket[K]{key: key}
		s.byKey[key] = b
	default:
		if s.byKey == nil {
			s.byKey = make(map[K]*bucket[K])
		}
		b = &bucket[K]{key: key}
		s.byKey[key] = b
	}
	b.older, b.newer = s.newest, nil
	if s.newest != nil {
		s.newest.newer = b
	} else {
		s.oldest = b
	}
	s.newest = b
	return b
}

func (s *shard[K]) unlink(b *bucket[K]) {
	if b.older != nil {
		b.older.newer = b.newer
	} else {
		s.oldest = b.newer
	}
	if b.newer != nil {
		b.newer.older = b.older
	} else {
		s.newest = b.older
	}
}
