package send

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"

	"noctra/internal/logs"
	"noctra/uploader/internal/repeat"
	"noctra/uploader/internal/transport"
)

// Config says how hard Google may be asked.
type Config struct {
	Timeout     time.Duration `name:"google-timeout" help:"For one call of Google." default:"30s" hidden:""`
	Lease       time.Duration `name:"google-lease" help:"After which an attempt without an answer counts as lost." default:"90s" hidden:""`
	BackOff     time.Duration `name:"google-back-off" help:"First pause after a failed call; it doubles with each further one." default:"5s" hidden:""`
	StatusAfter time.Duration `name:"google-status-after" help:"When Google is first asked what became of a request." default:"30m"`
	PerMinute   int           `name:"google-requests-per-minute" help:"Quota of the Google Cloud project at Data Manager, for all uploaders together." default:"300"`
	PerDay      int           `name:"google-requests-per-day" help:"Quota of the Google Cloud project at Data Manager, for all uploaders together." default:"100000"`
}

// Validate reports everything that is wrong with c, joined.
func (c Config) Validate() error {
	var errs []error
	if c.Timeout <= 0 || c.BackOff <= 0 || c.StatusAfter <= 0 {
		errs = append(errs, errors.New("--google-timeout, --google-back-off, --google-status-after: not above 0"))
	}
	if c.Lease < 2*c.Timeout {
		errs = append(errs, fmt.Errorf("--google-lease: %s is less than twice --google-timeout", c.Lease))
	}
	if c.PerMinute < 1 || c.PerDay < 1 {
		errs = append(errs, errors.New("--google-requests-per-minute, --google-requests-per-day: below 1"))
	}
	return errors.Join(errs...)
}

const (
	every         = time.Second // the queue is looked at when nothing else wakes the sender
	mostCalls     = 16          // under way in one process
	mostOfOne     = 4           // of them, for one connection
	stopTime      = 10 * time.Second
	databaseTime  = 30 * time.Second
	longestRest   = 10 * time.Minute
	logEvery      = 30 * time.Second
	housekeepTime = 5 * time.Second
)

// Deps are what a sender works with.
type Deps struct {
	Postgres   *pgxpool.Pool
	Transports []transport.Transport
	Log        *slog.Logger
	Registry   prometheus.Registerer
	Now        func() time.Time // for logs alone
}

// Sender sends. Several may run.
type Sender struct {
	config     Config
	postgres   *pgxpool.Pool
	transports map[string]transport.Transport
	log        *slog.Logger
	warn       *logs.Throttled
	metrics    *metrics
	health     *health

	turns     turns
	calls     sync.WaitGroup
	freed     chan struct{} // a call has ended
	questions sync.WaitGroup
	asked     atomic.Int32 // questions under way
}

// New returns a sender and registers its metrics.
func New(config Config, deps Deps) *Sender {
	s := &Sender{
		config: config, postgres: deps.Postgres, transports: map[string]transport.Transport{}, log: deps.Log,
		warn: logs.Throttle(deps.Log, logEvery, deps.Now), metrics: newMetrics(deps.Registry), health: newHealth(deps.Registry, config.PerDay), turns: newTurns(), freed: make(chan struct{}, 1),
	}
	for _, t := range deps.Transports {
		s.transports[t.Name()] = t
	}
	return s
}

// Run sends until ctx ends. Calls that are under way then have ten seconds to end.
func (s *Sender) Run(ctx context.Context) {
	calling, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var group sync.WaitGroup
	group.Go(func() { s.sendAll(ctx, calling) })
	group.Go(func() { repeat.Every(ctx, every, s.housekeep) })
	group.Go(func() { s.askAll(ctx) })
	group.Go(func() { repeat.Every(ctx, measureEvery, s.measure) })
	group.Go(func() { repeat.Every(ctx, measureEvery, s.measureHealth) })
	group.Wait()
	s.questions.Wait()
	late := time.AfterFunc(stopTime, stop)
	defer late.Stop()
	s.calls.Wait()
}

// Step does once what Run does over and over, and returns when nothing more can be done at the moment.
func (s *Sender) Step(ctx context.Context) error {
	s.housekeep(ctx)
	for polled := true; polled; {
		found, err := s.toPoll(ctx)
		if err != nil {
			return err
		}
		for i := range found {
			if err := s.poll(ctx, &found[i]); err != nil {
				s.warn.Warn("outcome of a request not known, google is asked again", "attempt_id", found[i].id, "error", err.Error())
			}
		}
		polled = len(found) > 0
	}
	for again := true; again; {
		more, err := s.dispatch(ctx, ctx)
		s.calls.Wait()
		if err != nil && !errors.Is(err, errQuota) {
			return err
		}
		select {
		case <-s.freed:
			again = true
		default:
			again = more
		}
	}
	return nil
}

// sendAll looks for work again and again: at once while there is some, else every second.
func (s *Sender) sendAll(ctx, calling context.Context) {
	ticker := time.NewTicker(min(every, 10*s.config.BackOff))
	defer ticker.Stop()
	for ctx.Err() == nil {
		more, err := s.dispatch(ctx, calling)
		if errors.Is(err, errQuota) {
			err = s.awaitQuota(ctx)
		}
		if err != nil && ctx.Err() == nil {
			s.warn.Warn("queue not read, it is tried again", "error", err.Error())
		}
		if more && err == nil {
			continue
		}
		select {
		case <-ctx.Done():
		case <-ticker.C:
		case <-s.freed:
		}
	}
}

// housekeep gives rows back whose attempt has no answer, and wakes those whose time has come.
func (s *Sender) housekeep(ctx context.Context) {
	within, cancel := context.WithTimeout(ctx, databaseTime)
	defer cancel()
	lost, err := s.loseLeases(within)
	if err == nil && lost > 0 {
		s.metrics.lost.Add(float64(lost))
		s.log.Info("attempts without an answer are made again", "attempts", lost)
	}
	if _, wakeErr := s.wake(within); wakeErr != nil {
		err = errors.Join(err, wakeErr)
	}
	if err != nil && ctx.Err() == nil {
		s.warn.Warn("waiting conversions not looked at, it is tried again", "error", err.Error())
	}
}

// rest is the pause after the n-th failure in a row: it doubles, and it is spread, so that not all come back
// at the same moment.
func (s *Sender) rest(failures int) time.Duration {
	pause := min(s.config.BackOff<<min(max(failures-1, 0), 16), longestRest)
	return pause/2 + rand.N(pause)
}
