package producer

import (
	"sync"
	"sync/atomic"
	"time"
)

// window bounds the bytes between Send and Kafka's answer by how long they wait. While the wait
// is short it is as large as the setting; when Kafka becomes the bottleneck it shrinks until what
// is let in is answered in time, and what is not let in hears so at once.
type window struct {
	most   int64
	target time.Duration // of the wait; 0: the window stays as it is
	size   atomic.Int64

	mu   sync.Mutex
	wait time.Duration // a moving average
}

// leastWindow keeps the pipe to Kafka full on any machine.
const leastWindow = 1 << 20

func newWindow(most int64, target time.Duration) *window {
	w := &window{most: most, target: target}
	w.size.Store(most)
	return w
}

// answered notes that messages were stored after that wait, with inflight bytes still waiting
// or just answered.
func (w *window) answered(wait time.Duration, inflight int64) {
	if w.target <= 0 {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.wait += (wait - w.wait) / 4
	size := w.size.Load()
	switch {
	case w.wait > w.target:
		w.size.Store(max(min(leastWindow, w.most), min(size, inflight)*7/8))
	case size < w.most && w.wait < w.target*3/4:
		w.size.Store(min(w.most, size+size/16))
	}
}
