package erasure

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	clickhousego "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	visits "noctra/admin/internal/slices"
	"noctra/admin/internal/store"
)

// Deps are what the Runner works with.
type Deps struct {
	Pool       *pgxpool.Pool
	Conn       Conn // a user that may insert into and delete from all tables
	EachServer func(ctx context.Context, do func(context.Context, visits.Conn) error) error
	Turn       sync.Locker // held against making visits of what is being deleted
	Log        *slog.Logger
	Now        func() time.Time
	Failed     func() // counts attempts that failed; nil: nobody does

	Settle time.Duration // until every collector knows whose events to keep out; 0: six seconds
	Grace  time.Duration // of reports that still read what was replaced; 0: 35 seconds
}

const (
	defaultSettle = 6 * time.Second
	defaultGrace  = 35 * time.Second
	lookEvery     = 500 * time.Millisecond
	lease         = 20 * time.Second
	holdEvery     = 5 * time.Second
	leastAgain    = time.Second // after a failure, doubled up to
	mostAgain     = 5 * time.Minute
	waitAgain     = time.Second
	watchFirst    = 5 * time.Minute // longer than a making of visits
	watchEvery    = time.Hour
	watchFor      = 31 * 24 * time.Hour // as long as dead letters are kept, and a spool may wait
	watchOverlap  = 5 * time.Minute
)

// Runner does what was requested, one erasure of a workspace at a time. Several may run.
type Runner struct{ deps Deps }

// New returns a runner.
func New(deps Deps) *Runner {
	if deps.Settle == 0 {
		deps.Settle = defaultSettle
	}
	if deps.Grace == 0 {
		deps.Grace = defaultGrace
	}
	if deps.Turn == nil {
		deps.Turn = &sync.Mutex{}
	}
	if deps.Failed == nil {
		deps.Failed = func() {}
	}
	return &Runner{deps: deps}
}

// Run works until ctx ends.
func (r *Runner) Run(ctx context.Context) {
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	var planned time.Time
	for {
		if now := time.Now(); now.Sub(planned) >= planEvery {
			planned = now
			if err := r.Plan(ctx); err != nil && ctx.Err() == nil {
				r.deps.Failed()
				r.deps.Log.Warn("erasures not planned, it is tried again", "error", err.Error())
			}
		}
		worked, err := r.Once(ctx)
		if err != nil && ctx.Err() == nil {
			r.deps.Failed()
			r.deps.Log.Warn("erasures not looked for, it is tried again", "error", err.Error())
		}
		if worked && err == nil {
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// job is an erasure that is worked on.
type job struct {
	store.Erasure
	receipt Receipt
	sites   []store.ErasureSitesRow
	blocks  []block
}

// waiting says that a step is not over, and why; it is tried again soon and is no failure.
type waiting struct {
	why   string
	until time.Time // zero: soon
}

func (w waiting) Error() string { return w.why }

// Once takes one erasure that is due a step further. worked is false where none is due.
func (r *Runner) Once(ctx context.Context) (worked bool, err error) {
	j, err := r.claim(ctx)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	working, stop := context.WithCancel(ctx)
	var held sync.WaitGroup
	held.Go(func() { r.hold(working, j.ID) })
	began := r.deps.Now()
	state := j.State
	err = r.step(ctx, j)
	stop()
	held.Wait()
	select {
	case <-ctx.Done():
		return false, nil // the lease ends by itself
	default:
	}
	if err == nil && state != j.State {
		r.deps.Log.Info("erasure goes on", "erasure", j.ID, "state", j.State, "took", r.deps.Now().Sub(began).Round(time.Millisecond).String())
	}
	return true, r.settle(ctx, j, err)
}

func (r *Runner) claim(ctx context.Context) (j *job, err error) {
	now := r.deps.Now()
	j = &job{}
	err = store.Transact(ctx, r.deps.Pool, func(q *store.Queries) error {
		if err := q.TakeErasureTurns(ctx); err != nil {
			return fmt.Errorf("take an erasure: %w", err)
		}
		if j.Erasure, err = q.ClaimErasure(ctx, store.ClaimErasureParams{Now: now, Lease: now.Add(lease)}); err != nil {
			return fmt.Errorf("take an erasure: %w", err)
		}
		if j.sites, err = q.ErasureSites(ctx, j.ID); err != nil {
			return fmt.Errorf("read sites of erasure: %w", err)
		}
		blocks, err := q.ErasureBlocks(ctx, j.ID)
		if err != nil {
			return fmt.Errorf("read who is erased: %w", err)
		}
		for _, b := range blocks {
			j.blocks = append(j.blocks, block{b.SiteID, b.Kind, uint64(b.Hash), b.Named})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(j.Receipt, &j.receipt); err != nil {
		return nil, fmt.Errorf("read receipt of erasure %d: %w", j.ID, err)
	}
	return j, nil
}

// hold keeps the lease until ctx ends.
func (r *Runner) hold(ctx context.Context, id int64) {
	ticker := time.NewTicker(holdEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if err := store.New(r.deps.Pool).HoldErasure(ctx, store.HoldErasureParams{ID: id, Lease: r.deps.Now().Add(lease)}); err != nil && ctx.Err() == nil {
			r.deps.Log.Warn("lease of erasure not renewed", "erasure", id, "error", err.Error())
		}
	}
}

// settle writes down how a step ended.
func (r *Runner) settle(ctx context.Context, j *job, failure error) error {
	now := r.deps.Now()
	var wait waiting
	switch {
	case failure == nil:
		j.Problem, j.Attempts = nil, 0
	case errors.As(failure, &wait):
		j.Attempts, j.NextAt = 0, wait.until
		if j.Problem = nil; wait.why != "" {
			j.Problem = &wait.why
		}
		if wait.until.IsZero() {
			j.NextAt = now.Add(waitAgain)
		}
	default:
		why := reason(failure)
		j.Problem, j.NextAt = &why, now.Add(min(leastAgain<<min(j.Attempts-1, 10), mostAgain))
		r.deps.Failed()
		r.deps.Log.Warn("erasure failed, it is tried again", "erasure", j.ID, "state", j.State, "error", failure.Error())
	}
	raw, err := json.Marshal(j.receipt)
	if err != nil {
		return fmt.Errorf("write receipt of erasure %d: %w", j.ID, err)
	}
	err = store.New(r.deps.Pool).SaveErasure(ctx, store.SaveErasureParams{
		ID: j.ID, State: j.State, StateAt: j.StateAt, Receipt: raw, NextAt: j.NextAt, Problem: j.Problem, Attempts: j.Attempts, DoneAt: j.DoneAt, WatchUntil: j.WatchUntil,
	})
	if err != nil {
		return fmt.Errorf("save erasure %d: %w", j.ID, err)
	}
	return nil
}

// reason is what may be shown of a failure: the texts of databases have more in them.
func reason(err error) string {
	var clickHouse *clickhousego.Exception
	var postgres *pgconn.PgError
	switch {
	case errors.As(err, &clickHouse):
		return fmt.Sprintf("ClickHouse refuses with exception %d; the log has more.", clickHouse.Code)
	case errors.As(err, &postgres):
		return fmt.Sprintf("Postgres refuses with code %s; the log has more.", postgres.Code)
	}
	return "A database does not answer; the log has more."
}
