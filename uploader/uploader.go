// Package uploader finds out which ad clicks sales came from, decides which conversions they are, and sends
// those and their adjustments to Google.
//
// It reads clicks, sales and refunds out of the stored events of ClickHouse and keeps them in Postgres,
// where the admin service shows them and what became of each. Several uploaders may run.
package uploader

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"

	"noctra/internal/clickhouse"
	"noctra/internal/googleauth"
	"noctra/internal/logs"
	"noctra/internal/postgres"
	"noctra/schema"
	"noctra/uploader/internal/check"
	"noctra/uploader/internal/decide"
	"noctra/uploader/internal/importfile"
	"noctra/uploader/internal/intake"
	"noctra/uploader/internal/repeat"
	"noctra/uploader/internal/send"
	"noctra/uploader/internal/sums"
)

const (
	checkEvery   = 2 * time.Second
	checkTimeout = 5 * time.Second
	readEvery    = 2 * time.Second
	readFresh    = checkEvery + readEvery/2
	decideEvery  = time.Second
	measureEvery = time.Minute
	readTimeout  = time.Minute // of one range of places of each partition
	stepTimeout  = time.Minute // of deciding some hundred sales
	compareEvery = time.Hour
	forgetEvery  = time.Hour
	collectEvery = 15 * time.Second
	sumEvery     = 5 * time.Second
	sumRest      = 9 // times as long as adding up took, at the least
	sumTimeout   = 10 * time.Minute
	logEvery     = 30 * time.Second
)

// Config says where ClickHouse and Postgres are, and how Google is asked.
type Config struct {
	ClickHouse clickhouse.Config `embed:""`
	Postgres   postgres.Config   `embed:""`
	Google     googleauth.Config `embed:""`
	Send       send.Config       `embed:""`
}

// Validate reports everything that is wrong with c, joined.
func (c Config) Validate() error {
	return errors.Join(c.ClickHouse.Validate(), c.Postgres.Validate(), c.Google.Validate(), c.Send.Validate())
}

// Deps are what the service needs from its process.
type Deps struct {
	Log      *slog.Logger
	Registry *prometheus.Registry
	Now      func() time.Time
}

// Service is the uploader.
type Service struct {
	clickhouse driver.Conn
	postgres   *pgxpool.Pool
	intake     *intake.Intake
	decider    *decide.Decider
	compare    *check.Check
	sender     *send.Sender
	sums       *sums.Sums
	file       *importfile.Transport
	log        *slog.Logger
	warn       *logs.Throttled
	now        func() time.Time
	up         *prometheus.GaugeVec
	readAt     atomic.Int64 // when ClickHouse and Postgres were last read, Unix nanoseconds

	mu    sync.Mutex
	state error // why it is not ready, nil when it is
}

// New prepares the service; it connects in Run.
func New(config Config, deps Deps) (*Service, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	conn, err := config.ClickHouse.Open(clickhouse.Reader)
	if err != nil {
		return nil, err
	}
	pool, err := config.Postgres.Open(context.Background())
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	up := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "noctra_uploader_dependency_up", Help: "1 when the last check of the dependency was answered, else 0.",
	}, []string{"dependency"})
	deps.Registry.MustRegister(up)
	file := importfile.New(pool, deps.Now)
	sender, err := newSender(&config, pool, file, deps)
	if err != nil {
		pool.Close()
		return nil, errors.Join(err, conn.Close())
	}
	reader := intake.New(schema.TopicEvents, conn, pool, deps.Registry)
	compare := check.New(check.Deps{ClickHouse: conn, Postgres: pool, Mender: reader, Log: deps.Log, Registry: deps.Registry, Now: deps.Now})
	return &Service{clickhouse: conn, postgres: pool, intake: reader, compare: compare,
		decider: decide.New(pool, deps.Registry), sums: sums.New(pool, deps.Registry), sender: sender, file: file, log: deps.Log, warn: logs.Throttle(deps.Log, logEvery, deps.Now), now: deps.Now, up: up, state: errors.New("not checked yet")}, nil
}

// Run reads, decides and sends, and watches ClickHouse and Postgres, until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	defer s.postgres.Close()
	defer func() { _ = s.clickhouse.Close() }()
	var group sync.WaitGroup
	group.Go(func() { s.sender.Run(ctx) })
	group.Go(func() { repeat.Every(ctx, collectEvery, s.collect) })
	group.Go(func() { repeat.Every(ctx, checkEvery, s.check) })
	group.Go(func() { repeat.Every(ctx, readEvery, s.read) })
	group.Go(func() { repeat.Every(ctx, decideEvery, s.decide) })
	group.Go(func() { repeat.Every(ctx, measureEvery, s.measure) })
	group.Go(func() { repeat.Every(ctx, forgetEvery, s.forget) })
	group.Go(func() { repeat.Every(ctx, compareEvery, s.compareDays) })
	group.Go(func() { s.sum(ctx) })
	group.Wait()
	return nil
}

// Ready returns nil when ClickHouse and Postgres answered at the last check.
func (s *Service) Ready() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state
}

// read reads what is settled and was not read yet.
func (s *Service) read(ctx context.Context) {
	for more := true; more && ctx.Err() == nil; {
		var err error
		within, cancel := context.WithTimeout(ctx, readTimeout)
		more, err = s.intake.Step(within)
		cancel()
		if err == nil {
			s.readAt.Store(s.now().UnixNano())
		}
		if err != nil {
			if ctx.Err() == nil {
				s.warn.Warn("sales not read, it is tried again", "error", err.Error())
			}
			return
		}
	}
}

// decide decides sales that are due.
func (s *Service) decide(ctx context.Context) {
	for decided := 1; decided > 0 && ctx.Err() == nil; {
		var err error
		within, cancel := context.WithTimeout(ctx, stepTimeout)
		decided, err = s.decider.Step(within)
		cancel()
		if err != nil {
			if ctx.Err() == nil {
				s.warn.Warn("sales not decided, it is tried again", "error", err.Error())
			}
			return
		}
	}
}

func (s *Service) measure(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, stepTimeout)
	defer cancel()
	if err := s.decider.Measure(ctx); err != nil && ctx.Err() == nil {
		s.warn.Warn("conversions not counted, it is tried again", "error", err.Error())
	}
}

// compareDays compares stored events with sales and conversions, each day once in a night.
func (s *Service) compareDays(ctx context.Context) {
	within, cancel := context.WithTimeout(ctx, compareEvery)
	defer cancel()
	if err := s.compare.Run(within); err != nil && ctx.Err() == nil {
		s.warn.Warn("sales not compared with stored events, it is tried again", "error", err.Error())
	}
}

func (s *Service) forget(ctx context.Context) {
	gone, err := s.intake.Forget(ctx, s.now())
	switch {
	case err != nil && ctx.Err() == nil:
		s.warn.Warn("old clicks not deleted, it is tried again", "error", err.Error())
	case gone > 0:
		s.log.Info("old clicks deleted", "clicks", gone)
	}
}

func (s *Service) check(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	err := s.record("clickhouse", nil)
	if s.now().Sub(time.Unix(0, s.readAt.Load())) >= readFresh { // reading asks it anyway
		err = s.record("clickhouse", s.clickhouse.Ping(ctx))
	}
	err = errors.Join(err, s.record("postgres", s.postgres.Ping(ctx)))
	s.mu.Lock()
	s.state = err
	s.mu.Unlock()
}

func (s *Service) record(dependency string, err error) error {
	if err == nil {
		s.up.WithLabelValues(dependency).Set(1)
		return nil
	}
	s.up.WithLabelValues(dependency).Set(0)
	s.warn.Warn("dependency does not answer", "dependency", dependency, "err", err)
	return fmt.Errorf("%s does not answer", dependency)
}
