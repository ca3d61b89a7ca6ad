// Package testenv gives tests real engines: Kafka, ClickHouse and Postgres, the embedded ones,
// each started when first asked for, in a child process of the test, and stopped at its end.
//
// A test package that uses it has a TestMain which calls Main. Engines that are missing fail
// the test; nothing is skipped.
package testenv

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"noctra/internal/engines"
	"noctra/internal/proc"
)

const (
	envEngine    = "NOCTRA_TESTENV_ENGINE"
	envOptions   = "NOCTRA_TESTENV_OPTIONS"
	startTimeout = 3 * time.Minute
	stopTimeout  = time.Minute
)

// environment is the engines of one test process.
type environment struct {
	mu      sync.Mutex
	dir     string // removed at the end
	quick   string // for many small files, removed at the end, too; empty: dir
	paths   engines.Paths
	running map[string]*engine
	ports   []int // of the shards: HTTP, which they share, and native of each
}

// engine is a started engine, or the reason why it did not start.
type engine struct {
	child *proc.Child
	port  int
	log   string // file with its output
	err   error

	name, options string // how it is started
	answers       func(ctx context.Context, port int) error
}

// shared is the one environment of the process: engines take a second to start, so tests
// share them, and each makes its own database or topics.
var shared = &environment{running: map[string]*engine{}}

// Main runs the tests and then stops the engines. It is all that a TestMain needs to do.
func Main(m *testing.M) {
	engines.RunAs()
	if name := os.Getenv(envEngine); name != "" {
		os.Exit(serve(name))
	}
	code := m.Run()
	if err := shared.stop(); err != nil {
		fmt.Fprintln(os.Stderr, "testenv:", err)
		code = max(code, 1)
	}
	os.Exit(code)
}

// serve is the child process: it runs one engine until the test process ends it.
func serve(name string) int {
	ctx, cancel := proc.Context(context.Background())
	defer cancel()
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	options := []byte(os.Getenv(envOptions))
	var err error
	switch kind, _, _ := strings.Cut(name, "-"); kind {
	case "clickhouse":
		var e engines.ClickHouse
		if err = json.Unmarshal(options, &e); err == nil {
			err = e.Run(ctx)
		}
	case "kafka":
		var e engines.Kafka
		if err = json.Unmarshal(options, &e); err == nil {
			e.Log = log
			err = e.Run(ctx)
		}
	case "postgres":
		var e engines.Postgres
		if err = json.Unmarshal(options, &e); err == nil {
			e.Log, e.Output = log, os.Stderr
			err = e.Run(ctx)
		}
	default:
		err = fmt.Errorf("no engine %q", name)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// get returns the engine of that name, started by options for a folder and a port, once it
// answers.
func (e *environment) get(name string, options func(port int) any, answers func(ctx context.Context, port int) error) (*engine, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if found, ok := e.running[name]; ok {
		return found, found.err
	}
	if err := e.prepare(); err != nil {
		return nil, err
	}
	found := &engine{log: filepath.Join(e.dir, name+".log")}
	e.running[name] = found
	found.err = e.start(found, name, options, answers)
	return found, found.err
}

// prepare finds the engines and makes the folder for their data.
func (e *environment) prepare() error {
	if e.dir != "" {
		return nil
	}
	paths, err := engines.Find("")
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "noctra-test-")
	if err != nil {
		return fmt.Errorf("make folder for engines: %w", err)
	}
	e.dir, e.paths, e.quick = dir, paths, inMemory()
	return engines.EnsureSecrets(e.secrets())
}

func (e *environment) secrets() string { return filepath.Join(e.dir, "secrets") }

func (e *environment) start(found *engine, name string, options func(port int) any, answers func(ctx context.Context, port int) error) error {
	ports, err := engines.FreePorts(1)
	if err != nil {
		return err
	}
	found.port = ports[0]
	raw, err := json.Marshal(options(found.port))
	if err != nil {
		return fmt.Errorf("start %s: %w", name, err)
	}
	found.name, found.options, found.answers = name, string(raw), answers
	return found.run()
}

// run starts the engine's process, for the first time or again, and waits until it answers.
func (f *engine) run() error {
	output, err := os.Create(f.log)
	if err != nil {
		return fmt.Errorf("start %s: %w", f.name, err)
	}
	defer func() { _ = output.Close() }()
	f.child, err = proc.Start(proc.Spec{Env: []string{envEngine + "=" + f.name, envOptions + "=" + f.options}, Output: output})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	return f.await(ctx)
}

// await returns when the engine answers, or why it does not.
func (f *engine) await(ctx context.Context) error {
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for {
		attempt, cancel := context.WithTimeout(ctx, 15*time.Second)
		err := f.answers(attempt, f.port)
		cancel()
		if err == nil {
			return nil
		}
		select {
		case <-f.child.Exited():
			output, _ := os.ReadFile(f.log)
			return fmt.Errorf("%s ended at its start: %w\n%s", f.name, f.child.Err(), output)
		case <-ctx.Done():
			return fmt.Errorf("%s does not answer after %s: %w", f.name, startTimeout, err)
		case <-ticker.C:
		}
	}
}

// stop ends all engines and removes their data.
func (e *environment) stop() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	var wait sync.WaitGroup
	for name, found := range e.running {
		switch {
		case found.child == nil:
		case name == "postgres": // has processes of its own, which must not write any more
			wait.Go(func() { _ = found.child.Stop(stopTimeout) })
		default: // nobody needs the data, and a clean end takes seconds
			wait.Go(found.child.Kill)
		}
	}
	wait.Wait()
	if e.dir == "" {
		return nil
	}
	if err := errors.Join(os.RemoveAll(e.dir), os.RemoveAll(e.quick)); err != nil {
		return fmt.Errorf("remove data of engines: %w", err)
	}
	return nil
}
