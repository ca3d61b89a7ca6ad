//go:build linux

package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// peer is a process that the test starts itself, and starts again whenever it ends: a database
// server, or another one of a service.
type peer struct {
	name string
	away time.Duration // between an end and the next start
	cmd  func() *exec.Cmd

	mu    sync.Mutex
	now   *exec.Cmd
	ends  int
	log   bytes.Buffer // of all its processes
	over  chan struct{}
	ended chan struct{}
}

func startPeer(t testing.TB, name string, away time.Duration, cmd func() *exec.Cmd) *peer {
	t.Helper()
	p := &peer{name: name, away: away, cmd: cmd, over: make(chan struct{}), ended: make(chan struct{})}
	go p.run()
	t.Cleanup(func() {
		close(p.over)
		p.kill()
		<-p.ended
		if t.Failed() {
			t.Logf("%s said:\n%s", name, tail(p.log.String(), 30))
		}
	})
	return p
}

func (p *peer) run() {
	defer close(p.ended)
	for {
		cmd := p.cmd()
		cmd.Stdout, cmd.Stderr = &p.log, &p.log
		cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
		p.mu.Lock()
		err := cmd.Start()
		p.now = cmd
		p.mu.Unlock()
		if err == nil {
			_ = cmd.Wait()
		}
		p.mu.Lock()
		p.now = nil
		p.ends++
		p.mu.Unlock()
		select {
		case <-p.over:
			return
		case <-time.After(p.away):
		}
	}
}

// kill ends the process with SIGKILL.
func (p *peer) kill() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.now != nil && p.now.Process != nil {
		_ = p.now.Process.Kill()
	}
}

func (p *peer) deaths() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.ends
}

// shardServers are two embedded ClickHouse servers that form a cluster. They share a port, as the
// servers of a cluster do, on loopback addresses of their own.
type shardServers struct {
	port    string
	secrets string
	servers []*peer
}

const shardAway = 1500 * time.Millisecond

func startShardServers(t testing.TB, binary string) *shardServers {
	t.Helper()
	var ports []string
	for _, addr := range stablePorts(t, 3) {
		_, port, _ := net.SplitHostPort(addr)
		ports = append(ports, port)
	}
	dir, engines := t.TempDir(), enginesDir(t)
	s := &shardServers{port: ports[0], secrets: filepath.Join(dir, "secrets")}
	if err := os.Mkdir(s.secrets, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, role := range []string{"writer", "reader", "migrator"} {
		if err := os.WriteFile(s.secret(role), []byte("of-"+role), 0o600); err != nil {
			t.Fatal(err)
		}
		t.Setenv("NOCTRA_CLICKHOUSE_"+strings.ToUpper(role)+"_PASSWORD_FILE", s.secret(role))
	}
	t.Setenv("NOCTRA_CLICKHOUSE", s.address(0))
	t.Setenv("NOCTRA_CLICKHOUSE_CLUSTER", "noctra")
	for i := range 2 {
		args := []string{"engine", "clickhouse", "--engines-dir=" + engines, "--dir=" + filepath.Join(dir, shardHost(i)), "--host=" + shardHost(i), "--port=" + ports[0],
			"--tcp-port=" + ports[1+i], "--secrets=" + s.secrets, "--clickhouse-memory-mb=1024", "--shard=" + shardHost(0) + ":" + ports[1], "--shard=" + shardHost(1) + ":" + ports[2]}
		s.servers = append(s.servers, startPeer(t, fmt.Sprint("shard ", i+1), shardAway, func() *exec.Cmd { return exec.Command(binary, args...) }))
	}
	return s
}

func shardHost(i int) string { return "127.0.0." + strconv.Itoa(i+1) }

func (s *shardServers) secret(role string) string {
	return filepath.Join(s.secrets, "clickhouse_"+role)
}

func (s *shardServers) address(i int) string {
	return "http://" + net.JoinHostPort(shardHost(i), s.port)
}

// reader is the address of a server for the reader, on its own tables or on those of the cluster.
func (s *shardServers) reader(i int, database string) string {
	u := url.URL{Scheme: "http", User: url.UserPassword("noctra_reader", "of-reader"), Host: net.JoinHostPort(shardHost(i), s.port), Path: "/", RawQuery: "database=" + database}
	return u.String()
}

func (s *shardServers) answers(i int) error {
	client := http.Client{Timeout: 2 * time.Second}
	response, err := client.Get(s.address(i) + "/ping")
	if err != nil {
		return err
	}
	return response.Body.Close()
}

func enginesDir(t testing.TB) string {
	t.Helper()
	engines, err := filepath.Abs("../engines")
	if err != nil {
		t.Fatal(err)
	}
	return engines
}

// startSecond starts another process of a service of the product, with the same settings but for
// those that are given.
func (p *product) startSecond(t testing.TB, service string, instead map[string]string) *peer {
	t.Helper()
	line, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(p.ready.Pids[service]), "cmdline"))
	if err != nil {
		t.Fatal(err)
	}
	args := strings.Split(strings.TrimRight(string(line), "\x00"), "\x00")[1:]
	for i, arg := range args {
		flag, _, _ := strings.Cut(arg, "=")
		if value, ok := instead[flag]; ok {
			args[i] = flag + "=" + value
		}
	}
	env := append(os.Environ(), p.env...)
	return startPeer(t, "second "+service, 300*time.Millisecond, func() *exec.Cmd {
		cmd := exec.Command(p.binary, args...)
		cmd.Env = env
		return cmd
	})
}

// addSite makes another site with a server key, as a person does in the dashboard, and returns the
// product with that site in place of the demo's.
func (p *product) addSite(t testing.TB, host string) *product {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	office := &http.Client{Jar: jar, Timeout: clientLimit}
	call := func(method, address, body string, into any) {
		t.Helper()
		request, err := http.NewRequest(method, address, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", "application/json")
		response, err := office.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = response.Body.Close() }()
		text, err := io.ReadAll(response.Body)
		if err == nil && into != nil {
			err = json.Unmarshal(text, into)
		}
		if err != nil || response.StatusCode >= 300 {
			t.Fatalf("%s %s: %d, %v\n%.300s", method, address, response.StatusCode, err, text)
		}
	}
	call(http.MethodGet, p.ready.Demo.SignInURL, "", nil)
	var site struct {
		ID string `json:"id"`
	}
	call(http.MethodPost, p.ready.AdminURL+"/api/v1/sites", fmt.Sprintf(`{"name": "Other", "hostnames": [%q], "time_zone": "UTC", "currency": "EUR"}`, host), &site)
	var key struct {
		Key string `json:"key"`
	}
	call(http.MethodPost, p.ready.AdminURL+"/api/v1/sites/"+site.ID+"/server-keys", `{"name": "Back end"}`, &key)
	other := &product{t: p.t, binary: p.binary, data: p.data, env: p.env, log: p.log, ready: p.ready}
	other.ready.Demo.SiteID, other.ready.Demo.ServerKey, other.ready.Demo.Hostname = json.RawMessage(strconv.Quote(site.ID)), key.Key, host
	return other
}
