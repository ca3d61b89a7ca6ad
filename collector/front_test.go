package collector

import (
	"context"
	"io"
	"net"
	"sync"
	"testing"
)

// front stands before a broker and can stop passing anything on, as a frozen host does.
type front struct {
	target string
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

// dial connects to the broker, whatever address is asked for.
func (f *front) dial(ctx context.Context, network, _ string) (net.Conn, error) {
	var d net.Dialer
	real, err := d.DialContext(ctx, network, f.target)
	if err != nil {
		return nil, err
	}
	near, far := net.Pipe()
	pass := func(to io.WriteCloser, from io.Reader) {
		buf := make([]byte, 64<<10)
		for {
			n, err := from.Read(buf)
			<-f.flowing()
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
