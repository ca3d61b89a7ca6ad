package admin

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/prometheus/client_golang/prometheus"

	"noctra/internal/testenv"
)

func TestMain(m *testing.M) { testenv.Main(m) }

// defaults returns the settings as the command line makes them, on databases of the test's own.
func defaults(t testing.TB) Config {
	t.Helper()
	var c Config
	parser, err := kong.New(&c, kong.Vars{"postgres_default": "postgres://noctra@127.0.0.1:1/noctra", "clickhouse_default": "http://127.0.0.1:1"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse(nil); err != nil {
		t.Fatal(err)
	}
	c.CanaryEvery = 0 // tests of it turn it on
	c.ExportsDir = t.TempDir()
	c.Addr, c.CollectorURL = "127.0.0.1:0", "https://collect.noctra.example"
	return c
}

// engines gives c databases of the test's own.
func engines(t testing.TB, c *Config) {
	t.Helper()
	c.Postgres, c.ClickHouse = testenv.Postgres(t), testenv.ClickHouse(t)
}

// rig is a running service.
type rig struct {
	*Service
	t      testing.TB
	url    string
	log    *safeBuffer
	end    context.CancelFunc
	ended  chan error
	client *http.Client
	offset *clock

	registry *prometheus.Registry
}

// clock is the real one, moved.
type clock struct {
	mu    sync.Mutex
	by    time.Duration
	still time.Time // where it stands; zero: it goes
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.still.IsZero() {
		return c.still.Add(c.by)
	}
	return time.Now().Add(c.by)
}

// stop makes the clock stand, so that only move goes on.
func (c *clock) stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.still = time.Now()
}

func (c *clock) move(by time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.by += by
}

// start runs a service with the demo; change may alter its settings.
func start(t testing.TB, change func(*Config)) *rig {
	t.Helper()
	c := defaults(t)
	c.DemoFile = filepath.Join(t.TempDir(), "demo.json")
	if change != nil {
		change(&c)
	}
	if c.Postgres.PasswordFile == "" {
		engines(t, &c)
	}
	r := launch(t, c)
	eventually(t, "the service is ready", func() bool { return r.Ready() == nil })
	return r
}

// launch starts a service without waiting for it.
func launch(t testing.TB, c Config) *rig {
	t.Helper()
	r := &rig{t: t, log: &safeBuffer{}, ended: make(chan error, 1), offset: &clock{}, registry: prometheus.NewRegistry()}
	var err error
	r.Service, err = New(c, Deps{Log: slog.New(slog.NewTextHandler(r.log, nil)), Registry: r.registry, Now: r.offset.now})
	if err != nil {
		t.Fatal(err)
	}
	r.url = "http://" + r.Addr()
	r.client = r.browser()
	ctx, cancel := context.WithCancel(context.Background())
	r.end = cancel
	go func() { r.ended <- r.Run(ctx) }()
	t.Cleanup(func() { _ = r.stop() })
	return r
}

func listen(t testing.TB) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// stop ends the service and returns what Run returned; a second call does nothing.
func (r *rig) stop() error {
	if r.end == nil {
		return nil
	}
	r.end()
	r.end = nil
	err := <-r.ended
	for _, leak := range testenv.Leaks([]byte(r.log.String()), goodPassword) {
		r.t.Errorf("the log has %s", leak)
	}
	if r.t.Failed() {
		r.t.Logf("log of the service:\n%s", r.log)
	}
	return err
}

// browser returns a client with cookies of its own that does not follow redirects.
func (r *rig) browser() *http.Client {
	jar, err := cookiejar.New(nil)
	if err != nil {
		r.t.Fatal(err)
	}
	return &http.Client{Jar: jar, Timeout: time.Minute, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// reply is an answer that was read as a whole.
type reply struct {
	status int
	header http.Header
	body   string
	last   bool // the connection ends with it
}

// problem reads the answer as a problem.
func (a reply) problem(t testing.TB) Problem {
	t.Helper()
	var p Problem
	if err := json.Unmarshal([]byte(a.body), &p); err != nil || a.header.Get("Content-Type") != "application/problem+json" {
		t.Fatalf("%d %s is no problem: %v\n%s", a.status, a.header.Get("Content-Type"), err, a.body)
	}
	if p.Status != a.status || p.Detail == "" || p.Title == "" || p.Type != "about:blank" {
		t.Errorf("problem %+v with status %d", p, a.status)
	}
	return p
}

// ask sends a request; headers are pairs.
func (r *rig) ask(client *http.Client, method, path, body string, headers ...string) reply {
	r.t.Helper()
	if strings.HasPrefix(path, "/") {
		path = r.url + path
	}
	request, err := http.NewRequestWithContext(r.t.Context(), method, path, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := client.Do(request)
	if err != nil {
		r.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		r.t.Fatalf("%s %s: %v", method, path, err)
	}
	return reply{response.StatusCode, response.Header, string(text), response.Close}
}

// demo reads the demo's file.
func (r *rig) demo() demoKeys {
	r.t.Helper()
	var keys demoKeys
	if ok, err := readSecretFile(r.config.DemoFile, &keys); err != nil || !ok {
		r.t.Fatalf("demo file: %v, %v", ok, err)
	}
	return keys
}

// signedIn returns a browser with a session of the demo's account.
func (r *rig) signedIn() *http.Client {
	r.t.Helper()
	client := r.browser()
	if a := r.ask(client, "GET", "/sign-in?token="+tokenOf(r.demo().SignInURL), ""); a.status != http.StatusSeeOther || a.header.Get("Location") != "/" {
		r.t.Fatalf("sign-in: %d %s", a.status, a.header.Get("Location"))
	}
	return client
}

// sql runs a statement on Postgres.
func (r *rig) sql(statement string, args ...any) {
	r.t.Helper()
	if _, err := r.pool.Exec(r.t.Context(), statement, args...); err != nil {
		r.t.Fatalf("%.60s: %v", statement, err)
	}
}

// eventually asks again until yes says so.
func eventually(t testing.TB, what string, yes func() bool) {
	t.Helper()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	limit := time.After(time.Minute)
	for !yes() {
		select {
		case <-limit:
			t.Fatalf("%s: not within a minute", what)
		case <-ticker.C:
		}
	}
}

// safeBuffer is a buffer that may be read while it is written.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}
