package admin

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"noctra/admin/internal/conversions"
)

// shop is a workspace with two actions and sales at known places.
type shop struct {
	*rig
	scene
	owner   walker
	actions [2]int64 // mappings
}

func (r *rig) shop(mark string) *shop {
	r.t.Helper()
	s := &shop{rig: r, scene: r.scene(mark)}
	s.owner = r.walker(s.workspace, "owner")
	r.sql(`DELETE FROM sales WHERE site_id = $1::text::bigint`, s.site)
	r.sql(`UPDATE conversion_actions SET review = false WHERE site_id = $1::text::bigint`, s.site)
	err := r.pool.QueryRow(r.t.Context(), `SELECT id FROM conversion_actions WHERE site_id = $1::text::bigint`, s.site).Scan(&s.actions[0])
	if err == nil {
		err = r.pool.QueryRow(r.t.Context(), `INSERT INTO conversion_actions (workspace_id, site_id, connection_id, action_id, action_name, enhanced, without_click, since)
			SELECT workspace_id, site_id, connection_id, '888', 'Lead', true, true, since FROM conversion_actions WHERE id = $1 RETURNING id`, s.actions[0]).Scan(&s.actions[1])
	}
	if err != nil {
		r.t.Fatal(err)
	}
	return s
}

// sold is a sale of the tests.
type sold struct {
	event, order, campaign, click string
	at                            time.Time
	amount                        int64
	currency                      string
}

func (s *shop) sale(of sold) (id int64) {
	s.t.Helper()
	var kind, value, rule *string
	if of.click != "" {
		k, v := "gclid", "visitor"
		kind, value, rule = &k, &of.click, &v
	}
	if of.currency == "" {
		of.currency = "EUR"
	}
	err := s.pool.QueryRow(s.t.Context(), `INSERT INTO sales (workspace_id, site_id, event_id, order_id, occurred_at, amount, currency, visitor_id, user_hash, country, via, bot_reasons, click_kinds, click_values,
		email_hash, phone_hash, consent_analytics, consent_user_data, consent_personal, google_kind, google_value, google_rule, google_clicked_at, google_campaign)
		VALUES ($1::text::bigint, $2::text::bigint, $3, $4, $5, $6, $7, 0, 0, 'DE', 2, '{}', '{}', '{}', '', '', 1, 1, 2, $8, $9, $10, CASE WHEN $8::text IS NULL THEN NULL ELSE $5::timestamptz - interval '1 hour' END, $11) RETURNING id`,
		s.workspace, s.site, of.event, of.order, of.at, of.amount, of.currency, kind, value, rule, of.campaign).Scan(&id)
	if err != nil {
		s.t.Fatal(err)
	}
	s.sql(`UPDATE sales SET decide_at = NULL WHERE id = $1`, id)
	return id
}

// ways are how conversions come to a state, move by move.
var ways = map[string][]string{
	"waiting": {"waiting"}, "held": {"held"}, "superseded": {"superseded"}, "ready": {"waiting", "ready"}, "sending": {"waiting", "ready", "sending"},
	"received": {"waiting", "ready", "sending", "received"}, "accepted": {"waiting", "ready", "sending", "accepted"}, "rejected": {"waiting", "ready", "sending", "received", "rejected"},
	"unknown": {"waiting", "ready", "sending", "unknown"},
}

// convert makes the conversion of a sale and brings it to a state.
func (s *shop) convert(sale int64, mapping int, state, reason string) (id int64) {
	s.t.Helper()
	way := ways[state]
	because := func(to string) string {
		if to == state {
			return reason
		}
		return map[string]string{"waiting": "delay"}[to]
	}
	err := s.pool.QueryRow(s.t.Context(), `INSERT INTO conversions (workspace_id, site_id, sale_id, mapping_id, action_id, transaction_id, occurred_at, value, currency, click_kind, click_value, clicked_at, state, reason)
		SELECT s.workspace_id, s.site_id, s.id, a.id, a.action_id, CASE s.order_id WHEN '' THEN 'e-' || s.event_id ELSE 'o-' || s.order_id END, s.occurred_at, s.amount, s.currency, s.google_kind, s.google_value, s.google_clicked_at, $3, $4
		FROM sales s, conversion_actions a WHERE s.id = $1 AND a.id = $2 RETURNING id`, sale, s.actions[mapping], way[0], because(way[0])).Scan(&id)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, to := range way[1:] {
		if to == "sending" {
			s.attempt(id)
		}
		s.sql(`UPDATE conversions SET state = $2, reason = $3, attempts = attempts + CASE $2 WHEN 'sending' THEN 1 ELSE 0 END, frozen_at = CASE $2 WHEN 'sending' THEN now() ELSE frozen_at END,
			google_value = CASE $2 WHEN 'accepted' THEN value END, google_currency = CASE $2 WHEN 'accepted' THEN currency END WHERE id = $1`, id, to, because(to))
	}
	return id
}

func (s *shop) attempt(conversion int64) {
	s.t.Helper()
	s.sql(`WITH t AS (INSERT INTO upload_attempts (connection_id, action_id, transport, kind, rows, state, started_at, lease_until, request_id, status)
			SELECT a.connection_id, a.action_id, 'data_manager', 'conversion', 7, 'received', now(), now(), 'req-1', 200 FROM conversions c JOIN conversion_actions a ON a.id = c.mapping_id WHERE c.id = $1 RETURNING id),
		r AS (INSERT INTO upload_rows (attempt_id, number, conversion_id, payload) SELECT id, 0, $1, '{"transactionId": "x", "adIdentifiers": {"gclid": "abcd…wxyz"}}' FROM t)
		UPDATE conversions SET attempt_id = t.id FROM t WHERE conversions.id = $1`, conversion)
}

func (s *shop) get(path string, into any) reply {
	s.t.Helper()
	a := s.ask(s.browser(), "GET", path, "", "Cookie", s.owner.cookie)
	if into != nil {
		if a.status != 200 {
			s.t.Fatalf("%s: %d %s", path, a.status, a.body)
		}
		if err := json.Unmarshal([]byte(a.body), into); err != nil {
			s.t.Fatalf("%s: %v", path, err)
		}
	}
	return a
}

// list returns the events of a list.
func (s *shop) list(query string) (events []string, next string) {
	s.t.Helper()
	var page ConversionsPage
	s.get("/api/v1/conversions?"+query, &page)
	for _, c := range page.Conversions {
		events = append(events, c.EventID)
	}
	return events, page.NextCursor
}

func TestConversions(t *testing.T) {
	r := start(t, nil)
	s := r.shop("SHOP")
	s.testList(t)
	s.testDetail(t)
	s.testSay(t)
	testUnconverted(t, r)
	testFound(t, r)
	testReconciliation(t, r)
	testPartners(t, s)
	testAttribution(t, r)
	testTrials(t, r)
}

var soldAt = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

const longClick = "CjwKCAiA-click-of-the-list"

func (s *shop) testList(t *testing.T) {
	hour := func(n int) time.Time { return soldAt.Add(time.Duration(n) * time.Hour) }
	for n, one := range []struct{ event, order, campaign, click, state, reason string }{
		{"a", "A-1", "spring", longClick, "accepted", ""}, {"b", "", "spring", "gclid-b", "waiting", "review"}, {"c", "A-3", "", "", "held", "no_click"},
		{"d", "A-4", "summer", "gclid-d", "rejected", "INVALID_GCLID"}, {"e", "A-5", "summer", "gclid-e", "accepted", ""}, {"f", "=A-6", "", "gclid-f", "ready", ""},
	} {
		id := s.convert(s.sale(sold{one.event, one.order, one.campaign, one.click, hour(n), 1_500_000 + int64(n), ""}), 0, one.state, one.reason)
		switch one.event {
		case "a":
			s.sql(`UPDATE conversions SET google_value = 1000000 WHERE id = $1`, id)
			s.sql(`INSERT INTO adjustments (conversion_id, mapping_id, number, kind, adjusted_at, value, currency, state, reason) VALUES ($1, $2, 1, 'restatement', now(), 1000000, 'EUR', 'waiting', 'earlier_adjustment')`, id, s.actions[0])
		case "e":
			s.sql(`UPDATE conversions SET google_value = 0, retracted = true WHERE id = $1`, id)
			s.sql(`INSERT INTO adjustments (conversion_id, mapping_id, number, kind, adjusted_at, state, reason) VALUES ($1, $2, 1, 'retraction', now(), 'held', 'cannot_retract')`, id, s.actions[0])
		}
	}
	for query, want := range map[string]string{
		"": "fedcba", "state=accepted": "ea", "state=restated": "a", "state=retracted,rejected": "ed", "reason=review": "b", "needs=person": "eb", "action_id=7031122334": "fedcba", "action_id=888": "",
		"campaign=spring": "ba", "click_kind=none": "c", "click_kind=gclid": "fedba", "from=2026-03-01T13:00:00Z&to=2026-03-01T15:00:00Z": "cb", "by=state&to=2026-03-02T00:00:00Z": "",
		"search=A-1": "a", "search=o-A-4": "d", "search=b": "b", "search=" + longClick: "a", "search=A": "", "event_id=c": "c", "order_id=A-5": "e", "adjustments=true": "ea",
		"site_id=" + s.site: "fedcba", "workspace_id=" + s.workspace: "fedcba",
	} {
		if got, _ := s.list(query); strings.Join(got, "") != want {
			t.Errorf("%s: %v, want %s", query, got, want)
		}
	}
	all, cursor := "", ""
	for range 3 {
		page, next := s.list("limit=2&cursor=" + cursor)
		all, cursor = all+strings.Join(page, ""), next
	}
	if all != "fedcba" || cursor != "" {
		t.Errorf("by pages: %s, then %q", all, cursor)
	}
	if a := s.get("/api/v1/conversions?cursor=YWZ0ZXIgMTc", nil); a.status != 422 {
		t.Errorf("a cursor of another list: %d", a.status)
	}
	a := s.ask(s.browser(), "GET", "/api/v1/conversions", "", "Cookie", s.owner.cookie, "Accept", "text/csv")
	lines, err := csv.NewReader(strings.NewReader(a.body)).ReadAll()
	if err != nil || len(lines) != 7 || lines[1][3] != "'=A-6" || lines[6][15] != "CjwK…list" || lines[6][19] != "restated" || lines[6][12] != "1.00" {
		t.Errorf("csv: %v\n%s", err, a.body)
	}
	if strings.Contains(a.body, longClick) {
		t.Error("a click id stands in the file")
	}
}

func (s *shop) testDetail(t *testing.T) {
	s.sql(`INSERT INTO clicks (site_id, kind, value, visitor_id, user_hash, event_id, clicked_at, landing_url, source, medium, campaign, term, content, campaign_id, country, is_bot, consent_analytics, consent_user_data, consent_personal)
		VALUES ($1::text::bigint, 'gclid', $2, 1, 0, 'landing', $3, 'https://walk.example/p?gclid=' || $2, 'google', 'cpc', 'spring', '', '', '', 'DE', false, 1, 1, 0)`, s.site, longClick, soldAt.Add(-time.Hour))
	var page ConversionsPage
	s.get("/api/v1/conversions?event_id=a", &page)
	var d conversions.Way
	a := s.get("/api/v1/conversions/"+page.Conversions[0].ID, &d)
	if strings.Contains(a.body, longClick) {
		t.Error("the click id is shown as a whole")
	}
	var moves []string
	for _, m := range d.Moves {
		moves = append(moves, m.To)
	}
	if diff := cmp.Diff([]string{"waiting", "ready", "sending", "accepted"}, moves); diff != "" {
		t.Error(diff)
	}
	if d.Click == nil || d.Click.LandingURL != "https://walk.example/p?gclid=CjwK…list" || d.Sale.Rule != "visitor" || d.Sale.Personal != "denied" || *d.SecondsFromClick != 3600 || d.DisplayState != "restated" {
		t.Errorf("%s", a.body)
	}
	if len(d.Uploads) != 1 || d.Uploads[0].Others != 6 || d.Uploads[0].RequestID != "req-1" || len(d.AdjustmentList) != 1 || len(d.AdjustmentList[0].Moves) != 1 || len(d.Gates) == 0 {
		t.Errorf("%s", a.body)
	}
}

// tell sends a word about the conversions of events.
func (s *shop) tell(word string, events ...string) conversions.Said {
	s.t.Helper()
	var ids []string
	for _, event := range events {
		var page ConversionsPage
		s.get("/api/v1/conversions?event_id="+event, &page)
		ids = append(ids, page.Conversions[0].ID)
	}
	body, err := json.Marshal(map[string]any{"conversion_ids": ids})
	if err != nil {
		s.t.Fatal(err)
	}
	a := s.ask(s.browser(), "POST", "/api/v1/conversions/"+word, string(body), "Cookie", s.owner.cookie)
	var out conversions.Said
	if err := json.Unmarshal([]byte(a.body), &out); err != nil || a.status != 200 {
		s.t.Fatalf("%s: %d %s", word, a.status, a.body)
	}
	return out
}

// stands is a conversion as the uploader finds it.
func (s *shop) stands(event string) (all string) {
	s.t.Helper()
	err := s.pool.QueryRow(s.t.Context(), `SELECT concat_ws(' ', c.state, c.reason, coalesce(c.review, '-'), (s.decide_at IS NOT NULL)::text) FROM conversions c JOIN sales s ON s.id = c.sale_id
		WHERE s.event_id = $1 AND s.site_id = $2::text::bigint`, event, s.site).Scan(&all)
	if err != nil {
		s.t.Fatal(err)
	}
	return all
}

func (s *shop) testSay(t *testing.T) {
	check := func(event, want string) {
		t.Helper()
		if got := s.stands(event); got != want {
			t.Errorf("%s is %q, want %q", event, got, want)
		}
	}
	if out := s.tell("approve", "a", "b"); out.Changed != 1 || len(out.Skipped) != 1 {
		t.Errorf("%+v", out)
	}
	check("b", "waiting review approved true")
	if out := s.tell("decline", "b", "f", "d"); out.Changed != 2 || len(out.Skipped) != 1 {
		t.Errorf("%+v", out)
	}
	check("b", "held declined declined true")
	check("f", "held declined declined true")
	if out := s.tell("approve", "b"); out.Changed != 1 {
		t.Errorf("approved after all: %+v", out)
	}
	s.sql(`UPDATE sales SET consent_user_data = 2 WHERE event_id = 'd'`)
	if out := s.tell("retry", "d"); out.Changed != 0 || len(out.Skipped) != 1 {
		t.Errorf("without consent: %+v", out)
	}
	s.sql(`UPDATE sales SET consent_user_data = 1 WHERE event_id = 'd'`)
	if out := s.tell("retry", "d", "a", "c"); out.Changed != 1 || len(out.Skipped) != 2 {
		t.Errorf("%+v", out)
	}
	check("d", "ready asked_again - true")
	s.sql(`UPDATE adjustments SET state = 'ready', reason = '' WHERE number = 1 AND kind = 'restatement'`)
	s.sql(`UPDATE adjustments SET state = 'sending', attempt_id = (SELECT max(id) FROM upload_attempts), frozen_at = now() WHERE number = 1 AND kind = 'restatement'`)
	s.sql(`UPDATE adjustments SET state = 'rejected', reason = 'CONVERSION_EXPIRED' WHERE number = 1 AND kind = 'restatement'`)
	if out := s.tell("retry", "a"); out.Changed != 1 {
		t.Errorf("an adjustment: %+v", out)
	}
	var entries int
	if err := s.pool.QueryRow(t.Context(), `SELECT count(*) FROM audit WHERE workspace_id = $1::text::bigint AND action LIKE 'conversions.%'`, s.workspace).Scan(&entries); err != nil || entries != 5 {
		t.Errorf("%d entries in the audit, %v", entries, err)
	}
	var page ConversionsPage
	s.get("/api/v1/conversions?event_id=b", &page)
	a := s.ask(s.browser(), "POST", "/api/v1/conversions/preview", fmt.Sprintf(`{"conversion_ids": [%q]}`, page.Conversions[0].ID), "Cookie", s.owner.cookie)
	if a.status != 200 || !strings.Contains(a.body, `"transaction_id":"e-b"`) || strings.Contains(a.body, "gclid-b") {
		t.Errorf("preview: %d %s", a.status, a.body)
	}
}
