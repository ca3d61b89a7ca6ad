package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5"
)

// AttributionReport is what it costs to find clicks of sales, and to decide what of them may be sent.
type AttributionReport struct {
	Clicks    int     `json:"clicks"`
	Sales     int     `json:"sales"`
	Found     int     `json:"sales_with_a_click"`
	Elapsed   float64 `json:"elapsed_s"`
	Uploader  float64 `json:"uploader_cpu_s"`
	Postgres  float64 `json:"postgres_cpu_s"`
	PerCore   float64 `json:"sales_per_core_second"`
	PerSecond float64 `json:"sales_per_second"`
	Figures   Figures `json:"figures"`
}

const (
	attributionLimit = 1000 // sales a second of one core's time
	clicksAtOnce     = 500_000
)

type attributionCommand struct {
	common
	Clicks int `default:"10000000" help:"Clicks in the ledger of the site, of the last 80 days."`
	Sales  int `default:"50000" help:"Sales whose clicks are looked for: by visitor, by user, by their own click id, and of nobody known."`
}

// Run measures attribution.
func (c *attributionCommand) Run(ctx context.Context) error {
	report, err := Attribution(ctx, c.Clicks, c.Sales, c.flags(), c.progress())
	report.Figures.say(c.progress())
	return c.judged("attribution", report, report.Figures, err)
}

// Attribution fills the ledger of a site with clicks and has the uploader find those of its sales, and
// decide them for one action of a connection that sends nothing.
func Attribution(ctx context.Context, clicks, sales int, flags []string, log io.Writer) (r AttributionReport, err error) {
	r.Clicks, r.Sales = clicks, sales
	p, db, stop, err := startQuiet(ctx, flags)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, stop()) }()
	site, err := seedClicks(ctx, db, clicks, log)
	if err != nil {
		return r, err
	}
	if _, err := db.Exec(ctx, seedSales, site, sales, clicks); err != nil {
		return r, fmt.Errorf("store sales: %w", err)
	}
	if _, err := db.Exec(ctx, `ANALYZE clicks, sales`); err != nil {
		return r, fmt.Errorf("analyze: %w", err)
	}
	return r, r.measure(ctx, p, db)
}

// startQuiet brings the product up with a connection to its Postgres, and freezes all that would change
// something there by itself. What it returns closes and stops both.
func startQuiet(ctx context.Context, flags []string) (p *product, db *pgx.Conn, stop func() error, err error) {
	if p, err = startProduct(ctx, flags); err != nil {
		return nil, nil, nil, err
	}
	end := func() error { return errors.Join(p.thaw("uploader"), p.stop()) }
	if db, err = pgx.Connect(ctx, p.Postgres); err != nil {
		return nil, nil, nil, errors.Join(fmt.Errorf("connect to postgres: %w", err), end())
	}
	stop = func() error { return errors.Join(db.Close(context.WithoutCancel(ctx)), end()) }
	if err := p.freeze("uploader", "aggregator", "clickhouse", "demo"); err != nil {
		return nil, nil, nil, errors.Join(err, stop())
	}
	return p, db, stop, nil
}

const seedSite = `WITH w AS (INSERT INTO workspaces (name) VALUES ('bench') RETURNING id),
s AS (INSERT INTO sites (workspace_id, public_key, name, hostnames, time_zone, currency, identity_key)
  SELECT id, 'nst_bench', 'bench', '{bench.example}', 'UTC', 'EUR', sha256('bench') FROM w RETURNING id, workspace_id),
g AS (INSERT INTO google_connections (workspace_id, state) SELECT id, 'needs_reconnecting' FROM w RETURNING id)
INSERT INTO conversion_actions (workspace_id, site_id, connection_id, action_id, action_name, since)
SELECT s.workspace_id, s.id, g.id, '900000011', 'Purchase', '2000-01-01Z' FROM s, g RETURNING site_id`

// A visitor has three clicks; every tenth click is a user's, who has ten.
const seedClicksSQL = `INSERT INTO clicks (site_id, kind, value, visitor_id, user_hash, event_id, clicked_at, landing_url, source, medium, campaign, term, content, campaign_id, country, is_bot,
  consent_analytics, consent_user_data, consent_personal)
SELECT $1, 'gclid', 'bench-click-' || i, i % ($4 / 3 + 1) + 1, CASE i % 10 WHEN 0 THEN i % ($4 / 100 + 1) + 1 ELSE 0 END, 'bench-' || i, now() - random() * interval '80 days' - interval '1 hour',
  'https://bench.example/landing?gclid=bench-click-' || i, 'google', 'cpc', 'campaign ' || i % 100, '', '', '', 'DE', false, 1, 1, 1
FROM generate_series($2::bigint, $3::bigint) i`

const seedSales = `INSERT INTO sales (workspace_id, site_id, event_id, order_id, occurred_at, amount, currency, visitor_id, user_hash, country, via, bot_reasons, click_kinds, click_values,
  email_hash, phone_hash, consent_analytics, consent_user_data, consent_personal)
SELECT s.workspace_id, s.id, 'bench-sale-' || i, 'B-' || i, now() - random() * interval '30 minutes', 49900000, 'EUR',
  CASE WHEN i % 10 < 6 THEN floor(random() * ($3 / 3))::bigint + 1 ELSE 0 END, CASE WHEN i % 10 IN (6, 7) THEN floor(random() * ($3 / 100))::bigint + 1 ELSE 0 END, 'DE', 2, '{}',
  CASE i % 10 WHEN 8 THEN '{gclid}'::text[] ELSE '{}' END, CASE i % 10 WHEN 8 THEN ARRAY['bench-click-' || floor(random() * $3)::bigint + 1] ELSE '{}' END, '', '', 1, 1, 1
FROM sites s, generate_series(1, $2::bigint) i WHERE s.id = $1`

func seedClicks(ctx context.Context, db *pgx.Conn, clicks int, log io.Writer) (site int64, err error) {
	if err := db.QueryRow(ctx, seedSite).Scan(&site); err != nil {
		return 0, fmt.Errorf("make site: %w", err)
	}
	for from := 1; from <= clicks; from += clicksAtOnce {
		to := min(clicks, from+clicksAtOnce-1)
		if _, err := db.Exec(ctx, seedClicksSQL, site, from, to, clicks); err != nil {
			return 0, fmt.Errorf("store clicks: %w", err)
		}
		_, _ = fmt.Fprintf(log, "  %d of %d clicks\n", to, clicks)
	}
	return site, nil
}

// measure lets the uploader go on until it has found the clicks of all sales and decided them.
func (r *AttributionReport) measure(ctx context.Context, p *product, db *pgx.Conn) error {
	before, err := p.uploadSeconds()
	if err != nil {
		return err
	}
	began := time.Now()
	if err := p.thaw("uploader", "clickhouse"); err != nil {
		return err
	}
	err = await(ctx, 10*time.Minute, 100*time.Millisecond, func() (bool, error) {
		var left bool
		err := db.QueryRow(ctx, `SELECT EXISTS (SELECT FROM sales WHERE attributed_at IS NULL) OR EXISTS (SELECT FROM sales WHERE decide_at <= now())`).Scan(&left)
		return !left, err
	})
	if err != nil {
		return fmt.Errorf("wait for the uploader: %w", err)
	}
	r.Elapsed = time.Since(began).Seconds()
	after, err := p.uploadSeconds()
	if err != nil {
		return err
	}
	var conversions int
	if err := db.QueryRow(ctx, `SELECT count(*) FILTER (WHERE c.click_value IS NOT NULL), count(*) FROM conversions c JOIN sales s ON s.id = c.sale_id WHERE s.event_id LIKE 'bench-%'`).Scan(&r.Found, &conversions); err != nil {
		return fmt.Errorf("count conversions: %w", err)
	}
	if conversions != r.Sales {
		return fmt.Errorf("%d sales became %d conversions", r.Sales, conversions)
	}
	r.Uploader, r.Postgres = after[0]-before[0], after[1]-before[1]
	r.PerCore, r.PerSecond = float64(r.Sales)/(r.Uploader+r.Postgres), float64(r.Sales)/r.Elapsed
	r.Figures.atLeast("sales attributed and decided a second of one core, Postgres included", r.PerCore, attributionLimit, "")
	return nil
}

// uploadSeconds is the CPU time of the uploader and of Postgres.
func (p *product) uploadSeconds() (used [2]float64, err error) {
	if used[0], err = cpuSeconds(p.Pids["uploader"]); err != nil {
		return used, err
	}
	used[1], err = treeSeconds(p.Pids["postgres"])
	return used, err
}
