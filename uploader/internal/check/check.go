// Package check compares, once a day, stored sales and refunds (ClickHouse) with those that were read into
// Postgres, and sales with their conversions, for each closed UTC day of the last eight: events are seven
// days late at most. What is missing is read again, or decided again; what is too much is reported alone.
//
// It writes conversion_checks, where the admin service shows it, and what it mended into the audit of the
// workspace (keep.go). It sends nothing. A person may ask for it at any time (Look), by default without mending.
package check

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"

	"noctra/internal/clickhouse"
)

// Kinds of differences.
const (
	MissingSale       = "missing_sale"       // a sale or refund that was stored and not read
	SurplusSale       = "surplus_sale"       // one that was read and is not stored
	MissingConversion = "missing_conversion" // a sale without a conversion to an action that takes it
)

const (
	days       = 8
	again      = 20 * time.Hour // after which a day is looked at again
	mostShown  = 100            // differences that are kept of a day
	mostAtOnce = 1000
)

// Mender reads single events again.
type Mender interface {
	Mend(ctx context.Context, site int64, ids []string) error
}

// Deps are what a check needs.
type Deps struct {
	ClickHouse clickhouse.Querier // as the reader
	Postgres   *pgxpool.Pool
	Mender     Mender
	Log        *slog.Logger
	Registry   prometheus.Registerer
	Now        func() time.Time
}

// Check compares. It is safe to run in several processes: what one has just looked at, others leave.
type Check struct {
	Deps
	differences *prometheus.CounterVec
	staying     prometheus.Gauge
}

// New returns a check, and registers its metric.
func New(deps Deps) *Check {
	c := &Check{Deps: deps, differences: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "noctra_uploader_check_differences_total", Help: "Differences between stored events, sales and conversions that the nightly check found.",
	}, []string{"kind"})}
	for _, kind := range []string{MissingSale, SurplusSale, MissingConversion} {
		c.differences.WithLabelValues(kind)
	}
	c.staying = prometheus.NewGauge(prometheus.GaugeOpts{Name: "noctra_uploader_check_differences_staying", Help: "Differences of the days that are compared that were not mended, or came back after they were."})
	deps.Registry.MustRegister(c.differences, c.staying)
	return c
}

// Difference is one that was found.
type Difference struct {
	Kind    string `json:"kind"`
	EventID string `json:"event_id"`
	Mended  bool   `json:"mended"`
}

// Report is what was found of a site's day.
type Report struct {
	Site      int64
	Day       time.Time // its beginning in UTC
	CheckedAt time.Time
	Events    int
	Sales     int
	Mended    int // of all that was found; Found has at most a hundred where it was kept
	Found     []Difference
}

// Ask is what a person wants compared.
type Ask struct {
	Site     int64 // 0: all
	Apply    bool  // mend, and keep what was found; else it is only looked at
	Operator string
}

// Run looks at each site and closed day that nobody looked at lately.
func (c *Check) Run(ctx context.Context) error {
	sites, err := c.sites(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, day := range c.closed() {
		for _, site := range sites {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err := c.day(ctx, site, day); err != nil {
				errs = append(errs, err)
			}
		}
	}
	return errors.Join(append(errs, c.measure(ctx))...)
}

// Look compares the closed days of sites, whenever they were looked at last, the newest first.
func (c *Check) Look(ctx context.Context, ask Ask) ([]Report, error) {
	sites := []int64{ask.Site}
	if ask.Site == 0 {
		var err error
		if sites, err = c.sites(ctx); err != nil {
			return nil, err
		}
	}
	var all []Report
	for _, site := range sites {
		for _, day := range c.closed() {
			r, err := c.compare(ctx, site, day, ask.Apply)
			if err == nil && ask.Apply {
				err = c.keep(ctx, &r, ask.Operator)
			}
			if err != nil {
				return all, fmt.Errorf("check site %d at %s: %w", site, day.Format(time.DateOnly), err)
			}
			all = append(all, r)
		}
	}
	return all, nil
}

// closed are the days that are compared.
func (c *Check) closed() []time.Time {
	today := c.Now().UTC().Truncate(24 * time.Hour)
	all := make([]time.Time, days)
	for i := range all {
		all[i] = today.AddDate(0, 0, -1-i)
	}
	return all
}

func (c *Check) sites(ctx context.Context) ([]int64, error) {
	rows, err := c.Postgres.Query(ctx, `SELECT id FROM sites WHERE state <> 'deleted' ORDER BY id`)
	if err != nil {
		return nil, fmt.Errorf("list sites: %w", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("list sites: %w", err)
	}
	return ids, nil
}

func (c *Check) day(ctx context.Context, site int64, day time.Time) error {
	var fresh bool
	err := c.Postgres.QueryRow(ctx, `SELECT EXISTS (SELECT FROM conversion_checks WHERE site_id = $1 AND day = $2 AND checked_at > $3)`, site, day, c.Now().Add(-again)).Scan(&fresh)
	if err != nil {
		return fmt.Errorf("look for check: %w", err)
	}
	if fresh {
		return nil
	}
	r, err := c.compare(ctx, site, day, true)
	if err == nil {
		err = c.keep(ctx, &r, "")
	}
	if err != nil {
		return fmt.Errorf("check site %d at %s: %w", site, day.Format(time.DateOnly), err)
	}
	return nil
}

// compare finds differences, and mends those that can be where apply says so.
func (c *Check) compare(ctx context.Context, site int64, day time.Time, apply bool) (Report, error) {
	r := Report{Site: site, Day: day, CheckedAt: c.Now()}
	read, err := c.read(ctx, site, day) // first, as events come before their sales
	if err != nil {
		return r, err
	}
	stored, err := c.stored(ctx, site, day)
	if err != nil {
		return r, err
	}
	r.Events, r.Sales = len(stored), len(read)
	var missing []string
	for id := range stored {
		if !read[id] {
			missing = append(missing, id)
		}
	}
	for id := range read {
		if !stored[id] {
			r.Found = append(r.Found, Difference{SurplusSale, id, false})
		}
	}
	slices.Sort(missing)
	for part := range slices.Chunk(missing, mostAtOnce) {
		if apply {
			if err := c.Mender.Mend(ctx, site, part); err != nil {
				return r, err
			}
		}
		for _, id := range part {
			r.Found = append(r.Found, Difference{MissingSale, id, apply})
		}
	}
	return r, c.conversions(ctx, &r, apply)
}

// stored are the sales and refunds of a day, as reports count them.
func (c *Check) stored(ctx context.Context, site int64, day time.Time) (map[string]bool, error) {
	ids := map[string]bool{}
	sql := fmt.Sprintf("SELECT event_id FROM events WHERE site_id = %d AND kind IN ('sale', 'refund') AND occurred_at >= fromUnixTimestamp64Milli(%d, 'UTC') AND occurred_at < fromUnixTimestamp64Milli(%d, 'UTC')",
		site, day.UnixMilli(), day.AddDate(0, 0, 1).UnixMilli())
	err := clickhouse.Each(ctx, c.ClickHouse, sql, func(rows driver.Rows) error {
		var id string
		err := rows.Scan(&id)
		ids[id] = true
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read stored events: %w", err)
	}
	return ids, nil
}

// read are those of Postgres.
func (c *Check) read(ctx context.Context, site int64, day time.Time) (map[string]bool, error) {
	rows, err := c.Postgres.Query(ctx, `SELECT event_id FROM sales WHERE site_id = $1 AND goal_id = 0 AND occurred_at >= $2 AND occurred_at < $3
UNION ALL SELECT event_id FROM refunds WHERE site_id = $1 AND occurred_at >= $2 AND occurred_at < $3`, site, day, day.AddDate(0, 0, 1))
	ids := map[string]bool{}
	var id string
	if err == nil {
		_, err = pgx.ForEachRow(rows, []any{&id}, func() error { ids[id] = true; return nil })
	}
	if err != nil {
		return nil, fmt.Errorf("read sales: %w", err)
	}
	return ids, nil
}

// without are sales that lack a conversion. Those that are to be decided are left.
const without = `s.site_id = $1 AND s.occurred_at >= $2 AND s.occurred_at < $3 AND s.decide_at IS NULL
  AND EXISTS (SELECT FROM conversion_actions a WHERE a.site_id = s.site_id AND a.removed_at IS NULL AND coalesce(a.goal_id, 0) = s.goal_id AND s.occurred_at >= a.since
    AND NOT EXISTS (SELECT FROM conversions c WHERE c.sale_id = s.id AND c.mapping_id = a.id))`

// conversions looks for sales that lack one, and has them decided again where apply says so.
func (c *Check) conversions(ctx context.Context, r *Report, apply bool) error {
	sql := `SELECT s.event_id FROM sales s WHERE ` + without
	if apply {
		sql = `UPDATE sales s SET decide_at = now() WHERE ` + without + ` RETURNING s.event_id`
	}
	rows, err := c.Postgres.Query(ctx, sql, r.Site, r.Day, r.Day.AddDate(0, 0, 1))
	if err != nil {
		return fmt.Errorf("look for sales without conversions: %w", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return fmt.Errorf("look for sales without conversions: %w", err)
	}
	for _, id := range ids {
		r.Found = append(r.Found, Difference{MissingConversion, id, apply})
	}
	return nil
}
