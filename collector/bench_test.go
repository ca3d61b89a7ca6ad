package collector

import (
	"fmt"
	"net"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/valyala/fasthttp"

	"noctra/collector/internal/producer"
	"noctra/internal/kafka"
	"noctra/internal/testenv"
	"noctra/schema"
)

// benchEvent is a pageview of 400 bytes or so, as the tracker sends it.
func benchEvent(id uint64) string {
	return fmt.Sprintf(`{"id":"0199f3a2-7b1c-7000-8000-%012x","type":"pageview","site":"%s","url":"https://shop.noctra.example/products/lamp-%d?utm_source=newsletter&utm_medium=email&utm_campaign=autumn","referrer":"https://www.google.com/","title":"Lamp %d","screen":"1920x1080","language":"de-DE","time_zone":"Europe/Berlin","occurred_at":%d,"sent_at":%d,"visitor_id":null}`,
		id, shopKey, id%500, id%500, time.Now().UnixMilli(), time.Now().UnixMilli())
}

func benchBatch(from uint64, n int) string {
	var b strings.Builder
	b.WriteString(`{"events":[`)
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(benchEvent(from + uint64(i)))
	}
	b.WriteString("]}")
	return b.String()
}

// BenchmarkWork is everything but the network and Kafka.
func BenchmarkWork(b *testing.B) {
	for _, n := range []int{1, 100} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			r := startWith(b, func(c *Config) { c.GeoFiles = []string{testenv.CountryFile(b)} }, nil, func(s *Service) { s.sink = nowhere{} })
			body := benchEvent(1)
			if n > 1 {
				body = benchBatch(1, n)
			}
			var request fasthttp.Request
			request.Header.SetMethod("POST")
			request.SetRequestURI("/v1/events")
			request.Header.SetUserAgent(firefox)
			request.Header.SetContentType("text/plain;charset=UTF-8")
			request.Header.Set("Origin", "https://shop.noctra.example")
			request.SetBodyString(body)
			var ctx fasthttp.RequestCtx
			ctx.Init(&request, &net.TCPAddr{IP: net.IPv4(203, 0, 113, 7)}, nil)
			b.ReportAllocs()
			for b.Loop() {
				ctx.Response.Reset()
				r.handle(&ctx)
			}
			if ctx.Response.StatusCode() != 202 {
				b.Fatalf("%d %s", ctx.Response.StatusCode(), ctx.Response.Body())
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/event")
		})
	}
}

// cpu returns the processor time of this process.
func cpu() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkKafka is a collector on embedded Kafka, loaded by a process of its own over many
// connections. It gives the collector's own CPU time per event.
func BenchmarkKafka(b *testing.B) {
	for _, tc := range []struct{ connections, batch int }{{1, 1}, {64, 1}, {256, 1}, {1024, 1}, {64, 100}} {
		b.Run(fmt.Sprintf("%d-connections-of-%d", tc.connections, tc.batch), func(b *testing.B) {
			r := startSpooledOnKafka(b)
			for b.Loop() {
			}
			before, began := cpu(), time.Now()
			l := load(b, r.Addr(), plan{connections: tc.connections, batch: tc.batch, long: 4 * time.Second})
			spent, took := cpu()-before, time.Since(began)
			if got := r.metric(b, "events_accepted_total", ""); got != float64(l.Sent) {
				b.Fatalf("sent %d, accepted %v", l.Sent, got)
			}
			b.ReportMetric(float64(spent.Microseconds())/float64(l.Sent), "cpu-µs/event")
			b.ReportMetric(float64(l.Sent)/took.Seconds(), "events/s")
			b.ReportMetric(float64(l.Refused)/took.Seconds(), "refused/s")
			b.ReportMetric(float64(l.P50.Microseconds())/1000, "p50-ms")
			b.ReportMetric(float64(l.P99.Microseconds())/1000, "p99-ms")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// startSpooledOnKafka starts a collector as it runs in earnest, with a spool that is not needed.
func startSpooledOnKafka(b *testing.B) *rig {
	b.Helper()
	ensureTopics(b, testenv.Kafka(b))
	r := startWith(b, func(c *Config) {
		c.Kafka, c.SpoolDir, c.GeoFiles = testenv.Kafka(b), b.TempDir(), []string{testenv.CountryFile(b)}
	}, nil, func(s *Service) { s.sink = s.keeper })
	eventually(b, "kafka is known", func() bool { return r.events.Ready() == nil })
	return r
}

// BenchmarkOverload sends twice what the collector and Kafka are able to take, over 512
// connections that do not wait for each other.
func BenchmarkOverload(b *testing.B) {
	r := startSpooledOnKafka(b)
	for b.Loop() {
	}
	most := load(b, r.Addr(), plan{connections: 64, batch: 100, long: 3 * time.Second})
	capacity := float64(most.Sent) / 3
	l := load(b, r.Addr(), plan{connections: 512, batch: 100, long: 6 * time.Second, rate: int(2 * capacity)})
	b.ReportMetric(capacity, "capacity/s")
	b.ReportMetric(float64(l.Sent)/6/capacity, "accepted/capacity")
	b.ReportMetric(float64(l.Refused)/6, "refused/s")
	b.ReportMetric(r.metric(b, "spool_messages", "")+r.metric(b, "spool_drained_total", ""), "spooled")
	b.ReportMetric(float64(l.P50.Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(l.P99.Microseconds())/1000, "p99-ms")
	b.ReportMetric(0, "ns/op")
}

func ensureTopics(t testing.TB, config kafka.Config) {
	t.Helper()
	client, err := config.Client()
	if err != nil {
		t.Fatal(err)
	}
	if err := kafka.EnsureTopics(t.Context(), client, schema.Topics(4)); err != nil {
		t.Fatal(err)
	}
}

func startOnKafka(t testing.TB, config kafka.Config, prepare func(s *Service)) *rig {
	t.Helper()
	ensureTopics(t, config)
	r := startWith(t, func(c *Config) {
		c.Kafka, c.ProduceTimeout = config, 12*time.Second // as long as may be, for a busy machine
		c.GeoFiles = []string{testenv.CountryFile(t)}
	}, nil, prepare)
	eventually(t, "the collector is ready", func() bool { return r.problem() == nil })
	return r
}

// eventually waits until ok, for a bounded time.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	ticker, end := time.NewTicker(5*time.Millisecond), time.After(time.Minute)
	defer ticker.Stop()
	for !ok() {
		select {
		case <-ticker.C:
		case <-end:
			t.Fatalf("not within a minute: %s", what)
		}
	}
}

// nowhere is a store that has everything at once.
type nowhere struct{}

func (nowhere) Send(*producer.Messages) error { return nil }
