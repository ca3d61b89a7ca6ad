// Package proc starts child processes that end with their parent, and stops them in time.
//
// On Linux the kernel kills a child when its parent dies; everywhere a child that was started
// here also ends when the pipe on its standard input closes. Supervision, restarts and what
// the children do are not its business: `noctra up` and the test environment build on it.
package proc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"
)

// envWatch tells a child to end when its standard input does.
const envWatch = "NOCTRA_STOP_WITH_STDIN"

// Spec says what to start.
type Spec struct {
	Path   string   // of the program; empty: this program
	Args   []string // without the program's name
	Env    []string // KEY=value, on top of this process's environment
	Output io.Writer
	Attr   func(*syscall.SysProcAttr) // changes to the attributes, nil: none
}

// Child is a started process.
type Child struct {
	cmd    *exec.Cmd
	stdin  io.Closer
	exited chan struct{}
	err    error // valid once exited is closed
}

// Start starts the process in a group of its own, so that a Ctrl-C at the terminal reaches the
// parent alone. The caller has to see it to its end, by Stop or by waiting for Exited.
func Start(spec Spec) (*Child, error) {
	path := spec.Path
	if path == "" {
		self, err := os.Executable()
		if err != nil {
			return nil, fmt.Errorf("find own program: %w", err)
		}
		path = self
	}
	cmd := exec.Command(path, spec.Args...)
	cmd.Env = append(append(os.Environ(), spec.Env...), envWatch+"=1")
	cmd.Stdout, cmd.Stderr = spec.Output, spec.Output
	cmd.WaitDelay = time.Second
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	dieWithParent(cmd.SysProcAttr, syscall.SIGKILL)
	if spec.Attr != nil {
		spec.Attr(cmd.SysProcAttr)
	}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", path, err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", path, err)
	}
	c := &Child{cmd: cmd, stdin: stdin, exited: make(chan struct{})}
	go func() {
		defer close(c.exited)
		c.err = cmd.Wait()
	}()
	return c, nil
}

// Pid returns the process id.
func (c *Child) Pid() int { return c.cmd.Process.Pid }

// Exited is closed when the process has ended and was waited for.
func (c *Child) Exited() <-chan struct{} { return c.exited }

// Err says how the process ended: nil for status 0. It waits for the end.
func (c *Child) Err() error {
	<-c.exited
	return c.err
}

// Signal sends sig; a process that has ended is no error.
func (c *Child) Signal(sig syscall.Signal) error {
	if err := c.cmd.Process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("signal process %d: %w", c.Pid(), err)
	}
	return nil
}

// Stop asks the process to end, and kills it with its whole group when grace is over. The
// error says that it had to be killed, or that it ended with another status than 0.
func (c *Child) Stop(grace time.Duration) error {
	_ = c.Signal(syscall.SIGTERM)
	// A stopped process (SIGSTOP) would not see the request.
	_ = c.Signal(syscall.SIGCONT)
	_ = c.stdin.Close()
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-c.exited:
		return c.err
	case <-timer.C:
	}
	c.Kill()
	return fmt.Errorf("process %d did not end within %s and was killed", c.Pid(), grace)
}

// Kill ends the process and its group at once, and waits for that.
func (c *Child) Kill() {
	_ = syscall.Kill(-c.Pid(), syscall.SIGKILL)
	_ = c.cmd.Process.Kill()
	<-c.exited
}

// Context returns a context that ends when this process is asked to: by SIGTERM, SIGINT or SIGHUP,
// or, in a child that Start made, by the end of its standard input.
func Context(parent context.Context) (context.Context, context.CancelFunc) {
	notified, stop := signal.NotifyContext(parent, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	if os.Getenv(envWatch) == "" {
		return notified, stop
	}
	ctx, cancel := context.WithCancel(notified)
	go func() {
		// Nothing is ever written; the read ends with the parent. Signals stay caught: one that
		// comes with the end of the input would otherwise kill the process before it has stopped.
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	return ctx, func() { cancel(); stop() }
}
