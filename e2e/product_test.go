package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// readyFile is what `noctra up` writes when everything answers.
type readyFile struct {
	AdminURL     string            `json:"admin_url"`
	CollectorURL string            `json:"collector_url"`
	Kafka        string            `json:"kafka"`
	ClickHouse   string            `json:"clickhouse"`
	Postgres     string            `json:"postgres"`
	Metrics      map[string]string `json:"metrics"`
	Pids         map[string]int    `json:"pids"`
	Fakes        map[string]string `json:"fakes"`
	Demo         struct {
		SiteID      json.RawMessage `json:"site_id"`
		SiteKey     string          `json:"site_key"`
		ServerKey   string          `json:"server_key"`
		APIKey      string          `json:"api_key"`
		SignInURL   string          `json:"sign_in_url"`
		Hostname    string          `json:"hostname"`
		Currency    string          `json:"currency"`
		WorkspaceID json.RawMessage `json:"workspace_id"`
	} `json:"demo"`
}

// product is one running `noctra up --demo`.
type product struct {
	t      testing.TB
	binary string
	data   string
	args   []string
	env    []string // settings besides
	cmd    *exec.Cmd
	exited chan error
	log    *bytes.Buffer
	ready  readyFile
}

const (
	startLimit  = 4 * time.Minute
	clientLimit = 2 * time.Minute // longer than a frozen process and the longest answer together
)

// buildBinary builds noctra, so that what is tested is what is checked out.
func buildBinary(t testing.TB, flags ...string) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "noctra")
	build := exec.Command("go", append(append([]string{"build"}, flags...), "-o", binary, "noctra")...)
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return binary
}

// upArgs start the product on free addresses.
func upArgs(t testing.TB, data string) []string {
	addrs := stablePorts(t, 3)
	return []string{"up", "--demo", "--data", data, "--admin-addr", addrs[0], "--collector-addr", addrs[1], "--shop-addr", addrs[2]}
}

func (p *product) start() {
	p.t.Helper()
	engines, err := filepath.Abs("../engines")
	if err != nil {
		p.t.Fatal(err)
	}
	p.log = &bytes.Buffer{}
	p.cmd = exec.Command(p.binary, p.args...)
	p.cmd.Env = append(os.Environ(), "NOCTRA_DEMO_TRAFFIC=off", "NOCTRA_ENGINES_DIR="+engines)
	p.cmd.Env = append(p.cmd.Env, p.env...)
	p.cmd.Stdout, p.cmd.Stderr = p.log, p.log
	if err := p.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	p.exited = make(chan error, 1)
	go func(cmd *exec.Cmd, exited chan<- error) { exited <- cmd.Wait() }(p.cmd, p.exited)
	p.await("ready.json of this start", startLimit, func() error {
		select {
		case err := <-p.exited:
			p.cmd = nil
			p.t.Fatalf("up ended before it was ready: %v\n%s", err, p.log)
		default:
		}
		return p.readReady()
	})
}

// readReady reads ready.json, and refuses one that an earlier start left.
func (p *product) readReady() error {
	r, err := readReadyFile(p.data)
	if errors.Is(err, errNotWhole) {
		p.t.Fatal(err)
	}
	if err != nil {
		return err
	}
	if r.Pids["up"] != p.cmd.Process.Pid {
		return fmt.Errorf("ready.json is of pid %d", r.Pids["up"])
	}
	p.ready = r
	return nil
}

var errNotWhole = errors.New("ready.json is not whole")

func readReadyFile(data string) (r readyFile, err error) {
	body, err := os.ReadFile(filepath.Join(data, "ready.json"))
	if err != nil {
		return r, err
	}
	if err := json.Unmarshal(body, &r); err != nil {
		return r, fmt.Errorf("%w: %w\n%s", errNotWhole, err, body)
	}
	return r, nil
}

// stop sends SIGTERM and checks the promises about the end: status 0 within 20 s, nothing left.
func (p *product) stop() {
	p.t.Helper()
	if err := p.readReady(); err != nil {
		p.t.Fatal(err)
	}
	pids := p.ready.Pids
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Fatal(err)
	}
	select {
	case err := <-p.exited:
		if err != nil {
			p.t.Errorf("up ended with %v, want status 0\n%s", err, p.log)
		}
	case <-time.After(time.Minute):
		p.t.Fatalf("up still runs a minute after SIGTERM\n%s", p.log)
	}
	for name, pid := range pids {
		if alive(pid) {
			p.t.Errorf("%s (pid %d) outlived up", name, pid)
		}
	}
	if _, err := os.Stat(filepath.Join(p.data, "ready.json")); !errors.Is(err, fs.ErrNotExist) {
		p.t.Errorf("ready.json is still there: %v", err)
	}
	p.cmd = nil
}

// stopHard ends what is left when a test is over.
func (p *product) stopHard() {
	if p.cmd == nil {
		return
	}
	if p.t.Failed() {
		p.t.Logf("output of up:\n%s", tail(p.log.String(), 60))
	}
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case err := <-p.exited:
		p.t.Logf("up ended: %v", err)
	case <-time.After(time.Minute):
		_ = p.cmd.Process.Kill()
		p.t.Logf("up was killed: %v", <-p.exited)
	}
}

// await asks again until check succeeds; it fails the test with the last error after the limit.
func (p *product) await(what string, limit time.Duration, check func() error) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for {
		err := check()
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			p.t.Fatalf("%s: not within %s: %v\n%s", what, limit, err, tail(p.log.String(), 40))
		case <-ticker.C:
		}
	}
}

// output runs the command to its end, for starts that must fail.
func (p *product) output() (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, p.binary, p.args...).CombinedOutput()
	return string(out), err
}

// stablePorts returns addresses that nothing listens on, below those that the system gives to
// outgoing connections and those that engines choose: while a process is down, nobody else may be
// given its port.
func stablePorts(t testing.TB, n int) []string {
	t.Helper()
	const first, last = 10000, 20000
	var addrs []string
	for range 100 * n {
		listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", first+rand.IntN(last-first)))
		if err != nil {
			continue
		}
		defer func() { _ = listener.Close() }() // held until the last is found, so that they differ
		if addrs = append(addrs, listener.Addr().String()); len(addrs) == n {
			return addrs
		}
	}
	t.Fatalf("no %d free ports between %d and %d", n, first, last)
	return nil
}

func alive(pid int) bool { return pid > 0 && syscall.Kill(pid, 0) == nil }

func tail(text string, lines int) string {
	all := strings.Split(strings.TrimRight(text, "\n"), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}
