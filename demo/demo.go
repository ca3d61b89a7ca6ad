// Package demo gives a newcomer something to look at: a small shop with the real tracker in its
// pages, thirty days of made-up history, and a few visitors at any time.
//
// It is a customer of the product, not a part of it: everything reaches the product through the
// collector's front door, but for the days that the collector rightly refuses as too old, which are
// written into Kafka in the collector's own form (docs/decisions/0068). With traffic off it
// makes no event at all; what people do in the shop is measured all the same.
package demo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"noctra/demo/internal/shop"
)

// Deps is what the demo needs besides its settings.
type Deps struct {
	Log      *slog.Logger
	Registry *prometheus.Registry
	Now      func() time.Time
}

// Service is the demo.
type Service struct {
	cfg     Config
	deps    Deps
	metrics *metrics
	ready   atomic.Bool

	mu    sync.Mutex
	lives []*live // of each shop; none where there is no traffic
}

type metrics struct {
	sent    *prometheus.CounterVec
	refused prometheus.Counter
	retries prometheus.Counter
}

// New checks the settings. The shop opens with Run.
func New(cfg Config, deps Deps) (*Service, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	m := &metrics{
		sent:    prometheus.NewCounterVec(prometheus.CounterOpts{Name: "noctra_demo_events_sent_total", Help: "Made-up events that were acknowledged, by way."}, []string{"way"}),
		refused: prometheus.NewCounter(prometheus.CounterOpts{Name: "noctra_demo_events_refused_total", Help: "Made-up events that the collector refused."}),
		retries: prometheus.NewCounter(prometheus.CounterOpts{Name: "noctra_demo_retries_total", Help: "Sends that were repeated."}),
	}
	for _, c := range []prometheus.Collector{m.sent, m.refused, m.retries} {
		if err := deps.Registry.Register(c); err != nil {
			return nil, fmt.Errorf("register metrics of the demo: %w", err)
		}
	}
	return &Service{cfg: cfg, deps: deps, metrics: m}, nil
}

// Ready is nil once the shop is open.
func (s *Service) Ready() error {
	if !s.ready.Load() {
		return errors.New("the demo shop is not open yet")
	}
	return nil
}

// Run opens the shop and makes traffic until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	if err := os.MkdirAll(s.cfg.Dir, 0o700); err != nil {
		return fmt.Errorf("make folder of the demo: %w", err)
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.cfg.ShopAddr)
	if err != nil {
		return fmt.Errorf("open the demo shop at %q: %w", s.cfg.ShopAddr, err)
	}
	k, err := awaitKeys(ctx, s.cfg.DemoFile)
	if err != nil {
		_ = listener.Close()
		if errEnded(ctx, err) {
			return nil
		}
		return err
	}
	if s.cfg.SiteKey != "" {
		k.SiteKey = s.cfg.SiteKey
	}
	if err := s.announce(listener); err != nil {
		_ = listener.Close()
		return err
	}
	return s.work(ctx, listener, k)
}

// announce writes where the shop is.
func (s *Service) announce(listener net.Listener) error {
	address := "http://" + listener.Addr().String()
	if err := writeJSON(filepath.Join(s.cfg.Dir, "shop.json"), map[string]string{"url": address}); err != nil {
		return err
	}
	s.deps.Log.Info("demo shop is open", "url", address)
	return nil
}

// work runs shop and traffic; the end of one ends the other.
func (s *Service) work(ctx context.Context, listener net.Listener, k keys) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var group sync.WaitGroup
	errs := make(chan error, 3)
	run := func(f func() error) {
		group.Go(func() {
			if err := f(); err != nil && !errEnded(ctx, err) {
				errs <- err
				cancel()
			}
		})
	}
	if s.cfg.makesTraffic() {
		if err := s.startTraffic(ctx, k, run); err != nil && !errEnded(ctx, err) {
			_ = listener.Close()
			return err
		}
	}
	run(func() error { return s.serve(ctx, listener, k) })
	group.Wait()
	close(errs)
	return errors.Join(collect(errs)...)
}

func collect(errs <-chan error) []error {
	var all []error
	for err := range errs {
		all = append(all, err)
	}
	return all
}

const shutdownLimit = time.Second

// serve answers the shop's requests until ctx ends.
func (s *Service) serve(ctx context.Context, listener net.Listener, k keys) error {
	pages, err := shop.New(shop.Config{
		SiteKey: k.SiteKey, CollectorURL: s.cfg.CollectorURL, AdminURL: s.cfg.AdminURL,
		Now: s.deps.Now, Traffic: s, Log: s.deps.Log,
	})
	if err != nil {
		return err
	}
	server := &http.Server{Handler: pages, ReadHeaderTimeout: 5 * time.Second, IdleTimeout: time.Minute}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	s.ready.Store(true)
	defer s.ready.Store(false)
	select {
	case err := <-ended:
		return fmt.Errorf("serve the demo shop: %w", err)
	case <-ctx.Done():
	}
	limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownLimit)
	defer cancel()
	if err := server.Shutdown(limit); err != nil {
		_ = server.Close()
	}
	if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve the demo shop: %w", err)
	}
	return nil
}
