package collector

import (
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"noctra/internal/testenv"
)

// BenchmarkSpool is a collector without Kafka, loaded over many connections, and how fast what it
// has spooled is drained into an embedded Kafka then.
func BenchmarkSpool(b *testing.B) {
	for _, tc := range []struct{ connections, batch int }{{64, 1}, {256, 1}, {64, 100}} {
		b.Run(fmt.Sprintf("%d-connections-of-%d", tc.connections, tc.batch), func(b *testing.B) {
			config, dir := testenv.Kafka(b), filepath.Join(b.TempDir(), "spool")
			ensureTopics(b, config)
			r := startWith(b, func(c *Config) {
				c.Kafka, c.SpoolDir, c.GeoFiles = nowhereKafka, dir, []string{testenv.CountryFile(b)}
			}, nil, func(s *Service) { s.sink = s.keeper })
			for b.Loop() {
			}
			before, began := cpu(), time.Now()
			l := load(b, r.Addr(), plan{connections: tc.connections, batch: tc.batch, long: 3 * time.Second})
			spent, took := cpu()-before, time.Since(began)
			if got := r.metric(b, "spool_messages", ""); got != float64(l.Sent) {
				b.Fatalf("sent %d, spooled %v", l.Sent, got)
			}
			r.end()
			began = time.Now()
			n, err := DrainSpool(b.Context(), SpoolDrain{Dir: dir, Kafka: config, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
			if err != nil || n != int64(l.Sent) {
				b.Fatalf("sent %d, drained %d, %v", l.Sent, n, err)
			}
			b.ReportMetric(float64(n)/time.Since(began).Seconds(), "drained/s")
			b.ReportMetric(float64(spent.Microseconds())/float64(l.Sent), "cpu-µs/event")
			b.ReportMetric(float64(l.Sent)/took.Seconds(), "events/s")
			b.ReportMetric(float64(l.P99.Microseconds())/1000, "p99-ms")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// BenchmarkDrainBesideLoad drains what was spooled while events come at a third of the speed at
// which they were spooled.
func BenchmarkDrainBesideLoad(b *testing.B) {
	config, dir := testenv.Kafka(b), filepath.Join(b.TempDir(), "spool")
	ensureTopics(b, config)
	const long = 3 * time.Second
	away := startWith(b, func(c *Config) { c.Kafka, c.SpoolDir = nowhereKafka, dir }, nil, func(s *Service) { s.sink = s.keeper })
	for b.Loop() {
	}
	spooled := load(b, away.Addr(), plan{connections: 64, batch: 100, long: long})
	away.end()
	back := startWith(b, func(c *Config) { c.Kafka, c.SpoolDir = config, dir }, nil, func(s *Service) { s.sink = s.keeper })
	drained, began := make(chan time.Duration, 1), time.Now()
	go func() {
		ticker := time.NewTicker(5 * time.Millisecond)
		defer ticker.Stop()
		for !back.spool.Empty() && b.Context().Err() == nil {
			<-ticker.C
		}
		drained <- time.Since(began)
	}()
	live := load(b, back.Addr(), plan{connections: 64, batch: 10, long: long, rate: int(float64(spooled.Sent) / long.Seconds() / 3)})
	took := <-drained
	b.ReportMetric(float64(spooled.Sent)/long.Seconds(), "spooled/s")
	b.ReportMetric(float64(spooled.Sent)/took.Seconds(), "drained/s")
	b.ReportMetric(float64(live.Sent)/long.Seconds(), "live/s")
	b.ReportMetric(float64(live.P99.Microseconds())/1000, "live-p99-ms")
	b.ReportMetric(0, "ns/op")
}
