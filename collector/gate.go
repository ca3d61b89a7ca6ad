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
}

// largeBody is where the work on a body takes longer than a turn at the gate costs.
const largeBody = 8 << 10

func newGate(limit time.Duration) *gate {
	return &gate{slots: make(chan struct{}, runtime.GOMAXPROCS(0)), limit: limit}
}

// turn is the place of one request at the gate; zero for none.
type turn struct {
	size  int64
	began time.Time
}

// enter waits for the turn of a body, and returns false at once where that would take too long.
func (g *gate) enter(size int, t *turn) bool {
	if size < largeBody {
		return true
	}
	ahead := g.bytes.Add(int64(size)) - int64(size)
	wait := float64(ahead) * math.Float64frombits(g.cost.Load()) / float64(cap(g.slots))
	if g.limit > 0 && wait > float64(g.limit) {
		g.bytes.Add(-int64(size))
		return false
	}
	g.slots <- struct{}{}
	*t = turn{size: int64(size), began: time.Now()}
	return true
}

// leave ends the turn, if there is one.
func (g *gate) leave(t *turn) {
	if t.size == 0 {
		return
	}
	<-g.slots
	g.bytes.Add(-t.size)
	took := float64(time.Since(t.began)) / float64(t.size)
	cost := math.Float64frombits(g.cost.Load())
	g.cost.Store(math.Float64bits(cost + (took-cost)/16)) // of two at a time one may be lost
	t.size = 0
}
