package producer

import (
	"sync"
	"sync/atomic"
	"time"
)

// window bounds the bytes between Send and Kafka's answer by how long they wait. While the wait
// is short it is as large as the setting. When even the shortest wait of an interval is longer
// than the target, or the mean twice as long, a queue stands before Kafka: the window becomes what
// Kafka answers in time, and what is not let in hears so at once. Single slow answers say nothing.
type window struct {
	most   int64
	target time.Duration // of the wait; 0: the window stays as it is
	size   atomic.Int64

	mu       sync.Mutex
	begun    time.Time     // of the interval
	shortest time.Duration // wait in it
	sum      time.Duration // of waits in it
	inflight int64         // the most in it
	answers  int
}

const (
	leastWindow    = 1 << 20 // keeps the pipe to Kafka full on any machine, also where an fsync takes 200 ms
	windowInterval = 250 * time.Millisecond
	windowAnswers  = 3 // that an interval has at least
)

func newWindow(most int64, target time.Duration) *window {
	w := &window{most: most, target: target}
	w.size.Store(most)
	return w
}

// fits reports whether size more bytes may be on their way beside held ones: of senders who have few
// there twice as many, so that others who fill the window do not keep them out. Requests of more than
// half of a window that became small are let in once there is that much room.
func (w *window) fits(held, size int64, few bool) bool {
	most := w.size.Load()
	if few {
		most *= 2
	}
	return held+size <= w.most && held+min(size, most/2) <= most
}

// answered notes that messages were stored at that moment after that wait, with inflight bytes
// still waiting or just answered.
func (w *window) answered(now time.Time, wait time.Duration, inflight int64) {
	if w.target <= 0 {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.answers == 0 {
		w.begun, w.shortest, w.sum, w.inflight = now, wait, 0, 0
	}
	w.answers++
	w.sum += wait
	w.shortest, w.inflight = min(w.shortest, wait), max(w.inflight, inflight)
	if w.answers < windowAnswers || now.Sub(w.begun) < windowInterval {
		return
	}
	pressure := max(float64(w.shortest), float64(w.sum)/float64(2*w.answers)) / float64(w.target)
	w.answers = 0
	size := w.size.Load()
	switch {
	case pressure > 1:
		fits := int64(float64(min(size, w.inflight)) / pressure)
		w.size.Store(max(min(leastWindow, w.most), fits, size/2)) // what is on its way is twice that at most
	case size < w.most && pressure < 0.75:
		w.size.Store(min(w.most, size+size/8))
	}
}
