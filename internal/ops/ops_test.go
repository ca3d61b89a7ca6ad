package ops_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"noctra/internal/ops"
	"noctra/internal/tlsconf"
	"noctra/internal/tlsconf/tlstest"
)

func TestServer(t *testing.T) {
	var problem error
	deps := ops.Deps{Log: slog.New(slog.DiscardHandler), Registry: prometheus.NewRegistry(), Ready: func() error { return problem }}
	server, err := ops.New(ops.Config{Addr: "127.0.0.1:0"}, deps)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- server.Run(ctx) }()

	check := func(path string, wantStatus int, wantBody string) {
		t.Helper()
		resp, err := http.Get("http://" + server.Addr() + path)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		body, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != wantStatus || !strings.Contains(string(body), wantBody) {
			t.Errorf("GET %s: %d %.80q, %v; want %d with %q", path, resp.StatusCode, body, err, wantStatus, wantBody)
		}
	}
	check("/healthz", 200, "ok")
	check("/readyz", 200, "ok")
	check("/metrics", 200, "go_goroutines")
	check("/debug/pprof/goroutine?debug=1", 200, "goroutine profile")
	check("/", 404, "")
	problem = errors.New("kafka does not answer")
	check("/readyz", 503, "kafka does not answer")
	check("/healthz", 200, "ok")
	problem = ops.Note("postgres is away")
	check("/readyz", 200, "ok: postgres is away")

	busy := ops.Config{Addr: server.Addr()}
	if _, err := ops.New(busy, ops.Deps{Log: deps.Log, Registry: prometheus.NewRegistry(), Ready: deps.Ready}); err == nil || !strings.Contains(err.Error(), server.Addr()) {
		t.Errorf("busy address: %v", err)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// What is private goes to other machines over TLS, or where somebody says that it need not.
func TestValidate(t *testing.T) {
	files := tlsconf.Files{CertFile: "c", KeyFile: "k"}
	for _, tc := range []struct {
		config ops.Config
		want   string
	}{
		{ops.Config{Addr: "127.0.0.1:0"}, ""},
		{ops.Config{Addr: "localhost:9091"}, ""},
		{ops.Config{Addr: ":9091"}, "is reached from other machines: give --ops-tls-cert-file and --ops-tls-key-file, or --ops-plain"},
		{ops.Config{Addr: "0.0.0.0:9091"}, "is reached from other machines"},
		{ops.Config{Addr: "10.0.0.1:9091"}, "is reached from other machines"},
		{ops.Config{Addr: "10.0.0.1:9091", Plain: true}, ""},
		{ops.Config{Addr: "10.0.0.1:9091", TLS: files}, ""},
		{ops.Config{Addr: "10.0.0.1:9091", TLS: files, Plain: true}, "--ops-plain: leave it out"},
		{ops.Config{Addr: "127.0.0.1:1", TLS: tlsconf.Files{KeyFile: "k"}}, "--ops-tls-cert-file, --ops-tls-key-file: give both"},
		{ops.Config{Addr: "9091"}, "is not host:port"},
	} {
		if err := tc.config.Validate(); (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%+v: %v, want %q", tc.config, err, tc.want)
		}
	}
}

func TestOverTLS(t *testing.T) {
	ca := tlstest.New(t)
	files := tlsconf.Files{CertFile: filepath.Join(t.TempDir(), "cert.pem"), KeyFile: filepath.Join(t.TempDir(), "key.pem")}
	deps := func() ops.Deps {
		return ops.Deps{Log: slog.New(slog.DiscardHandler), Registry: prometheus.NewRegistry(), Ready: func() error { return nil }}
	}
	if _, err := ops.New(ops.Config{Addr: "127.0.0.1:0", TLS: files}, deps()); err == nil || !strings.Contains(err.Error(), "--ops-tls-cert-file: ") {
		t.Errorf("files that are not there: %v", err)
	}
	tlstest.Write(t, files.CertFile, files.KeyFile, ca.Issue(t, "127.0.0.1", time.Now().Add(time.Hour)))
	server, err := ops.New(ops.Config{Addr: "127.0.0.1:0", TLS: files}, deps())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- server.Run(ctx) }()
	config, err := tlsconf.Client("--ca", ca.File)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: config, DisableKeepAlives: true}}
	for scheme, want := range map[string]int{"https": 200, "http": 400} {
		answer, err := client.Get(scheme + "://" + server.Addr() + "/metrics")
		if err != nil {
			t.Fatal(err)
		}
		if _ = answer.Body.Close(); answer.StatusCode != want {
			t.Errorf("%s: %d, want %d", scheme, answer.StatusCode, want)
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
