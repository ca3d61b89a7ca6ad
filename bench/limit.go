package bench

import (
	"context"
	"fmt"
	"net"
	"time"

	"github.com/valyala/fasthttp"
)

// ServeLimit answers every request on the address with 202 and does no work at all: the most that
// any fasthttp service can reach on this machine. It prints its address on a line of its own, and
// ends with ctx. It runs as a process of its own, as the collector does.
func ServeLimit(ctx context.Context, addr string) error {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("listen for the empty handler: %w", err)
	}
	server := &fasthttp.Server{
		Handler:                       func(ctx *fasthttp.RequestCtx) { ctx.SetStatusCode(fasthttp.StatusAccepted) },
		NoDefaultServerHeader:         true,
		NoDefaultDate:                 true,
		DisableHeaderNamesNormalizing: true,
		CloseOnShutdown:               true,
		IdleTimeout:                   time.Minute,
	}
	fmt.Println(listener.Addr())
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	end, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return server.ShutdownWithContext(end)
}
