package demo

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"
)

// fakeCollector keeps what it accepts by id and checks the contract strictly.
type fakeCollector struct {
	*httptest.Server
	t   *testing.T
	now func() time.Time

	mu       sync.Mutex
	answers  []int // statuses of the next requests; then 202
	events   map[string]message
	order    []string // ids as they came, without repeats
	requests int
	repeats  int
	largest  int
	came     chan struct{} // gets a token after a request, if there is room
}

const (
	testSiteKey   = "nst_demo"
	testServerKey = "nsk_secret"
)

func newFakeCollector(t *testing.T, now func() time.Time) *fakeCollector {
	t.Helper()
	f := &fakeCollector{t: t, now: now, events: map[string]message{}, came: make(chan struct{}, 1)}
	f.Server = httptest.NewServer(f)
	t.Cleanup(f.Close)
	return f
}

func (f *fakeCollector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	defer func() {
		select {
		case f.came <- struct{}{}:
		default:
		}
	}()
	f.requests++
	events, err := readBatch(r)
	if err != nil {
		f.t.Errorf("request: %v", err)
	}
	f.largest = max(f.largest, len(events))
	if len(f.answers) > 0 {
		status := f.answers[0]
		f.answers = f.answers[1:]
		if status == http.StatusServiceUnavailable {
			w.Header().Set("Retry-After", "1")
		}
		w.WriteHeader(status)
		return
	}
	for _, e := range events {
		f.take(e)
	}
	w.WriteHeader(http.StatusAccepted)
	_, _ = fmt.Fprintf(w, `{"accepted": %d, "rejected": []}`, len(events))
}

func readBatch(r *http.Request) ([]message, error) {
	if r.Method != http.MethodPost || r.URL.Path != "/v1/events" || r.Header.Get("Authorization") != "Bearer "+testServerKey {
		return nil, fmt.Errorf("%s %s, %q", r.Method, r.URL, r.Header.Get("Authorization"))
	}
	zipped, err := gzip.NewReader(r.Body)
	if err != nil {
		return nil, err
	}
	raw, err := io.ReadAll(zipped)
	if err != nil {
		return nil, err
	}
	var body struct {
		Events []message `json:"events"`
	}
	return body.Events, json.Unmarshal(raw, &body)
}

func (f *fakeCollector) take(e message) {
	if _, known := f.events[e.ID]; known {
		f.repeats++
	} else {
		f.order = append(f.order, e.ID)
	}
	f.events[e.ID] = e
	at := time.UnixMilli(e.OccurredAt)
	now := f.now()
	if at.Before(now.Add(-7*24*time.Hour)) || at.After(now.Add(5*time.Minute)) {
		f.t.Errorf("event of %s at %s", at.UTC(), now.UTC())
	}
	if e.Site != testSiteKey || e.Type == "" || e.URL == "" {
		f.t.Errorf("event %+v", e)
	}
	if (e.Type == "sale" || e.Type == "refund") && (e.OrderID == "" || e.Amount == "" || e.Currency != "EUR") {
		f.t.Errorf("%s without its money: %+v", e.Type, e)
	}
	if e.Amount != "" {
		if amount, err := strconv.ParseFloat(e.Amount, 64); err != nil || amount <= 0 {
			f.t.Errorf("amount %q", e.Amount)
		}
	}
}

func (f *fakeCollector) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.events)
}

// await waits until holds, looking again after every request.
func (f *fakeCollector) await(what string, holds func() bool) {
	f.t.Helper()
	deadline := time.NewTimer(time.Minute)
	defer deadline.Stop()
	for !holds() {
		select {
		case <-f.came:
		case <-deadline.C:
			f.t.Fatalf("waited in vain for %s; %d events came", what, f.count())
		}
	}
}

// testKeys writes a demo file and returns its path.
func testKeys(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "demo.json")
	content := `{"site_id": "7", "workspace_id": 3, "site_key": "` + testSiteKey + `", "server_key": "` + testServerKey + `", "hostname": "shop.noctra.example", "currency": "EUR", "sign_in_url": "x"}`
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
