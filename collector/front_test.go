package collector

import (
	"context"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"noctra/internal/testenv"
)

// front stands before a broker and can stop passing anything on, as a frozen host does, or lose
// the answer to a produce request that the broker has carried out.
type front struct {
	target string
	lose   atomic.Bool  // the answer to the next produce request
	lost   atomic.Int32 // answers
	mu     sync.Mutex
	thaw   chan struct{} // closed: bytes flow
}

func newFront(t *testing.T, target string) *front {
	f := &front{target: target, thaw: make(chan struct{})}
	close(f.thaw)
	t.Cleanup(func() { f.freeze(false) })
	return f
}

func (f *front) freeze(on bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	select {
	case <-f.thaw:
		if on {
			f.thaw = make(chan struct{})
		}
	default:
		if !on {
			close(f.thaw)
		}
	}
}

func (f *front) flowing() <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.thaw
}

// isProduce reports whether b begins with a produce request: a length, and 0 as the kind.
func isProduce(b []byte) bool { return len(b) > 8 && b[4] == 0 && b[5] == 0 }

// dial connects to the broker, whatever address is asked for.
func (f *front) dial(ctx context.Context, network, _ string) (net.Conn, error) {
	var d net.Dialer
	real, err := d.DialContext(ctx, network, f.target)
	if err != nil {
		return nil, err
	}
	near, far := net.Pipe()
	var losing atomic.Bool
	pass := func(to io.WriteCloser, from io.Reader) {
		buf := make([]byte, 64<<10)
		for {
			n, err := from.Read(buf)
			<-f.flowing()
			if asks := to == real; asks && isProduce(buf[:n]) && f.lose.CompareAndSwap(true, false) {
				losing.Store(true)
			} else if !asks && n > 0 && losing.Load() {
				f.lost.Add(1)
				break
			}
			if n > 0 {
				if _, err := to.Write(buf[:n]); err != nil {
					break
				}
			}
			if err != nil {
				break
			}
		}
		_ = to.Close()
	}
	go pass(real, far)
	go pass(far, real)
	return near, nil
}

// startFronted starts a collector that reaches Kafka through front alone.
func startFronted(t *testing.T, front *front) *rig {
	t.Helper()
	return startFrontedWith(t, front, nil, toKafka)
}

func startFrontedWith(t *testing.T, front *front, change func(c *Config), prepare func(s *Service)) *rig {
	t.Helper()
	direct := testenv.Kafka(t)
	ensureTopics(t, direct)
	r := startWith(t, func(c *Config) {
		c.Kafka, c.ProduceTimeout, c.MaxInflightBytes = direct, time.Second, 1<<20
		if change != nil {
			change(c)
		}
	}, nil, func(s *Service) {
		s.kafka.Transport = &kafkago.Transport{Dial: front.dial, MetadataTTL: time.Second}
		prepare(s)
	})
	eventually(t, "the collector is ready", func() bool { return r.events.Ready() == nil && r.problem() == nil })
	return r
}
