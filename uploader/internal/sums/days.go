package sums

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// days are local days of a site next to each other, both included.
type days struct{ first, last time.Time }

// selectMarked reads which local days were marked, the newest first.
const selectMarked = `SELECT DISTINCT (from_at AT TIME ZONE $2)::date, (to_at AT TIME ZONE $2)::date FROM sale_marks WHERE site_id = $1 ORDER BY 2 DESC, 1 DESC`

// markedDays returns some of the marked days, the newest, as stretches that do not meet, and whether there are more.
func markedDays(ctx context.Context, tx pgx.Tx, site int64, zone string) (all []days, more bool, err error) {
	rows, err := tx.Query(ctx, selectMarked, site, zone)
	if err != nil {
		return nil, false, err
	}
	left := mostDays
	var d days
	_, err = pgx.ForEachRow(rows, []any{&d.first, &d.last}, func() error {
		n := len(all) - 1
		next := n >= 0 && !d.last.Before(all[n].first.AddDate(0, 0, -1)) // the same days, or those before
		switch {
		case next && !d.first.Before(all[n].first):
		case left <= 0:
			more = true
		case next:
			all[n].first = d.first
			left--
		default:
			all = append(all, d)
			left--
		}
		return nil
	})
	return all, more, err
}

const (
	deleteMarks = `WITH gone AS (DELETE FROM sale_marks WHERE site_id = $1 AND from_at >= $4 AND to_at < $5 AND (from_at AT TIME ZONE $6)::date >= $2 AND (to_at AT TIME ZONE $6)::date <= $3 RETURNING paths)
SELECT coalesce(bool_or(paths), false) FROM gone`
	deleteSums = `DELETE FROM sale_sums WHERE site_id = $1 AND day BETWEEN $2 AND $3`
	insertSums = `INSERT INTO sale_sums (site_id, day, campaign, mapping_id, state, reason, clicked, tried, currency, google_currency, count, amount, google_amount)
SELECT site_id, day, campaign, mapping_id, state, reason, clicked, tried, currency, google_currency, count(*), sum(amount), sum(google_amount)
FROM sale_units WHERE site_id = $1 AND day BETWEEN $2 AND $3 AND occurred_at >= $4 AND occurred_at < $5
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10`
)

// mostShift is more than clocks are put forward or back, at midnight in some zones.
const mostShift = 3 * time.Hour

// sum adds them up again and takes their marks away. What others mark meanwhile is not seen here, and stays.
func (d days) sum(ctx context.Context, tx pgx.Tx, site int64, at *time.Location) error {
	begin := func(t time.Time, more int) time.Time {
		return time.Date(t.Year(), t.Month(), t.Day()+more, 0, 0, 0, 0, at)
	}
	from, to := begin(d.first, 0).Add(-mostShift), begin(d.last, 1).Add(mostShift)
	var paths bool
	if err := tx.QueryRow(ctx, deleteMarks, site, d.first, d.last, from, to, at.String()).Scan(&paths); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, deleteSums, site, d.first, d.last); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, insertSums, site, d.first, d.last, from, to); err != nil || !paths {
		return err
	}
	return d.share(ctx, tx, site, at.String(), from, to)
}
