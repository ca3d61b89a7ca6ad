package decide

import (
	"testing"

	"noctra/schema"
)

func TestTurns(t *testing.T) {
	within(t, map[string]func(*rig){"many of one workspace": manyOfOne, "a workspace that is changed": oneIsChanged})
}

// many makes more sales due than a batch has, and one of another workspace after them.
func (r *rig) many() (busy int64) {
	r.Helper()
	r.action("900000011", "")
	r.scan(&busy, `SELECT workspace_id FROM sites WHERE id = $1`, r.site)
	first := r.sale("first", "")
	r.sql(`INSERT INTO sales (workspace_id, site_id, event_id, order_id, occurred_at, amount, currency, visitor_id, user_hash, country, via, bot_reasons, click_kinds, click_values,
  email_hash, phone_hash, consent_analytics, consent_user_data, consent_personal)
SELECT workspace_id, site_id, 'e' || n, '', occurred_at, amount, currency, visitor_id, user_hash, country, via, bot_reasons, click_kinds, click_values, '', '', 1, 1, 1 FROM sales, generate_series(1, $2::int) n WHERE id = $1`,
		first, 3*batchSales)
	r.scan(&r.site, `WITH w AS (INSERT INTO workspaces (name) VALUES ('v') RETURNING id),
g AS (INSERT INTO google_connections (workspace_id, state, transport, refresh_token) SELECT id, 'active', 'data_manager', 'x' FROM w)
INSERT INTO sites (workspace_id, public_key, name, hostnames, time_zone, currency, identity_key) SELECT id, 'nst_b', 's', '{t.example}', 'UTC', 'EUR', sha256('k') FROM w RETURNING id`)
	r.action("900000012", "")
	r.sql(`UPDATE sales SET decide_at = now() - interval '1 minute'`)
	r.sale("small", "")
	return busy
}

func (r *rig) smallIsReady(after string) {
	r.Helper()
	var ready int
	if r.scan(&ready, `SELECT count(*) FROM conversions WHERE transaction_id = 'o-small' AND state = 'ready'`); ready != 1 {
		r.Errorf("%s the other workspace's sale still waits", after)
	}
}

// manyOfOne: a workspace of which everything is due does not keep another waiting.
func manyOfOne(r *rig) {
	r.many()
	for range 2 {
		if n, err := r.d.Step(r.Context()); err != nil || n != batchSales {
			r.Fatalf("%d decided, %v", n, err)
		}
	}
	r.smallIsReady("after two steps")
}

// oneIsChanged: nor does one that is being changed, whose sales cannot be decided.
func oneIsChanged(r *rig) {
	busy := r.many()
	tx, err := r.pool.Begin(r.Context())
	if err != nil {
		r.Fatal(err)
	}
	defer func() { _ = tx.Rollback(r.Context()) }()
	if _, err := tx.Exec(r.Context(), `SELECT pg_advisory_xact_lock($1, $2::int)`, schema.DecideLock, busy); err != nil {
		r.Fatal(err)
	}
	if n, err := r.d.Step(r.Context()); err != nil || n != 1 {
		r.Errorf("%d decided, %v", n, err)
	}
	r.smallIsReady("past the changed workspace")
}
