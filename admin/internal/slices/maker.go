package slices

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"noctra/schema"
)

// Sites lists the sites whose slices are made.
type Sites func(ctx context.Context) ([]schema.Site, error)

// MakerOptions of a Maker. The zero value is good.
type MakerOptions struct {
	Log      *slog.Logger          // nil: nothing is logged
	Registry prometheus.Registerer // nil: metrics are not shown
	Now      func() time.Time      // by which inserted_at is judged; nil: ClickHouse's own clock
	Every    time.Duration         // between two looks for work; 0: 15 s
	// OpenFrom is how many events a day must have for a slice while it is still open; 0: 200,000.
	// Smaller ones are answered from raw events faster than their slice is kept up.
	OpenFrom uint64
	// Turn is held while days are made: whoever deletes events and makes their days anew takes it, too,
	// so that no slice of what was there before appears after that. nil: nobody does.
	Turn sync.Locker
	// EachServer lends the tables of each server of a cluster; nil: the database itself has the rows.
	EachServer func(ctx context.Context, do func(context.Context, Conn) error) error
}

// Maker makes slices of the days that are over, makes them again when late events came and the day
// has become quiet, and deletes generations that nobody reads any more. Open days get a slice on big
// sites alone. It works on one thing at a time and rests as long as it worked, so that inserts and
// reports come first. Several may run beside each other: each generation is complete in itself, and
// the one made last counts.
type Maker struct {
	conn    Conn
	sites   Sites
	opts    MakerOptions
	log     *slog.Logger
	metrics *makerMetrics
	known   map[schema.SiteID]*siteWork
	swept   int64 // when generations were swept last, and when the whole table was
	scanned int64 // looked through; Unix milliseconds
}

const (
	defaultEvery    = 15 * time.Second
	defaultOpenFrom = 200_000
	leastBackoff    = time.Second
	mostBackoff     = time.Minute
	leastRest       = 50 * time.Millisecond
	failureEvery    = time.Minute // between two lines of log about failures
)

// NewMaker returns a maker for the sites that are listed anew in each round.
func NewMaker(conn Conn, sites Sites, opts MakerOptions) *Maker {
	if opts.Every <= 0 {
		opts.Every = defaultEvery
	}
	if opts.OpenFrom == 0 {
		opts.OpenFrom = defaultOpenFrom
	}
	if opts.EachServer == nil {
		opts.EachServer = func(ctx context.Context, do func(context.Context, Conn) error) error { return do(ctx, conn) }
	}
	if opts.Turn == nil {
		opts.Turn = &sync.Mutex{}
	}
	log := opts.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Maker{conn: conn, sites: sites, opts: opts, log: log, metrics: newMakerMetrics(opts.Registry), known: map[schema.SiteID]*siteWork{}}
}

// Run works until ctx ends, and returns nil then. Failures are logged, counted and tried again
// later, at first after a second, in the end once a minute.
func (m *Maker) Run(ctx context.Context) error {
	backoff := leastBackoff
	failures := throttle{log: m.log}
	for {
		wait := m.opts.Every
		if err := m.Round(ctx); err != nil && ctx.Err() == nil {
			m.metrics.failures.Inc()
			failures.report(err)
			wait, backoff = backoff, min(2*backoff, mostBackoff)
		} else {
			failures.over()
			backoff = leastBackoff
		}
		if !rest(ctx, wait) {
			return nil
		}
	}
}

// rest waits, and says whether ctx goes on.
func rest(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// Round looks once for everything that is due, and does it.
func (m *Maker) Round(ctx context.Context) error {
	now, err := m.now(ctx)
	if err != nil {
		return err
	}
	sites, err := m.sites(ctx)
	if err != nil {
		return err
	}
	marks, err := m.marks(ctx, now)
	if err != nil {
		return err
	}
	due := 0
	known := make(map[schema.SiteID]*siteWork, len(sites))
	for _, site := range sites {
		work := m.known[site.ID]
		if work == nil {
			work = &siteWork{}
		}
		known[site.ID] = work
		if marks[site.ID] == (mark{}) || work.idle(site, look{marks[site.ID], now, lookEvery(len(sites))}) {
			continue
		}
		if err := m.site(ctx, site, work, now); err != nil {
			return err
		}
		work.mark = marks[site.ID]
		due += len(work.due)
	}
	m.known = known
	m.metrics.due.Set(float64(due))
	return m.sweep(ctx, now)
}

// marks reads when each site last received rows.
func (m *Maker) marks(ctx context.Context, now int64) (map[schema.SiteID]mark, error) {
	out := map[schema.SiteID]mark{}
	sql := fmt.Sprintf(`SELECT site_id, toUnixTimestamp64Milli(max(at)), toUnixTimestamp64Milli(maxIf(at, hour < toDateTime(%d, 'UTC'))), toInt64(count())
		FROM touched GROUP BY site_id`, (now-newestHours*hourMillis)/1000)
	err := each(ctx, m.conn, sql, func(scan func(...any) error) error {
		var site uint64
		var found mark
		if err := scan(&site, &found.at, &found.older, &found.rows); err != nil {
			return err
		}
		out[schema.SiteID(site)] = found
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read which sites received rows: %w", err)
	}
	return out, nil
}

func (m *Maker) now(ctx context.Context) (int64, error) {
	if m.opts.Now != nil {
		return m.opts.Now().UnixMilli(), nil
	}
	return clock(ctx, m.conn)
}

// site makes what is due of one site, the newest days first, for as long as a site may keep the
// others waiting; the rest is left for the next round.
func (m *Maker) site(ctx context.Context, site schema.Site, work *siteWork, now int64) error {
	zone, err := time.LoadLocation(site.TimeZone)
	if err != nil {
		if work.zone != site.TimeZone {
			m.log.Warn("time zone of site is unknown, so its visits are not made", "site_id", uint64(site.ID), "time_zone", site.TimeZone)
		}
		work.zone = site.TimeZone
		return nil //nolint:nilerr // one site's mistake must not keep the others waiting
	}
	state, err := load(ctx, m.conn, site.ID)
	if err != nil {
		return err
	}
	if err := m.countOpen(ctx, site, zone, work, now); err != nil {
		return err
	}
	work.plan(state, zone, planAt{now: now, openFrom: m.opts.OpenFrom, currency: site.Currency})
	began := time.Now()
	todo := batch{site: site.ID, zone: zone, currency: site.Currency, days: work.due}
	return makeDays(ctx, m.conn, todo, func(b batch) error {
		if time.Since(began) > siteTurn {
			return nil
		}
		return m.make(ctx, b, work)
	})
}

// siteTurn is how long one site may keep the others waiting.
const siteTurn = time.Minute

func (m *Maker) make(ctx context.Context, b batch, work *siteWork) error {
	began := time.Now()
	madeAt, err := m.makeInTurn(ctx, b)
	if err != nil {
		return err
	}
	took := time.Since(began)
	work.made(b.days, madeAt, took)
	m.metrics.made.Add(float64(len(b.days)))
	m.metrics.seconds.Observe(took.Seconds())
	m.log.Debug("slices made", "site_id", uint64(b.site), "days", len(b.days), "events", b.events, "took", took)
	if !rest(ctx, max(leastRest, took)) {
		return ctx.Err()
	}
	return nil
}

func (m *Maker) makeInTurn(ctx context.Context, b batch) (madeAt int64, err error) {
	m.opts.Turn.Lock()
	defer m.opts.Turn.Unlock()
	if madeAt, err = m.now(ctx); err != nil {
		return 0, err
	}
	return madeAt, makeAs(ctx, m.conn, b, madeAt)
}

// countOpen counts the events of the open day, now and then.
func (m *Maker) countOpen(ctx context.Context, site schema.Site, zone *time.Location, work *siteWork, now int64) error {
	today := DayOf(time.UnixMilli(now), zone)
	if work.openDay == today && now-work.openCountedAt < openCountEvery {
		return nil
	}
	counts, err := countDays(ctx, m.conn, batch{site: site.ID, zone: zone, days: []DayNumber{today}})
	if err != nil {
		return err
	}
	work.openDay, work.openEvents, work.openCountedAt = today, counts[today], now
	return nil
}
