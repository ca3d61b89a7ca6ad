package main

import (
	"bytes"
	"log/slog"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"noctra/internal/tlsconf"
	"noctra/internal/up"
)

// TestAddressOfTheLastRun: a process of a run that was killed holds its address for a moment more.
func TestAddressOfTheLastRun(t *testing.T) {
	dying, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := free.Close(); err != nil {
		t.Fatal(err)
	}
	c := upCmd{AdminAddr: dying.Addr().String(), CollectorAddr: free.Addr().String()}
	if err := c.tryAddresses(); err == nil {
		t.Fatal("an address in use is not noticed")
	}
	timer := time.AfterFunc(300*time.Millisecond, func() { _ = dying.Close() })
	defer timer.Stop()
	if err := c.checkAddresses(t.Context()); err != nil {
		t.Error(err)
	}
}

// Where browsers reach services, and with which certificates they speak, is what up was told, also by the environment; the
// private addresses are this machine's alone.
func TestAddressesOfServices(t *testing.T) {
	data, err := up.OpenData(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = data.Close() }()
	c := &upCmd{AdminAddr: "0.0.0.0:8080", CollectorAddr: "127.0.0.1:8081", Demo: true}
	has := func(args []string, want ...string) {
		t.Helper()
		for _, w := range want {
			if !slices.Contains(args, w) {
				t.Errorf("%q lacks %s", args, w)
			}
		}
	}
	l := &layout{cmd: c, data: data, ports: make([]int, portCount)}
	has(l.admin().Args, "--admin-url=http://0.0.0.0:8080", "--collector-url=http://127.0.0.1:8081", "--admin-tls-cert-file=", "--ops-tls-cert-file=", "--ops-plain=false")
	c.AdminURL, c.CollectorURL = "https://noctra.example", "https://collect.example"
	c.AdminTLS, c.CollectorTLS = tlsconf.Files{CertFile: "a", KeyFile: "b"}, tlsconf.Files{CertFile: "c", KeyFile: "d"}
	has(l.admin().Args, "--admin-url=https://noctra.example", "--collector-url=https://collect.example", "--admin-tls-cert-file=a", "--admin-tls-key-file=b")
	has(l.collector().Args, "--collector-url=https://collect.example", "--collector-tls-cert-file=c", "--collector-tls-key-file=d")
	has(l.demo().Args, "--collector-url=https://127.0.0.1:8081")
	if err := c.Validate(); err == nil || !strings.Contains(err.Error(), "--collector-tls-cert-file: the demo's traffic") {
		t.Errorf("the demo with a certificate: %v", err)
	}
}

func TestWarnOfPlain(t *testing.T) {
	for name, tc := range map[string]struct {
		c    upCmd
		want int
	}{
		"this machine": {upCmd{AdminAddr: "127.0.0.1:1", CollectorAddr: "localhost:2"}, 0},
		"both":         {upCmd{AdminAddr: ":1", CollectorAddr: "0.0.0.0:2"}, 2},
		"one":          {upCmd{AdminAddr: ":1", CollectorAddr: "0.0.0.0:2", CollectorURL: "https://collect.example"}, 1},
		"TLS":          {upCmd{AdminAddr: ":1", CollectorAddr: "127.0.0.1:2", AdminTLS: tlsconf.Files{CertFile: "c", KeyFile: "k"}}, 0},
	} {
		var logged bytes.Buffer
		tc.c.warnOfPlain(slog.New(slog.NewTextHandler(&logged, nil)))
		if got := strings.Count(logged.String(), "without TLS"); got != tc.want {
			t.Errorf("%s: %d warnings: %s", name, got, logged.String())
		}
	}
}
