// Package sums keeps sales with their conversions, and what models of attribution give to campaigns and sources,
// added up by local day, so that reports of a month need not read them one by one.
//
// Whatever changes something that is added up marks its day, in the same transaction (triggers of
// schema/postgres/00022_sale_sums.sql). A step adds marked days up again and takes the marks away, which is
// seen at once or not at all: who asks reads the sums of days that are not marked, and the sales of those
// that are. So it may be late, and never wrong. One process at a time does it.
package sums

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
)

const (
	lock     = 0x6e6f6374_72610022 // advisory lock of Postgres
	mostDays = 8                   // of a site in one transaction
)

// Sums adds up.
type Sums struct {
	postgres *pgxpool.Pool
	days     prometheus.Counter
	behind   prometheus.Gauge
}

// New returns what adds up, and registers its metrics.
func New(postgres *pgxpool.Pool, registry prometheus.Registerer) *Sums {
	s := &Sums{
		postgres: postgres,
		days:     prometheus.NewCounter(prometheus.CounterOpts{Name: "noctra_uploader_summed_days_total", Help: "Days of sites whose sales and conversions were added up again."}),
		behind:   prometheus.NewGauge(prometheus.GaugeOpts{Name: "noctra_uploader_sums_delay_seconds", Help: "For how long the day has been marked that is marked the longest, 0 for none; its sales are read one by one meanwhile."}),
	}
	registry.MustRegister(s.days, s.behind)
	return s
}

// Step adds up some marked days of each site, the newest first, and says whether there may be more. It does
// nothing while another process does it.
func (s *Sums) Step(ctx context.Context) (more bool, err error) {
	conn, err := s.postgres.Acquire(ctx)
	if err != nil {
		return false, fmt.Errorf("add up sales: %w", err)
	}
	defer conn.Release()
	var held bool
	// Of the session: a transaction that waited for the lock would not see what was done meanwhile.
	if err := conn.QueryRow(ctx, `SELECT pg_try_advisory_lock($1)`, lock).Scan(&held); err != nil || !held {
		return false, wrap(err)
	}
	defer func() {
		_, unlocked := conn.Exec(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock($1)`, lock)
		if unlocked != nil {
			unlocked = errors.Join(unlocked, conn.Conn().Close(context.WithoutCancel(ctx))) // which gives the lock back
		}
		err = errors.Join(err, wrap(unlocked))
	}()
	sites, err := s.marked(ctx, conn)
	if err != nil {
		return false, wrap(err)
	}
	for _, site := range sites {
		again, err := s.site(ctx, conn, site)
		if err != nil {
			return false, wrap(err)
		}
		more = more || again
	}
	return more, nil
}

func wrap(err error) error {
	if err != nil {
		return fmt.Errorf("add up sales: %w", err)
	}
	return nil
}

// marked returns the sites that have marked days, and says how late they are.
func (s *Sums) marked(ctx context.Context, conn *pgxpool.Conn) (sites []int64, err error) {
	rows, err := conn.Query(ctx, `SELECT site_id, extract(epoch FROM clock_timestamp() - min(marked_at))::float8 FROM sale_marks GROUP BY 1 ORDER BY 2 DESC`)
	if err != nil {
		return nil, err
	}
	var site int64
	var age, oldest float64
	_, err = pgx.ForEachRow(rows, []any{&site, &age}, func() error {
		sites, oldest = append(sites, site), max(oldest, age)
		return nil
	})
	s.behind.Set(oldest)
	return sites, err
}

// site adds up days of a site in one transaction.
func (s *Sums) site(ctx context.Context, conn *pgxpool.Conn, site int64) (more bool, err error) {
	err = pgx.BeginTxFunc(ctx, conn, pgx.TxOptions{IsoLevel: pgx.RepeatableRead}, func(tx pgx.Tx) error {
		var zone string
		var all bool
		err := tx.QueryRow(ctx, `SELECT time_zone, EXISTS (SELECT FROM sale_marks m WHERE m.site_id = s.id AND NOT isfinite(m.from_at)) FROM sites s WHERE id = $1`, site).Scan(&zone, &all)
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			return run(ctx, tx, []string{`DELETE FROM sale_marks WHERE site_id = $1`}, site)
		case err != nil:
			return err
		case all:
			more = true
			return run(ctx, tx, wholeSite, site)
		}
		at, err := time.LoadLocation(zone)
		if err != nil {
			return err
		}
		days, left, err := markedDays(ctx, tx, site, zone)
		if err != nil {
			return err
		}
		more = left
		for _, d := range days {
			if err := d.sum(ctx, tx, site, at); err != nil {
				return err
			}
			s.days.Add(d.last.Sub(d.first).Hours()/24 + 1)
		}
		return nil
	})
	return more, err
}

// wholeSite begins anew: no sum of it is left, and all its days are marked one by one.
var wholeSite = []string{
	`DELETE FROM sale_marks WHERE site_id = $1`,
	`DELETE FROM sale_sums WHERE site_id = $1`,
	`DELETE FROM sale_shares WHERE site_id = $1`,
	`INSERT INTO sale_marks (site_id, from_at, to_at) SELECT site_id, min(occurred_at), max(occurred_at) FROM sales WHERE site_id = $1 GROUP BY site_id, date_bin('1 day', occurred_at, timestamptz '2000-01-01Z')`,
}

func run(ctx context.Context, tx pgx.Tx, statements []string, args ...any) error {
	for _, statement := range statements {
		if _, err := tx.Exec(ctx, statement, args...); err != nil {
			return err
		}
	}
	return nil
}
