package aggregator

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
)

// wire is a network path whose faults a test sets.
type wire struct {
	t     testing.TB
	proxy *toxiproxy.Proxy
}

func newWire(t testing.TB, target string) *wire {
	t.Helper()
	zerolog.SetGlobalLevel(zerolog.Disabled)
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(prometheus.NewRegistry()), zerolog.Nop())
	w := &wire{t, toxiproxy.NewProxy(server, "wire", "127.0.0.1:0", target)}
	if err := w.proxy.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.proxy.Stop)
	return w
}

// dial connects through the wire, whatever address is asked for.
func (w *wire) dial(ctx context.Context, network, _ string) (net.Conn, error) {
	return (&net.Dialer{}).DialContext(ctx, network, w.proxy.Listen)
}

// fault begins one kind of fault; upstream is the way of requests.
func (w *wire) fault(kind, stream string, attributes map[string]int) {
	w.t.Helper()
	text, err := json.Marshal(map[string]any{"type": kind, "stream": stream, "attributes": attributes})
	if err == nil {
		_, err = w.proxy.Toxics.AddToxicJson(strings.NewReader(string(text)))
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *wire) heal() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	w.proxy.Toxics.ResetToxics(ctx)
}

// front stands before ClickHouse: it adds settings to inserts, so that ClickHouse itself refuses them,
// or loses the answers.
type front struct {
	*httptest.Server
	settings atomic.Pointer[url.Values]
	lose     atomic.Bool
	lost     atomic.Int32
}

func newFront(t testing.TB, target *url.URL) *front {
	t.Helper()
	f := &front{}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			query := r.In.URL.Query()
			if extra := f.settings.Load(); extra != nil && strings.HasPrefix(query.Get("query"), "INSERT INTO events ") {
				for name := range *extra {
					query.Set(name, extra.Get(name))
				}
				r.Out.URL.RawQuery = query.Encode()
			}
		},
		ModifyResponse: func(r *http.Response) error {
			if f.lose.Load() && strings.HasPrefix(r.Request.URL.Query().Get("query"), "INSERT INTO events ") {
				f.lost.Add(1)
				panic(http.ErrAbortHandler)
			}
			return nil
		},
	}
	f.Server = httptest.NewServer(proxy)
	t.Cleanup(f.Close)
	return f
}
