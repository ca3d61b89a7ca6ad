package rate

import (
	"sync"
	"testing"
	"time"
)

func TestTake(t *testing.T) {
	now := time.Unix(1000, 0)
	l := New[string](10, func() time.Time { return now })
	take := func(key string, n int, want time.Duration) {
		t.Helper()
		if got := l.Take(key, n); got != want {
			t.Errorf("%s, %d: wait %s, want %s", key, n, got, want)
		}
	}
	for range 20 { // two seconds' worth at once
		take("a", 1, 0)
	}
	take("a", 1, 100*time.Millisecond)
	take("b", 1, 0)
	now = now.Add(100 * time.Millisecond)
	take("a", 1, 0)
	take("a", 1, 100*time.Millisecond)
	now = now.Add(time.Hour)
	take("a", 100, 0) // a debt of 80
	take("a", 1, 8100*time.Millisecond)
	now = now.Add(8100 * time.Millisecond)
	take("a", 1, 0)
	now = now.Add(-time.Hour) // the clock was set back
	take("a", 1, 100*time.Millisecond)
	now = now.Add(100 * time.Millisecond)
	take("a", 1, 0)
}

// Over time a key gets its rate, whatever the sizes of its requests.
func TestRateHolds(t *testing.T) {
	now, taken := time.Unix(1000, 0), 0
	l := New[int](1000, func() time.Time { return now })
	for step := range 10_000 {
		n := 1 + step*7919%300
		if l.Take(1, n) == 0 {
			taken += n
		}
		now = now.Add(time.Millisecond)
	}
	if taken < 10_000 || taken > 12_400 { // ten seconds, the burst, and one request of debt
		t.Errorf("%d taken", taken)
	}
}

func TestBounded(t *testing.T) {
	l := New[int](1, time.Now)
	var wait sync.WaitGroup
	for part := range 4 {
		wait.Go(func() {
			for i := range 100_000 {
				l.Take(part*100_000+i, 1)
			}
		})
	}
	wait.Wait()
	if n := l.Len(); n > shards*perShard || n < shards*perShard/2 {
		t.Errorf("%d keys", n)
	}
	var none *Limiter[int]
	if none = New[int](0, time.Now); none.Take(1, 1) != 0 || none.Len() != 0 {
		t.Error("no limit limits")
	}
}

func BenchmarkTake(b *testing.B) {
	l := New[int](1<<30, time.Now)
	b.RunParallel(func(p *testing.PB) {
		for i := 0; p.Next(); i++ {
			l.Take(i%1000, 1)
		}
	})
}
