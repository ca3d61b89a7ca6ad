package admin

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"noctra/admin/internal/conversions"
)

// testFound asks for each pair of filters, and compares what is found with what the rows of the whole list say. It is
// asked with sums of days and with days that are marked, and while something keeps all that is ready.
func testFound(t *testing.T, r *rig) {
	s := r.shop("FIND")
	n := 0
	for _, of := range []struct{ state, reason string }{
		{"accepted", ""}, {"accepted", "DUPLICATE_TRANSACTION_ID"}, {"held", "no_click"}, {"held", "review"}, {"rejected", "INVALID_GCLID"}, {"waiting", "delay"}, {"ready", ""}, {"ready", "backing_off"},
		{"received", "not_final"}, {"received", "fetched"}, {"sending", ""}, {"unknown", "no_final_answer"}, {"superseded", "order_repeated"},
	} {
		for mapping := range 2 {
			n++
			sale := s.sale(sold{event: fmt.Sprint("find-", n), order: fmt.Sprint("F-", n), at: soldAt.Add(time.Duration(n) * 13 * time.Hour), amount: 1_000_000, campaign: []string{"one", "two"}[n/3%2], click: []string{"", fmt.Sprint("gclid-find-", n)}[n%3%2]})
			id := s.convert(sale, mapping, of.state, of.reason)
			s.sql(`UPDATE upload_attempts SET state = 'sending' WHERE id = (SELECT attempt_id FROM conversions WHERE id = $1 AND state = 'sending')`, id)
		}
	}
	s.sql(`UPDATE conversions SET google_value = 500000 WHERE id = (SELECT min(id) FROM conversions WHERE site_id = $1::text::bigint AND state = 'accepted')`, s.site)
	s.sql(`UPDATE conversions SET retracted = true WHERE id = (SELECT max(id) FROM conversions WHERE site_id = $1::text::bigint AND state = 'accepted')`, s.site)
	s.testPairs(t, "marked", "")
	s.sql(`INSERT INTO sale_sums SELECT site_id, day, campaign, mapping_id, state, reason, clicked, tried, currency, google_currency, count(*), sum(amount), sum(google_amount) FROM sale_units WHERE site_id = $1::text::bigint GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10`, s.site)
	s.sql(`DELETE FROM sale_marks WHERE site_id = $1::text::bigint`, s.site)
	s.testPairs(t, "added up", "campaign")
	s.sql(`UPDATE google_connections SET state = 'needs_reconnecting' WHERE workspace_id = $1::text::bigint`, s.workspace)
	s.testPairs(t, "kept", "reason")
	s.testPairs(t, "kept", "needs")
}

// asked is a filter, and which rows it chooses.
type asked struct {
	query   string
	chooses func(conversions.Conversion) bool
}

// testPairs asks for pairs of which one begins as said.
func (s *shop) testPairs(t *testing.T, step, with string) {
	t.Helper()
	var filters []asked
	by := func(name string, of func(conversions.Conversion) string, values ...string) {
		for _, v := range values {
			filters = append(filters, asked{name + "=" + v, func(c conversions.Conversion) bool { return slices.Contains(strings.Split(v, ","), of(c)) }})
		}
	}
	by("state", func(c conversions.Conversion) string { return c.State }, "accepted", "held", "ready", "received,sending", "rejected,waiting", "unknown")
	by("state", func(c conversions.Conversion) string { return c.DisplayState }, "restated", "retracted", "restated,retracted")
	by("reason", func(c conversions.Conversion) string { return c.Reason }, "DUPLICATE_TRANSACTION_ID", "no_click", "review", "backing_off", "not_final", "fetched", "reconnect", "bot")
	by("campaign", func(c conversions.Conversion) string { return c.Campaign }, "one", "two", "three")
	by("action_id", func(c conversions.Conversion) string { return c.ActionID }, "888", "999")
	filters = append(filters, asked{"click_kind=gclid", func(c conversions.Conversion) bool { return c.ClickKind == "gclid" }}, asked{"click_kind=none", func(c conversions.Conversion) bool { return c.ClickKind == "" }},
		asked{"needs=person", func(c conversions.Conversion) bool { return c.ReasonClass == "customer" }},
		asked{"to=" + soldAt.Add(200*time.Hour).Format(time.RFC3339), func(c conversions.Conversion) bool { return c.SoldAt.Before(soldAt.Add(200 * time.Hour)) }})
	var all, page ConversionsPage
	s.get("/api/v1/conversions?site_id="+s.site, &all)
	for i, a := range filters {
		for _, b := range filters[i:] {
			if !strings.HasPrefix(a.query, with) && !strings.HasPrefix(b.query, with) || a.query != b.query && strings.Split(a.query, "=")[0] == strings.Split(b.query, "=")[0] {
				continue
			}
			want, got := []string{}, []string{}
			for _, c := range all.Conversions {
				if a.chooses(c) && b.chooses(c) {
					want = append(want, c.EventID)
				}
			}
			page = ConversionsPage{}
			query := a.query + "&" + b.query
			if a.query == b.query {
				query = a.query
			}
			if i%2 == 0 {
				query += "&site_id=" + s.site
			}
			s.get("/api/v1/conversions?"+query, &page)
			for _, c := range page.Conversions {
				got = append(got, c.EventID)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: %s: -want +got\n%s", step, query, diff)
			}
		}
	}
}
