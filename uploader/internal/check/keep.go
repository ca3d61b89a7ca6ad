package check

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Actions of the audit.
const (
	mendedByNight  = "conversions.mended"
	mendedByPerson = "conversions.mended_by_operator"
)

// keep writes down what was found, and what was mended into the audit.
func (c *Check) keep(ctx context.Context, r *Report, operator string) error {
	err := pgx.BeginFunc(ctx, c.Postgres, func(tx pgx.Tx) error {
		if err := r.stay(ctx, tx); err != nil {
			return err
		}
		for _, d := range r.Found {
			if d.Mended {
				r.Mended++
			}
		}
		raw, err := json.Marshal(append([]Difference{}, r.Found[:min(len(r.Found), mostShown)]...))
		if err != nil {
			return err
		}
		if _, err = tx.Exec(ctx, `INSERT INTO conversion_checks (site_id, day, checked_at, events, sales, mended, differences) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (site_id, day) DO UPDATE SET checked_at = excluded.checked_at, events = excluded.events, sales = excluded.sales, mended = excluded.mended, differences = excluded.differences`,
			r.Site, r.Day, r.CheckedAt, r.Events, r.Sales, r.Mended, raw); err != nil {
			return err
		}
		return r.note(ctx, tx, operator)
	})
	if err != nil {
		return fmt.Errorf("write check: %w", err)
	}
	for _, d := range r.Found {
		c.differences.WithLabelValues(d.Kind).Inc()
	}
	if len(r.Found) > 0 {
		c.Log.Warn("sales differ from stored events", "site_id", r.Site, "day", r.Day.Format(time.DateOnly), "differences", len(r.Found), "mended", r.Mended)
	}
	return nil
}

// stay tells what came back after it was mended: that did not help, and somebody has to look.
func (r *Report) stay(ctx context.Context, tx pgx.Tx) error {
	var raw []byte
	err := tx.QueryRow(ctx, `SELECT differences FROM conversion_checks WHERE site_id = $1 AND day = $2 FOR UPDATE`, r.Site, r.Day).Scan(&raw)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	var before []Difference
	if err := json.Unmarshal(raw, &before); err != nil {
		return err
	}
	known := map[Difference]bool{}
	for _, d := range before {
		d.Mended = false
		known[d] = true
	}
	for i, d := range r.Found {
		d.Mended = false
		if known[d] {
			r.Found[i] = d
		}
	}
	return nil
}

// note adds an entry to the audit of the workspace where something was mended. It comes last: the chain is held
// until the transaction ends.
func (r *Report) note(ctx context.Context, tx pgx.Tx, operator string) error {
	if r.Mended == 0 {
		return nil
	}
	action := mendedByNight
	if operator != "" {
		action = mendedByPerson
	}
	_, err := tx.Exec(ctx, `INSERT INTO audit (at, workspace_id, operator, action, details)
SELECT $1, workspace_id, nullif($2, ''), $3, jsonb_build_object('site_id', id, 'day', $4::text, 'mended', $5::int, 'differences', $6::int) FROM sites WHERE id = $7`,
		r.CheckedAt.UTC(), operator, action, r.Day.Format(time.DateOnly), r.Mended, len(r.Found), r.Site)
	return err
}

// measure sets the gauge of what stays.
func (c *Check) measure(ctx context.Context) error {
	var n int64
	err := c.Postgres.QueryRow(ctx, `SELECT count(*) FROM conversion_checks, jsonb_array_elements(differences) d WHERE day >= $1 AND NOT (d ->> 'mended')::boolean`, c.Now().AddDate(0, 0, -days-1)).Scan(&n)
	if err != nil {
		return fmt.Errorf("count differences that stay: %w", err)
	}
	c.staying.Set(float64(n))
	return nil
}

// Kept returns what was found last of each day, of one site or of all, the newest days first.
func (c *Check) Kept(ctx context.Context, site int64) (all []Report, err error) {
	rows, err := c.Postgres.Query(ctx, `SELECT site_id, day, checked_at, events, sales, mended, differences FROM conversion_checks WHERE day >= $1 AND ($2 = 0 OR site_id = $2) ORDER BY site_id, day DESC`,
		c.Now().AddDate(0, 0, -days-1), site)
	if err != nil {
		return nil, fmt.Errorf("read checks: %w", err)
	}
	var r Report
	var raw []byte
	_, err = pgx.ForEachRow(rows, []any{&r.Site, &r.Day, &r.CheckedAt, &r.Events, &r.Sales, &r.Mended, &raw}, func() error {
		one := r
		all = append(all, one)
		return json.Unmarshal(raw, &all[len(all)-1].Found)
	})
	if err != nil {
		return nil, fmt.Errorf("read checks: %w", err)
	}
	return all, nil
}
