// Package ops is the private HTTP server of a process: metrics, profiles and health.
//
// It binds to an address of its own, loopback by default, and serves nothing that belongs to
// the public. What is healthy is the service's to say; this package only asks.
package ops

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"noctra/internal/tlsconf"
)

const (
	readTimeout     = 10 * time.Second
	shutdownTimeout = 2 * time.Second
)

// Config says where the server listens.
type Config struct {
	Addr  string        `name:"ops-addr" help:"Private address of metrics, profiles and health; beyond this machine over TLS." placeholder:"HOST:PORT" default:"${ops_addr}"`
	TLS   tlsconf.Files `embed:"" prefix:"ops-"`
	Plain bool          `name:"ops-plain" help:"Serve metrics, profiles and health to other machines without TLS, where everything between is trusted."`
}

// Validate reports what is wrong with c.
func (c Config) Validate() error {
	if _, port, err := net.SplitHostPort(c.Addr); err != nil || port == "" {
		return fmt.Errorf("--ops-addr: %q is not host:port", c.Addr)
	}
	if c.Plain && c.TLS.On() {
		return errors.New("--ops-plain: leave it out, or --ops-tls-cert-file")
	}
	if !c.Plain && !c.TLS.On() && tlsconf.Beyond(c.Addr) {
		return fmt.Errorf("--ops-addr: %q is reached from other machines: give --ops-tls-cert-file and --ops-tls-key-file, or --ops-plain where everything between is trusted", c.Addr)
	}
	return c.TLS.Check("--ops-")
}

// Deps are what the server needs from its process.
type Deps struct {
	Log      *slog.Logger
	Registry *prometheus.Registry
	Ready    func() error // nil error: ready to work; otherwise why not, in one sentence. A Note is no reason
}

// Note is what Ready returns of a service that works although something is missing: /readyz says
// it and stays 200.
type Note string

// Error implements error.
func (n Note) Error() string { return string(n) }

// Server answers GET /metrics, /healthz, /readyz and /debug/pprof/.
type Server struct {
	listener net.Listener
	http     *http.Server
	log      *slog.Logger
}

// New listens at once, so that a busy address is known before anything else starts.
func New(config Config, deps Deps) (*Server, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	listener, err := listen(config, deps.Log)
	if err != nil {
		return nil, err
	}
	deps.Registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	server := &http.Server{
		Handler:           Handler(deps),
		ReadHeaderTimeout: readTimeout,
		ErrorLog:          slog.NewLogLogger(deps.Log.Handler(), slog.LevelDebug),
	}
	return &Server{listener: listener, http: server, log: deps.Log}, nil
}

func listen(config Config, log *slog.Logger) (net.Listener, error) {
	listener, err := net.Listen("tcp", config.Addr)
	if err != nil {
		return nil, fmt.Errorf("--ops-addr: listen on %s: %w; give another address", config.Addr, err)
	}
	if !config.TLS.On() {
		return listener, nil
	}
	certificate, err := config.TLS.Open(log, time.Now)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("--ops-tls-cert-file: %w", err), listener.Close())
	}
	return certificate.Listen(listener), nil
}

// Addr returns the address that was bound.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// Run serves until ctx ends, and returns when the server has stopped.
func (s *Server) Run(ctx context.Context) error {
	stopped := make(chan error, 1)
	go func() { stopped <- s.http.Serve(s.listener) }()
	select {
	case err := <-stopped:
		return fmt.Errorf("serve %s: %w", s.Addr(), err)
	case <-ctx.Done():
	}
	// A profile may be running; it is cut off after the timeout.
	deadline, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
	defer cancel()
	if err := s.http.Shutdown(deadline); err != nil {
		_ = s.http.Close()
	}
	if err := <-stopped; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve %s: %w", s.Addr(), err)
	}
	return nil
}

// Handler returns the routes by themselves.
func Handler(deps Deps) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(deps.Registry, promhttp.HandlerOpts{Registry: deps.Registry}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { answer(w, nil) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) { answer(w, deps.Ready()) })
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("POST /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	return mux
}

func answer(w http.ResponseWriter, problem error) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	var note Note
	if errors.As(problem, &note) {
		_, _ = fmt.Fprintf(w, "ok: %s\n", note)
		return
	}
	if problem != nil {
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = fmt.Fprintln(w, problem)
		return
	}
	_, _ = fmt.Fprintln(w, "ok")
}
