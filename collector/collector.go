package collector

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	kafkago "github.com/segmentio/kafka-go"
	"github.com/valyala/fasthttp"

	"noctra/collector/internal/address"
	"noctra/collector/internal/device"
	"noctra/collector/internal/enrich"
	"noctra/collector/internal/geo"
	"noctra/collector/internal/identity"
	"noctra/collector/internal/inflate"
	"noctra/collector/internal/ingest"
	"noctra/collector/internal/producer"
	"noctra/collector/internal/sites"
	"noctra/internal/logs"
	"noctra/internal/postgres"
	"noctra/schema"
)

// Deps are what the service gets from its process.
type Deps struct {
	Log      *slog.Logger
	Registry *prometheus.Registry
	Now      func() time.Time // nil: the real clock
}

// Service is the collector.
type Service struct {
	config  Config
	log     *slog.Logger
	clock   func() time.Time
	now     func() time.Time // the injected clock, nil for fasthttp's own time of a request
	limits  ingest.Limits
	metrics *metrics
	scripts scripts
	proxies address.Proxies

	pool         *pgxpool.Pool
	kafka        *kafkago.Client
	sites        *sites.Store
	sitesVersion atomic.Int64
	salts        *identity.Salts
	places       *geo.DB
	inflater     *inflate.Inflater
	enricher     *enrich.Enricher
	events       *producer.Producer
	deadLetters  *producer.Producer
	sink         store // events, or what stands before it
	letters      *letters

	works    sync.Pool
	server   *fasthttp.Server
	listener net.Listener
	draining atomic.Bool
}

// Times of a stop; together less than the 15 s that a process has.
const (
	drainTime = 300 * time.Millisecond // answers say Connection: close while requests still come in
	closeTime = 9 * time.Second        // what is in flight is answered
	tendEvery = 30 * time.Second
	watchGeo  = time.Minute
)

// New makes the service and listens, so that a busy address is known at once. Neither Kafka nor
// Postgres has to answer yet.
func New(config Config, deps Deps) (*Service, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	s := &Service{
		config: config, log: deps.Log, clock: time.Now, now: deps.Now, limits: config.limits(), scripts: loadScripts(),
		inflater: inflate.New(config.MaxInflatedBytes, config.MaxInflatingBytes),
	}
	if deps.Now != nil {
		s.clock = deps.Now
	}
	if err := s.open(); err != nil {
		return nil, err
	}
	s.metrics = newMetrics(deps.Registry)
	s.wire(producer.NewMetrics(deps.Registry))
	s.gauges(deps.Registry)
	s.restore()
	listener, err := net.Listen("tcp", config.Addr)
	if err != nil {
		s.pool.Close()
		return nil, fmt.Errorf("--collector-addr: cannot listen on %s: %w; stop what uses it, or give another address", config.Addr, err)
	}
	s.listener = listener
	return s, nil
}

// open opens what the settings name.
func (s *Service) open() (err error) {
	c := s.config
	if s.proxies, err = address.Parse(c.TrustedProxies); err != nil {
		return fmt.Errorf("--trusted-proxies: %w", err)
	}
	if len(c.GeoFiles) > 0 {
		if s.places, err = geo.Open(c.GeoFiles...); err != nil {
			return fmt.Errorf("--geo-file: %w", err)
		}
	}
	if s.kafka, err = c.Kafka.Client(); err != nil {
		return err
	}
	transport := s.kafka.Transport.(*kafkago.Transport)
	transport.MetadataTTL = time.Second // a new leader has to be found within the time of a request
	transport.MetadataTopics = []string{schema.TopicEvents, schema.TopicDeadLetter}
	s.pool, err = c.Postgres.Open(context.Background())
	return err
}

// wire puts the parts together.
func (s *Service) wire(measured *producer.Metrics) {
	c := s.config
	s.sites = sites.NewStore(sites.Postgres{Pool: s.pool}, s.log, s.clock, func() { s.sitesVersion.Add(1) })
	s.salts = identity.NewSalts(identity.Postgres{Pool: s.pool}, s.clock)
	s.enricher = &enrich.Enricher{Devices: device.NewParser(c.DeviceCache), Places: s.places, Salts: s.salts}
	settings := producer.Config{Topic: schema.TopicEvents, Timeout: c.ProduceTimeout, Linger: c.Linger, MaxBytes: c.MaxInflightBytes, BatchBytes: c.BatchBytes}
	s.events = producer.New(settings, s.kafka, s.log, measured)
	settings.Topic, settings.MaxBytes = schema.TopicDeadLetter, 2*lettersBytes
	s.deadLetters = producer.New(settings, s.kafka, s.log, measured)
	s.sink = s.events
	s.letters = newLetters(s.deadLetters, s.metrics)
	s.server = s.newServer()
}

// Addr returns the address that was bound.
func (s *Service) Addr() string { return s.listener.Addr().String() }

// Ready returns nil when events are taken, otherwise why not.
func (s *Service) Ready() error {
	if s.draining.Load() {
		return errors.New("the collector is stopping")
	}
	return errors.Join(s.sites.Ready(), s.events.Ready())
}

// Run serves until ctx ends; then what is in flight is answered. It returns when everything that
// it started has ended.
func (s *Service) Run(ctx context.Context) error {
	defer s.pool.Close()
	if err := s.checkSchema(ctx); err != nil {
		return errors.Join(err, s.listener.Close())
	}
	background, stop := context.WithCancel(context.Background())
	var parts sync.WaitGroup
	start := func(run func(context.Context)) {
		parts.Add(1)
		go func() {
			defer parts.Done()
			run(background)
		}()
	}
	producing, stopProducing := context.WithCancel(context.Background())
	var producers sync.WaitGroup
	producers.Go(func() { s.events.Run(producing) })
	producers.Go(func() { s.deadLetters.Run(producing) })
	start(s.sites.Run)
	start(s.tendSalts)
	start(s.keepCopy)
	start(s.letters.run)
	start(func(ctx context.Context) { s.places.Watch(ctx, watchGeo, s.log) })

	served := make(chan error, 1)
	go func() { served <- s.server.Serve(s.listener) }()
	var err error
	select {
	case err = <-served:
		err = fmt.Errorf("serve events: %w", err)
	case <-ctx.Done():
		err = errors.Join(s.drain(), <-served)
	}
	stop()
	parts.Wait()
	stopProducing()
	producers.Wait()
	s.kafka.Transport.(*kafkago.Transport).CloseIdleConnections()
	return err
}

// drain ends the server: first answers tell clients to go, then nothing new is taken, then what
// is in flight is waited for.
func (s *Service) drain() error {
	s.draining.Store(true)
	timer := time.NewTimer(drainTime)
	defer timer.Stop()
	<-timer.C
	ctx, cancel := context.WithTimeout(context.Background(), closeTime)
	defer cancel()
	if err := s.server.ShutdownWithContext(ctx); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("stop serving events: %w", err)
	}
	return nil
}

// checkSchema refuses to run on a database that this version does not know. A database that does
// not answer is no reason: the last known sites are on disk, or the service is not ready.
func (s *Service) checkSchema(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	if err := s.pool.Ping(ctx); err != nil {
		s.log.Warn("postgres does not answer, its schema is not checked", "error", err.Error())
		return nil
	}
	return postgres.CheckSchema(ctx, s.pool, schema.Postgres())
}

// tendSalts keeps salts in time until ctx ends.
func (s *Service) tendSalts(ctx context.Context) {
	ticker := time.NewTicker(tendEvery)
	defer ticker.Stop()
	quiet := logs.Throttle(s.log, time.Minute, time.Now)
	for {
		asking, cancel := context.WithTimeout(ctx, 10*time.Second)
		if err := s.salts.Tend(asking, s.sites.Snapshot().Zones()); err != nil && ctx.Err() == nil {
			quiet.Warn("salts not tended", "error", err.Error())
		}
		cancel()
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// panicText is what the log gets of a panic.
func panicText(cause any) string { return fmt.Sprintf("%v\n%s", cause, debug.Stack()) }
