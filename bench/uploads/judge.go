package uploads

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"noctra/fakes/google"
)

// makeSales stores sales of an hour ago with a click: PREFIX-NUMBER, each worth 100 euros and as many cents as
// its number.
const makeSales = `INSERT INTO sales (workspace_id, site_id, event_id, order_id, occurred_at, amount, currency, visitor_id, user_hash, country, via, bot_reasons, click_kinds, click_values,
  email_hash, phone_hash, consent_analytics, consent_user_data, consent_personal, google_kind, google_value, google_clicked_at, google_rule)
SELECT s.workspace_id, s.id, $2 || n, $2 || n, date_trunc('second', now()) - interval '2 days', 100000000 + n * 10000, 'EUR', 1, 0, 'DE', 2, '{}', '{}', '{}', '', '', 1, 1, 1,
  'gclid', 'click-of-' || $2 || n, now() - interval '3 days', 'visitor'
FROM sites s, generate_series($3::int + 1, $4::int) n WHERE s.id = $1`

// sell makes sales of both shops, in so many pieces that there are many requests.
func (r *Rig) sell(ctx context.Context, sites [2]int64, o KillsOptions) error {
	ticker := time.NewTicker(o.Every / 16)
	defer ticker.Stop()
	ads := o.Conversions / 5
	all := [2]int{o.Conversions - ads, ads}
	for piece := range o.Pieces {
		for i, prefix := range []string{"m-", "a-"} {
			if _, err := r.Pool.Exec(ctx, makeSales, sites[i], prefix, all[i]*piece/o.Pieces, all[i]*(piece+1)/o.Pieces); err != nil {
				return fmt.Errorf("make sales: %w", err)
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
	return nil
}

// makeRefunds refunds conversions that Google has, each once: 10 euros, or for every other of the second
// shop everything.
const makeRefunds = `INSERT INTO refunds (site_id, event_id, order_id, occurred_at, amount, currency, sale_id)
SELECT s.site_id, 'refund-' || s.event_id, s.order_id, now(), CASE WHEN s.site_id = $2 AND s.id % 2 = 0 THEN s.amount ELSE 10000000 END, 'EUR', s.id
FROM sales s JOIN conversions c ON c.sale_id = s.id
WHERE c.frozen_at IS NOT NULL AND c.state IN ('received', 'accepted') AND (s.site_id = $2) = $3 AND NOT EXISTS (SELECT FROM refunds r WHERE r.sale_id = s.id) LIMIT $1`

// refund refunds as soon as there is something that Google has, a fifth of it in the second shop.
func (r *Rig) refund(ctx context.Context, sites [2]int64, o KillsOptions) error {
	for i, left := range []int{o.Adjustments - o.Adjustments/5, o.Adjustments / 5} {
		err := until(ctx, func() (bool, error) {
			tag, err := r.Pool.Exec(ctx, makeRefunds, max(min(left, o.Adjustments/4), 1), sites[1], i == 1)
			left -= int(tag.RowsAffected())
			return left <= 0, err
		})
		if err != nil {
			return fmt.Errorf("make refunds: %w", err)
		}
	}
	return nil
}

// settled waits until every sale has a conversion that is final, and every refund an adjustment that is.
func (r *Rig) settled(ctx context.Context, o KillsOptions) error {
	err := until(ctx, func() (done bool, err error) {
		err = r.Pool.QueryRow(ctx, `SELECT (SELECT count(*) FROM conversions WHERE state IN ('accepted', 'rejected')) = $1
  AND NOT EXISTS (SELECT FROM adjustments WHERE state NOT IN ('accepted', 'rejected', 'superseded', 'held')) AND NOT EXISTS (SELECT FROM sales WHERE decide_at <= now())`, o.Conversions).Scan(&done)
		return done, err
	})
	if err == nil {
		return nil
	}
	rows, queryErr := r.Pool.Query(context.WithoutCancel(ctx), `SELECT concat_ws(' ', 'conversions', state, reason, count(*)::text, max(attempts)::text) FROM conversions GROUP BY state, reason
UNION ALL SELECT concat_ws(' ', 'adjustments', state, reason, count(*)::text, max(attempts)::text) FROM adjustments GROUP BY state, reason
UNION ALL SELECT concat_ws(' ', 'connection', state, problem, failures::text, paused_until::text) FROM google_connections`)
	if queryErr != nil {
		return fmt.Errorf("await conversions: %w", err)
	}
	lines, _ := pgx.CollectRows(rows, pgx.RowTo[string])
	return fmt.Errorf("await conversions: %w: %q", err, lines)
}

// until asks again and again, ten times a second.
func until(ctx context.Context, done func() (bool, error)) error {
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for {
		if ok, err := done(); ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
}

// owed is what Google should have of a sale by the sale itself, beside what Postgres says that it has.
const owed = `SELECT c.transaction_id, c.state, s.amount - coalesce((SELECT sum(amount) FROM refunds WHERE sale_id = s.id), 0), coalesce(c.google_value, -1), c.retracted
FROM sales s JOIN conversions c ON c.sale_id = s.id`

// judge compares sales, conversions and the ledger: each once, with the right value.
func (r *Rig) judge(ctx context.Context, report *KillsReport) error {
	ledger, err := r.Ledger(ctx)
	if err != nil {
		return err
	}
	at := map[string]google.Transaction{}
	for _, t := range ledger.Transactions {
		if _, twice := at[t.TransactionID]; twice {
			report.wrong("%s stands in the ledger twice", t.TransactionID)
		}
		at[t.TransactionID] = t
		report.Adjustments += t.Adjustments
	}
	rows, err := r.Pool.Query(ctx, owed)
	if err != nil {
		return fmt.Errorf("read conversions: %w", err)
	}
	var id, state string
	var amount, value int64
	var retracted bool
	_, err = pgx.ForEachRow(rows, []any{&id, &state, &amount, &value, &retracted}, func() error {
		report.Conversions++
		t, found := at[id]
		delete(at, id)
		want, kind := fmt.Sprintf("%d.%02d", amount/1_000_000, amount/10_000%100), "accepted"
		if retracted {
			kind = "retracted"
		}
		switch {
		case state != "accepted" || !found || t.State != kind:
			report.wrong("%s is %s, and at Google %q", id, state, t.State)
		case retracted != (amount == 0) || !retracted && (t.Value != want || t.Currency != "EUR") || value != amount:
			report.wrong("%s is worth %d, we think Google has %d, and Google has %s %s (%s)", id, amount, value, t.Value, t.Currency, t.State)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("read conversions: %w", err)
	}
	for id := range at {
		report.wrong("%s is at Google, and nobody sold it", id)
	}
	return r.count(ctx, report)
}

func (r *Rig) count(ctx context.Context, report *KillsReport) error {
	var open int
	err := r.Pool.QueryRow(ctx, `SELECT count(*), count(*) FILTER (WHERE state = 'lost'), count(*) FILTER (WHERE state IN ('sending', 'received')) FROM upload_attempts`).Scan(&report.Requests, &report.Lost, &open)
	if err != nil {
		return fmt.Errorf("count attempts: %w", err)
	}
	if open > 0 {
		report.wrong("%d attempts are still under way", open)
	}
	return nil
}

const mostWrong = 20

func (k *KillsReport) wrong(format string, args ...any) {
	if len(k.Wrong) < mostWrong {
		k.Wrong = append(k.Wrong, fmt.Sprintf(format, args...))
	}
}
