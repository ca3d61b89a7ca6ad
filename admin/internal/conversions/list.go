package conversions

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
)

// Querier is Postgres.
type Querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// columns are those of row.
const columns = `c.id, c.sale_id, c.workspace_id, c.site_id, s.event_id, s.order_id, s.goal_id, s.partner, c.transaction_id, c.action_id, a.action_name, c.mapping_id, a.connection_id,
  c.state, ` + reasonOf + ` AS reason,
  c.detail, c.state_at, ` + nextOf + ` AS next_at, c.review, c.attempts, c.value, c.currency, c.google_value, c.google_currency, s.amount, s.currency AS sale_currency,
  c.click_kind, c.click_value, coalesce(c.clicked_at, CASE WHEN s.google_value = c.click_value THEN s.google_clicked_at END) AS clicked_at, s.google_campaign AS campaign, c.occurred_at AS sold_at, c.retracted,
  (SELECT count(*) FROM adjustments j WHERE j.conversion_id = c.id)::int AS adjustments`

const from = `conversions c
JOIN sales s ON s.id = c.sale_id
JOIN conversion_actions a ON a.id = c.mapping_id
JOIN google_connections g ON g.id = a.connection_id
JOIN workspaces w ON w.id = c.workspace_id
JOIN sites t ON t.id = c.site_id AND t.state <> 'deleted'`

const inOrder = "ORDER BY c.occurred_at DESC, c.id DESC"

// List returns the conversions that the filter chooses, the newest sale first, and the place of the
// last of them where there are more.
func List(ctx context.Context, q Querier, scope Scope, f Filter) (views []Conversion, more *Place, err error) {
	rows, err := rowsOf(ctx, q, scope, f)
	if err != nil {
		return nil, nil, err
	}
	if len(rows) > f.Most {
		rows = rows[:f.Most]
		last := rows[len(rows)-1].place()
		more = &last
	}
	views = make([]Conversion, len(rows))
	for i, r := range rows {
		views[i] = r.view()
	}
	return views, more, nil
}

// rowsOf reads one more than the most, if there is one: conversions and sales without one, as they are asked for.
func rowsOf(ctx context.Context, q Querier, scope Scope, f Filter) (all []row, err error) {
	if f.conversions() {
		ids, c, err := f.ids(ctx, q, scope, f.Most+1, inOrder)
		if err != nil {
			return nil, err
		}
		if ids != "" {
			sql := fmt.Sprintf("SELECT %s\nFROM %s\nWHERE c.id IN (%s)\n%s LIMIT %s", columns, from, ids, inOrder, c.arg(f.Most+1))
			if all, err = collect[row](ctx, q, "list conversions", sql, c.planned()...); err != nil {
				return nil, err
			}
		}
	}
	if !f.sales() {
		return all, nil
	}
	sales, err := unconverted(ctx, q, scope, f)
	if err != nil {
		return nil, err
	}
	all = append(all, sales...)
	slices.SortStableFunc(all, func(a, b row) int { return b.SoldAt.Compare(a.SoldAt) })
	return all[:min(len(all), f.Most+1)], nil
}

// collect reads rows of a query into structs, by names of columns.
func collect[T any](ctx context.Context, q Querier, what, sql string, args ...any) ([]T, error) {
	rows, err := q.Query(ctx, sql, args...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByName[T])
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	return all, nil
}

// ErrUnknown is a conversion that there is not, or that is somebody else's.
var ErrUnknown = errors.New("no such conversion")

// one reads a single conversion that any of the scopes has.
func one(ctx context.Context, q Querier, scope Scope, id int64) (row, error) {
	rows, err := rowsOf(ctx, q, scope, Filter{Conversions: []int64{id}, Most: 1})
	if err != nil {
		return row{}, err
	}
	if len(rows) == 0 {
		return row{}, ErrUnknown
	}
	return rows[0], nil
}
