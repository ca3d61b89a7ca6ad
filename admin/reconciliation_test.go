package admin

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"noctra/admin/internal/conversions"
	"noctra/schema"
)

// testReconciliation compares sums with a count by hand, of sales at random places.
func testReconciliation(t *testing.T, r *rig) {
	s := r.shop("SUMS")
	r.sql(`UPDATE sites SET time_zone = 'Asia/Tokyo' WHERE id = $1::text::bigint`, s.site)
	zone, err := time.LoadLocation("Asia/Tokyo")
	if err != nil {
		t.Fatal(err)
	}
	type sum struct {
		count  int64
		amount schema.Micros
	}
	want := map[string]*sum{} // by place in the answer
	add := func(amount int64, keys ...string) {
		for _, key := range keys {
			if want[key] == nil {
				want[key] = &sum{}
			}
			want[key].count++
			want[key].amount += schema.Micros(amount)
		}
	}
	random := rand.New(rand.NewPCG(6, 7))
	places := []struct {
		state, reason string
		levels        int // that it reaches, beside tracked
	}{
		{"", "", 0}, {"held", "no_click", 0}, {"held", "consent_denied", 1}, {"waiting", "delay", 1}, {"superseded", "order_repeated", 1}, {"ready", "", 2}, {"sending", "", 3},
		{"received", "not_final", 4}, {"rejected", "INVALID_GCLID", 4}, {"unknown", "unknown_code", 4}, {"accepted", "", 5},
	}
	names := []string{"tracked", "attributed", "eligible", "sent", "received", "accepted"}
	for n := range 60 {
		p := places[n%len(places)]
		of := sold{event: fmt.Sprint("s", n), at: soldAt.Add(time.Duration(random.IntN(72*60)) * time.Minute), amount: random.Int64N(1e9), campaign: []string{"", "one", "two"}[random.IntN(3)], click: "c"}
		if p.levels == 0 && random.IntN(2) == 0 || p.reason == "no_click" {
			of.click = ""
		}
		levels := p.levels
		if p.state == "" && of.click != "" {
			levels, p.reason = 1, "no_action"
		} else if p.state == "" {
			p.reason = "no_action"
		}
		sale := s.sale(of)
		if p.state != "" {
			s.convert(sale, 0, p.state, p.reason)
		}
		day := of.at.In(zone).Format(time.DateOnly)
		for _, head := range []string{"total", day + " " + of.campaign} {
			for level := 0; level <= levels; level++ {
				add(of.amount, head+" "+names[level])
			}
			add(of.amount, fmt.Sprintf("%s leaf %s %s %s", head, names[levels], p.state, p.reason))
		}
	}
	var got conversions.Reconciliation
	s.get("/api/v1/reconciliation?from=2026-02-28&to=2026-03-06&group_by=day,campaign", &got)
	have := map[string]*sum{}
	note := func(key string, f conversions.Figure) {
		if f.Count == 0 {
			return
		}
		amount, err := schema.ParseMicros(f.Values["EUR"])
		if err != nil {
			t.Fatal(err)
		}
		have[key] = &sum{f.Count, amount}
	}
	for _, g := range append(got.Groups, got.Total) {
		head := "total"
		if g.Day != "" {
			head = g.Day + " " + g.Campaign
		}
		for k, f := range []conversions.Figure{g.Tracked, g.Attributed, g.Eligible, g.Sent, g.Received, g.Accepted} {
			note(head+" "+names[k], f)
		}
		for _, leaf := range g.Leaves {
			note(fmt.Sprintf("%s leaf %s %s %s", head, leaf.Level, leaf.State, leaf.Reason), leaf.Figure)
		}
	}
	if diff := cmp.Diff(want, have, cmp.AllowUnexported(sum{})); diff != "" {
		t.Error(diff)
	}
	if n := got.Unclosed(); n != 0 {
		t.Errorf("%d groups do not add up", n)
	}
	testSums(t, r, s, got)
	var byAction conversions.Reconciliation
	s.get("/api/v1/reconciliation?from=2026-02-28&to=2026-03-06&group_by=action,site", &byAction)
	if len(byAction.Groups) != 2 || byAction.Groups[1].ActionName == "" || byAction.Groups[0].SiteID != s.site {
		t.Errorf("by action: %+v", byAction.Groups)
	}
	for query, status := range map[string]int{"from=2026-03-02&to=2026-03-01": 422, "from=2020-01-01&to=2026-03-01": 422, "group_by=nothing": 422, "from=yesterday": 422, "site_id=999999": 404} {
		if a := s.get("/api/v1/reconciliation?"+query, nil); a.status != status {
			t.Errorf("%s: %d", query, a.status)
		}
	}
}

// testSums has some days added up: the answer is the same, of their sums. Sums that are wrong are found, and
// not asked again.
func testSums(t *testing.T, r *rig, s *shop, want conversions.Reconciliation) {
	t.Helper()
	const path = "/api/v1/reconciliation?from=2026-02-28&to=2026-03-06&group_by=day,campaign"
	same := func(when string) {
		t.Helper()
		var got conversions.Reconciliation
		s.get(path, &got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", when, diff)
		}
	}
	day := want.Groups[len(want.Groups)/2].Day
	r.sql(`INSERT INTO sale_sums SELECT site_id, day, campaign, mapping_id, state, reason, clicked, tried, currency, google_currency, count(*), sum(amount), sum(google_amount)
		FROM sale_units WHERE site_id = $1::text::bigint AND day = $2::text::date GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10`, s.site, day)
	same("added up, and marked")
	r.sql(`DELETE FROM sale_marks WHERE site_id = $1::text::bigint AND (NOT isfinite(from_at) OR (from_at AT TIME ZONE 'Asia/Tokyo')::date = $2::text::date)`, s.site, day)
	if n, err := conversions.Unclosed(t.Context(), r.pool, time.Time{}); n != 0 || err != nil {
		t.Errorf("%d do not add up, %v", n, err)
	}
	same("added up")
	r.sql(`UPDATE sale_sums SET count = count + 1000 WHERE site_id = $1::text::bigint`, s.site)
	var wrong conversions.Reconciliation
	if s.get(path, &wrong); wrong.Total.Tracked.Count < want.Total.Tracked.Count+1000 {
		t.Errorf("the sums of a day that is not marked are not read: %d", wrong.Total.Tracked.Count)
	}
	if n, err := conversions.Unclosed(t.Context(), r.pool, time.Time{}); n < 1000 || err != nil {
		t.Errorf("wrong sums: %d do not add up, %v", n, err)
	}
	same("wrong, and marked for that")
}
