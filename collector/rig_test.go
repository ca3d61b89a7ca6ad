package collector

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"noctra/collector/internal/producer"
	"noctra/collector/internal/sites"
	"noctra/internal/kafka"
	"noctra/internal/postgres"
	"noctra/internal/testenv"
	"noctra/schema"
)

func TestMain(m *testing.M) {
	if os.Getenv(loadAddr) != "" { // this is the process that makes the load of a benchmark
		makeLoad()
		return
	}
	if os.Getenv(childAddr) != "" { // this is a collector that a test kills
		runChild()
		return
	}
	testenv.Main(m)
}

const (
	shopKey   = "nst_shop_0123456789ab"
	otherKey  = "nst_other_0123456789a"
	closedKey = "nst_closed_0123456789"
	serverKey = "nsk_of_the_shop_alone_0123456789"
	wideKey   = "nsk_of_the_whole_workspace_01234"
)

// knownSites is what the tests know: two sites of one workspace and a closed one.
func knownSites() sites.Source {
	site := func(id schema.SiteID, key string, hosts ...string) schema.Site {
		return schema.Site{
			ID: id, Workspace: 1, PublicKey: key, Hostnames: hosts, TimeZone: "UTC", Currency: "EUR",
			IdentityMode: schema.IdentityCookieless, IdentityKey: bytes.Repeat([]byte{byte(id)}, 32),
		}
	}
	shop, other, closed := site(7, shopKey, "shop.noctra.example", "127.0.0.1", "localhost"), site(8, otherKey, "*.other.example"), site(9, closedKey, "closed.example")
	shop.QueryParams = []string{"color"}
	other.IdentityMode, other.TimeZone, other.Currency = schema.IdentityConsented, "Asia/Kathmandu", "USD"
	closed.Archived = true
	return sites.Source{
		Sites: []schema.Site{shop, other, closed},
		Keys: []sites.ServerKey{
			{ID: 1, Workspace: 1, Hash: sha256.Sum256([]byte(serverKey)), SiteIDs: []schema.SiteID{7}},
			{ID: 2, Workspace: 1, Hash: sha256.Sum256([]byte(wideKey))},
		},
	}
}

// memory is a store that keeps events as Kafka would.
type memory struct {
	mu      sync.Mutex
	records [][]byte
	counts  []schema.Counts // of what was refused
	err     error
	panics  bool
}

func (m *memory) Send(messages *producer.Messages) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.panics && messages.Events() > 0 {
		panic("planted")
	}
	if m.err != nil {
		return m.err
	}
	for i := range messages.Len() {
		if schema.IsCounts(messages.Value(i)) {
			c, err := schema.DecodeCounts(messages.Value(i))
			if err != nil {
				panic(err)
			}
			m.counts = append(m.counts, c)
			continue
		}
		m.records = append(m.records, bytes.Clone(messages.Value(i)))
	}
	return nil
}

// take returns the events since the last call.
func (m *memory) take(t testing.TB) []schema.Event {
	t.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	events := make([]schema.Event, len(m.records))
	for i, record := range m.records {
		if err := schema.DecodeEvent(record, &events[i]); err != nil {
			t.Fatal(err)
		}
	}
	m.records = nil
	return events
}

// defaults returns the settings as the command line makes them.
func defaults(t testing.TB) Config {
	t.Helper()
	c, err := parseDefaults()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func parseDefaults() (c Config, err error) {
	parser, err := kong.New(&c, kong.Vars{"kafka_default": "127.0.0.1:1", "postgres_default": "postgres://noctra@127.0.0.1:1/noctra"})
	if err != nil {
		return c, err
	}
	if _, err := parser.Parse(nil); err != nil {
		return c, err
	}
	c.CanaryEvery = 0 // tests count their own events
	c.Addr, c.Kafka, c.Postgres = "127.0.0.1:0", kafka.Config{Brokers: []string{"127.0.0.1:1"}}, postgres.Config{URL: "postgres://noctra@127.0.0.1:1/noctra"}
	return c, nil
}

// rig is a running collector. Kafka and Postgres are away unless the test says otherwise.
type rig struct {
	*Service
	sink     *memory
	registry *prometheus.Registry
	stop     context.CancelFunc
	ended    chan struct{}
	err      error
}

// fixedNow is the time of tests whose answers are compared as they are.
var fixedNow = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func start(t testing.TB, change func(c *Config)) *rig {
	t.Helper()
	return startAt(t, change, func() time.Time { return fixedNow })
}

func startAt(t testing.TB, change func(c *Config), now func() time.Time) *rig {
	t.Helper()
	return startWith(t, change, now, nil)
}

// startWith lets prepare change the service before it runs.
func startWith(t testing.TB, change func(c *Config), now func() time.Time, prepare func(s *Service)) *rig {
	t.Helper()
	config := defaults(t)
	if change != nil {
		change(&config)
	}
	r := &rig{sink: &memory{}, registry: prometheus.NewRegistry(), ended: make(chan struct{})}
	log := slog.New(slog.NewTextHandler(testenv.Log(t, serverKey, "anna@"), nil))
	if os.Getenv("NOCTRA_TEST_LOG") != "" {
		log = slog.New(slog.NewTextHandler(os.Stderr, nil))
	}
	service, err := New(config, Deps{Log: log, Registry: r.registry, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	r.Service = service
	service.sites.Restore(knownSites())
	service.sink = r.sink
	if prepare != nil {
		prepare(service)
	}
	ctx, cancel := context.WithCancel(context.Background())
	r.stop = cancel
	go func() {
		r.err = service.Run(ctx)
		close(r.ended)
	}()
	t.Cleanup(r.end)
	return r
}

func (r *rig) end() {
	r.stop()
	<-r.ended
}

// reply is an answer as a client sees it.
type reply struct {
	Status   int
	Header   http.Header `json:"-"`
	Body     string      `json:"-"`
	Accepted int
	Rejected []struct {
		Index                    int
		ID, Field, Code, Message string
	}
}

// call sends one request. headers are pairs of name and value.
func (r *rig) call(t testing.TB, method, path, body string, headers ...string) reply {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, "http://"+r.Addr()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	if request.Header.Get("User-Agent") == "" {
		request.Header.Set("User-Agent", firefox)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	a := reply{Status: response.StatusCode, Header: response.Header, Body: string(raw)}
	if strings.HasPrefix(response.Header.Get("Content-Type"), "application/json") && len(raw) > 0 {
		if err := json.Unmarshal(raw, &a); err != nil {
			t.Fatalf("answer %q: %v", raw, err)
		}
	}
	return a
}

const firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"

// metric returns the sum of a metric's values, those with the label value alone where one is given.
func (r *rig) metric(t testing.TB, name, label string) float64 {
	t.Helper()
	families, err := r.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for _, family := range families {
		if family.GetName() != "noctra_collector_"+name {
			continue
		}
		for _, m := range family.GetMetric() {
			if label == "" || hasLabel(m, label) {
				sum += m.GetCounter().GetValue() + m.GetGauge().GetValue()
			}
		}
	}
	return sum
}

func hasLabel(m *dto.Metric, value string) bool {
	for _, l := range m.GetLabel() {
		if l.GetValue() == value {
			return true
		}
	}
	return false
}

// conserved fails the test unless received = accepted + refused.
func (r *rig) conserved(t testing.TB) {
	t.Helper()
	received, accepted, refused := r.metric(t, "events_received_total", ""), r.metric(t, "events_accepted_total", ""), r.metric(t, "events_refused_total", "")
	if received != accepted+refused {
		t.Errorf("received %v, accepted %v, refused %v", received, accepted, refused)
	}
}

// toKafka makes the service store events where it does in earnest.
func toKafka(s *Service) { s.sink = s.events }

func tempFile(t testing.TB, name string) string {
	t.Helper()
	return filepath.Join(t.TempDir(), name)
}
