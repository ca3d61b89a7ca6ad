package aggregator

import (
	"net/url"
	"strings"
	"testing"
	"time"

	kafkago "github.com/segmentio/kafka-go"
)

func (w *world) clickHouseAddress() *url.URL {
	w.t.Helper()
	target, err := url.Parse(w.config.ClickHouse.Addr)
	if err != nil {
		w.t.Fatal(err)
	}
	return target
}

// TestClickHouseTrouble: ClickHouse refuses inserts for one reason after the other, or does them and
// its answers are lost. Each is named, nothing is skipped, and nothing is stored twice.
func TestClickHouseTrouble(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	f := newFront(t, w.clickHouseAddress())
	w.config.ClickHouse.Addr = f.URL
	setting := func(name, value string) func() {
		return func() { f.settings.Store(&url.Values{name: {value}}) }
	}
	normal := func() { f.settings.Store(nil) }
	r := w.start(nil)
	sent := 0
	for _, c := range []struct {
		named      string
		begin, end func()
	}{
		{"it is read-only for the writer", setting("readonly", "1"), normal},
		{"its memory limit is reached", setting("max_memory_usage", "1"), normal},
		{"it takes too long", setting("max_execution_time", "0.000001"), normal},
		{"too many parts, merges do not keep up", func() {
			w.alter("SYSTEM STOP MERGES events")
			w.alter("ALTER TABLE events MODIFY SETTING parts_to_delay_insert = 1, parts_to_throw_insert = 1")
		}, func() {
			w.alter("ALTER TABLE events RESET SETTING parts_to_delay_insert, parts_to_throw_insert")
			w.alter("SYSTEM START MERGES events")
		}},
		{"it gives no answer", func() { f.lose.Store(true) }, func() { f.lose.Store(false) }},
	} {
		w.send(events(max(sent-20, 0), sent+60)...)
		sent += 60
		w.once(0, sent)
		c.begin()
		w.send(events(sent-30, sent+60)...)
		sent += 60
		w.await(c.named+" is reported", func() bool {
			err := r.Ready()
			return err != nil && strings.Contains(err.Error(), c.named)
		})
		if got := r.figures(t); got["pending"] == 0 || got["dead_lettered"] != 0 {
			t.Errorf("%s: figures %v", c.named, got)
		}
		c.end()
		w.once(0, sent)
		w.await("it is well", func() bool { return r.Ready() == nil })
	}
	if f.lost.Load() == 0 {
		t.Error("no answer was lost")
	}
}

// TestBadNetwork: the paths to ClickHouse and to Kafka are slow, narrow, cut and half open in turn.
func TestBadNetwork(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.config.BatchRows = 40
	address := w.clickHouseAddress()
	store, broker := newWire(t, address.Host), newWire(t, w.config.Kafka.Brokers[0])
	w.config.ClickHouse.Addr = "http://" + store.proxy.Listen
	w.start(func(s *Service) {
		hasty(s)
		s.kafka.Transport.(*kafkago.Transport).Dial = broker.dial
		s.dial = broker.dial
		s.kafka.Timeout = 2 * time.Second // a half open path is found out by it
	})
	sent := 0
	type fault struct {
		path         *wire
		kind, stream string
		attribute    string
		value        int
	}
	for _, f := range []fault{
		{store, "latency", "downstream", "latency", 200}, {broker, "latency", "upstream", "latency", 200}, {store, "bandwidth", "upstream", "rate", 20},
		{store, "reset_peer", "downstream", "timeout", 30}, {broker, "reset_peer", "downstream", "timeout", 30},
		{store, "timeout", "downstream", "timeout", 0}, {broker, "timeout", "upstream", "timeout", 0}, // half open
	} {
		f.path.fault(f.kind, f.stream, map[string]int{f.attribute: f.value})
		w.send(events(max(sent-20, 0), sent+100)...)
		sent += 100
		wait(t.Context(), 500*time.Millisecond) // long enough for several attempts
		f.path.heal()
	}
	w.once(0, sent)
}
