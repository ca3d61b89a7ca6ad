package collector

import (
	"net"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"noctra/internal/testenv"
	"noctra/schema"
)

// A canary comes in by the front door, counts like any event, and is of no site that anybody knows.
func TestCanary(t *testing.T) {
	r := startWith(t, func(c *Config) { c.CanaryEvery = 20 * time.Millisecond }, nil, nil)
	eventually(t, "two are accepted", func() bool { return r.metric(t, "canaries_total", "accepted") >= 2 })
	events := r.sink.take(t)
	if len(events) < 2 || events[0].ID == events[1].ID {
		t.Fatalf("%d canaries: %+v", len(events), events)
	}
	e := events[0]
	if ago := time.Since(e.ReceivedAt.Time()); ago < 0 || ago > time.Minute || e.OccurredAt != e.ReceivedAt || !schema.ValidID(e.ID) {
		t.Errorf("received %s ago: %+v", ago, e)
	}
	want := schema.Event{ID: e.ID, Site: schema.CanarySite, Kind: schema.KindInteraction, Name: "canary", Via: schema.ViaCanary, OccurredAt: e.OccurredAt, ReceivedAt: e.ReceivedAt, Source: "Direct", Channel: "Direct"}
	if diff := cmp.Diff(schema.AppendEvent(nil, &want), schema.AppendEvent(nil, &e)); diff != "" {
		t.Errorf("it has become %+v", e)
	}
	for name, body := range map[string]string{"its site": `{"type":"goal","name":"x","site":"canary"}`, "its door": `{"type":"goal","name":"x"}`} {
		a := r.call(t, "POST", "/v1/events", body, "Authorization", "Bearer canary_0123456789abcdefghijklmnop")
		if a.Status != 401 {
			t.Errorf("somebody else names %s: %d %s", name, a.Status, a.Body)
		}
	}
	r.conserved(t)
}

// What is refused is counted, and tried again soon.
func TestCanaryIsRefused(t *testing.T) {
	r := startWith(t, func(c *Config) { c.CanaryEvery = 20 * time.Millisecond }, nil, func(s *Service) {
		s.sink.(*memory).err = errPaused
	})
	eventually(t, "two are refused", func() bool { return r.metric(t, "canaries_total", "refused") >= 2 })
	if n := r.metric(t, "canaries_total", "accepted"); n != 0 {
		t.Errorf("%v were accepted", n)
	}
	r.conserved(t)
}

// In Kafka a canary lies among the other events.
func TestCanaryInKafka(t *testing.T) {
	config := testenv.Kafka(t)
	ensureTopics(t, config)
	r := startWith(t, func(c *Config) { c.Kafka, c.CanaryEvery = config, 50*time.Millisecond }, nil, toKafka)
	eventually(t, "one is accepted", func() bool { return r.metric(t, "canaries_total", "accepted") >= 1 })
	r.end()
	found := 0
	consume(t, config, schema.TopicEvents, func(_ int, value []byte) {
		var e schema.Event
		if err := schema.DecodeEvent(value, &e); err == nil && e.Site == schema.CanarySite {
			found++
		}
	})
	if found == 0 {
		t.Error("no canary in Kafka")
	}
}

func TestDoorOf(t *testing.T) {
	check := func(addr net.Addr, want string) {
		t.Helper()
		if got, err := doorOf(addr); got != want || err != nil && want != "" {
			t.Errorf("%s is reached at %q, %v", addr, got, err)
		}
	}
	check(&net.TCPAddr{IP: net.IPv4zero, Port: 81}, "://127.0.0.1:81/v1/events")
	check(&net.TCPAddr{IP: net.IPv6zero, Port: 81}, "://[::1]:81/v1/events")
	check(&net.TCPAddr{IP: net.IPv4(10, 0, 0, 7), Port: 81}, "://10.0.0.7:81/v1/events")
	check(&net.UnixAddr{Name: "x"}, "")
}
