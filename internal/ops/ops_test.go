package ops_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"noctra/internal/ops"
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
