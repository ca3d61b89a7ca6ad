package producer

import (
	"testing"
	"time"
)

// The window follows a Kafka of a given speed: what is let in is answered within the target, and
// it opens again when Kafka becomes fast.
func TestWindow(t *testing.T) {
	const target = 150 * time.Millisecond
	w := newWindow(64<<20, target)
	run := func(rate int64, rounds int) time.Duration { // senders fill the window all the time
		for range rounds {
			inflight := w.size.Load()
			w.answered(time.Duration(inflight*int64(time.Second)/rate), inflight)
		}
		return time.Duration(w.size.Load() * int64(time.Second) / rate)
	}
	if wait := run(20<<20, 200); wait > target*5/4 || wait < target/2 {
		t.Errorf("at 20 MiB/s the wait is %s", wait)
	}
	if run(1<<10, 200); w.size.Load() != leastWindow {
		t.Errorf("a slow Kafka leaves %d bytes", w.size.Load())
	}
	if run(10<<30, 500); w.size.Load() != 64<<20 {
		t.Errorf("a fast Kafka leaves %d bytes", w.size.Load())
	}
	still := newWindow(1<<20, 0)
	if still.answered(time.Hour, 1); still.size.Load() != 1<<20 {
		t.Error("a window without target has moved")
	}
	// Few bytes that take long, as on a machine with a slow disk, shut nobody out.
	small := newWindow(64<<20, target)
	for range 100 {
		small.answered(time.Second, 10_000)
	}
	if small.size.Load() < leastWindow {
		t.Errorf("%d bytes", small.size.Load())
	}
}
