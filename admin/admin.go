package admin

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"

	"noctra/admin/internal/canary"
	"noctra/admin/internal/live"
	"noctra/admin/internal/report"
	"noctra/admin/internal/slices"
	"noctra/admin/internal/store"
	"noctra/internal/clickhouse"
	"noctra/internal/envelope"
	"noctra/internal/logs"
	"noctra/schema"
	"noctra/schema/goals"
)

// Deps are what the service gets from its process.
type Deps struct {
	Log      *slog.Logger
	Registry *prometheus.Registry
	Now      func() time.Time // nil: the real clock
}

// reports is what the service needs of the report engine.
type reports interface {
	Query(ctx context.Context, site schema.Site, body []byte, defined ...goals.Goal) (*report.Answer, error)
	goalReports
	Freshness(ctx context.Context, site schema.Site) (report.Freshness, error)
	liveReports
}

type goalReports interface {
	Preview(ctx context.Context, site schema.Site, m goals.Match) (report.Preview, error)
	Funnel(ctx context.Context, site schema.Site, f report.Funnel) (*report.FunnelAnswer, error)
}

type liveReports interface {
	Live(ctx context.Context, site schema.Site) (report.Live, error)
	Mark(ctx context.Context, site schema.Site) (report.Mark, error)
}

// Service is the admin service.
type Service struct {
	config  Config
	log     *slog.Logger
	quiet   *logs.Throttled
	now     func() time.Time
	metrics *metrics

	pool    *pgxpool.Pool
	store   *store.Queries
	reader  driver.Conn
	writer  driver.Conn
	reports reports
	hub     *live.Hub
	maker   *slices.Maker
	looks   slots         // of those who look for what would be erased
	making  sync.Mutex    // of visits; erasures take it, too
	canary  *canary.Watch // nil: nobody looks
	rates   *rateLimit
	people  people
	signing *envelope.Ring // nil: no signatures
	google  googleSide
	rights

	refusals refusals
	anchored anchored
	slots    slots

	server   *http.Server
	listener net.Listener
	open     atomic.Bool          // schemas are known, links and keys are made
	draining atomic.Bool          // it is stopping
	state    atomic.Pointer[look] // what the last look at the databases found
}

// look is the result of a look at the databases.
type look struct{ err error }

// Times of a stop; together less than the 3 s that `up` gives.
const (
	drainTime   = 200 * time.Millisecond // answers say Connection: close while requests still come in
	closeTime   = 2 * time.Second        // what is in flight is answered
	readTimeout = 15 * time.Second
	idleTimeout = 2 * time.Minute
	logEvery    = time.Minute
)

// New makes the service and listens, so that a busy address is known at once. Neither database has
// to answer yet.
func New(config Config, deps Deps) (*Service, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	s := &Service{config: config, log: deps.Log, now: time.Now, slots: make(slots, config.QueryConcurrency), looks: make(slots, mostLooks), anchored: anchored{}}
	if deps.Now != nil {
		s.now = deps.Now
	}
	s.quiet = logs.Throttle(deps.Log, logEvery, time.Now)
	s.rates = newRateLimit(config.QueryRate, time.Now)
	s.state.Store(&look{errors.New("the databases were not asked yet")})
	if err := s.connect(); err != nil {
		return nil, errors.Join(err, s.close())
	}
	s.reports = reportsOn(s.reader, s.now)
	s.hub = live.New(figures{s}, live.Options{Every: liveEvery, Refresh: liveRefresh, Timeout: liveTimeout, Max: config.MaxStreams, Log: deps.Log})
	s.maker = slices.NewMaker(s.writer, s.allSites, slices.MakerOptions{Log: deps.Log, Registry: deps.Registry, EachServer: s.eachServer, Turn: &s.making})
	s.watchCanary(deps)
	s.metrics = newMetrics(deps.Registry, func() float64 { return float64(s.hub.Viewers()) })
	if err := s.openAccounts(); err != nil {
		return nil, errors.Join(err, s.close())
	}
	if err := s.openSigning(); err != nil {
		return nil, errors.Join(err, s.close())
	}
	if err := s.openGoogle(); err != nil {
		return nil, errors.Join(err, s.close())
	}
	s.openRights()
	handler, err := s.front()
	if err != nil {
		return nil, errors.Join(err, s.close())
	}
	s.server = &http.Server{
		Handler: handler, ReadHeaderTimeout: readTimeout, ReadTimeout: readTimeout, WriteTimeout: config.QueryTimeout + readTimeout,
		IdleTimeout: idleTimeout, MaxHeaderBytes: 64 << 10, ErrorLog: slog.NewLogLogger(deps.Log.Handler(), slog.LevelDebug),
	}
	if s.listener, err = s.listen(); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

func reportsOn(conn report.Conn, now func() time.Time) reports {
	return report.New(conn, report.Options{Now: now})
}

// connect prepares the connections to both databases.
func (s *Service) connect() (err error) {
	if s.pool, err = s.config.Postgres.Open(context.Background()); err != nil {
		return err
	}
	s.store = store.New(s.pool)
	if s.reader, err = s.config.ClickHouse.Open(clickhouse.Reader); err != nil {
		return err
	}
	s.writer, err = s.config.ClickHouse.Open(clickhouse.Writer)
	return err
}

// close gives back what New and Run hold.
func (s *Service) close() error {
	var errs []error
	if s.hub != nil {
		s.hub.Close()
	}
	for _, conn := range []driver.Conn{s.reader, s.writer} {
		if conn != nil {
			errs = append(errs, conn.Close())
		}
	}
	if s.pool != nil {
		s.pool.Close()
	}
	return errors.Join(errs...)
}

// Addr returns the address that was bound.
func (s *Service) Addr() string { return s.listener.Addr().String() }

// Ready returns nil when reports can be asked for, an ops.Note when something is missing that keeps
// nobody from asking, otherwise why they cannot be.
func (s *Service) Ready() error {
	if err := s.problem(); err != nil {
		return err
	}
	return s.note()
}

// problem returns why reports cannot be asked for, nil when they can.
func (s *Service) problem() error {
	switch {
	case s.draining.Load():
		return errors.New("the admin service is stopping")
	case !s.open.Load():
		return fmt.Errorf("the admin service is starting: %w", s.state.Load().reason())
	}
	return s.state.Load().err
}

func (h *look) reason() error {
	if h.err != nil {
		return h.err
	}
	return errors.New("links and keys are being made")
}

// Run serves until ctx ends; then streams end and what is in flight is answered. It returns when
// everything that it started has ended, at once where a database has a schema that it does not know.
func (s *Service) Run(ctx context.Context) (err error) {
	defer func() { err = errors.Join(err, s.close()) }()
	served := make(chan error, 1)
	go func() { served <- s.server.Serve(s.listener) }()
	working, stop := context.WithCancel(ctx)
	defer stop()
	worked := make(chan error, 1)
	go func() { worked <- s.work(working) }()

	select {
	case err = <-served:
		stop()
		return errors.Join(fmt.Errorf("serve pages: %w", err), <-worked)
	case err = <-worked: // nil only when ctx ended
		stop()
		return errors.Join(err, s.drain(), closed(<-served))
	case <-ctx.Done():
		err = s.drain()
		stop()
		return errors.Join(err, closed(<-served), <-worked)
	}
}

// closed drops the error with which every server ends.
func closed(err error) error {
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// drain ends the server: first streams end and answers tell clients to go, then nothing new is
// taken, then what is in flight is waited for.
func (s *Service) drain() error {
	s.draining.Store(true)
	var closing sync.WaitGroup
	closing.Go(s.hub.Close)
	defer closing.Wait()
	timer := time.NewTimer(drainTime)
	defer timer.Stop()
	<-timer.C
	ctx, cancel := context.WithTimeout(context.Background(), closeTime)
	defer cancel()
	err := s.server.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = s.server.Close()
	}
	if err != nil {
		return fmt.Errorf("stop serving pages: %w", err)
	}
	return nil
}
