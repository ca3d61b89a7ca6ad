package bench

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"

	"github.com/jackc/pgx/v5"
)

// soldSite is a site with conversions, and who is signed in to it.
type soldSite struct {
	id      int64
	session string
}

const seedOwner = `WITH w AS (INSERT INTO workspaces (name) VALUES ('bench') RETURNING id),
p AS (INSERT INTO accounts (email, name, password_hash, created_at) VALUES ('owner@bench.example', 'Owner', $2, now()) RETURNING id),
m AS (INSERT INTO members (workspace_id, account_id, role) SELECT w.id, p.id, 'owner' FROM w, p),
o AS (INSERT INTO sessions (token_hash, account_id, created_at, last_seen_at, expires_at) SELECT $1, id, now(), now(), now() + interval '30 days' FROM p),
s AS (INSERT INTO sites (workspace_id, public_key, name, hostnames, time_zone, currency, identity_key)
  SELECT id, 'nst_bench', 'bench', '{bench.example}', 'Europe/Berlin', 'EUR', sha256('bench') FROM w RETURNING id, workspace_id),
g AS (INSERT INTO google_connections (workspace_id, state) SELECT id, 'needs_reconnecting' FROM w RETURNING id)
INSERT INTO conversion_actions (workspace_id, site_id, connection_id, action_id, action_name, since)
SELECT s.workspace_id, s.id, g.id, '77', 'Purchase', '2000-01-01Z' FROM s, g RETURNING site_id`

// A click before each sale, the newest first.
const seedSaleClicks = `INSERT INTO clicks (site_id, kind, value, visitor_id, user_hash, event_id, clicked_at, landing_url, source, medium, campaign, term, content, campaign_id, country, is_bot,
  consent_analytics, consent_user_data, consent_personal)
SELECT $1, 'gclid', 'click-' || n, n, 0, 'click-' || n, now() - n * ($3::int * interval '1 day' / $2::bigint) - interval '1 hour', 'https://bench.example/', 'google', 'cpc', 'campaign ' || n % 40, '', '', '', 'DE', false, 1, 1, 1
FROM generate_series(1, $2::bigint) n`

// Of ten sales one has no click before it, six one, and three several.
const seedSold = `INSERT INTO sales (workspace_id, site_id, event_id, order_id, occurred_at, amount, currency, visitor_id, user_hash, country, via, bot_reasons, click_kinds, click_values, email_hash, phone_hash,
  consent_analytics, consent_user_data, consent_personal, google_kind, google_value, google_rule, google_campaign, attributed_at, path)
SELECT k.workspace_id, k.site_id, 'event-' || k.n, 'order-' || k.n, k.at + interval '1 hour', 19990000 + k.n, 'EUR', k.n, 0, 'DE', 2, '{}', '{}', '{}', '', '', 1, 1, 1, 'gclid', k.value, 'visitor', k.campaign, now(),
  CASE WHEN k.n % 10 = 9 THEN '{}' WHEN k.n % 10 < 6 THEN ARRAY[k.id] ELSE array_remove(ARRAY[k.third, k.second, k.id], NULL) END
FROM (SELECT s.workspace_id, c.site_id, c.visitor_id AS n, c.clicked_at AS at, c.value, c.campaign, c.id, lead(c.id, 7) OVER w AS second, lead(c.id, 19) OVER w AS third
  FROM clicks c JOIN sites s ON s.id = c.site_id WHERE c.site_id = $1 WINDOW w AS (ORDER BY c.visitor_id)) k`

const seedConverted = `INSERT INTO conversions (workspace_id, site_id, sale_id, mapping_id, action_id, transaction_id, occurred_at, value, currency, click_kind, click_value, state, reason, attempts, google_value, google_currency)
SELECT s.workspace_id, s.site_id, s.id, a.id, '77', 'o-' || s.order_id, s.occurred_at, s.amount, s.currency, s.google_kind, s.google_value,
  CASE WHEN s.visitor_id % 10 < 8 THEN 'accepted' WHEN s.visitor_id % 1000 = 9 THEN 'rejected' ELSE 'held' END,
  CASE WHEN s.visitor_id % 10 < 8 THEN '' WHEN s.visitor_id % 1000 = 9 THEN 'INVALID_GCLID' ELSE 'consent_denied' END,
  1, CASE WHEN s.visitor_id % 10 < 8 THEN s.amount END, CASE WHEN s.visitor_id % 10 < 8 THEN s.currency END
FROM sales s JOIN conversion_actions a ON a.site_id = s.site_id WHERE s.site_id = $1`

// seedConversions stores conversions that are decided and sent already, without the history of how they came there.
func seedConversions(ctx context.Context, db *pgx.Conn, rows int, log io.Writer) (*soldSite, error) {
	s := &soldSite{session: fmt.Sprintf("%043d", 9)}
	token := sha256.Sum256([]byte(s.session))
	if err := db.QueryRow(ctx, seedOwner, token[:], phc(benchPassword)).Scan(&s.id); err != nil {
		return nil, fmt.Errorf("make site: %w", err)
	}
	steps := []seed{
		{`ALTER TABLE sales DISABLE TRIGGER sales_decide`, nil}, {`ALTER TABLE conversions DISABLE TRIGGER conversions_begin`, nil}, {`ALTER TABLE conversions DISABLE TRIGGER conversions_started`, nil},
		{seedSaleClicks, []any{s.id, rows, seededDays}}, {seedSold, []any{s.id}}, {seedConverted, []any{s.id}},
		{`ALTER TABLE sales ENABLE TRIGGER sales_decide`, nil}, {`ALTER TABLE conversions ENABLE TRIGGER conversions_begin`, nil}, {`ALTER TABLE conversions ENABLE TRIGGER conversions_started`, nil},
		{`VACUUM ANALYZE`, nil},
	}
	for _, step := range steps {
		tag, err := db.Exec(ctx, step.sql, step.args...)
		if err != nil {
			return nil, fmt.Errorf("store conversions, %.40s: %w", step.sql, err)
		}
		if tag.Insert() {
			_, _ = fmt.Fprintf(log, "  %s\n", tag)
		}
	}
	return s, nil
}
