package collector

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	kafkago "github.com/segmentio/kafka-go"
	"github.com/valyala/fasthttp"

	"noctra/collector/internal/device"
	"noctra/collector/internal/enrich"
	"noctra/collector/internal/geo"
	"noctra/collector/internal/identity"
	"noctra/collector/internal/inflate"
	"noctra/collector/internal/ingest"
	"noctra/collector/internal/notes"
	"noctra/collector/internal/producer"
	"noctra/collector/internal/rate"
	"noctra/collector/internal/retention"
	"noctra/collector/internal/sites"
	"noctra/collector/internal/spool"
	"noctra/internal/address"
	"noctra/internal/logs"
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
	copying      sync.Mutex // held while the private copy is written
	salts        *identity.Salts
	places       *geo.DB
	inflater     *inflate.Inflater
	enricher     *enrich.Enricher
	events       *producer.Producer
	deadLetters  *producer.Producer
	spool        *spool.Spool // nil: none
	keeper       *keeper      // nil without a spool
	sink         store        // events, or what stands before it
	guard        *retention.Guard
	gate         *gate
	onTheWay     shares                       // of sites, in bytes that wait for Kafka
	siteRate     *rate.Limiter[schema.SiteID] // nil: no limit, as below
	addressRate  *rate.Limiter[netip.Addr]
	letters      *letters
	ledger       *ledger
	tally        *tally
	canary       *canary
	signing      signing
	replays      *replays
	noted        *notes.Notes
	quiet        *logs.Throttled

	works    sync.Pool
	server   *fasthttp.Server
	listener *receiving
	draining atomic.Bool
}

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
	s.quiet, s.replays = logs.Throttle(deps.Log, time.Minute, time.Now), newReplays()
	if err := s.openSigning(); err != nil {
		return nil, err
	}
	if err := s.open(); err != nil {
		return nil, err
	}
	s.metrics, s.ledger = newMetrics(deps.Registry), newLedger()
	deps.Registry.MustRegister(s.ledger)
	s.canary = newCanary(config.CanaryEvery, deps.Registry)
	s.wire(producer.NewMetrics(deps.Registry))
	if err := s.openSpool(); err != nil {
		s.pool.Close()
		return nil, err
	}
	s.gauges(deps.Registry)
	s.restore()
	if err := s.listen(); err != nil {
		return nil, errors.Join(s.closeStores(), err)
	}
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
	s.salts.Keep = s.keepSalts
	s.noted = notes.New(notes.Postgres{Pool: s.pool}, s.log)
	s.enricher = &enrich.Enricher{Devices: device.NewParser(c.DeviceCache), Places: s.places, Salts: s.salts}
	s.events = producer.New(s.producing(), s.kafka, s.log, measured)
	letters := producer.Config{Topic: schema.TopicDeadLetter, Timeout: c.ProduceTimeout, Linger: c.Linger, MaxBytes: 2 * lettersBytes, BatchBytes: c.BatchBytes}
	s.deadLetters = producer.New(letters, s.kafka, s.log, measured)
	s.listener = &receiving{doors: newDoors(c.MaxConnections, c.MaxConnsPerIP), limit: c.MaxReceivingBytes, largest: int64(c.MaxBodyBytes)}
	s.gate = newGate(c.MaxQueueDelay)
	s.guard = retention.New(&retention.Kafka{Client: s.kafka, Topic: schema.TopicEvents, Group: schema.AggregatorGroup, Now: time.Now}, s.events.MeanBytes, s.log, time.Now)
	s.siteRate, s.addressRate = rate.New[schema.SiteID](c.SiteRate, s.clock), rate.New[netip.Addr](c.AddressRate, s.clock)
	s.sink = s.events
	s.tally = newTally(s.ledger, sendFunc(func(m *producer.Messages) error { return s.sink.Send(m) }), s.log, s.clock)
	s.letters = newLetters(s.deadLetters, s.metrics, newQuota(c.LetterBytes))
	s.server = s.newServer()
}

// producing is how events are brought to Kafka: with a spool, Kafka has less time.
func (s *Service) producing() producer.Config {
	c := s.config
	p := producer.Config{Topic: schema.TopicEvents, Timeout: c.ProduceTimeout, Linger: c.Linger, MaxBytes: c.MaxInflightBytes, MaxWait: c.MaxQueueDelay, BatchBytes: c.BatchBytes}
	p.Used = func() int { return s.sites.Snapshot().Layouts().Partitions() }
	if c.SpoolDir != "" {
		p.Timeout, p.Stall = c.SpoolAfter, c.SpoolAfter/2
	}
	return p
}

// Addr returns the address that was bound.
func (s *Service) Addr() string { return s.listener.Addr().String() }
