package collector

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"noctra/internal/engines"
	"noctra/internal/kafka"
	"noctra/schema"
)

// broker is a Kafka of one test alone, which can be ended and started again.
type broker struct {
	config kafka.Config
	engine engines.Kafka
	stop   context.CancelFunc
	ended  chan struct{}
}

func newBroker(t *testing.T) *broker {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := listener.Addr().(*net.TCPAddr).Port
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	b := &broker{config: kafka.Config{Brokers: []string{fmt.Sprintf("127.0.0.1:%d", port)}}}
	b.engine = engines.Kafka{Dir: t.TempDir(), Port: port, Log: slog.New(slog.DiscardHandler)}
	b.start(t)
	t.Cleanup(b.end)
	client, err := b.config.Client()
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "kafka has its topics", func() bool { return kafka.EnsureTopics(t.Context(), client, schema.Topics(4)) == nil })
	return b
}

func (b *broker) start(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	b.stop, b.ended = cancel, ended
	go func() {
		defer close(ended)
		if err := b.engine.Run(ctx); err != nil {
			t.Error(err)
		}
	}()
}

func (b *broker) end() {
	b.stop()
	<-b.ended
}

// senders post events of known ids, one after the other, and note which were acknowledged.
type senders struct {
	mu      sync.Mutex
	wait    sync.WaitGroup
	stop    chan struct{}
	taken   map[string]bool
	refused int
	slowest time.Duration
}

func (s *senders) start(t *testing.T, r *rig, clients int) {
	s.stop, s.taken = make(chan struct{}), map[string]bool{}
	for client := range clients {
		s.wait.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-s.stop:
					return
				default:
				}
				id := fmt.Sprintf("s-%d-%d", client, n)
				began := time.Now()
				a := r.call(t, "POST", "/v1/events", strings.Replace(page, "e1", id, 1))
				s.mu.Lock()
				s.slowest = max(s.slowest, time.Since(began))
				switch a.Status {
				case 202:
					s.taken[id] = true
				case 503:
					s.refused++
				default:
					t.Errorf("%d %s", a.Status, a.Body)
				}
				s.mu.Unlock()
			}
		})
	}
}

func (s *senders) acknowledged() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.taken)
}

func (s *senders) end() {
	close(s.stop)
	s.wait.Wait()
}

// idsIn returns how often each event is in Kafka. What other tests have sent may be no events.
func idsIn(t *testing.T, config kafka.Config) map[string]int {
	t.Helper()
	found := map[string]int{}
	consume(t, config, schema.TopicEvents, func(_ int, value []byte) {
		var e schema.Event
		if schema.DecodeEvent(value, &e) == nil {
			found[e.ID]++
		}
	})
	return found
}
