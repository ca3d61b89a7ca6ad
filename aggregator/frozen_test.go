package aggregator

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestFrozen: an aggregator is stopped in the middle of its work for longer than its session, another
// one takes over, and the first wakes and goes on as if nothing had been.
func TestFrozen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.config.BatchRows, w.config.FetchBytes = 60, 16<<10
	first := w.spawn()
	w.send(events(0, 2000)...)
	w.await("rows come", func() bool { return w.rows() > 0 })
	w.spawn()
	if err := first.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	w.send(events(1500, 4000)...)
	w.once(0, 4000) // by the second alone
	if err := first.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	w.send(events(3900, 6000)...)
	w.once(0, 6000)
}

// resident returns what a process has in memory, in bytes.
func (w *world) resident(pid int) int64 {
	w.t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		w.t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kilobytes, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64)
			if err != nil {
				w.t.Fatal(err)
			}
			return kilobytes << 10
		}
	}
	w.t.Fatal("no VmRSS")
	return 0
}

// TestMemoryWhileClickHouseIsAway: messages stay in Kafka, not in memory.
func TestMemoryWhileClickHouseIsAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.config.BatchMemory, w.config.FetchBytes, w.config.RepeatsMemory = 4<<20, 1<<20, 1<<20
	g := newGate(t, w.clickHouseAddress().Host)
	w.config.ClickHouse.Addr = "http://" + g.listener.Addr().String()
	child := w.spawn()
	w.send(events(0, 100)...)
	w.once(0, 100)
	g.shut.Store(true)
	g.close()
	const total, padding = 60_000, 2_000 // 120 MB
	long := strings.Repeat("x", padding)
	for from := 100; from < total; from += 300 {
		some := events(from, min(from+300, total))
		for i := range some {
			some[i].Title = long
		}
		w.send(some...)
	}
	highest, steady := int64(0), 0
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for steady < 30 { // three seconds without growth
		<-ticker.C
		now := w.resident(child.Process.Pid)
		if steady++; now > highest+1<<20 {
			steady = 0
		}
		highest = max(highest, now)
	}
	t.Logf("%d MiB at most", highest>>20)
	if highest > 100<<20 {
		t.Errorf("%d MiB in memory while ClickHouse is away", highest>>20)
	}
	g.shut.Store(false)
	w.settled()
	if n := w.rows(); n != total {
		t.Errorf("%d rows", n)
	}
}
