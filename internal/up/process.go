package up

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os/exec"
	"sync/atomic"
	"time"

	"noctra/internal/proc"
)

const (
	firstBackoff = 100 * time.Millisecond
	maxBackoff   = 4 * time.Second  // unless the plan says otherwise
	steady       = 30 * time.Second // a child that lived this long begins with a short back-off again
	probeEvery   = 50 * time.Millisecond
	probeTimeout = 2 * time.Second
	hopeless     = 3 // ends by itself, before it was ever ready, after which the start is given up
)

// Process is a child process as its caller describes it.
type Process struct {
	Name  string
	Args  []string // of this program
	Ready func(ctx context.Context) error
	Grace time.Duration // to stop in
	// Pid returns the process to name in ready.json, nil: the child itself. It is asked once
	// the child is ready.
	Pid func() (int, error)
}

// supervised is a process that is kept alive.
type supervised struct {
	Process
	output *logFile
	log    *slog.Logger
	setPid func(name string, pid int) error
	wait   time.Duration // the longest before a new start

	ready  chan struct{} // closed when it was ready for the first time
	failed chan error    // gets the reason when the first start is hopeless
	done   chan struct{} // closed when keep has returned
	stop   context.CancelFunc
	once   atomic.Bool // ready was closed
}

// launch starts the process of a run and keeps it alive until halt.
func (r *runner) launch(p Process, output *logFile) *supervised {
	ctx, cancel := context.WithCancel(context.Background())
	s := &supervised{Process: p, output: output, log: r.plan.Log.With("process", p.Name), setPid: r.file.setPid, wait: cmp.Or(r.plan.RestartWait, maxBackoff),
		ready: make(chan struct{}), failed: make(chan error, 1), done: make(chan struct{}), stop: cancel}
	go func() {
		defer close(s.done)
		s.keep(ctx)
	}()
	return s
}

// keep starts the child again and again until ctx ends.
func (s *supervised) keep(ctx context.Context) {
	backoff, ends := min(firstBackoff, s.wait), 0
	for {
		started := time.Now()
		err := s.runOnce(ctx)
		if ctx.Err() != nil {
			return
		}
		var exit *exec.ExitError
		if !s.once.Load() && errors.As(err, &exit) && exit.Exited() {
			if ends++; ends == hopeless {
				s.failed <- fmt.Errorf("%s ends at once (%w); its last lines:\n%s", s.Name, err, s.output.tail(2000))
			}
		}
		if time.Since(started) > steady {
			backoff = min(firstBackoff, s.wait)
		}
		s.log.Warn("process ended and is started again", "reason", reason(err), "lived", time.Since(started).Round(time.Millisecond).String(), "after", backoff.String())
		timer := time.NewTimer(backoff)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
		backoff = min(2*backoff, s.wait)
	}
}

// runOnce runs one child to its end, or until ctx ends, when it stops it.
func (s *supervised) runOnce(ctx context.Context) error {
	child, err := proc.Start(proc.Spec{Args: s.Args, Output: s.output})
	if err != nil {
		return err
	}
	if s.Pid == nil {
		s.recordPid(child.Pid())
	}
	alive, cancel := context.WithCancel(ctx)
	probed := make(chan struct{})
	go func() {
		defer close(probed)
		s.probe(alive)
	}()
	select {
	case <-child.Exited():
		err = child.Err()
	case <-ctx.Done():
		start := time.Now()
		if err = child.Stop(s.Grace); err != nil {
			s.log.Warn("process did not stop cleanly", "reason", reason(err), "took", time.Since(start).Round(time.Millisecond).String())
		} else {
			s.log.Info("process stopped", "took", time.Since(start).Round(time.Millisecond).String())
		}
	}
	cancel()
	<-probed
	return err
}

// probe waits until the child is ready, and says so.
func (s *supervised) probe(ctx context.Context) {
	start := time.Now()
	ticker := time.NewTicker(probeEvery)
	defer ticker.Stop()
	for {
		attempt, cancel := context.WithTimeout(ctx, probeTimeout)
		err := s.Ready(attempt)
		cancel()
		if err == nil {
			break
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
	if s.Pid != nil {
		if pid, err := s.Pid(); err == nil {
			s.recordPid(pid)
		}
	}
	if s.once.CompareAndSwap(false, true) {
		close(s.ready)
		return
	}
	s.log.Info("process is ready again", "took", time.Since(start).Round(time.Millisecond).String())
}

func (s *supervised) recordPid(pid int) {
	if err := s.setPid(s.Name, pid); err != nil {
		s.log.Error("ready.json could not be written", "err", err)
	}
}

// halt stops the process and waits for it.
func (s *supervised) halt() {
	s.stop()
	<-s.done
}

func reason(err error) string {
	if err == nil {
		return "it ended with status 0"
	}
	return err.Error()
}
