package demo

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"noctra/demo/internal/crowd"
	"noctra/internal/kafka"
	"noctra/internal/testenv"
)

func TestMain(m *testing.M) { testenv.Main(m) }

func testConfig(t *testing.T, collector *fakeCollector) Config {
	t.Helper()
	return Config{
		ShopAddr: "127.0.0.1:0", Dir: t.TempDir(), DemoFile: testKeys(t), CollectorURL: collector.URL, AdminURL: "http://127.0.0.1:1",
		Traffic: "on", HistoryDays: 2, Seed: 1, Kafka: kafka.Config{Brokers: []string{"127.0.0.1:1"}},
	}
}

// running is a demo that runs until the test ends.
type running struct {
	*Service
	dir string
}

func start(t *testing.T, cfg Config) *running {
	t.Helper()
	s, err := New(cfg, Deps{Log: slog.New(slog.DiscardHandler), Registry: prometheus.NewRegistry(), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the demo ends with %v", err)
		}
	})
	return &running{s, cfg.Dir}
}

// shop waits until the shop says where it is.
func (r *running) shop(t *testing.T) string {
	t.Helper()
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	deadline := time.After(time.Minute)
	for {
		raw, err := os.ReadFile(filepath.Join(r.dir, "shop.json"))
		if err == nil && r.Ready() == nil {
			var content struct{ URL string }
			if err := json.Unmarshal(raw, &content); err != nil {
				t.Fatal(err)
			}
			return content.URL
		}
		select {
		case <-ticker.C:
		case <-deadline:
			t.Fatalf("the shop does not open: %v, %v", err, r.Ready())
		}
	}
}

func request(t *testing.T, method, address, body string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(raw)
}

func TestHistoryAndLiveTrafficReachTheCollector(t *testing.T) {
	collector := newFakeCollector(t, time.Now)
	collector.answers = []int{503}
	r := start(t, testConfig(t, collector))
	if _, page := request(t, http.MethodGet, r.shop(t)+"/", ""); !strings.Contains(page, `data-site="`+testSiteKey+`"`) {
		t.Error("the shop is not measured")
	}
	yesterday := time.Now().UTC().Truncate(day).UnixMilli()
	live := time.Now().UnixMilli()
	seen := func(holds func(at int64) bool) func() bool {
		return func() bool {
			collector.mu.Lock()
			defer collector.mu.Unlock()
			n := 0
			for _, e := range collector.events {
				if holds(e.OccurredAt) {
					n++
				}
			}
			return n > 0
		}
	}
	collector.await("history of yesterday", seen(func(at int64) bool { return at < yesterday }))
	collector.await("live traffic", seen(func(at int64) bool { return at > live }))
	if collector.largest > 1000 {
		t.Errorf("a batch of %d events", collector.largest)
	}
}

func TestTrafficOffMakesNoEvent(t *testing.T) {
	collector := newFakeCollector(t, time.Now)
	cfg := testConfig(t, collector)
	cfg.Traffic = "off"
	r := start(t, cfg)
	shop := r.shop(t)
	if status, body := request(t, http.MethodPost, shop+"/_traffic", "on"); status != http.StatusConflict {
		t.Errorf("switching on: %d %s", status, body)
	}
	if r.State() != "off" {
		t.Error("there is live traffic")
	}
	if _, err := os.Stat(filepath.Join(cfg.Dir, "history.json")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("there is a history: %v", err)
	}
	if collector.requests != 0 {
		t.Errorf("%d requests", collector.requests)
	}
}

func TestShopSwitchesLiveTraffic(t *testing.T) {
	collector := newFakeCollector(t, time.Now)
	r := start(t, testConfig(t, collector))
	shop := r.shop(t)
	for _, wanted := range []string{"off", "on"} {
		if status, body := request(t, http.MethodPost, shop+"/_traffic", wanted); status != http.StatusOK {
			t.Fatalf("%s: %d %s", wanted, status, body)
		}
		if got := r.State() == "paused"; got != (wanted == "off") {
			t.Errorf("after %s: paused %v", wanted, got)
		}
	}
}

func TestLiveTrafficIsGentle(t *testing.T) {
	now := noon
	l := newLive(crowd.Main(), &memory{}, 1, func() time.Time { return now })
	l.random = rand.New(rand.NewPCG(1, 2))
	pass := func(d time.Duration) (events int) {
		for range int(d / tick) {
			due := l.advance(now, now.Add(tick))
			now = now.Add(tick)
			for _, r := range due {
				if r.step.At.After(now) {
					t.Fatalf("step of %s at %s", r.step.At, now)
				}
			}
			events += len(due)
		}
		return events
	}
	if first := pass(15 * time.Second); first < 5 || first > 60 {
		t.Errorf("%d events in the first 15 seconds", first)
	}
	if rate := float64(pass(15*time.Minute)) / 900; rate < 1 || rate > 3 {
		t.Errorf("%.2f events a second while it is watched", rate)
	}
	pass(20 * time.Minute)
	if rate := float64(pass(time.Hour)) / 3600; rate < 0.03 || rate > 0.25 {
		t.Errorf("%.3f events a second later", rate)
	}
	l.setPaused(true)
	if n := pass(time.Minute); n != 0 {
		t.Errorf("%d events while paused", n)
	}
	l.setPaused(false)
	if n := pass(time.Minute); n == 0 {
		t.Error("no events after resuming")
	}
	if due := l.advance(now, now.Add(time.Hour)); len(due) > 3000 {
		t.Errorf("%d events after an hour without the collector", len(due))
	}
}

func TestKeysAreAwaitedAndChecked(t *testing.T) {
	path := filepath.Join(t.TempDir(), "demo.json")
	got := make(chan error, 1)
	go func() {
		_, err := awaitKeys(t.Context(), path)
		got <- err
	}()
	if err := os.WriteFile(path+".new", []byte(`{"site_id": 1, "site_key": "a", "server_key": "b", "hostname": "c"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
	if err := <-got; err != nil {
		t.Error(err)
	}
	for _, content := range []string{"", "{}", `{"site_id": "x"}`, `{"site_id": -1, "site_key": "a", "server_key": "b", "hostname": "c"}`} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if k, err := awaitKeys(t.Context(), path); err == nil {
			t.Errorf("%q: got %+v", content, k)
		}
	}
}

func TestConfigReportsAllProblems(t *testing.T) {
	err := Config{ShopAddr: "x", CollectorURL: "ftp://x", AdminURL: "", Traffic: "maybe", HistoryDays: -1}.Validate()
	if err == nil {
		t.Fatal("nothing is wrong")
	}
	for _, flag := range []string{"--shop-addr", "--demo-dir", "--demo-file", "--collector-url", "--admin-url", "--traffic", "--history-days", "--kafka"} {
		if !strings.Contains(err.Error(), flag) {
			t.Errorf("%s is not named in: %v", flag, err)
		}
	}
}
