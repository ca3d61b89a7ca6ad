package up_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"noctra/internal/proc"
	"noctra/internal/up"
)

// TestMain lets the test program be its own child: `wait FILE NAME` makes FILE.<pid> once it listens to
// signals and notes its end in FILE, `fail` ends at once.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == "wait" {
		ctx, cancel := proc.Context(context.Background())
		defer cancel()
		if err := os.WriteFile(fmt.Sprint(os.Args[2], ".", os.Getpid()), nil, 0o600); err != nil {
			os.Exit(1)
		}
		<-ctx.Done()
		file, err := os.OpenFile(os.Args[2], os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err == nil {
			_, err = fmt.Fprintln(file, os.Args[3])
		}
		if err != nil {
			os.Exit(1)
		}
		os.Exit(0)
	}
	if len(os.Args) > 1 && os.Args[1] == "fail" {
		fmt.Println("no such setting")
		os.Exit(3)
	}
	os.Exit(m.Run())
}

const limit = time.Minute

// await polls until done is true.
func await(t *testing.T, what string, done func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	for !done() {
		select {
		case <-ctx.Done():
			t.Fatalf("%s: not within %s", what, limit)
		case <-ticker.C:
		}
	}
}

func openData(t *testing.T) *up.Data {
	t.Helper()
	data, err := up.OpenData(filepath.Join(t.TempDir(), "data"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = data.Close() })
	return data
}

func readReady(data *up.Data) up.Ready {
	var ready up.Ready
	raw, err := os.ReadFile(data.Path("ready.json"))
	if err == nil {
		err = json.Unmarshal(raw, &ready)
	}
	if err != nil {
		return up.Ready{}
	}
	return ready
}

// lockedBuffer is an output that a test reads while it grows.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

func plan(data *up.Data, steps ...up.Step) up.Plan {
	return up.Plan{Data: data, Steps: steps, Timeout: limit, Out: &lockedBuffer{}, Log: slog.New(slog.DiscardHandler),
		Ready: func() (up.Ready, error) { return up.Ready{AdminURL: "http://admin"}, nil }}
}

func step(data *up.Data, names ...string) up.Step {
	var s up.Step
	for _, name := range names {
		s.Processes = append(s.Processes, up.Process{Name: name, Args: []string{"wait", data.Path("ends"), name},
			Ready: func(context.Context) error { return nil }, Grace: limit})
	}
	return s
}

// A process that dies again and again is not waited for longer than the plan says.
func TestRestartWait(t *testing.T) {
	data := openData(t)
	p := plan(data, step(data, "mortal"))
	p.RestartWait = time.Millisecond
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- up.Run(ctx, p) }()
	await(t, "ready.json", func() bool { return readReady(data).AdminURL != "" })
	quickest := limit
	for n := range 12 { // from the seventh on four seconds by the usual waits
		start, pid := time.Now(), readReady(data).Pids["mortal"]
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		await(t, "another pid", func() bool { return readReady(data).Pids["mortal"] != pid })
		if n > 6 {
			quickest = min(quickest, time.Since(start))
		}
	}
	if quickest > 3*time.Second {
		t.Errorf("the quickest start after many deaths took %s", quickest)
	}
	cancel()
	if err := <-done; err != nil {
		t.Errorf("Run: %v", err)
	}
}

func TestRun(t *testing.T) {
	data := openData(t)
	if err := os.WriteFile(data.Path("ready.json"), []byte(`{"pids": {"admin": 1`), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan error, 1)
	go func() {
		done <- up.Run(ctx, plan(data, step(data, "first"), step(data, "second"), step(data, "third")))
	}()
	await(t, "ready.json", func() bool { return readReady(data).AdminURL != "" })

	info, err := os.Stat(data.Path("ready.json"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	before := readReady(data).Pids
	if len(before) != 4 || before["up"] != os.Getpid() {
		t.Errorf("pids %v", before)
	}
	if err := syscall.Kill(before["second"], syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	await(t, "another pid", func() bool {
		pid := readReady(data).Pids["second"]
		return pid != 0 && pid != before["second"]
	})
	after := readReady(data).Pids
	for _, name := range []string{"first", "second", "third"} {
		await(t, name+" listens to signals", func() bool {
			_, err := os.Stat(data.Path(fmt.Sprint("ends.", after[name])))
			return err == nil
		})
	}
	cancel()
	if err := <-done; err != nil {
		t.Errorf("Run: %v", err)
	}
	if _, err := os.Stat(data.Path("ready.json")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("ready.json is still there: %v", err)
	}
	ends, err := os.ReadFile(data.Path("ends"))
	if diff := cmp.Diff("third\nsecond\nfirst\n", string(ends)); diff != "" {
		t.Error(err, diff)
	}
	for name, pid := range after {
		if name != "up" && syscall.Kill(pid, 0) == nil {
			t.Errorf("%s (%d) is still there", name, pid)
		}
	}
}

func TestHopelessStart(t *testing.T) {
	data := openData(t)
	failing := up.Step{Processes: []up.Process{{Name: "admin", Args: []string{"fail"}, Grace: limit,
		Ready: func(context.Context) error { return errors.New("not ready") }}}}
	err := up.Run(t.Context(), plan(data, step(data, "first"), failing))
	if err == nil || !strings.Contains(err.Error(), "admin ends at once") || !strings.Contains(err.Error(), "no such setting") {
		t.Errorf("error %v does not say what and why", err)
	}
}

func TestStopDuringStart(t *testing.T) {
	data := openData(t)
	never := step(data, "slow")
	never.Processes[0].Ready = func(context.Context) error { return errors.New("not ready") }
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	p := plan(data, step(data, "first"), never)
	done := make(chan error, 1)
	go func() { done <- up.Run(ctx, p) }()
	await(t, "first step", func() bool { return strings.Contains(p.Out.(*lockedBuffer).String(), "first") })
	cancel()
	if err := <-done; err != nil {
		t.Errorf("Run: %v", err)
	}
}

func TestOpenData(t *testing.T) {
	data := openData(t)
	refused := func(want string) {
		t.Helper()
		second, err := up.OpenData(data.Dir)
		if err == nil {
			_ = second.Close()
		}
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), data.Dir) {
			t.Errorf("error %v, want %q and the folder", err, want)
		}
	}
	refused(fmt.Sprintf("process %d", os.Getpid()))
	if err := data.Close(); err != nil {
		t.Fatal(err)
	}
	write := func(version string) {
		t.Helper()
		if err := os.WriteFile(data.Path("version"), []byte(version), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("99\n")
	refused("newer noctra")
	write("x")
	refused("version number")
	write("1\n")
	if _, err := up.OpenData(data.Dir); err != nil {
		t.Error(err)
	}
	if _, err := up.OpenData("/dev/null/data"); err == nil || !strings.Contains(err.Error(), "--data") {
		t.Errorf("unusable folder: %v", err)
	}
}
