package admin

import (
	"context"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"noctra/internal/postgres"
	"noctra/internal/testenv"
)

// run starts a service that is expected to end by itself.
func run(t *testing.T, c Config) error {
	t.Helper()
	s, err := New(c, Deps{Log: slog.New(slog.DiscardHandler), Registry: prometheus.NewRegistry()})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	return s.Run(ctx)
}

func TestUnknownSchema(t *testing.T) {
	for name, change := range map[string]func(*Config){
		"postgres":   func(c *Config) { c.Postgres = testenv.EmptyPostgres(t) },
		"clickhouse": func(c *Config) { c.ClickHouse = testenv.EmptyClickHouse(t) },
	} {
		c := defaults(t)
		engines(t, &c)
		change(&c)
		if err := run(t, c); err == nil || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), "noctra migrate up") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDatabasesAway(t *testing.T) {
	c := defaults(t)
	c.Postgres = postgres.Config{URL: "postgres://noctra@127.0.0.1:1/noctra?sslmode=disable"}
	c.DemoFile = filepath.Join(t.TempDir(), "demo.json")
	r := launch(t, c)
	if r.Ready() == nil {
		t.Error("ready without databases")
	}
	for path, status := range map[string]int{"/healthz": 200, "/readyz": 503, "/api/openapi.json": 200, "/set-up.css": 200} {
		if a := r.ask(r.client, "GET", path, ""); a.status != status {
			t.Errorf("%s: %d", path, a.status)
		}
	}
	for _, path := range []string{"/api/v1/me", "/sign-in?token=x", "/set-up?token=x"} {
		a := r.ask(r.client, "GET", path, "")
		if p := a.problem(t); p.Code != "starting" || a.header.Get("Retry-After") == "" {
			t.Errorf("%s: %+v", path, p)
		}
	}
	if err := r.stop(); err != nil {
		t.Errorf("stop: %v", err)
	}
}

func TestPostgresGoesAway(t *testing.T) {
	r := start(t, nil)
	key := r.demo().APIKey
	r.pool.Close()
	a := r.ask(r.client, "POST", "/api/v1/query", pageviews(r.demo().SiteID), "Authorization", "Bearer "+key)
	if p := a.problem(t); a.status != 503 || p.Code != "postgres_unavailable" || strings.Contains(a.body, "pool") {
		t.Errorf("%d %+v", a.status, p)
	}
	eventually(t, "the service is not ready", func() bool { return r.Ready() != nil })
	if strings.Contains(r.log.String(), key) {
		t.Error("the log has a key")
	}
}

func TestAddressInUse(t *testing.T) {
	r := start(t, nil)
	c := r.config
	c.Addr = r.Addr()
	if _, err := New(c, Deps{Log: r.Service.log, Registry: prometheus.NewRegistry()}); err == nil || !strings.Contains(err.Error(), "--admin-addr") {
		t.Errorf("%v", err)
	}
}

func TestHeaders(t *testing.T) {
	r := start(t, nil)
	for _, path := range []string{"/", "/sites/1", "/api/v1/me", "/api/nothing", "/healthz", "/set-up?token=x", "/sign-in"} {
		for _, method := range []string{"GET", "HEAD"} {
			a := r.ask(r.client, method, path, "")
			if a.header.Get("Content-Security-Policy") != policy || a.header.Get("X-Content-Type-Options") != "nosniff" || a.header.Get("X-Frame-Options") != "DENY" {
				t.Errorf("%s %s: %v", method, path, a.header)
			}
			for _, directive := range []string{"object-src 'none'", "base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'"} {
				if !strings.Contains(a.header.Get("Content-Security-Policy"), "; "+directive) {
					t.Errorf("%s %s: no %s", method, path, directive)
				}
			}
			if method == "HEAD" && a.body != "" {
				t.Errorf("HEAD %s has a body", path)
			}
		}
	}
	if a := r.ask(r.client, "POST", "/", ""); a.status != http.StatusMethodNotAllowed {
		t.Errorf("POST /: %d", a.status)
	}
}

// TRACE, which repeats what a request has, is answered nowhere.
func TestTrace(t *testing.T) {
	r := start(t, nil)
	for _, path := range []string{"/", "/api/v1/me", "/api/nothing", "/sign-in", "/set-up", "/healthz", "/api/openapi.json"} {
		if a := r.ask(r.client, "TRACE", path, "", "X-Canary", "repeated"); a.status != 404 && a.status != 405 || strings.Contains(a.body, "repeated") {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
	}
}

func TestPanicIsOneAnswer(t *testing.T) {
	r := start(t, nil)
	handler := r.watch(http.NewServeMux(), http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("planted") }))
	server := &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute}
	listener := listen(t)
	go func() { _ = server.Serve(listener) }()
	defer func() { _ = server.Close() }()
	if a := r.ask(r.client, "GET", "http://"+listener.Addr().String()+"/", ""); a.problem(t).Code != "internal" || strings.Contains(a.body, "planted") {
		t.Errorf("%d %s", a.status, a.body)
	}
	if !strings.Contains(r.log.String(), "planted") {
		t.Error("the log says nothing of it")
	}
}

func TestMetrics(t *testing.T) {
	r := start(t, nil)
	r.signedIn()
	r.ask(r.client, "POST", "/api/v1/query", "{}")
	found := map[string]bool{}
	families, err := r.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.Metric {
			for _, l := range m.Label {
				found[f.GetName()+" "+l.GetName()+"="+l.GetValue()] = true
			}
		}
	}
	for _, want := range []string{
		"noctra_admin_requests_total route=POST /api/v1/query", "noctra_admin_requests_total status=401", "noctra_admin_sign_ins_total result=ok", "noctra_admin_refusals_total reason=signed_out",
	} {
		if !found[want] {
			t.Errorf("no %s", want)
		}
	}
}

// While it stops, answers tell clients that keep their connection to let it go.
func TestConnectionsAreLetGo(t *testing.T) {
	r := start(t, nil)
	for _, draining := range []bool{false, true} {
		r.draining.Store(draining)
		for _, path := range []string{"/", "/api/v1/me", "/healthz"} {
			if a := r.ask(r.client, "GET", path, ""); a.last != draining {
				t.Errorf("%s, draining %v: the connection ends: %v", path, draining, a.last)
			}
		}
	}
	if a := r.ask(r.client, "GET", "/readyz", ""); a.status != 503 || r.Ready() == nil {
		t.Errorf("ready while it stops: %d", a.status)
	}
}

// Days that are over get their visits made ready by themselves, and the figures stay the same.
func TestSlicesAreMade(t *testing.T) {
	r := start(t, nil)
	demo := r.demo()
	insertEvents(t, r.config, demo.SiteID, time.Now().AddDate(0, 0, -3), 5)
	body := strings.Replace(pageviews(demo.SiteID), `"day"`, `"7d"`, 1)
	key := []string{"Authorization", "Bearer " + demo.APIKey}
	before := onlyFigure(t, r.ask(r.client, "POST", "/api/v1/query", body, key...))
	r = r.again(nil)
	eventually(t, "a slice is made", func() bool {
		var n uint64
		return r.reader.QueryRow(t.Context(), `SELECT count() FROM slices WHERE site_id = `+demo.SiteID).Scan(&n) == nil && n > 0
	})
	if after := onlyFigure(t, r.ask(r.client, "POST", "/api/v1/query", body, key...)); before != 5 || after != 5 {
		t.Errorf("%v pageviews from events, %v with the slice, want 5", before, after)
	}
}
