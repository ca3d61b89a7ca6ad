//go:build faults

package failpoint

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// force is a setting at work in a process.
type force struct {
	setting
	process string
	start   int // how often this process, by name, was armed before, as far as the journal tells

	mu     sync.Mutex
	passes map[Point]int
	random map[Point]*rand.Rand // by point, so that the n-th pass of a point draws the same in every run
}

// arm puts a setting in force.
func arm(process string, s setting) error {
	f := &force{setting: s, process: process, start: os.Getpid(), passes: map[Point]int{}, random: map[Point]*rand.Rand{}}
	if s.log != "" {
		if err := f.join(); err != nil {
			return fmt.Errorf("%s: %w", Env, err)
		}
	}
	armed.Store(f)
	return nil
}

// generator returns the chances of a point.
func (f *force) generator(p Point) *rand.Rand {
	if f.random[p] == nil {
		h := fnv.New64a()
		_, _ = fmt.Fprintf(h, "%s %d %s", f.process, f.start, p)
		f.random[p] = rand.New(rand.NewPCG(f.seed, h.Sum64()))
	}
	return f.random[p]
}

// pass goes by a point once.
func (f *force) pass(p Point) error {
	rules := f.rules[p]
	if len(rules) == 0 {
		return nil
	}
	f.mu.Lock()
	f.passes[p]++
	n := f.passes[p]
	var due *rule
	for _, r := range rules {
		if f.due(p, r, n) && due == nil {
			due = r
		}
	}
	f.mu.Unlock()
	if due == nil {
		return nil
	}
	return f.do(p, due, n)
}

// due decides for the n-th pass; chances are drawn whether they matter or not.
func (f *force) due(p Point, r *rule, n int) bool {
	if r.after > 0 {
		return n == r.after && !r.spent
	}
	return f.generator(p).Float64() < r.chance
}

// do carries a rule out.
func (f *force) do(p Point, r *rule, n int) error {
	f.note(r.action, p, n)
	switch r.action {
	case actKill:
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {} // nothing more happens here, whenever the signal comes
	case actStop:
		stop(r.long)
	case actSleep:
		time.Sleep(r.long)
	case actError:
		return fmt.Errorf("fail point %s: %w", p, r.err)
	}
	return nil
}

// stop freezes the whole process for a while, as SIGSTOP does; another process wakes it.
func stop(long time.Duration) {
	alarm := exec.Command("/bin/sh", "-c", fmt.Sprintf("sleep %.3f; kill -CONT %d", long.Seconds(), os.Getpid()))
	if alarm.Start() != nil {
		time.Sleep(long) // nobody would wake it
		return
	}
	_ = syscall.Kill(os.Getpid(), syscall.SIGSTOP)
	_ = alarm.Wait()
}
