package collector

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"noctra/internal/testenv"
)

// One that takes what it can gets four fifths, two get four ninths each, and whoever holds nothing
// gets in for as long as there is any room at all.
func TestShares(t *testing.T) {
	const most = 9000
	var s shares
	held := int64(0)
	grab := func(who uint64) (mine int64) {
		for s.take(who, 10, held, most) && held < most {
			held += 10
		}
		return s.of(who).Load()
	}
	if got := grab(1); got < most*79/100 || got > most*81/100 {
		t.Errorf("one holds %d of %d", got, most)
	}
	if got := s.of(2).Load(); got != 0 || !s.take(2, 900, held, most) {
		t.Errorf("the second is not let in: %d of %d held", held, most)
	}
	s.give(1, s.of(1).Load())
	s.give(2, 900)
	held = 0
	for range 2000 { // both at once
		for who := uint64(1); who <= 2; who++ {
			if s.take(who, 10, held, most) {
				held += 10
			}
		}
	}
	for who := uint64(1); who <= 2; who++ {
		if got := s.of(who).Load(); got < most*42/100 || got > most*46/100 {
			t.Errorf("%d of two holds %d of %d", who, got, most)
		}
	}
}

// A site that sends ten times what Kafka takes does not keep a quiet one out, with the settings as
// they are by default.
func TestQuietSiteBesideFlood(t *testing.T) {
	broker := testenv.Kafka(t)
	ensureTopics(t, broker)
	path := newWire(t, broker.Brokers[0])
	r := startWith(t, func(c *Config) {
		c.Kafka, c.MaxInflightBytes, c.TrustedProxies = broker, 1<<20, []string{"127.0.0.1"}
	}, nil, func(s *Service) {
		s.kafka.Transport.(*kafkago.Transport).Dial = path.dial
		s.sink = s.events
	})
	eventually(t, "kafka is known", func() bool { return r.events.Ready() == nil })
	path.add(toxic{"bandwidth", "upstream", map[string]int{"rate": 12000}}) // KiB a second
	var flood, refused atomic.Int64
	var wait sync.WaitGroup
	stop := make(chan struct{})
	batch := func(event string) string { return "[" + strings.Repeat(event+",", 99) + event + "]" }
	loud, low := batch(strings.Replace(page, `"e1"`, "null", 1)), batch(fmt.Sprintf(`{"type":"pageview","site":%q,"url":"https://a.other.example/"}`, otherKey))
	for range 96 {
		wait.Go(func() {
			for {
				select {
				case <-stop:
					return
				case <-time.After(5 * time.Millisecond):
				}
				if a := r.call(t, "POST", "/v1/events", loud); a.Status == 503 {
					refused.Add(1)
				} else if a.Status == 202 {
					flood.Add(1)
				}
			}
		})
	}
	eventually(t, "the flood is refused", func() bool { return refused.Load() > 100 })
	var taken, worst atomic.Int64
	const clients, each = 2, 10
	var quiet sync.WaitGroup
	for client := range clients {
		quiet.Go(func() {
			for range each {
				began := time.Now()
				if a := r.call(t, "POST", "/v1/events", low, "X-Forwarded-For", fmt.Sprintf("203.0.113.%d", client)); a.Status == 202 {
					taken.Add(1)
				}
				worst.Store(max(worst.Load(), int64(time.Since(began))))
			}
		})
	}
	quiet.Wait()
	close(stop)
	wait.Wait()
	t.Logf("quiet: %d of %d, slowest %s; flood: %d taken, %d refused", taken.Load(), clients*each, time.Duration(worst.Load()), flood.Load(), refused.Load())
	if taken.Load() < clients*each*9/10 {
		t.Errorf("%d of %d of the quiet site were taken", taken.Load(), clients*each)
	}
	if flood.Load() == 0 {
		t.Error("nothing of the flood was taken")
	}
	r.conserved(t)
}
