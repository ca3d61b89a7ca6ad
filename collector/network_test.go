package collector

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	kafkago "github.com/segmentio/kafka-go"

	"noctra/internal/kafka"
	"noctra/internal/testenv"
	"noctra/schema"
)

// wire is a network path to one address whose faults a test sets.
type wire struct {
	t     testing.TB
	proxy *toxiproxy.Proxy
}

func newWire(t testing.TB, target string) *wire {
	t.Helper()
	zerolog.SetGlobalLevel(zerolog.Disabled) // some faults trace what they do
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
	var d net.Dialer
	return d.DialContext(ctx, network, w.proxy.Listen)
}

// toxic is one fault. Down is the way of answers, up that of requests.
type toxic struct {
	Type       string         `json:"type"`
	Stream     string         `json:"stream"`
	Attributes map[string]int `json:"attributes"`
}

func (w *wire) add(faults ...toxic) {
	w.t.Helper()
	for _, fault := range faults {
		text, err := json.Marshal(fault)
		if err == nil {
			_, err = w.proxy.Toxics.AddToxicJson(strings.NewReader(string(text)))
		}
		if err != nil {
			w.t.Fatal(err)
		}
	}
}

func (w *wire) heal() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	w.proxy.Toxics.ResetToxics(ctx)
}

// issued are events with known content that were sent, with what the answers said.
type issued struct {
	mu    sync.Mutex
	wait  sync.WaitGroup
	stop  chan struct{}
	name  string
	taken map[string]bool
	other map[int]int // answers that were not 202, by status
	worst time.Duration
}

// send lets clients send until end is called, each one event after the other.
func (s *issued) send(t *testing.T, r *rig, clients int) {
	s.stop, s.taken, s.other = make(chan struct{}), map[string]bool{}, map[int]int{}
	for client := range clients {
		s.wait.Go(func() {
			http := &http.Client{Timeout: time.Minute, Transport: &http.Transport{}}
			defer http.CloseIdleConnections()
			for n := 0; ; n++ {
				select {
				case <-s.stop:
					return
				default:
				}
				s.one(t, r, http, fmt.Sprintf("%s-%d-%d", s.name, client, n))
			}
		})
	}
}

func (s *issued) one(t *testing.T, r *rig, client *http.Client, id string) {
	body := fmt.Sprintf(`{"id":%q,"type":"pageview","site":%q,"url":"https://shop.noctra.example/%s","title":"Title of %s"}`, id, shopKey, id, id)
	request, err := http.NewRequestWithContext(context.Background(), http.MethodPost, "http://"+r.Addr()+"/v1/events", strings.NewReader(body))
	if err != nil {
		t.Error(err)
		return
	}
	request.Header.Set("User-Agent", firefox)
	began := time.Now()
	response, err := client.Do(request)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.worst = max(s.worst, time.Since(began))
	if err != nil {
		s.other[0]++
		return
	}
	_ = response.Body.Close()
	if response.StatusCode == 202 {
		s.taken[id] = true
		return
	}
	s.other[response.StatusCode]++
	if response.Header.Get("Retry-After") == "" {
		t.Errorf("%s: %d without Retry-After", id, response.StatusCode)
	}
}

func (s *issued) acknowledged() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.taken)
}

func (s *issued) end() {
	close(s.stop)
	s.wait.Wait()
}

// judge compares what was acknowledged with what events, by id, came out: nothing is missing, and
// each is as it was sent.
func (s *issued) judge(t *testing.T, stored map[string]schema.Event) {
	t.Helper()
	for id := range s.taken {
		e, found := stored[id]
		switch {
		case !found:
			t.Errorf("%s was acknowledged and is lost", id)
		case e.Title != "Title of "+id || e.Path != "/"+id || e.Site != 7:
			t.Errorf("%s is stored as %q, %q of site %d", id, e.Title, e.Path, e.Site)
		}
	}
}

// storedIn returns the events of Kafka whose ids have the prefix.
func storedIn(t *testing.T, config kafka.Config, prefix string) map[string]schema.Event {
	t.Helper()
	stored := map[string]schema.Event{}
	consume(t, config, schema.TopicEvents, func(_ int, value []byte) {
		var e schema.Event
		if schema.DecodeEvent(value, &e) == nil && strings.HasPrefix(e.ID, prefix) {
			stored[strings.Clone(e.ID)] = e
		}
	})
	return stored
}

// networkFaults are what a network does, each to connections that worked. direct says that Kafka
// may stay usable, so that nothing has to be spooled.
var networkFaults = []struct {
	name   string
	direct bool
	faults []toxic
}{
	{"slow", true, []toxic{{"latency", "downstream", map[string]int{"latency": 150, "jitter": 50}}}},
	{"too slow", false, []toxic{{"latency", "downstream", map[string]int{"latency": 4000}}}},
	{"narrow", true, []toxic{{"bandwidth", "upstream", map[string]int{"rate": 1}}}},
	{"answers lost", false, []toxic{{"timeout", "downstream", map[string]int{"timeout": 0}}}},
	{"requests lost", false, []toxic{{"timeout", "upstream", map[string]int{"timeout": 0}}}},
	{"half-open", false, []toxic{{"timeout", "upstream", map[string]int{"timeout": 0}}, {"timeout", "downstream", map[string]int{"timeout": 0}}}},
	{"reset", false, []toxic{{"reset_peer", "downstream", map[string]int{"timeout": 20}}}},
	{"closed in an answer", false, []toxic{{"limit_data", "downstream", map[string]int{"bytes": 30}}}},
	{"in slices", true, []toxic{{"slicer", "upstream", map[string]int{"average_size": 400, "size_variation": 300, "delay": 100}}}},
}

// Whatever the network to Kafka does, every event is answered with 202 in time, by the spool where
// it must be; after it has healed events go to Kafka again within seconds, and Kafka has everything
// that was acknowledged, as it was sent.
func TestNetworkFaultsToKafka(t *testing.T) {
	t.Parallel()
	broker := testenv.Kafka(t)
	ensureTopics(t, broker)
	for _, tc := range networkFaults {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			path := newWire(t, broker.Brokers[0])
			r := startThrough(t, broker, path, nil)
			way := func(name string) float64 { return r.metric(t, "events_stored_total", name) }
			sent := issued{name: "net-" + strings.ReplaceAll(tc.name, " ", "-")}
			sent.send(t, r, 4)
			eventually(t, "events go to kafka", func() bool { return way("kafka") > 50 })
			path.add(tc.faults...)
			before := sent.acknowledged()
			eventually(t, "events are acknowledged", func() bool { return sent.acknowledged() > before+15 && (tc.direct || way("spool") > 0) })
			path.heal()
			healed := time.Now()
			eventually(t, "the spool is drained", func() bool { return r.spool.Empty() && r.events.Works() })
			direct := way("kafka")
			eventually(t, "events go to kafka again", func() bool { return way("kafka") > direct+50 })
			back := time.Since(healed)
			sent.end()
			eventually(t, "the spool is empty", r.spool.Empty)
			stored := storedIn(t, broker, sent.name)
			sent.judge(t, stored)
			if len(sent.other) > 0 || sent.worst > slow {
				t.Errorf("answers other than 202: %v, the slowest took %s", sent.other, sent.worst)
			}
			if back > time.Minute {
				t.Errorf("back after %s", back)
			}
			t.Logf("%d acknowledged, %v by the spool, slowest %s, back after %s", len(sent.taken), way("spool"), sent.worst, back)
			r.conserved(t)
		})
	}
}

// startThrough starts a collector with a spool that reaches Kafka through path alone.
func startThrough(t *testing.T, broker kafka.Config, path *wire, change func(c *Config)) *rig {
	t.Helper()
	r := startWith(t, func(c *Config) {
		c.Kafka, c.SpoolDir, c.SpoolBytes = broker, filepath.Join(t.TempDir(), "spool"), 64<<20
		if change != nil {
			change(c)
		}
	}, nil, func(s *Service) {
		s.kafka.Transport.(*kafkago.Transport).Dial = path.dial
		s.sink = s.keeper
	})
	eventually(t, "kafka is known", func() bool { return r.events.Ready() == nil })
	return r
}
