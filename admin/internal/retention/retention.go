// Package retention deletes what sites have kept long enough: events of old days once their visits and
// sums are made, and those once their own time is over. What it did stands in a log, with what was found
// before and what was left when it counted again.
//
// An event goes only when its place was audited (decision 0075) and when no copy of it can come any more
// (0036), so no place is missed, and no copy is taken for new. Rows are gone from the parts themselves,
// not only hidden.
package retention

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"noctra/admin/internal/slices"
	"noctra/admin/internal/store"
	"noctra/schema"
)

const (
	lookEvery  = 10 * time.Minute
	restOfSite = 20 * time.Hour // a site is done once a day
	atOnce     = 100            // sites
	roundLimit = 4 * time.Hour
	lockKey    = 7202611250112

	// copiesCome is longer than a copy of an event may come after the first (decision 0036).
	copiesCome = 9 * 24 * time.Hour
)

// Deps are what the job works with.
type Deps struct {
	Pool *pgxpool.Pool
	Conn slices.Conn
	// EachServer lends the tables of each server of a cluster.
	EachServer func(ctx context.Context, do func(context.Context, slices.Conn) error) error
	Site       func(row store.Site) schema.Site
	Now        func() time.Time
	Log        *slog.Logger
}

// Job deletes what was kept long enough.
type Job struct {
	deps Deps
	q    *store.Queries
}

// New makes the job.
func New(deps Deps) *Job { return &Job{deps: deps, q: store.New(deps.Pool)} }

// Run works until ctx ends.
func (j *Job) Run(ctx context.Context) {
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for {
		if _, err := j.Round(ctx); err != nil && ctx.Err() == nil {
			j.deps.Log.Warn("retention not finished, it is tried again", "error", err.Error())
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// Round does every site whose day it is, one process at a time, and returns how many those were.
func (j *Job) Round(ctx context.Context) (sites int, err error) {
	ctx, cancel := context.WithTimeout(ctx, roundLimit)
	defer cancel()
	conn, err := j.deps.Pool.Acquire(ctx)
	if err != nil {
		return 0, fmt.Errorf("begin retention: %w", err)
	}
	defer conn.Release()
	lock := store.New(conn)
	free, err := lock.TryLock(ctx, lockKey)
	if err != nil || !free {
		return 0, err // another process is at it
	}
	defer func() {
		ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		if unlockErr := lock.Unlock(ending, lockKey); unlockErr != nil {
			err = errors.Join(err, unlockErr, conn.Conn().Close(ending)) // the lock ends with the connection
		}
	}()
	for ctx.Err() == nil {
		rows, err := j.q.RetentionDue(ctx, store.RetentionDueParams{Before: j.deps.Now().Add(-restOfSite), Most: atOnce})
		if err != nil || len(rows) == 0 {
			return sites, err
		}
		if err := j.batch(ctx, rows); err != nil {
			return sites, err
		}
		sites += len(rows)
	}
	return sites, ctx.Err()
}

// limit is what of a site is over: local days before raw, and before sums.
type limit struct {
	site      schema.Site
	zone      *time.Location
	raw, sums slices.DayNumber // 0 for none
}

func (j *Job) batch(ctx context.Context, rows []store.RetentionDueRow) error {
	limits := make([]limit, 0, len(rows))
	for _, r := range rows {
		l, err := j.limit(r)
		if err != nil {
			return err
		}
		if err := j.settle(ctx, l); err != nil {
			return err
		}
		limits = append(limits, l)
	}
	for _, t := range tables() {
		if err := j.clear(ctx, t, limits); err != nil {
			return err
		}
	}
	if err := j.clearCorrections(ctx, limits); err != nil {
		return err
	}
	for _, l := range limits {
		err := j.q.RetentionDone(ctx, store.RetentionDoneParams{SiteID: int64(l.site.ID), RawBefore: date(l.raw), AggregatesBefore: date(l.sums), CheckedAt: j.deps.Now()})
		if err != nil {
			return fmt.Errorf("note retention: %w", err)
		}
	}
	return nil
}

func (j *Job) limit(r store.RetentionDueRow) (limit, error) {
	l := limit{site: j.deps.Site(r.Site)}
	zone, err := time.LoadLocation(l.site.TimeZone)
	if err != nil {
		return l, fmt.Errorf("retention of site %d: %w", l.site.ID, err)
	}
	today := slices.DayOf(j.deps.Now(), zone)
	l.zone = zone
	if r.Site.RetentionRawDays != nil {
		l.raw = today - slices.DayNumber(*r.Site.RetentionRawDays)
	}
	if r.Site.RetentionAggregatesDays != nil {
		l.sums = today - slices.DayNumber(*r.Site.RetentionAggregatesDays)
	}
	return l, nil
}

// settle has visits and sums made of days whose events are about to go, as far as these are kept. Days
// whose events are half deleted, by a round that was stopped, were settled before.
func (j *Job) settle(ctx context.Context, l limit) error {
	open, err := j.q.OpenDeletions(ctx, int64(l.site.ID))
	if err != nil {
		return fmt.Errorf("look for deletions under way: %w", err)
	}
	from := max(l.sums, 1)
	for _, o := range open {
		if o.TableName == "events" || o.TableName == "touched" {
			from = max(from, slices.DateNumber(o.Before.Time.Date()))
		}
	}
	return slices.Settle(ctx, j.deps.Conn, l.site, from, l.raw)
}
