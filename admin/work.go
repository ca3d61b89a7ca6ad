package admin

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"noctra/admin/internal/canary"
	"noctra/admin/internal/slices"
	"noctra/admin/internal/store"
	"noctra/internal/clickhouse"
	"noctra/internal/postgres"
	"noctra/schema"
)

// Times of the work in the background.
const (
	askEvery    = time.Second     // databases that do not answer yet
	lookEvery   = 2 * time.Second // databases that did
	askTimeout  = 5 * time.Second
	tidyEvery   = 10 * time.Minute
	linkMemory  = 30 * 24 * time.Hour // how long an old link is told from an unknown one
	tidyTimeout = time.Minute
	mailEvery   = 10 * time.Second
	googleEvery = 30 * time.Second
)

// work waits for the databases, makes what a start makes, and then does the jobs until ctx ends. An
// error means that this program must not run on these databases.
func (s *Service) work(ctx context.Context) error {
	for _, step := range []func(context.Context) error{s.checkPostgres, s.checkClickHouse, s.prepare} {
		if err := s.until(ctx, step); err != nil || ctx.Err() != nil {
			return err
		}
	}
	s.state.Store(&look{})
	s.open.Store(true)
	s.log.Info("reports and pages are served", "addr", s.Addr())
	var group sync.WaitGroup
	for _, job := range s.jobs() {
		group.Go(func() { job(ctx) })
	}
	group.Wait()
	return nil
}

// jobs run until their context ends.
func (s *Service) jobs() []func(context.Context) {
	return []func(context.Context){
		func(ctx context.Context) { every(ctx, lookEvery, s.lookAtDatabases) },
		func(ctx context.Context) { every(ctx, tidyEvery, s.tidy) },
		func(ctx context.Context) { every(ctx, mailEvery, s.lookAtMail) },
		s.makeSlices,
		s.doErasures,
		func(ctx context.Context) { every(ctx, googleEvery, s.tidyGoogle) },
		func(ctx context.Context) { every(ctx, mailEvery, s.tellOwners) },
		s.lookForCanaries,
		func(ctx context.Context) { every(ctx, anchorEvery, s.anchorAudit) },
		s.sendMail,
		func(ctx context.Context) { every(ctx, closeEvery, s.lookWhetherClosed) },
		func(ctx context.Context) { every(ctx, noteUsesEvery, s.noteKeyUses) },
		s.exports.Run,
		s.corrections.Run,
		s.expiry.Run,
	}
}

// every calls job now and then until ctx ends.
func every(ctx context.Context, interval time.Duration, job func(context.Context)) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		job(ctx)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// wrongSchema is an error that waiting does not mend.
type wrongSchema struct{ error }

// until repeats a step until it succeeds or ctx ends; then it returns nil. A wrong schema is returned.
func (s *Service) until(ctx context.Context, step func(context.Context) error) error {
	ticker := time.NewTicker(askEvery)
	defer ticker.Stop()
	for ctx.Err() == nil {
		asking, cancel := context.WithTimeout(ctx, askTimeout)
		problem := step(asking)
		cancel()
		var wrong wrongSchema
		switch {
		case problem == nil:
			return nil
		case errors.As(problem, &wrong) && ctx.Err() == nil:
			return wrong.error
		}
		s.state.Store(&look{problem})
		s.quiet.Warn("start waits", "error", problem.Error())
		select {
		case <-ctx.Done():
		case <-ticker.C:
		}
	}
	return nil
}

// checkPostgres refuses a schema that this program does not know. A database that goes away
// meanwhile has said nothing about its schema.
func (s *Service) checkPostgres(ctx context.Context) error {
	if err := s.pool.Ping(ctx); err != nil {
		return fmt.Errorf("postgres does not answer: %w", err)
	}
	err := postgres.CheckSchema(ctx, s.pool, schema.Postgres())
	if err != nil && s.pool.Ping(ctx) == nil {
		return wrongSchema{err}
	}
	return err
}

// checkClickHouse is the same for ClickHouse.
func (s *Service) checkClickHouse(ctx context.Context) error {
	if err := s.reader.Ping(ctx); err != nil {
		return fmt.Errorf("clickhouse does not answer: %w", err)
	}
	err := clickhouse.CheckSchema(ctx, s.writer, schema.ClickHouse())
	if err != nil && s.reader.Ping(ctx) == nil {
		return wrongSchema{err}
	}
	return err
}

// prepare makes the demo, or the link for the first account.
func (s *Service) prepare(ctx context.Context) error {
	if s.config.DemoFile != "" {
		if err := s.ensureDemo(ctx); err != nil {
			return err
		}
		if err := s.connectDemo(ctx); err != nil {
			return fmt.Errorf("connect the demo to google: %w", err)
		}
	} else if _, err := s.store.DropReusableLinks(ctx); err != nil {
		return fmt.Errorf("drop the demo's link: %w", err)
	}
	if err := s.ensureSetUp(ctx); err != nil {
		return err
	}
	return s.checkAudit(ctx)
}

// lookAtDatabases notes for Ready whether both answer.
func (s *Service) lookAtDatabases(ctx context.Context) {
	asking, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	var found look
	if err := s.pool.Ping(asking); err != nil {
		found.err = fmt.Errorf("postgres does not answer: %w", err)
	}
	if s.canary == nil || s.now().Sub(s.canary.Asked()) > lookEvery+canary.RestEvery/2 { // else it was asked just now
		if err := s.reader.Ping(asking); err != nil {
			found.err = errors.Join(found.err, fmt.Errorf("clickhouse does not answer: %w", err))
		}
	}
	if ctx.Err() == nil {
		s.state.Store(&found)
	}
}

// tidy drops sessions and links that have ended, and renews the link for the first account.
func (s *Service) tidy(ctx context.Context) {
	asking, cancel := context.WithTimeout(ctx, tidyTimeout)
	defer cancel()
	now := s.now()
	sessions, err := s.store.EndOldSessions(asking, store.EndOldSessionsParams{Now: now, IdleSince: now.Add(-s.config.SessionIdle)})
	links, linkErr := s.store.DropOldLinks(asking, now.Add(-linkMemory))
	if err = errors.Join(err, linkErr, s.ensureSetUp(asking), s.tidyAccounts(asking), s.tidyRights(asking)); err != nil && ctx.Err() == nil {
		s.metrics.jobErrors.WithLabelValues("tidy").Inc()
		s.quiet.Warn("sessions and links not tidied", "error", err.Error())
		return
	}
	if sessions+links > 0 {
		s.log.Info("sessions and links tidied", "sessions", sessions, "links", links)
	}
}

// makeSlices keeps the visits of past days ready for reports.
func (s *Service) makeSlices(ctx context.Context) {
	if err := s.maker.Run(ctx); err != nil {
		s.metrics.jobErrors.WithLabelValues("slices").Inc()
		s.log.Error("slices are no longer made", "error", err.Error())
	}
}

// eachServer lends the tables of each ClickHouse server that has rows.
func (s *Service) eachServer(ctx context.Context, do func(context.Context, slices.Conn) error) error {
	return s.config.ClickHouse.EachServer(ctx, clickhouse.Writer, func(ctx context.Context, conn driver.Conn) error { return do(ctx, conn) })
}

// allSites lists the sites whose slices are made.
func (s *Service) allSites(ctx context.Context) ([]schema.Site, error) {
	rows, err := s.store.AllSites(ctx)
	if err != nil {
		return nil, fmt.Errorf("list sites: %w", err)
	}
	sites := make([]schema.Site, len(rows))
	for i, row := range rows {
		sites[i] = toSchema(row)
	}
	return sites, nil
}
