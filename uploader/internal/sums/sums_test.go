package sums

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"

	"noctra/internal/testenv"
)

func TestMain(m *testing.M) { testenv.Main(m) }

// wrongDays are days whose sums are not what their sales come to although nothing says so.
const wrongDays = `SELECT count(*) FROM (
  SELECT site_id, day FROM (
    SELECT site_id, day, campaign, mapping_id, state, reason, clicked, tried, currency, google_currency, count, amount, google_amount FROM sale_sums
    UNION ALL SELECT site_id, day, campaign, mapping_id, state, reason, clicked, tried, currency, google_currency, -1, -amount, -google_amount FROM sale_units) u
  GROUP BY site_id, day, campaign, mapping_id, state, reason, clicked, tried, currency, google_currency HAVING sum(count) <> 0 OR sum(amount) <> 0 OR sum(google_amount) <> 0) d
JOIN sites t ON t.id = d.site_id
WHERE NOT EXISTS (SELECT FROM sale_marks m WHERE m.site_id = d.site_id AND d.day BETWEEN (m.from_at AT TIME ZONE t.time_zone)::date AND (m.to_at AT TIME ZONE t.time_zone)::date)`

// wrongShares are such days, by what the last click alone gets: known by another way than the models are.
const wrongShares = `SELECT count(*) FROM (
  SELECT site_id, day FROM (
    SELECT site_id, day, name, model, sales, amount FROM sale_shares WHERE by IN ('', 'campaign') AND model IN ('', 'last_click')
    UNION ALL SELECT s.site_id, (s.occurred_at AT TIME ZONE t.time_zone)::date, coalesce(k.campaign, ''), CASE WHEN k.id IS NULL THEN '' ELSE 'last_click' END, -1, -s.amount
    FROM sales s JOIN sites t ON t.id = s.site_id LEFT JOIN clicks k ON k.id = s.path[cardinality(s.path)]) u
  GROUP BY site_id, day, name, model HAVING round(sum(sales)) <> 0 OR sum(amount) <> 0) d
JOIN sites t ON t.id = d.site_id
WHERE NOT EXISTS (SELECT FROM sale_marks m WHERE m.paths AND m.site_id = d.site_id AND d.day BETWEEN (m.from_at AT TIME ZONE t.time_zone)::date AND (m.to_at AT TIME ZONE t.time_zone)::date)`

// unequalModels are those that do not share exactly what the others do.
const unequalModels = `SELECT count(DISTINCT amount) - 1 FROM (SELECT sum(amount) AS amount FROM sale_shares WHERE by <> '' GROUP BY by, model) m`

const seed = `WITH w AS (INSERT INTO workspaces (name) VALUES ('w') RETURNING id),
g AS (INSERT INTO google_connections (workspace_id, state, transport, refresh_token) SELECT id, 'active', 'data_manager', 'x' FROM w RETURNING id),
s AS (INSERT INTO sites (workspace_id, public_key, name, hostnames, time_zone, currency, identity_key)
  SELECT id, 'nst_' || n, 's', '{s.example}', 'Europe/Berlin', 'EUR', sha256('k') FROM w, generate_series(1, 2) n RETURNING id, workspace_id)
INSERT INTO conversion_actions (workspace_id, site_id, connection_id, action_id, action_name, since)
SELECT s.workspace_id, s.id, g.id, '7' || n, 'a', '2026-01-01Z' FROM s, g, generate_series(1, 2) n`

const seedClicks = `INSERT INTO clicks (site_id, kind, value, visitor_id, user_hash, event_id, clicked_at, landing_url, source, medium, campaign, term, content, campaign_id, country, is_bot,
  consent_analytics, consent_user_data, consent_personal)
SELECT id, 'gclid', 'click-' || n, n, 0, 'click-' || n, '2026-03-20Z'::timestamptz + n * interval '3 hours', '', 'google', '', 'campaign ' || n % 7, '', '', '', 'DE', false, 1, 1, 1 FROM sites, generate_series(1, 30) n`

// changes are what the product does to what is added up, each to some rows; $1 is a number by chance.
var changes = []string{
	`INSERT INTO sales (workspace_id, site_id, event_id, order_id, occurred_at, amount, currency, visitor_id, user_hash, country, via, bot_reasons, click_kinds, click_values, email_hash, phone_hash,
		consent_analytics, consent_user_data, consent_personal)
	 SELECT workspace_id, id, gen_random_uuid(), '', '2026-03-29T20:00Z'::timestamptz + ($1::bigint * (n + id) % 4000) * interval '1 minute', $1::bigint % 900 + n, 'EUR', 1, 0, 'DE', 2, '{}', '{}', '{}', '', '', 1, 1, 1 FROM sites, generate_series(1, 20) n`,
	`INSERT INTO conversions (workspace_id, site_id, sale_id, mapping_id, action_id, transaction_id, occurred_at, value, currency, state, reason)
	 SELECT s.workspace_id, s.site_id, s.id, a.id, a.action_id, 'e-' || s.event_id, s.occurred_at, s.amount, s.currency, 'waiting', 'delay'
	 FROM sales s JOIN conversion_actions a ON a.site_id = s.site_id WHERE (s.id + $1::bigint) % 5 = 0 ORDER BY s.id, a.id FOR UPDATE OF s ON CONFLICT DO NOTHING`,
	`UPDATE conversions SET state = 'ready', reason = '' WHERE id IN (SELECT id FROM conversions WHERE state = 'waiting' AND (id + $1::bigint) % 3 = 0 ORDER BY id FOR UPDATE SKIP LOCKED)`,
	`UPDATE conversions SET state = 'held', reason = 'consent_denied' WHERE id IN (SELECT id FROM conversions WHERE state = 'ready' AND (id + $1::bigint) % 3 = 0 ORDER BY id FOR UPDATE SKIP LOCKED)`,
	`UPDATE conversions SET attempts = attempts + 1 WHERE id IN (SELECT id FROM conversions WHERE (id + $1::bigint) % 17 = 0 ORDER BY id FOR UPDATE SKIP LOCKED)`,
	`UPDATE sales SET google_campaign = 'campaign ' || $1::bigint % 3, decide_at = NULL WHERE id IN (SELECT id FROM sales WHERE (id + $1::bigint) % 7 = 0 ORDER BY id FOR UPDATE SKIP LOCKED)`,
	`UPDATE sales SET decide_at = CASE WHEN $1::bigint % 2 = 0 THEN now() END WHERE id IN (SELECT id FROM sales WHERE (id + $1::bigint) % 7 = 0 ORDER BY id FOR UPDATE SKIP LOCKED)`,
	`UPDATE sales s SET attributed_at = now(), path = coalesce((SELECT array_agg(k.id ORDER BY k.clicked_at) FROM clicks k WHERE k.site_id = s.site_id AND (k.id + s.id + $1::bigint) % 11 = 0), '{}')
	 WHERE id IN (SELECT id FROM sales WHERE (id + $1::bigint) % 4 = 0 ORDER BY id FOR UPDATE SKIP LOCKED)`,
	`UPDATE sales SET occurred_at = occurred_at + interval '7 hours' WHERE id = (SELECT min(id) FROM sales s WHERE id % 11 = $1::bigint % 11 AND NOT EXISTS (SELECT FROM conversions c WHERE c.sale_id = s.id))`,
	`DELETE FROM conversions WHERE id IN (SELECT id FROM conversions WHERE (id + $1::bigint) % 13 = 0 ORDER BY id FOR UPDATE SKIP LOCKED)`,
	`DELETE FROM sales WHERE id IN (SELECT id FROM sales WHERE (id + $1::bigint) % 23 = 0 ORDER BY id FOR UPDATE SKIP LOCKED)`,
	`UPDATE sites SET time_zone = (ARRAY['Europe/Berlin', 'America/St_Johns', 'Pacific/Auckland', 'Africa/Cairo'])[1 + $1::bigint % 4] WHERE id = (SELECT min(id) FROM sites) AND $1::bigint % 5 = 0`,
}

// Whatever is changed while others add up: a day is marked, or its sums are right.
func TestSumsHold(t *testing.T) {
	pool, err := testenv.Postgres(t).Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	for _, sql := range []string{seed, seedClicks} {
		if _, err := pool.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	var writing, summing sync.WaitGroup
	for writer := range uint64(2) {
		random := rand.New(rand.NewPCG(22, writer))
		writing.Go(func() {
			for range 60 {
				change(t, pool, random)
			}
		})
	}
	ctx, stop := context.WithCancel(t.Context())
	for range 2 {
		s := New(pool, prometheus.NewRegistry())
		summing.Go(func() {
			for ctx.Err() == nil {
				if _, err := s.Step(ctx); err != nil && ctx.Err() == nil {
					t.Error(err)
				}
				if n, m := count(t, pool, wrongDays), count(t, pool, wrongShares); n != 0 || m != 0 {
					t.Errorf("%d days and the shares of %d are wrong and not marked", n, m)
				}
			}
		})
	}
	writing.Wait()
	stop()
	summing.Wait()
	summed(t, pool)
	if _, err := pool.Exec(t.Context(), `UPDATE sites SET time_zone = 'Asia/Kathmandu'`); err != nil {
		t.Fatal(err)
	}
	if n := count(t, pool, wrongDays) + count(t, pool, wrongShares); n != 0 {
		t.Errorf("%d days of another zone are wrong and not marked", n)
	}
	summed(t, pool)
	stays(t, pool)
}

// summed adds up until nothing is marked.
func summed(t *testing.T, pool *pgxpool.Pool) {
	t.Helper()
	s := New(pool, prometheus.NewRegistry())
	for more := true; more; {
		var err error
		if more, err = s.Step(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	marks, wrong := count(t, pool, `SELECT count(*) FROM sale_marks`), count(t, pool, wrongDays)
	if n, m, all := count(t, pool, wrongShares), count(t, pool, unequalModels), count(t, pool, `SELECT count(*) FROM sale_shares WHERE model = 'linear'`); n != 0 || m != 0 || all == 0 {
		t.Errorf("shares of %d days are wrong, %d models share something else, of %d", n, m, all)
	}
	if sums := count(t, pool, `SELECT count(*) FROM sale_sums`); marks != 0 || wrong != 0 || sums == 0 {
		t.Errorf("%d marks are left, %d days are wrong, of %d sums", marks, wrong, sums)
	}
}

// change makes one or two changes in a transaction, which may be taken back.
func change(t *testing.T, pool *pgxpool.Pool, random *rand.Rand) {
	back := errors.New("taken back")
	err := pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) error {
		for range 1 + random.IntN(2) {
			if _, err := tx.Exec(t.Context(), changes[random.IntN(len(changes))], random.Int64N(10_000)); err != nil {
				return err
			}
		}
		if random.IntN(8) == 0 {
			return back
		}
		return nil
	})
	if err != nil && !errors.Is(err, back) && !lost(err) {
		t.Error(err)
	}
}

// stays says that no sale leaves its day while conversions mark that one, and that a site's marks go with it.
func stays(t *testing.T, pool *pgxpool.Pool) {
	t.Helper()
	if _, err := pool.Exec(t.Context(), `UPDATE sales SET occurred_at = now() WHERE id = (SELECT min(sale_id) FROM conversions)`); err == nil {
		t.Error("a sale with a conversion took another time")
	}
	if _, err := pool.Exec(t.Context(), `DELETE FROM sites`); err != nil {
		t.Fatal(err)
	}
	if _, err := New(pool, prometheus.NewRegistry()).Step(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := count(t, pool, `SELECT (SELECT count(*) FROM sale_marks) + (SELECT count(*) FROM sale_sums) + (SELECT count(*) FROM sale_shares)`); n != 0 {
		t.Errorf("%d marks and sums outlive their site", n)
	}
}

func count(t *testing.T, pool *pgxpool.Pool, sql string) (n int64) {
	t.Helper()
	if err := pool.QueryRow(t.Context(), sql).Scan(&n); err != nil {
		t.Error(err)
	}
	return n
}

// lost are deadlocks among the writers of this test, sales that are gone meanwhile, and those that got a conversion.
func lost(err error) bool {
	var refused *pgconn.PgError
	return errors.As(err, &refused) && (refused.Code == "40P01" || refused.Code == "23503" || refused.ConstraintName == "sales_stay")
}
