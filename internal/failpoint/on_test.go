//go:build faults

package failpoint

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// envChild makes this program one that passes a point until something happens.
const envChild = "NOCTRA_FAILPOINT_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(envChild) == "" {
		os.Exit(m.Run())
	}
	if err := Start("child", slog.New(slog.DiscardHandler)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	for range 1000 {
		Hit(CollectorProduced)
	}
}

// child runs to its end and returns what ended it.
func child(t *testing.T, setting string) syscall.WaitStatus {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), envChild+"=1", Env+"="+setting)
	if err := cmd.Run(); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			t.Fatal(err)
		}
	}
	return cmd.ProcessState.Sys().(syscall.WaitStatus)
}

// lines of the journal, without the time.
func lines(t *testing.T, path string) []string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for line := range strings.Lines(string(content)) {
		_, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		all = append(all, rest)
	}
	return all
}

func TestKill(t *testing.T) {
	journal := filepath.Join(t.TempDir(), "journal")
	setting := "seed=3;log=" + journal + ";collector.produced=kill:after:7"
	if status := child(t, setting); status.Signal() != syscall.SIGKILL {
		t.Errorf("the first ended with %v", status)
	}
	if status := child(t, setting); !status.Exited() || status.ExitStatus() != 0 {
		t.Errorf("the second, whose rule has had its turn, ended with %v", status)
	}
	want := []string{"child armed - seed=3 start=0 pass=0", "child kill collector.produced seed=3 start=0 pass=7", "child armed - seed=3 start=1 pass=0"}
	if diff := cmp.Diff(want, lines(t, journal)); diff != "" {
		t.Error(diff)
	}
}

// TestSeed: a seed kills at the same passes again, another seed or start at others.
func TestSeed(t *testing.T) {
	run := func(seed int) []string {
		journal := filepath.Join(t.TempDir(), "journal")
		for range 3 {
			child(t, fmt.Sprintf("seed=%d;log=%s;collector.*=kill:0.05", seed, journal))
		}
		return lines(t, journal)
	}
	first, again, other := run(7), run(7), run(8)
	if diff := cmp.Diff(first, again); diff != "" {
		t.Errorf("the same seed: %s", diff)
	}
	pass := func(line string) string { return line[strings.LastIndex(line, "=")+1:] }
	if len(first) != 6 || pass(first[1]) == pass(first[3]) && pass(first[3]) == pass(first[5]) {
		t.Errorf("three starts: %q", first)
	}
	if cmp.Equal(first, other) {
		t.Errorf("two seeds: %q", first)
	}
}

func TestStop(t *testing.T) {
	began := time.Now()
	if status := child(t, "collector.produced=stop:after:2:300ms"); status.ExitStatus() != 0 {
		t.Errorf("ended with %v", status)
	}
	if took := time.Since(began); took < 300*time.Millisecond {
		t.Errorf("stopped for %s", took)
	}
}

func TestError(t *testing.T) {
	defer func() { _ = Set("test", "") }()
	if err := Set("test", "spool.*=error:after:2:enospc;planted=lost_retry,no_token"); err != nil {
		t.Fatal(err)
	}
	got := []bool{}
	for range 3 {
		got = append(got, errors.Is(Err(SpoolFsync), syscall.ENOSPC))
	}
	if diff := cmp.Diff([]bool{false, true, false}, got); diff != "" {
		t.Error(diff)
	}
	if !Planted(LostRetry) || !Planted(NoToken) || Planted(FilterOff) {
		t.Error("other bugs are planted than asked for")
	}
}

// TestFile changes a setting while the process runs.
func TestFile(t *testing.T) {
	defer func() { _ = Set("test", "") }()
	path := filepath.Join(t.TempDir(), "setting")
	write := func(text string) {
		t.Helper()
		if err := errors.Join(os.WriteFile(path+".new", []byte(text), 0o600), os.Rename(path+".new", path)); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv(Env, "@"+path)
	if err := Check(); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("without the file: %v", err)
	}
	write("")
	if err := Start("test", slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	await := func(planted bool) {
		t.Helper()
		deadline := time.After(2 * time.Minute)
		for Planted(FilterOff) != planted {
			select {
			case <-deadline:
				t.Fatalf("not %v in time", planted)
			case <-time.After(time.Millisecond):
			}
		}
	}
	write("planted=filter_off\n")
	await(true)
	write("planted=nonsense") // is refused, and what was there stays
	write("seed=1")
	await(false)
}

func TestBadSettings(t *testing.T) {
	for text, want := range map[string]string{
		"nonsense":                          "not name=value",
		"seed=x":                            "invalid syntax",
		"log=":                              "a path is missing",
		"planted=none":                      `no planted bug "none"`,
		"nowhere=kill:1":                    `no point "nowhere"`,
		"nowhere.*=kill:1":                  `no point "nowhere.*"`,
		"spool.fsync=kill":                  "a chance or after:n is missing",
		"spool.fsync=kill:0":                "no chance",
		"spool.fsync=kill:1.1":              "no chance",
		"spool.fsync=kill:NaN":              "no chance",
		"spool.fsync=kill:after:0":          "no number above 0",
		"spool.fsync=kill:after":            "no chance",
		"spool.fsync=kill:1:2s":             "nothing more",
		"spool.fsync=stop:1":                "needs a duration",
		"spool.fsync=sleep:1:x":             "no duration",
		"spool.fsync=error:1:efoo":          "one of eio",
		"spool.fsync=burn:1":                "none of kill",
		"spool.fsynced=error:1":             "returns no errors",
		"aggregator.*=error:1":              "no point",
		"seed=x; spool.fsync=burn:1;log=/x": "burn",
	} {
		if _, err := parse(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	if _, err := parse(" seed=1 ; ;spool.*=error:0.5;*=kill:0.001;aggregator.insert=stop:0.1:1s\n"); err != nil {
		t.Error(err)
	}
}
