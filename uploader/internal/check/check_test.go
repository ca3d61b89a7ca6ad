package check

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"

	"noctra/internal/clickhouse"
	"noctra/internal/testenv"
	"noctra/uploader/internal/intake"
)

func TestMain(m *testing.M) { testenv.Main(m) }

var now = time.Date(2026, 10, 9, 3, 0, 0, 0, time.UTC)

// open returns a site of Postgres, and both databases.
func open(t *testing.T) (pool *pgxpool.Pool, config clickhouse.Config, site int64) {
	t.Helper()
	config = testenv.ClickHouse(t)
	pool, err := testenv.Postgres(t).Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	err = pool.QueryRow(t.Context(), `WITH w AS (INSERT INTO workspaces (name) VALUES ('w') RETURNING id),
s AS (INSERT INTO sites (workspace_id, public_key, name, hostnames, time_zone, currency, identity_key) SELECT id, 'nst_a', 's', '{s.example}', 'UTC', 'EUR', sha256('k') FROM w RETURNING id, workspace_id),
g AS (INSERT INTO google_connections (workspace_id, state, transport, refresh_token, customer_id) SELECT id, 'active', 'data_manager', 'x', '1234567890' FROM w RETURNING id),
a AS (INSERT INTO conversion_actions (workspace_id, site_id, connection_id, action_id, action_name, since) SELECT s.workspace_id, s.id, g.id, '77', 'P', '2026-01-01' FROM s, g)
SELECT id FROM s`).Scan(&site)
	if err != nil {
		t.Fatal(err)
	}
	return pool, config, site
}

func TestCheck(t *testing.T) {
	pool, config, site := open(t)
	writer, err := config.Open(clickhouse.Writer)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = writer.Close() }()
	reader, err := config.Open(clickhouse.Reader)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = reader.Close() }()
	day := time.Date(2026, 10, 8, 0, 0, 0, 0, time.UTC)
	for id, at := range map[string]time.Time{"read": day, "missing": day.Add(23 * time.Hour), "yesterday": day.Add(-time.Second), "today": day.AddDate(0, 0, 1)} {
		err := writer.Exec(t.Context(), fmt.Sprintf("INSERT INTO events (site_id, event_id, kind, occurred_at, order_id, amount, currency) VALUES (%d, '%s', 'sale', fromUnixTimestamp64Milli(%d, 'UTC'), '%s', 5000000, 'EUR')", site, id, at.UnixMilli(), id))
		if err != nil {
			t.Fatal(err)
		}
	}
	registry, at := prometheus.NewRegistry(), now
	in := intake.New("events", reader, pool, registry)
	if err := in.Mend(t.Context(), site, []string{"read", "yesterday"}); err != nil {
		t.Fatal(err)
	}
	sql := func(statement string) {
		t.Helper()
		if _, err := pool.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	sql(`UPDATE sales SET decide_at = NULL`)
	sql(`INSERT INTO refunds (site_id, event_id, order_id, occurred_at, amount, currency) SELECT id, 'surplus', 'o', '2026-10-08 05:00Z', 1, 'EUR' FROM sites`)
	c := New(Deps{ClickHouse: reader, Postgres: pool, Mender: in, Log: slog.New(slog.DiscardHandler), Registry: registry, Now: func() time.Time { return at }})
	tried, err := c.Look(t.Context(), Ask{Site: site})
	var kept, open int
	if e := pool.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM conversion_checks), (SELECT count(*) FROM sales WHERE decide_at IS NOT NULL)`).Scan(&kept, &open); err != nil || e != nil || kept+open != 0 {
		t.Errorf("looking alone kept %d and changed %d: %v, %v", kept, open, err, e)
	}
	want := []Difference{{SurplusSale, "surplus", false}, {MissingSale, "missing", false}, {MissingConversion, "read", false}}
	if diff := cmp.Diff(want, tried[0].Found); diff != "" || len(tried) != days || !tried[0].Day.Equal(day) {
		t.Errorf("only looked at: %d days, %s", len(tried), diff)
	}
	look := func() (events, sales, mended int, found map[string]bool) {
		t.Helper()
		if err := c.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		var raw []byte
		if err := pool.QueryRow(t.Context(), `SELECT events, sales, mended, differences FROM conversion_checks WHERE day = '2026-10-08'`).Scan(&events, &sales, &mended, &raw); err != nil {
			t.Fatal(err)
		}
		var all []Difference
		if err := json.Unmarshal(raw, &all); err != nil {
			t.Fatal(err)
		}
		found = map[string]bool{}
		for _, d := range all {
			found[d.Kind+" "+d.EventID] = d.Mended
		}
		return events, sales, mended, found
	}
	events, sales, mended, found := look()
	if diff := cmp.Diff(map[string]bool{"missing_sale missing": true, "surplus_sale surplus": false, "missing_conversion read": true}, found); diff != "" || events != 2 || sales != 2 || mended != 2 {
		t.Errorf("%d events, %d sales, %d mended: %s", events, sales, mended, diff)
	}
	var undecided int
	if err := pool.QueryRow(t.Context(), `SELECT count(*) FROM sales WHERE decide_at IS NOT NULL`).Scan(&undecided); err != nil || undecided != 3 {
		t.Errorf("%d sales are decided again, %v", undecided, err)
	}
	if _, _, mended, _ := look(); mended != 2 {
		t.Errorf("looked at again within a day: %d", mended)
	}
	at = now.Add(21 * time.Hour).Add(-2 * time.Hour)
	sql(`DELETE FROM refunds`)
	sql(`UPDATE conversion_checks SET checked_at = checked_at - interval '1 day'`)
	if _, sales, _, found := look(); len(found) != 0 || sales != 2 {
		t.Errorf("after mending: %d sales, %v", sales, found)
	}
	for _, mended := range []bool{true, false, false} { // one that is lost again each time
		sql(`DELETE FROM sales WHERE event_id = 'missing'`)
		sql(`UPDATE conversion_checks SET checked_at = checked_at - interval '1 day'`)
		if _, _, _, found := look(); len(found) != 1 || found["missing_sale missing"] != mended {
			t.Errorf("lost again: %v, want it mended %v", found, mended)
		}
	}
	families, err := registry.Gather()
	stays := 0.0
	for _, f := range families {
		if f.GetName() == "noctra_uploader_check_differences_staying" {
			stays = f.GetMetric()[0].GetGauge().GetValue()
		}
	}
	if stays != 1 || err != nil {
		t.Errorf("%v differences stay, %v", stays, err)
	}
	sql(`DELETE FROM sales WHERE event_id = 'missing'`)
	sql(`UPDATE conversion_checks SET differences = '[]'`)
	if _, err := c.Look(t.Context(), Ask{Apply: true, Operator: "mara"}); err != nil {
		t.Error(err)
	}
	shown, err := c.Kept(t.Context(), site)
	if err != nil || len(shown) != days || shown[0].Mended != 1 || shown[0].Found[0].EventID != "missing" {
		t.Errorf("kept: %+v, %v", shown, err)
	}
	var said []string
	rows, err := pool.Query(t.Context(), `SELECT concat_ws(' ', action, operator, details ->> 'day', details ->> 'mended', (details ->> 'site_id')::bigint = $1) FROM audit ORDER BY seq`, site)
	if err == nil {
		said, err = pgx.CollectRows(rows, pgx.RowTo[string])
	}
	audit := []string{"conversions.mended 2026-10-08 2 t", "conversions.mended 2026-10-07 1 t", "conversions.mended 2026-10-08 1 t", "conversions.mended_by_operator mara 2026-10-08 1 t"}
	if diff := cmp.Diff(audit, said); diff != "" || err != nil {
		t.Errorf("audit: %s %v", diff, err)
	}
}
