package up

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"
)

// Step is a stage of the start. Its processes start together, and the next step begins when
// all of them are ready; they stop together, after all later steps.
type Step struct {
	Processes []Process
	// Then runs once they are ready, nil: nothing. Name is what the terminal shows for it.
	Then func(ctx context.Context) error
	Name string
}

// Plan is what Run does.
type Plan struct {
	Data    *Data
	Steps   []Step
	Timeout time.Duration // for the whole start
	// RestartWait is the longest wait before a process that died is started again; the first is
	// 0.1 s, and each is twice the one before. 0: 4 s.
	RestartWait time.Duration
	Ready       func() (Ready, error)   // what to publish, without pids, once everything is ready
	Started     func(w io.Writer) error // prints where to go, nil: nothing
	Out         io.Writer               // progress, for people
	Log         *slog.Logger
}

// Run starts everything, publishes ready.json, and keeps everything alive until ctx ends. It
// then stops everything in reverse order. The error says why the start failed, or that ctx
// ended before it was complete (nil then).
func Run(ctx context.Context, plan Plan) error {
	r := &runner{plan: plan, file: newReadyFile(plan.Data.Path("ready.json"))}
	if err := clearLeftover(plan.Data, plan.Log); err != nil {
		return err
	}
	err := r.start(ctx)
	if err == nil {
		<-ctx.Done()
		_, _ = fmt.Fprintln(plan.Out, "stopping …")
	}
	stopErr := r.stop()
	if errors.Is(err, context.Canceled) && ctx.Err() != nil {
		err = nil // asked to stop while it was starting
	}
	return errors.Join(err, stopErr)
}

// runner is one run of a plan.
type runner struct {
	plan    Plan
	file    *readyFile
	running [][]*supervised // by step
}

func (r *runner) start(ctx context.Context) error {
	begin := time.Now()
	ctx, cancel := context.WithTimeout(ctx, r.plan.Timeout)
	defer cancel()
	for _, step := range r.plan.Steps {
		if err := r.startStep(ctx, step); err != nil {
			return err
		}
	}
	content, err := r.plan.Ready()
	if err != nil {
		return err
	}
	if err := r.file.publish(content); err != nil {
		return err
	}
	r.progress("everything", begin)
	if r.plan.Started != nil {
		return r.plan.Started(r.plan.Out)
	}
	return nil
}

func (r *runner) startStep(ctx context.Context, step Step) error {
	begin := time.Now()
	var started []*supervised
	for _, p := range step.Processes {
		output, err := r.plan.Data.openLog(p.Name)
		if err != nil {
			return err
		}
		started = append(started, r.launch(p, output))
	}
	r.running = append(r.running, started)
	for _, s := range started {
		select {
		case <-s.ready:
			r.progress(s.Name, begin)
		case err := <-s.failed:
			return err
		case <-ctx.Done():
			if errors.Is(ctx.Err(), context.DeadlineExceeded) {
				return fmt.Errorf("%s is not ready after %s; its last lines:\n%s", s.Name, r.plan.Timeout, s.output.tail(2000))
			}
			return ctx.Err()
		}
	}
	if step.Then == nil {
		return nil
	}
	begin = time.Now()
	if err := step.Then(ctx); err != nil {
		return err
	}
	r.progress(step.Name, begin)
	return nil
}

func (r *runner) progress(name string, begin time.Time) {
	r.plan.Log.Info("ready", "part", name, "took", time.Since(begin).Round(time.Millisecond).String())
	_, _ = fmt.Fprintf(r.plan.Out, "  %-12s ready  %5.1f s\n", name, time.Since(begin).Seconds())
}

// stop ends all processes, the last step first.
func (r *runner) stop() error {
	begin := time.Now()
	err := r.file.remove()
	for i := len(r.running) - 1; i >= 0; i-- {
		var wait sync.WaitGroup
		for _, s := range r.running[i] {
			wait.Go(s.halt)
		}
		wait.Wait()
	}
	r.plan.Log.Info("everything stopped", "took", time.Since(begin).Round(time.Millisecond).String())
	return err
}
