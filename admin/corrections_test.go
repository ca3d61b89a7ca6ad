package admin

import (
	"fmt"
	"net/http"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"

	"noctra/admin/internal/slices"
)

// A corrected sale is in reports with its new amount, once; it keeps its row and place, and a correction
// that was begun when the service was killed is ended by the next.
func TestCorrections(t *testing.T) {
	r := start(t, nil)
	r.offset.stop() // so that days ago are the same days, also at midnight
	site, owner := r.demo().SiteID, r.signedIn()
	sale := func(id string, amount, offset int) {
		r.exec(fmt.Sprintf(`INSERT INTO events (site_id, event_id, kind, occurred_at, received_at, visitor_id, visitor_kind, hostname, path, order_id, amount, currency, kafka_topic, kafka_partition, kafka_offset)
			SELECT %s, '%s', 'sale', fromUnixTimestamp64Milli(%d), now64(3), 7, 2, 'shop.noctra.example', '/buy', 'o-1', %d, 'EUR', 'noctra.events', 1, %d`, site, id, r.noon(3).UnixMilli(), amount, offset))
	}
	sale("sale-1", 41_930_000, 11)
	sale("sale-2", 100_000_000, 12)
	number, err := strconv.ParseInt(site, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	of, err := r.anySite(t.Context(), number)
	if err != nil {
		t.Fatal(err)
	}
	if err := slices.MakeAs(t.Context(), r.writer, of, []slices.DayNumber{slices.DayOf(r.noon(3), time.UTC)}, time.Now()); err != nil {
		t.Fatal(err)
	}
	if got := r.asked("revenue", 3); got != "141.93" {
		t.Fatalf("revenue %s", got)
	}
	path := "/api/v1/sites/" + site + "/events/sale-1/corrections"
	for body, where := range map[string]string{
		`{"reason": "", "amount": "1"}`: "reason", `{"reason": "x", "amount": "-1"}`: "amount", `{"reason": "x", "currency": "XXX"}`: "currency",
		`{"reason": "x", "url": "https://elsewhere.example/"}`: "url", `{"reason": "x", "items": [{"quantity": 1}]}`: "items",
	} {
		if p := r.ask(owner, "POST", path, body).problem(t); p.Code != "invalid_request" || len(p.Errors) == 0 || p.Errors[0].Path != where {
			t.Errorf("%s: %+v", body, p)
		}
	}
	r.wants("no such event", r.ask(owner, "POST", strings.Replace(path, "sale-1", "sale-9", 1), `{"reason": "x", "amount": "1"}`), 404, "not_found")
	r.wants("nothing new", r.ask(owner, "POST", path, `{"reason": "x", "amount": "41.93"}`), 409, "conflict")
	r.sql(`INSERT INTO sales (workspace_id, site_id, event_id, order_id, occurred_at, amount, currency, visitor_id, user_hash, country, via, bot_reasons, click_kinds, click_values, email_hash, phone_hash,
		consent_analytics, consent_user_data, consent_personal, attributed_at) SELECT workspace_id, id, 'sale-1', 'o-1', now(), 41930000, 'EUR', 0, 0, '', 2, '{}', '{}', '{}', '', '', 0, 0, 0, now() FROM sites WHERE id = $1`, number)
	r.sql(`INSERT INTO refunds (site_id, event_id, order_id, occurred_at, amount, currency, sale_id) SELECT $1, v.id, v.order_id, now(), 1, 'EUR', CASE v.order_id WHEN 'o-1' THEN (SELECT max(id) FROM sales) END
		FROM (VALUES ('r-1', 'o-1'), ('r-2', $2)) AS v (id, order_id)`, number, `o-'1\`)
	r.sql(`INSERT INTO sales (workspace_id, site_id, event_id, order_id, occurred_at, amount, currency, visitor_id, user_hash, country, via, bot_reasons, click_kinds, click_values, email_hash, phone_hash,
		consent_analytics, consent_user_data, consent_personal, attributed_at, borrowed) SELECT workspace_id, id, 'later', $2, now(), 1, 'EUR', 0, 0, '', 2, '{}', '{}', '{}', '', '', 0, 0, 0, now(), true FROM sites WHERE id = $1`, number, `o-'1\`)
	r.sql(`UPDATE sales SET decide_at = NULL`)
	r.sql(`INSERT INTO held_sales (site_id, order_id, event_id, occurred_at, visitor_id, user_hash, country, bot_reasons, click_kinds, click_values, consent_analytics, consent_user_data, consent_personal)
		VALUES ($1, 'o-1', 'sale-1', now(), 1, 0, '', '{}', '{}', '{}', 0, 0, 0)`, number)
	r.findsEvents(owner, site)
	once := []string{"Idempotency-Key", "k1"}
	body := `{"reason": "Tax was missing.", "amount": "49.90", "order_id": "o-'1\\", "url": "https://shop.noctra.example/done?q=1", "props": {"a'": "b\\"}, "items": [{"id": "x", "quantity": 2, "price": "24.95"}]}`
	r.wants("correct", r.ask(owner, "POST", path, body, once...), 201, "")
	r.wants("correct again", r.ask(owner, "POST", path, body, once...), 201, "")
	done := func(n int) func() bool {
		return func() bool {
			var out correctionsOutput
			decode(t, r.ask(owner, "GET", "/api/v1/sites/"+site+"/corrections", ""), 200, &out.Body)
			return len(out.Body.Corrections) == n && out.Body.Corrections[0].State == "done"
		}
	}
	eventually(t, "it is corrected", done(1))
	if got, sales := r.asked("revenue", 3), r.asked("sales", 3); got != "149.9" && got != "149.90" || sales != "2" {
		t.Errorf("revenue %s of %s sales", got, sales)
	}
	var trade string
	err = r.pool.QueryRow(t.Context(), `SELECT concat_ws(' ', s.amount, s.order_id, s.attributed_at IS NULL, (SELECT string_agg(event_id, ' ') FROM refunds WHERE sale_id = s.id), h.order_id, (SELECT decide_at IS NOT NULL FROM sales WHERE event_id = 'later')) FROM sales s, held_sales h WHERE s.event_id = 'sale-1'`).Scan(&trade)
	if want := `49900000 o-'1\ t r-2 o-'1\ t`; err != nil || trade != want {
		t.Errorf("what was read of it is %q, want %q, %v", trade, want, err)
	}
	row := `SELECT count() FROM events WHERE event_id = 'sale-1' AND corrected = 1 AND kafka_offset = 11 AND amount = 49900000 AND order_id = 'o-\'1\\' AND path = '/done' AND query = ''
		AND props = map('a\'', 'b\\') AND item_prices = [24950000] AND item_quantities = [2] AND item_names = ['']`
	if n := r.number(row); n != 1 || r.number("SELECT count() FROM events WHERE event_id = 'sale-1'") != 1 {
		t.Errorf("the row is not as it has to be")
	}
	r.sql(`INSERT INTO corrections (site_id, workspace_id, event_id, occurred_at, reason, before, after, created_at, lease_until)
		SELECT site_id, workspace_id, 'sale-2', occurred_at, 'x', '{"amount": 100000000}', '{"amount": 1000000}', now(), now() - interval '1 hour' FROM corrections`)
	eventually(t, "what was begun is ended", done(2))
	if got := r.asked("revenue", 3); got != "50.9" && got != "50.90" {
		t.Errorf("revenue %s", got)
	}
	audit := r.ask(owner, "GET", "/api/v1/workspaces/"+r.demo().WorkspaceID+"/audit?action=event", "")
	if !strings.Contains(audit.body, "event.corrected") || strings.Contains(audit.body, "49900000") {
		t.Errorf("audit %s", audit.body)
	}
}

// findsEvents looks for the events of TestCorrections by what a person knows of them.
func (r *rig) findsEvents(owner *http.Client, site string) {
	r.t.Helper()
	path, day := "/api/v1/sites/"+site+"/events/find", r.noon(3).Format("2006-01-02")
	for body, want := range map[string]string{
		j("event_id", "sale-2"):                                     "sale-2",
		j("event_id", "sale-'9"):                                    "",
		j("event_id", "sale-2", "order_id", "o-2"):                  "",
		j("day", day, "order_id", "o-1"):                            "sale-1 sale-2",
		j("day", r.noon(2).Format("2006-01-02"), "order_id", "o-1"): "",
		j("day", day, "visitor_id", "somebody"):                     "",
		j("day", day, "order_id", "o-1", "user_id", "somebody"):     "",
	} {
		var out foundEventsOutput
		decode(r.t, r.ask(owner, "POST", path, body), 200, &out.Body)
		var ids []string
		for _, e := range out.Body.Events {
			ids = append(ids, e.EventID)
		}
		sort.Strings(ids)
		if got := strings.Join(ids, " "); got != want || out.Body.More {
			r.t.Errorf("%s: %q, want %q", body, got, want)
		}
	}
	var out foundEventsOutput
	decode(r.t, r.ask(owner, "POST", path, j("event_id", "sale-1")), 200, &out.Body)
	if e := out.Body.Events[0]; e.Amount != "41.93" || e.Currency != "EUR" || e.Kind != "sale" || e.Path != "/buy" || !e.OccurredAt.Equal(r.noon(3)) {
		r.t.Errorf("%+v", e)
	}
	r.exec(fmt.Sprintf(`INSERT INTO events (site_id, event_id, kind, occurred_at, received_at, amount, currency) SELECT %s, 'held-1', 'held_sale', fromUnixTimestamp64Milli(%d), now64(3), 1000000, 'EUR'`, site, r.noon(9).UnixMilli()))
	decode(r.t, r.ask(owner, "POST", path, j("event_id", "held-1")), 200, &out.Body)
	if e := out.Body.Events[0]; e.Kind != "held_sale" || e.Amount == "" {
		r.t.Errorf("%+v", e)
	}
	for _, body := range []string{`{}`, j("order_id", "o-1"), j("day", "yesterday")} {
		if p := r.ask(owner, "POST", path, body).problem(r.t); p.Code != "invalid_request" || len(p.Errors) != 1 || p.Errors[0].Path != "day" {
			r.t.Errorf("%s: %+v", body, p)
		}
	}
}
