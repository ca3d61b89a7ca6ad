package collector

import (
	"math"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// At twice what can be worked on, the gate lets in as much as there are processors for, and none
// of it waits for longer than the limit; the rest is told at once.
func TestGate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(100 * time.Millisecond)
		const size, work = 45_000, time.Millisecond
		capacity := cap(g.slots) * int(time.Second/work)
		var wait sync.WaitGroup
		var done, refused atomic.Int64
		var slowest atomic.Int64
		for range 4 * capacity { // two seconds at twice the capacity
			<-time.After(work / time.Duration(2*cap(g.slots)))
			wait.Go(func() {
				began := time.Now()
				var own turn
				if !g.enter(size, 1, &own) {
					refused.Add(1)
					return
				}
				slowest.Store(max(slowest.Load(), int64(time.Since(began))))
				<-time.After(work)
				g.leave(&own)
				g.leave(&own) // has no effect
				done.Add(1)
			})
		}
		wait.Wait()
		if n := int(done.Load()); n < 2*capacity*9/10 {
			t.Errorf("%d done, %d refused, the capacity is %d", n, refused.Load(), 2*capacity)
		}
		if took := time.Duration(slowest.Load()); took > 150*time.Millisecond {
			t.Errorf("the slowest waited %s", took)
		}
		if g.bytes.Load() != 0 || len(g.slots) != 0 {
			t.Errorf("%d bytes, %d slots at rest", g.bytes.Load(), len(g.slots))
		}
		g.bytes.Store(1 << 40)
		g.cost.Store(math.Float64bits(100))
		var small turn
		if !g.enter(largeBody-1, 1, &small) || small.size != 0 {
			t.Error("a small body had to wait")
		}
	})
}
