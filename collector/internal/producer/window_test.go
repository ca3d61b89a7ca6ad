package producer

import (
	"testing"
	"time"
)

// The window follows a Kafka of a given speed: what is let in is answered within the target, and
// it opens again when Kafka becomes fast.
func TestWindow(t *testing.T) {
	const target = 150 * time.Millisecond
	w, now := newWindow(64<<20, target), time.Unix(1000, 0)
	run := func(rate int64, rounds int) time.Duration { // senders fill the window all the time
		for range rounds {
			inflight := w.size.Load()
			wait := time.Duration(inflight * int64(time.Second) / rate)
			now = now.Add(wait / 2)
			w.answered(now, wait, inflight)
		}
		return time.Duration(w.size.Load() * int64(time.Second) / rate)
	}
	if wait := run(20<<20, 200); wait > target*5/4 || wait < target/2 {
		t.Errorf("at 20 MiB/s the wait is %s", wait)
	}
	if run(1<<10, 200); w.size.Load() != leastWindow {
		t.Errorf("a slow Kafka leaves %d bytes", w.size.Load())
	}
	if run(10<<30, 500_000); w.size.Load() != 64<<20 {
		t.Errorf("a fast Kafka leaves %d bytes", w.size.Load())
	}
	still := newWindow(1<<20, 0)
	if still.answered(now, time.Hour, 1); still.size.Load() != 1<<20 {
		t.Error("a window without target has moved")
	}
}

// Few bytes that take long, as on a machine with a slow disk, shut nobody out; nor do slow
// answers between fast ones.
func TestWindowStays(t *testing.T) {
	now := time.Unix(1000, 0)
	few, mixed := newWindow(64<<20, 150*time.Millisecond), newWindow(64<<20, 150*time.Millisecond)
	for i := range 1000 {
		now = now.Add(time.Second)
		few.answered(now, time.Second, 10_000)
		wait := 500 * time.Millisecond
		if i%3 > 0 {
			wait = 50 * time.Millisecond
		}
		mixed.answered(now, wait, 30<<20)
	}
	if few.size.Load() < leastWindow || mixed.size.Load() != 64<<20 {
		t.Errorf("%d and %d bytes", few.size.Load(), mixed.size.Load())
	}
}
