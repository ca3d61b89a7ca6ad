package admin

import (
	"fmt"
	"testing"
	"time"

	"noctra/admin/internal/conversions"
	"noctra/schema"
)

// testAttribution shares two sales among three clicks, and tries a shorter look-back.
func testAttribution(t *testing.T, r *rig) {
	s := r.shop("MODELS")
	sold := r.now().Add(-48 * time.Hour).UTC().Truncate(time.Second)
	path := []int64{}
	for n, days := range []int{20, 8, 1} {
		var id int64
		err := r.pool.QueryRow(t.Context(), `INSERT INTO clicks (site_id, kind, value, visitor_id, user_hash, event_id, clicked_at, landing_url, source, medium, campaign, term, content, campaign_id, country, is_bot, consent_analytics, consent_user_data, consent_personal)
			VALUES ($1::text::bigint, $2, $3, 5, 0, 'e', $4, '', 'google', 'cpc', $5, '', '', '', 'DE', false, 1, 1, 1) RETURNING id`,
			s.site, []string{"gclid", "fbclid", "fbclid"}[n], fmt.Sprint("click-of-models-", n), sold.AddDate(0, 0, -days), []string{"first", "middle", "last"}[n]).Scan(&id)
		if err != nil {
			t.Fatal(err)
		}
		path = append(path, id)
	}
	id := s.sale(salesOf("shared", sold, "click-of-models-0"))
	r.sql(`UPDATE sales SET path = $2, visitor_id = 5 WHERE id = $1`, id, path)
	s.sale(salesOf("direct", sold, ""))
	var report conversions.ModelReport
	s.get("/api/v1/sites/"+s.site+"/attribution", &report)
	total := map[string]schema.Micros{}
	for _, row := range report.Rows {
		for model, share := range row.Models {
			amount, err := schema.ParseMicros(share.Values["EUR"])
			if err != nil {
				t.Fatal(err)
			}
			total[model] += amount
		}
	}
	if len(report.Rows) != 3 || report.Rows[0].Name != "last" || report.Rows[0].Models["position_based"].Sales != "0.4000" || report.Direct.Count != 1 || len(total) != 5 {
		t.Errorf("%+v", report)
	}
	for model, sum := range total {
		if sum != 10_000_001 {
			t.Errorf("%s shares %s", model, sum)
		}
	}
	r.sql(`UPDATE sales SET google_clicked_at = $2 WHERE id = $1`, id, sold.AddDate(0, 0, -20))
	s.convert(id, 0, "ready", "")
	try := func(days int) conversions.Trial {
		return s.trial("/api/v1/sites/"+s.site+"/trial", fmt.Sprintf(`{"lookback_days": %d}`, days))
	}
	if same := try(90); same.Clicks.Changed != 0 || same.Clicks.Looked != 2 || len(same.Changes) != 0 {
		t.Errorf("as it is: %+v", same)
	}
	shorter := try(10)
	if c := shorter.Clicks; c.Changed != 1 || c.Lost.Count != 1 || c.Lost.Values["EUR"] != "10.000001" {
		t.Errorf("shorter: %+v", shorter)
	}
	if got := told(shorter.Changes); len(got) != 1 || got[0] != "1 ready>waiting/no_click [state click] 10.000001>10.000001" || shorter.Examples[0].Before.ClickID != "clic…ls-0" || shorter.Examples[0].After.ClickKind != "" {
		t.Errorf("shorter: %q %+v", got, shorter.Examples)
	}
	r.sql(`DELETE FROM clicks WHERE id = $1`, path[0])
	if forgotten := try(90); forgotten.Clicks.Changed != 0 {
		t.Errorf("a click that is no longer kept counts all the same: %+v", forgotten)
	}
	r.sql(`INSERT INTO conversion_checks (site_id, day, checked_at, events, sales, mended, differences) VALUES ($1::text::bigint, '2026-03-01', now(), 5, 4, 1, '[{"kind": "missing_sale", "event_id": "x", "mended": true}]')`, s.site)
	var checks struct{ Checks []conversions.CheckedDay }
	if s.get("/api/v1/sites/"+s.site+"/conversion-checks", &checks); len(checks.Checks) != 1 || checks.Checks[0].Mended != 1 || checks.Checks[0].Differences[0].Words == "" {
		t.Errorf("%+v", checks)
	}
	if n, err := conversions.Unclosed(t.Context(), r.pool, time.Time{}); n != 0 || err != nil {
		t.Errorf("%d do not add up, %v", n, err)
	}
	r.sql(`DELETE FROM sale_marks WHERE site_id = $1::text::bigint`, s.site)
	r.sql(`INSERT INTO sale_shares (site_id, day, by, name, model, currency, sales, amount) SELECT $1::text::bigint, $2::timestamptz::date, of.by, of.name, of.model, 'EUR', 1.5, 2500000
		FROM (VALUES ('campaign', 'summed', 'linear'), ('source', 'other', 'linear'), ('', '', '')) of (by, name, model)`, s.site, sold)
	report = conversions.ModelReport{}
	s.get("/api/v1/sites/"+s.site+"/attribution", &report)
	if len(report.Rows) != 1 || report.Rows[0].Name != "summed" || report.Rows[0].Models["linear"].Values["EUR"] != "2.50" || report.Rows[0].Models["linear"].Sales != "1.5000" || report.Direct.Values["EUR"] != "2.50" {
		t.Errorf("of sums: %+v", report)
	}
}

func salesOf(event string, at time.Time, click string) sold {
	return sold{event: event, at: at, click: click, amount: 10_000_001}
}
