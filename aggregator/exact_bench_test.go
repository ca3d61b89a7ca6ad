//go:build faults

package aggregator

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"noctra/internal/failpoint"
)

// careless commits offsets and no intents: what is to be inserted is recorded nowhere.
type careless struct {
	keeper
	mu sync.Mutex
	at map[int]int64
}

func (c *careless) Commit(ctx context.Context, m member, offset kafkago.OffsetCommit) error {
	c.mu.Lock()
	last, known := c.at[offset.Partition]
	c.at[offset.Partition] = offset.Offset
	c.mu.Unlock()
	if offset.Metadata != "" && known && last == offset.Offset {
		return nil
	}
	offset.Metadata = ""
	return c.keeper.Commit(ctx, m, offset)
}

// exactRows is what each round stores, and exactMost what exactness may cost of the throughput.
const (
	exactRows   = 1_500_000
	exactRounds = 5
	exactMost   = 0.10
)

// BenchmarkExact is what exactness costs: rounds with everything that it takes, each beside one
// without tokens, intents and the filter of repeats, in one run. It reports the medians, and fails
// where more than a tenth of the throughput is lost.
//
//	go test -tags faults ./aggregator -run xxx -bench Exact -benchtime 1x
func BenchmarkExact(b *testing.B) {
	var exact, plain, lost, dearer []float64
	for b.Loop() {
		for round := range exactRounds {
			var with, without speed
			for half := range 2 { // each goes first in every other round
				if (round+half)%2 == 0 {
					with = backlog(b, "", nil)
				} else {
					without = backlog(b, "planted="+string(failpoint.NoToken)+","+string(failpoint.FilterOff), forget)
				}
			}
			exact, plain = append(exact, with.rate), append(plain, without.rate)
			lost, dearer = append(lost, 1-with.rate/without.rate), append(dearer, with.cpu/without.cpu-1)
			b.Logf("%.0f rows/s exactly once at %.2f µs, %.0f without at %.2f µs: %.1f %% lost", with.rate, with.cpu, without.rate, without.cpu, 100*(1-with.rate/without.rate))
		}
	}
	middle := func(values []float64) float64 { slices.Sort(values); return values[len(values)/2] }
	cost := middle(lost)
	b.ReportMetric(middle(exact), "exact-rows/s")
	b.ReportMetric(middle(plain), "plain-rows/s")
	b.ReportMetric(100*cost, "%-lost")
	b.ReportMetric(100*middle(dearer), "%-more-cpu")
	b.ReportMetric(0, "ns/op")
	if cost > exactMost {
		b.Errorf("exactness costs %.1f %% of the throughput, at most %.0f %% are allowed", 100*cost, 100*exactMost)
	}
}

// forget makes an aggregator record no intents.
func forget(s *Service) {
	s.keeper = &careless{keeper: offsets{s.kafka, s.names}, at: map[int]int64{}}
}

// speed is rows a second, and what this process used of the processor for a row, in microseconds.
type speed struct{ rate, cpu float64 }

// backlog is how fast an aggregator stores rows that it finds in Kafka.
func backlog(b *testing.B, setting string, prepare func(s *Service)) speed {
	b.Helper()
	w := newWorld(b)
	usual := asTheyCome(b)
	usual.Kafka, usual.ClickHouse = w.config.Kafka, w.config.ClickHouse
	w.config = usual
	w.fill(exactRows)
	if err := failpoint.Set("aggregator", setting); err != nil {
		b.Fatal(err)
	}
	begin, before := time.Now(), cpu(b)
	r := w.start(prepare)
	w.await("all rows are inserted", func() bool { return r.figures(b)["inserted"] == exactRows })
	took, used := time.Since(begin).Seconds(), cpu(b)-before
	r.end()
	if err := failpoint.Set("aggregator", ""); err != nil {
		b.Fatal(err)
	}
	if n := w.rows(); n != exactRows {
		b.Fatalf("%d rows", n)
	}
	return speed{exactRows / took, float64(used.Microseconds()) / exactRows}
}
