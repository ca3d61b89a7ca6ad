package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"noctra/internal/engines"
)

// envMain makes the test program be noctra, also in its child processes.
const envMain = "NOCTRA_TEST_AS_MAIN"

func TestMain(m *testing.M) {
	engines.RunAs()
	if os.Getenv(envMain) != "" {
		os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// noctra prepares a run of the program.
func noctra(args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), envMain+"=1")
	return cmd
}

// freeAddr is one that nobody listens on, and that nobody is given before it is used.
func freeAddr(t *testing.T) string {
	t.Helper()
	ports, err := engines.FreePorts(1)
	if err != nil {
		t.Fatal(err)
	}
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(ports[0]))
}

// await polls until done is true.
func await(t *testing.T, what string, done func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for !done() {
		select {
		case <-ctx.Done():
			t.Fatalf("%s: not in time", what)
		case <-ticker.C:
		}
	}
}

// instance is one `noctra up`.
type instance struct {
	t      *testing.T
	cmd    *exec.Cmd
	data   string
	output *bytes.Buffer
	exited chan error
}

func start(t *testing.T, data string) *instance {
	t.Helper()
	i := &instance{t: t, data: data, output: &bytes.Buffer{}, exited: make(chan error, 1)}
	i.cmd = noctra("up", "--data", data, "--admin-addr", freeAddr(t), "--collector-addr", freeAddr(t))
	i.cmd.Stdout, i.cmd.Stderr = i.output, i.output
	if err := i.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = i.cmd.Process.Kill() })
	go func() { i.exited <- i.cmd.Wait() }()
	await(t, "ready.json of this start", func() bool {
		select {
		case err := <-i.exited:
			t.Fatalf("up ended: %v\n%s", err, i.output)
		default:
		}
		return i.pids()["up"] == i.cmd.Process.Pid
	})
	return i
}

func (i *instance) pids() map[string]int {
	var ready struct{ Pids map[string]int }
	raw, err := os.ReadFile(filepath.Join(i.data, "ready.json"))
	if err != nil || json.Unmarshal(raw, &ready) != nil {
		return nil
	}
	return ready.Pids
}

// log returns what one of the processes has logged.
func (i *instance) log(name string) string {
	raw, err := os.ReadFile(filepath.Join(i.data, "logs", name+".log"))
	if err != nil {
		return err.Error()
	}
	return string(raw)
}

// gone tells whether the process has ended. One whose parent was killed may wait for init to
// take note of that.
func gone(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return true
	}
	status, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err == nil && bytes.Contains(status, []byte(") Z "))
}

// TestUpSurvives kills every engine, then the supervisor, and starts again on the same data.
// Everything lies below a folder that only its owner may enter, as checkouts often do.
func TestUpSurvives(t *testing.T) {
	closed := filepath.Join(t.TempDir(), "closed")
	if err := os.Mkdir(closed, 0o700); err != nil {
		t.Fatal(err)
	}
	data := filepath.Join(closed, "data")
	i := start(t, data)

	if out, err := noctra("up", "--data", data, "--admin-addr", freeAddr(t)).CombinedOutput(); err == nil || !strings.Contains(string(out), "in use by another noctra") {
		t.Errorf("second start on the same data: %v %s", err, out)
	}
	i.leaveMarks()
	for _, name := range []string{"kafka", "clickhouse", "postgres", "uploader"} {
		before := i.pids()[name]
		if err := syscall.Kill(before, syscall.SIGKILL); err != nil {
			t.Fatalf("kill %s (%d): %v", name, before, err)
		}
		await(t, name+" under another pid", func() bool {
			pid := i.pids()[name]
			return pid != 0 && pid != before
		})
	}
	left := i.pids()
	if err := i.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for name, pid := range left {
		await(t, name+" ends with up", func() bool { return gone(pid) })
	}
	i = start(t, data)
	i.checkMarks(t, "after kill -9 of everything")
	left = i.pids()
	if err := i.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-i.exited:
		if err != nil {
			t.Errorf("after SIGTERM: %v\n%s", err, i.output)
		}
	case <-time.After(time.Minute):
		t.Fatal("up did not end within a minute of SIGTERM")
	}
	for name, pid := range left {
		if !gone(pid) {
			t.Errorf("%s (%d) is still there:\n%s\n%s", name, pid, i.log("up"), i.log(name))
		}
	}
	if _, err := os.Stat(filepath.Join(data, "ready.json")); err == nil {
		t.Error("ready.json is still there")
	}
}

func TestBadSettings(t *testing.T) {
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = busy.Close() }()
	refused := func(args string, want ...string) {
		t.Helper()
		var out, errs bytes.Buffer
		status := run(strings.Fields(args), &out, &errs)
		if status == 0 {
			t.Errorf("%s: status 0", args)
		}
		for _, w := range want {
			if !strings.Contains(errs.String(), w) {
				t.Errorf("%s: %q does not contain %q", args, errs.String(), w)
			}
		}
	}
	data := t.TempDir()
	refused("up --wrong", "unknown flag --wrong")
	refused("up --admin-addr=x --events-partitions=0 --kafka=q", `--admin-addr: "x"`, "--events-partitions: 0", `--kafka: "q"`)
	refused("up --data="+data+" --admin-addr="+busy.Addr().String(), "--admin-addr: cannot listen on "+busy.Addr().String(), "give another address")
	refused("up --data="+data+" --admin-addr="+freeAddr(t)+" --collector-addr="+freeAddr(t)+" --engines-dir="+data, "make engines", data)
	refused("uploader --clickhouse=q --ops-addr=x --log-level=loud", `--clickhouse: "q"`, `--ops-addr: "x"`, `--log-level: "loud"`)
	refused("migrate up --clickhouse=http://127.0.0.1:1 --postgres=postgres://u@127.0.0.1:2/d --kafka=127.0.0.1:3",
		"--clickhouse: create clickhouse database", "127.0.0.1:1 does not answer", "127.0.0.1:2 does not answer", "--kafka", "127.0.0.1:3")
	refused("sql --data="+data+" SELECT", "no noctra up runs on", data)
	refused("spool ls "+data+"/none", "none")
}

func TestConfig(t *testing.T) {
	file := filepath.Join(t.TempDir(), "noctra.yaml")
	if err := os.WriteFile(file, []byte("kafka: [file:1]\npostgres: postgres://u:hidden@h/d\nlog-level: warn\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("NOCTRA_KAFKA", "env:1")
	t.Setenv("NOCTRA_KAFKA_PLAIN", "true")
	cmd := noctra("--config="+file, "config", "collector", "--log-format=text")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{"env:1", "environment NOCTRA_KAFKA", "postgres://u:***@h/d", "file", "text", "flag", "warn"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	if strings.Contains(string(out), "hidden") {
		t.Errorf("the password is printed:\n%s", out)
	}
}
