//go:build kafka && linux

package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// member is an aggregator of its own beside the product's, with the same settings.
type member struct {
	cmd     *exec.Cmd
	metrics string
}

// startMember starts an aggregator as the product did, on another address of metrics.
func (s *stage) startMember(t *testing.T) (*member, error) {
	if err := s.readReady(); err != nil {
		return nil, err
	}
	line, err := os.ReadFile(filepath.Join("/proc", fmt.Sprint(s.ready.Pids["aggregator"]), "cmdline"))
	if err != nil {
		return nil, err
	}
	addr := stablePorts(t, 1)[0]
	args := strings.Split(strings.TrimRight(string(line), "\x00"), "\x00")[1:]
	for i, arg := range args {
		if strings.HasPrefix(arg, "--ops-addr=") {
			args[i] = "--ops-addr=" + addr
		}
	}
	log := &bytes.Buffer{}
	cmd := exec.Command(s.binary, args...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start an aggregator: %w", err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // mostly it has ended long ago
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("the other aggregator said:\n%s", tail(log.String(), 40))
		}
	})
	return &member{cmd: cmd, metrics: "http://" + addr + "/metrics"}, nil
}

// shares returns nil when the member has events of some partitions.
func (m *member) shares() error {
	text, err := metricsOf(m.metrics)
	if err != nil {
		return err
	}
	if strings.Contains(text, "\nnoctra_aggregator_events_received_total 0\n") {
		return errors.New("the other aggregator has received nothing")
	}
	return nil
}

// membersChange has a second aggregator join, the first freeze for longer than the group waits for
// it and wake up again, and the second die.
func (s *stage) membersChange(t *testing.T) {
	var second *member
	s.during(t,
		step{time.Second, func() (err error) { second, err = s.startMember(t); return err }},
		step{9 * time.Second, func() error { return second.shares() }},
		step{9 * time.Second, func() error { s.signal("aggregator", syscall.SIGSTOP); return nil }},
		step{19 * time.Second, func() error { s.signal("aggregator", syscall.SIGCONT); return nil }},
		step{23 * time.Second, func() error { return expectAccounted(second.metrics) }},
		step{23 * time.Second, func() error { return second.cmd.Process.Kill() }},
		step{25 * time.Second, func() error { return nil }},
	)
}

// expectAccounted checks that an aggregator can say of every message what became of it.
func expectAccounted(metrics string) error {
	text, err := metricsOf(metrics)
	if err != nil {
		return err
	}
	seen := 0
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "noctra_unaccounted_events{") {
			continue
		}
		seen++
		if !strings.HasSuffix(line, " 0\n") {
			err = errors.Join(err, errors.New(strings.TrimSpace(line)))
		}
	}
	if seen == 0 {
		err = errors.New("there is no noctra_unaccounted_events")
	}
	return err
}

func metricsOf(url string) (string, error) {
	client := http.Client{Timeout: 30 * time.Second}
	response, err := client.Get(url)
	if err != nil {
		return "", err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	return string(text), err
}

// signal sends a signal to a process of the product, and returns its pid.
func (p *product) signal(name string, sig syscall.Signal) int {
	p.t.Helper()
	if err := p.readReady(); err != nil {
		p.t.Fatal(err)
	}
	pid := p.ready.Pids[name]
	if err := syscall.Kill(pid, sig); err != nil {
		p.t.Fatalf("%s to %s (pid %d): %v", sig, name, pid, err)
	}
	return pid
}

// kill ends a process of the product with SIGKILL, and waits until another runs in its place.
func (p *product) kill(name string) {
	p.t.Helper()
	old := p.signal(name, syscall.SIGKILL)
	p.await("new pid of "+name, 2*time.Minute, func() error {
		if err := p.readReady(); err != nil {
			return err
		}
		if pid := p.ready.Pids[name]; pid == old || pid == 0 || !alive(pid) {
			return fmt.Errorf("pid of %s is %d", name, pid)
		}
		return nil
	})
}
