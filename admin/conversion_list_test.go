package admin

import (
	"encoding/csv"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"noctra/admin/internal/conversions"
)

// testUnconverted is about sales without a conversion, what keeps a whole connection, and counts.
func testUnconverted(t *testing.T, r *rig) {
	s := r.shop("NONE")
	r.sql(`UPDATE conversion_actions SET since = $2 WHERE site_id = $1::text::bigint`, s.site, soldAt.Add(2*time.Hour))
	at := func(n int) time.Time { return soldAt.Add(time.Duration(n) * time.Hour) }
	of := func(event string, n int, click string) sold {
		return sold{event: event, order: "N-" + event, at: at(n), amount: 2_000_000, campaign: "camp", click: click}
	}
	s.sale(of("a", 0, ""))
	b := s.sale(of("b", 1, "gclid-of-an-unsent"))
	s.convert(s.sale(of("c", 1, "gclid-c")), 0, "accepted", "")
	s.convert(s.sale(of("d", 3, "gclid-d")), 0, "ready", "")
	s.convert(s.sale(of("e", 4, "gclid-e")), 1, "ready", "")
	s.convert(s.sale(of("g", 5, "")), 0, "held", "no_click")
	r.sql(`UPDATE sales SET decide_at = now() WHERE id = $1`, s.sale(of("f", 6, "")))
	lists := func(want map[string]string) {
		t.Helper()
		for query, events := range want {
			if got, _ := s.list(query); strings.Join(got, "") != events {
				t.Errorf("%s: %v, want %s", query, got, events)
			}
		}
	}
	lists(map[string]string{
		"": "gedc", "include=sales": "fgedcba", "state=none": "fba", "state=none,held": "fgba", "state=held&include=sales": "g", "reason=no_action&include=sales": "ba", "reason=undecided&state=none": "f",
		"state=none&click_kind=gclid": "b", "state=none&click_kind=none": "fa", "include=sales&campaign=camp": "fgedcba", "state=none&search=N-b": "b", "state=none&search=a": "a", "state=none&search=N-c": "",
		"state=none&from=2026-03-01T13:00:00Z": "fb", "state=none&to=2026-03-01T13:00:00Z": "a", "include=sales&needs=person": "", "include=sales&action_id=7031122334": "gdc", "include=sales&by=state": "gedc",
		"state=none&event_id=b": "b", "state=none&order_id=N-a": "a", "include=sales&adjustments=true": "",
	})
	for limit := 1; limit < 4; limit++ { // c and b are of the same moment
		all, cursor := "", ""
		for range 7 {
			page, next := s.list(fmt.Sprintf("include=sales&limit=%d&cursor=%s", limit, cursor))
			if all, cursor = all+strings.Join(page, ""), next; next == "" {
				break
			}
		}
		if all != "fgedcba" || cursor != "" {
			t.Errorf("by %d: %s, then %q", limit, all, cursor)
		}
	}
	s.testSale(t, b)
	s.testBlocked(t, lists)
	s.testCounts(t)
}

func (s *shop) testSale(t *testing.T, id int64) {
	var page ConversionsPage
	s.get("/api/v1/conversions?state=none&event_id=b", &page)
	if c := page.Conversions[0]; c.ID != "" || c.SaleID != strconv.FormatInt(id, 10) || c.State != "none" || c.Reason != "no_action" || c.ReasonWords == "" || c.SaleValue != "2.00" || c.ClickKind != "gclid" {
		t.Errorf("%+v", c)
	}
	var way conversions.SaleWay
	a := s.get("/api/v1/sales/"+page.Conversions[0].SaleID, &way)
	if way.EventID != "b" || way.Sale.Rule != "visitor" || way.Reason != "no_action" || len(way.ConversionIDs) != 0 || strings.Contains(a.body, "gclid-of-an-unsent") {
		t.Error(a.body)
	}
	s.get("/api/v1/conversions?event_id=c", &page)
	a = s.get("/api/v1/sales/"+page.Conversions[0].SaleID, &way)
	if diff := cmp.Diff([]string{page.Conversions[0].ID}, way.ConversionIDs); diff != "" || strings.Contains(a.body, `"reason"`) {
		t.Error(diff, a.body)
	}
	if a := s.get("/api/v1/sales/999999999", nil); a.status != 404 {
		t.Errorf("a sale that there is not: %d", a.status)
	}
	a = s.ask(s.browser(), "GET", "/api/v1/conversions?state=none", "", "Cookie", s.owner.cookie, "Accept", "text/csv")
	lines, err := csv.NewReader(strings.NewReader(a.body)).ReadAll()
	if err != nil || len(lines) != 4 || lines[2][0] != "" || lines[2][2] != "b" || lines[2][19] != "none" || lines[2][25] != strconv.FormatInt(id, 10) {
		t.Errorf("csv: %v\n%s", err, a.body)
	}
}

// testBlocked has everything of a connection, an action or the workspace kept, one after the other: filters say what the rows say.
func (s *shop) testBlocked(t *testing.T, lists func(map[string]string)) {
	var to conversions.Destinations
	for _, one := range []struct{ set, unset, reason, rows, needs string }{
		{`UPDATE google_connections SET state = 'needs_reconnecting' WHERE workspace_id = $1::text::bigint`, `UPDATE google_connections SET state = 'active' WHERE workspace_id = $1::text::bigint`, "reconnect", "ed", "ed"},
		{`UPDATE google_connections SET problem = 'CUSTOMER_NOT_ACCEPTED_CUSTOMER_DATA_TERMS', problem_at = now() WHERE workspace_id = $1::text::bigint`,
			`UPDATE google_connections SET problem = NULL, problem_at = NULL WHERE workspace_id = $1::text::bigint`, "CUSTOMER_NOT_ACCEPTED_CUSTOMER_DATA_TERMS", "ed", "ed"},
		{`UPDATE google_connections SET paused_until = now() + interval '1 hour' WHERE workspace_id = $1::text::bigint`, `UPDATE google_connections SET paused_until = NULL WHERE workspace_id = $1::text::bigint`, "backing_off", "ed", ""},
		{`UPDATE conversion_actions SET paused = action_id = '888' WHERE workspace_id = $1::text::bigint`, `UPDATE conversion_actions SET paused = false WHERE workspace_id = $1::text::bigint`, "action_paused", "e", ""},
		{`UPDATE workspaces SET uploads_held_at = now() WHERE id = $1::text::bigint`, `UPDATE workspaces SET uploads_held_at = NULL WHERE id = $1::text::bigint`, "workspace_held", "ed", ""},
	} {
		s.sql(one.set, s.workspace)
		lists(map[string]string{"reason=" + one.reason: one.rows, "needs=person": one.needs, "reason=no_click": "g", "state=ready&reason=" + one.reason: one.rows})
		var page ConversionsPage
		s.get("/api/v1/conversions?reason="+one.reason, &page)
		for _, c := range page.Conversions {
			if c.Reason != one.reason || c.ReasonWords == "" || (one.reason == "backing_off") != (c.NextAt != nil) {
				t.Errorf("%s: %+v", one.reason, c)
			}
		}
		s.get("/api/v1/conversions/destinations?site_id="+s.site, &to)
		if to.Destinations[0].Reason != one.reason && one.reason != "action_paused" && to.HeldAt == nil {
			t.Errorf("%s: %+v", one.reason, to)
		}
		to = conversions.Destinations{}
		s.sql(one.unset, s.workspace)
		lists(map[string]string{"reason=" + one.reason: "", "needs=person": ""})
	}
	s.get("/api/v1/conversions/destinations", &to)
	if d := to.Destinations; !to.Connected || to.HeldAt != nil || len(d) != 1 || d[0].CustomerID != "1234567890" || d[0].State != "active" || d[0].Reason != "" || len(d[0].Actions) != 2 {
		t.Errorf("%+v", to)
	}
}

func (s *shop) testCounts(t *testing.T) {
	s.sql(`UPDATE google_connections SET state = 'needs_reconnecting' WHERE workspace_id = $1::text::bigint`, s.workspace)
	for query, want := range map[string]string{
		"": "4 2 1 2 3", "include=sales": "7 2 1 2 3", "include=sales&click_kind=gclid": "4 2 0 2 1", "campaign=none": "0 0 0 0 0", "state=held": "1 2 1 2 3", "action_id=888": "1 1 0 1 0", "reason=reconnect": "2 2 0 2 0",
		"from=2026-03-01T15:30:00Z": "2 1 1 1 1", "search=N-f&include=sales": "1 0 0 0 1", "part=needs_person,none": "- 2 - - 3",
	} {
		var c conversions.Counts
		s.get("/api/v1/conversions/counts?"+query, &c)
		var got []string
		for _, n := range []*conversions.Counted{c.All, c.NeedsPerson, c.Held, c.Open, c.None} {
			if n == nil {
				got = append(got, "-")
			} else {
				got = append(got, fmt.Sprint(n.Count))
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %v, want %s", query, got, want)
		}
	}
	s.sql(`UPDATE google_connections SET state = 'active' WHERE workspace_id = $1::text::bigint`, s.workspace)
}
