package bench

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"time"

	"github.com/valyala/fasthttp"
)

// balancer is one address before several collectors, as a load balancer is: it keeps connections to
// them, gives up one whose answer says Connection: close, asks each for its readiness, and tries
// another where none could be opened. What was sent is never sent again.
type balancer struct {
	backends []*backend
	turn     atomic.Uint64
	server   *fasthttp.Server
	listener net.Listener
	stopped  chan struct{}
}

type backend struct {
	addr   string
	client *fasthttp.HostClient
	ready  atomic.Bool
}

// healthEvery is how often readiness is asked for.
const healthEvery = 250 * time.Millisecond

// errDial says that no connection was opened, so that nothing was sent.
var errDial = errors.New("no connection to the collector")

func startBalancer(ctx context.Context, addrs []string) (*balancer, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for the balancer: %w", err)
	}
	b := &balancer{listener: listener, stopped: make(chan struct{})}
	for _, addr := range addrs {
		b.backends = append(b.backends, &backend{addr: addr, client: &fasthttp.HostClient{
			Addr: addr, MaxConns: 4096, MaxIdleConnDuration: 30 * time.Second, ReadTimeout: 20 * time.Second, MaxIdemponentCallAttempts: 1,
			RetryIfErr: func(*fasthttp.Request, int, error) (bool, bool) { return false, false },
			Dial: func(addr string) (net.Conn, error) {
				conn, err := fasthttp.DialTimeout(addr, time.Second)
				if err != nil {
					return nil, fmt.Errorf("%w: %w", errDial, err)
				}
				return conn, nil
			},
		}})
	}
	b.server = &fasthttp.Server{Handler: b.handle, NoDefaultServerHeader: true, IdleTimeout: time.Minute}
	go func() { defer close(b.stopped); _ = b.server.Serve(listener) }()
	for _, one := range b.backends {
		go one.watch(ctx)
	}
	return b, nil
}

func (b *balancer) url() string { return "http://" + b.listener.Addr().String() + "/v1/events" }

func (b *balancer) stop() error {
	end, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	err := b.server.ShutdownWithContext(end)
	<-b.stopped
	return err
}

// watch asks for readiness until ctx ends.
func (b *backend) watch(ctx context.Context) {
	for wait(ctx, healthEvery) {
		status, _, err := fasthttp.GetTimeout(nil, "http://"+b.addr+"/readyz", time.Second)
		ready := err == nil && status == fasthttp.StatusOK
		if b.ready.Swap(ready) && !ready {
			b.client.CloseIdleConnections() // they end with the collector
		}
	}
}

// order lists those that are ready in turn, and then the others.
func (b *balancer) order() []*backend {
	first := int(b.turn.Add(1) % uint64(len(b.backends)))
	var ready, others []*backend
	for i := range b.backends {
		if one := b.backends[(first+i)%len(b.backends)]; one.ready.Load() {
			ready = append(ready, one)
		} else {
			others = append(others, one)
		}
	}
	return append(ready, others...)
}

func (b *balancer) handle(ctx *fasthttp.RequestCtx) {
	var err error
	for _, one := range b.order() {
		if err = one.client.Do(&ctx.Request, &ctx.Response); !errors.Is(err, errDial) {
			break
		}
		one.ready.Store(false) // until it is asked again
	}
	ctx.Response.Header.ResetConnectionClose() // that of the collector, not of the client
	if err != nil {
		ctx.Response.Reset()
		ctx.SetStatusCode(fasthttp.StatusBadGateway)
		ctx.SetBodyString(err.Error())
	}
}
