package bench

import (
	"bytes"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/valyala/fasthttp"
)

func TestFigures(t *testing.T) {
	var f Figures
	f.atLeast("enough", 0.9, 0.9, "")
	f.atMost("few", 250, 250, "ms")
	if err := f.missed(); err != nil {
		t.Errorf("kept limits: %v", err)
	}
	f.atLeast("not enough", 0.89, 0.9, "")
	f.atMost("too many", 1, 0, "")
	if err := f.missed(); !errors.Is(err, errMissed) || !strings.Contains(err.Error(), "not enough") {
		t.Errorf("a missed limit: %v", err)
	}
	var said bytes.Buffer
	f.say(&said)
	if got := strings.Count(said.String(), "FAIL"); got != 2 || strings.Count(said.String(), "\n") != 4 {
		t.Errorf("said %q", said.String())
	}
}

// The balancer asks another collector where one cannot be reached, gives up connections that are to
// be closed, and keeps its own clients' open.
func TestBalancer(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &fasthttp.Server{Handler: func(ctx *fasthttp.RequestCtx) {
		ctx.SetStatusCode(fasthttp.StatusAccepted)
		ctx.SetConnectionClose()
	}}
	go func() { _ = server.Serve(listener) }()
	nobody, err := freeAddr()
	if err != nil {
		t.Fatal(err)
	}
	b, err := startBalancer(t.Context(), []string{nobody, listener.Addr().String()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := b.stop(); err != nil {
			t.Error(err)
		}
	}()
	l := load{url: b.url(), connections: 4, batch: 1, duration: 300 * time.Millisecond, site: "nst_a"}
	result, err := l.run(t.Context())
	if err != nil || len(result.Refused) > 0 || result.Requests < 8 {
		t.Errorf("%d requests, failed %v, %v", result.Requests, result.Refused, err)
	}
	if opened := b.server.GetOpenConnectionsCount(); opened > 4 {
		t.Errorf("%d connections of 4 clients", opened)
	}
	if err := server.Shutdown(); err != nil {
		t.Fatal(err)
	}
	if result, err = l.run(t.Context()); err != nil || result.Events > 0 || result.failed() != result.Requests {
		t.Errorf("with nobody there %d were acknowledged, %v, %v", result.Events, result.Refused, err)
	}
}
