package decide

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"

	"noctra/internal/testenv"
)

func TestMain(m *testing.M) { testenv.Main(m) }

// rig is a site of a workspace with a connection.
type rig struct {
	*testing.T
	pool *pgxpool.Pool
	d    *Decider
	site int64
}

// within gives each case a rig; they share a database, one after the other.
func within(t *testing.T, cases map[string]func(*rig)) {
	t.Parallel()
	pool, err := testenv.Postgres(t).Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	for name, test := range cases {
		t.Run(name, func(t *testing.T) { test(open(t, pool)) })
	}
}

func open(t *testing.T, pool *pgxpool.Pool) *rig {
	t.Helper()
	r := &rig{T: t, pool: pool, d: New(pool, prometheus.NewRegistry())}
	r.sql(`TRUNCATE workspaces CASCADE`)
	r.scan(&r.site, `WITH w AS (INSERT INTO workspaces (name) VALUES ('w') RETURNING id),
g AS (INSERT INTO google_connections (workspace_id, state, transport, refresh_token) SELECT id, 'active', 'data_manager', 'x' FROM w)
INSERT INTO sites (workspace_id, public_key, name, hostnames, time_zone, currency, identity_key) SELECT id, 'nst_a', 's', '{s.example}', 'UTC', 'EUR', sha256('k') FROM w RETURNING id`)
	return r
}

func (r *rig) sql(sql string, args ...any) {
	r.Helper()
	if _, err := r.pool.Exec(r.Context(), sql, args...); err != nil {
		r.Fatalf("%s: %v", sql, err)
	}
}

func (r *rig) scan(to any, sql string, args ...any) {
	r.Helper()
	if err := r.pool.QueryRow(r.Context(), sql, args...).Scan(to); err != nil {
		r.Fatalf("%s: %v", sql, err)
	}
}

// refused runs a statement that the database has to refuse, by that constraint.
func (r *rig) refused(constraint, sql string, args ...any) {
	r.Helper()
	_, err := r.pool.Exec(r.Context(), sql, args...)
	if err == nil || !strings.Contains(err.Error(), constraint) && !strings.Contains(fmt.Sprintf("%+v", constraintOf(err)), constraint) {
		r.Errorf("%s: %v, want it refused by %s", sql, err, constraint)
	}
}

// action maps sales to an action; set are columns.
func (r *rig) action(id, set string) (mapping int64) {
	r.Helper()
	r.scan(&mapping, `INSERT INTO conversion_actions (workspace_id, site_id, connection_id, action_id, action_name, since)
SELECT s.workspace_id, s.id, g.id, $2, 'a', '2026-01-01Z' FROM sites s JOIN google_connections g ON g.workspace_id = s.workspace_id WHERE s.id = $1 RETURNING id`, r.site, id)
	if set != "" {
		r.sql("UPDATE conversion_actions SET "+set+" WHERE id = $1", mapping)
	}
	r.dirty()
	return mapping
}

// dirty has all sales decided again, as whoever changes a gate does.
func (r *rig) dirty() { r.Helper(); r.sql(`UPDATE sales SET decide_at = now()`) }

// sale stores one of 100 EUR an hour ago with a click and consent; set are columns.
func (r *rig) sale(order, set string) (id int64) {
	r.Helper()
	r.scan(&id, `INSERT INTO sales (workspace_id, site_id, event_id, order_id, occurred_at, amount, currency, visitor_id, user_hash, country, via, bot_reasons, click_kinds, click_values,
  email_hash, phone_hash, consent_analytics, consent_user_data, consent_personal, google_kind, google_value, google_clicked_at, google_rule)
SELECT workspace_id, id, 'event-' || $2, $2, date_trunc('second', now()) - interval '1 hour', 100000000, 'EUR', 1, 0, 'DE', 2, '{}', '{}', '{}', '', '', 1, 1, 1, 'gclid', 'click-of-' || $2,
  now() - interval '1 day', 'visitor' FROM sites WHERE id = $1 RETURNING id`, r.site, order)
	if set != "" {
		r.sql("UPDATE sales SET "+set+" WHERE id = $1", id)
	}
	return id
}

func (r *rig) refund(sale int64, amount float64, currency string) (id int64) {
	r.Helper()
	r.scan(&id, `INSERT INTO refunds (site_id, event_id, order_id, occurred_at, amount, currency, sale_id)
SELECT site_id, 'refund-' || gen_random_uuid(), order_id, now(), $2::numeric * 1000000, $3, id FROM sales WHERE id = $1 RETURNING id`, sale, amount, currency)
	return id
}

// decide decides everything that is due.
func (r *rig) decide() {
	r.Helper()
	for n := 1; n > 0; {
		var err error
		if n, err = r.d.Step(r.Context()); err != nil {
			r.Fatal(err)
		}
	}
}

// later decides as if that much time had gone by.
func (r *rig) later(by time.Duration) {
	r.Helper()
	was := r.d.ahead
	r.d.ahead = by
	r.decide()
	r.d.ahead = was
}

// claim is what the sender does with conversions that are ready: attempt, sending, frozen.
func (r *rig) claim() {
	r.Helper()
	r.sql(`WITH a AS (INSERT INTO upload_attempts (connection_id, action_id, transport, kind, rows, state, started_at, lease_until)
  SELECT id, '1', 'data_manager', 'conversion', 1, 'sending', now(), now() + interval '1 minute' FROM google_connections RETURNING id)
UPDATE conversions c SET state = 'sending', reason = '', frozen_at = coalesce(frozen_at, now()), attempts = attempts + 1, attempt_id = a.id FROM a WHERE c.state = 'ready'`)
}

// accept has Google accept everything that is being sent.
func (r *rig) accept() {
	r.Helper()
	r.sql(`UPDATE conversions SET state = 'accepted', reason = '', google_value = value, google_currency = currency WHERE state IN ('sending', 'received', 'unknown')`)
}

// adjusted has Google accept adjustments that are ready, in the way of the sender, and lets later ones go.
func (r *rig) adjusted() {
	r.Helper()
	r.sql(`WITH a AS (INSERT INTO upload_attempts (connection_id, action_id, transport, kind, rows, state, started_at, lease_until)
  SELECT id, '1', 'data_manager', 'restatement', 1, 'sending', now(), now() + interval '1 minute' FROM google_connections RETURNING id)
UPDATE adjustments d SET state = 'sending', frozen_at = now(), attempts = attempts + 1, attempt_id = a.id FROM a WHERE d.state = 'ready'`)
	r.sql(`UPDATE adjustments SET state = 'accepted', reason = '' WHERE state = 'sending'`)
	r.sql(`UPDATE conversions c SET google_value = coalesce(d.value, 0), google_currency = CASE WHEN d.value IS NULL THEN c.google_currency ELSE d.currency END, retracted = d.kind = 'retraction'
FROM adjustments d WHERE d.conversion_id = c.id AND d.state = 'accepted' AND d.kind <> 'enhancement'
  AND d.number = (SELECT max(number) FROM adjustments WHERE conversion_id = c.id AND state = 'accepted' AND kind <> 'enhancement')`)
	r.promote()
}

// promote lets the first waiting adjustment of accepted conversions go.
func (r *rig) promote() {
	r.Helper()
	r.sql(`UPDATE adjustments d SET state = 'ready', reason = '' FROM conversions c WHERE c.id = d.conversion_id AND c.state = 'accepted' AND d.state = 'waiting'
  AND NOT EXISTS (SELECT FROM adjustments e WHERE e.conversion_id = d.conversion_id AND e.number < d.number AND e.state NOT IN ('accepted', 'rejected', 'superseded'))`)
}

// rows returns a line a row.
func (r *rig) rows(sql string, args ...any) []string {
	r.Helper()
	rows, err := r.pool.Query(r.Context(), sql, args...)
	if err != nil {
		r.Fatal(err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		r.Fatal(err)
	}
	return all
}

const conversionLine = `SELECT concat_ws(' ', c.transaction_id, coalesce((c.value / 1000000.0)::float8::text, '-'), nullif(c.currency, ''), c.click_value, c.state, nullif(c.reason, ''))
FROM conversions c ORDER BY c.sale_id, c.id`

const adjustmentLine = `SELECT concat_ws(' ', d.number::text, d.kind, (d.value / 1000000.0)::float8::text, nullif(d.currency, ''), d.state, nullif(d.reason, ''))
FROM adjustments d ORDER BY d.conversion_id, d.number`

// conversions compares all conversions with lines "transaction value currency click state reason".
func (r *rig) conversions(when string, want ...string) {
	r.Helper()
	got := r.rows(conversionLine)
	if len(want)+len(got) == 0 {
		return
	}
	if diff := cmp.Diff(want, got); diff != "" {
		r.Errorf("%s: conversions (-want +got)\n%s", when, diff)
	}
}

// adjustments compares all adjustments with lines "number kind value currency state reason".
func (r *rig) adjustments(when string, want ...string) {
	r.Helper()
	got := r.rows(adjustmentLine)
	if len(want)+len(got) > 0 {
		if diff := cmp.Diff(want, got); diff != "" {
			r.Errorf("%s: adjustments (-want +got)\n%s", when, diff)
		}
	}
}
