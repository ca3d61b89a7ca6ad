package spool

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
)

// When sending fails, draining goes on where it stopped; after a crash it begins the segment
// anew, so some come twice and none is left out.
func TestDrainInterrupted(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, func(c *Config) { c.Bytes, c.SegmentBytes = 64<<20, 8<<20 })
	long := strings.Repeat("y", 100<<10)
	for i := range 40 {
		put(t, s, fmt.Sprintf("%d %s", i, long))
	}
	away := errors.New("kafka is away")
	k := &taken{fail: func(n int) error {
		if n == 2 || n == 3 {
			return away
		}
		return nil
	}}
	for range 2 {
		if err := s.Drain(t.Context(), k); !errors.Is(err, away) {
			t.Fatal(err)
		}
	}
	some := len(k.all)
	if some == 0 || some >= 40 || s.Stats().Messages != int64(40-some) {
		t.Fatalf("%d drained, %+v", some, s.Stats())
	}
	copied := t.TempDir() // as after a kill, on another machine
	if err := os.CopyFS(copied, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	if err := s.Drain(t.Context(), k); err != nil || len(k.all) != 40 {
		t.Fatalf("%d drained, %v", len(k.all), err)
	}
	for _, all := range [][]string{k.all, drainAll(t, open(t, copied, func(c *Config) { c.Bytes = 64 << 20 }))} {
		for i, text := range all {
			if !strings.HasPrefix(text, fmt.Sprintf("%d y", i)) {
				t.Fatalf("message %d is %.10q", i, text)
			}
		}
	}
	put(t, s, "one more")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Drain(ctx, k); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// What is appended while another drains is neither lost nor doubled.
func TestDrainBesideAppend(t *testing.T) {
	s := open(t, t.TempDir(), func(c *Config) { c.SegmentBytes = 1000 })
	var wait sync.WaitGroup
	for writer := range 8 {
		wait.Go(func() {
			for i := range 100 {
				put(t, s, fmt.Sprintf("%d-%d", writer, i))
			}
		})
	}
	written := make(chan struct{})
	go func() { wait.Wait(); close(written) }()
	var k taken
	for running := true; running; {
		select {
		case <-s.Stored():
		case <-written:
			running = false
		}
		if err := s.Drain(t.Context(), &k); err != nil {
			t.Fatal(err)
		}
	}
	seen, last := map[string]int{}, map[string]int{}
	for _, m := range k.all {
		seen[m]++
		var writer string
		var i int
		if _, err := fmt.Sscanf(strings.Replace(m, "-", " ", 1), "%s %d", &writer, &i); err != nil {
			t.Fatal(err)
		}
		if i > 0 && last[writer] != i-1 {
			t.Errorf("%s came after %d", m, last[writer])
		}
		last[writer] = i
	}
	if len(k.all) != 800 || len(seen) != 800 {
		t.Errorf("%d messages, %d different", len(k.all), len(seen))
	}
}
