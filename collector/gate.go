package collector

import (
	"math"
	"runtime"
	"sync/atomic"
	"time"
)

// gate lets as many large bodies be worked on at a time as there are processors, so that the
// others wait in a queue whose length is known and not for the processor, where they would hold
// up what brings events to Kafka. Who would wait for too long hears so at once. Small bodies
// pass: their work is shorter than the wait.
type gate struct {
	slots chan struct{}
	limit time.Duration // of the wait; 0: any
	bytes atomic.Int64  // of bodies that wait or are worked on
	cost  atomic.Uint64 // nanoseconds a byte, a moving average as bits of a float64
	fair  shares        // of the bytes that fit into the limit
}

// largeBody is where the work on a body takes longer than a turn at the gate costs.
const largeBody = 8 << 10

func newGate(limit time.Duration) *gate {
	return &gate{slots: make(chan struct{}, runtime.GOMAXPROCS(0)), limit: limit}
}

// turn is the place of one request at the gate; zero for none.
type turn struct {
	size  int64
	who   uint64
	began time.Time
}

// enter waits for the turn of a body from who, and returns false at once where that would take too
// long, or where who has more than its share of the queue.
func (g *gate) enter(size int, who uint64, t *turn) bool {
	if size < largeBody {
		return true
	}
	n := int64(size)
	ahead := g.bytes.Add(n) - n
	fits := int64(math.MaxInt64 / shareOfFree)
	if cost := math.Float64frombits(g.cost.Load()); g.limit > 0 && cost > 0 {
		fits = int64(min(float64(fits), float64(g.limit)*float64(cap(g.slots))/cost))
	}
	if ahead > fits || !g.fair.take(who, n, ahead, fits) {
		g.bytes.Add(-n)
		return false
	}
	g.slots <- struct{}{}
	*t = turn{size: n, who: who, began: time.Now()}
	return true
}

// leave ends the turn, if there is one.
func (g *gate) leave(t *turn) {
	if t.size == 0 {
		return
	}
	<-g.slots
	g.bytes.Add(-t.size)
	g.fair.give(t.who, t.size)
	took := float64(time.Since(t.began)) / float64(t.size)
	cost := math.Float64frombits(g.cost.Load())
	g.cost.Store(math.Float64bits(cost + (took-cost)/16)) // of two at a time one may be lost
	t.size = 0
}
