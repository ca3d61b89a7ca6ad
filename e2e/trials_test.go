package e2e

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"
)

const triedSales = 240 // a trial looks at as many whatever it takes

// trials are rules that are tried over sales in every place, and then saved.
type trials struct {
	*office
	site     string
	mappings map[string]string // by the action at Google
	random   *rand.Rand
	plain    bool            // the first of each is picked
	seen     map[string]bool // what trials said of conversions that were sent
}

// Actions of the trials: sales at what they are worth, sales at a fixed value to an action that another connection reaches
// as well, which counts one for a click within 30 days, and a goal.
const (
	byWorth, byFixed, byGoal = "900000071", "900000022", "900000073"
	triedGoal                = 77
)

// triesRules compares what trials say with what the uploader then does, for each rule after the other.
func (p *product) triesRules(t *testing.T) {
	s := &trials{office: p.office(t), mappings: map[string]string{}, random: rand.New(rand.NewPCG(*seed, 3)), seen: map[string]bool{}}
	s.open()
	s.sell()
	s.decided(s.site)
	s.send()
	s.happen()
	s.decided(s.site)
	s.adjust()
	s.decided(s.site)
	actions := "/workspaces/" + s.workspace + "/conversion-actions"
	for _, rule := range []struct {
		action string
		body   map[string]any
	}{
		{byWorth, map[string]any{"value_rule": "fixed", "fixed_value": "5", "currency": "USD"}},
		{byWorth, map[string]any{"value_rule": "event", "delay_minutes": 60}},
		{byWorth, map[string]any{"value_rule": "none", "delay_minutes": 0, "enhanced": true, "without_click": true}},
		{byWorth, map[string]any{"value_rule": "event", "enhanced": false, "without_click": false, "review": true}},
		{byWorth, map[string]any{"paused": true, "since": time.Now().AddDate(0, 0, -80).UTC().Format(time.RFC3339)}},
		{byFixed, map[string]any{"paused": false}},
		{byFixed, map[string]any{"value_rule": "event", "enhanced": true, "since": time.Now().AddDate(0, 0, -8).UTC().Format(time.RFC3339)}},
		{byGoal, map[string]any{"value_rule": "fixed", "fixed_value": "2", "currency": "CHF", "enhanced": true}},
	} {
		s.holds(fmt.Sprint(rule.action, " ", rule.body), rule.action, actions+"/"+s.mappings[rule.action]+"/trial", rule.body, func() {
			path := actions + "/" + s.mappings[rule.action]
			s.ask(http.MethodPatch, path, rule.body, nil, "If-Match", s.ask(http.MethodGet, path, nil, nil))
		})
	}
	s.looksBack()
	s.choosesAnew(actions)
	for _, then := range []string{"stays", "restated", "enhanced", "restated_and_enhanced", "resumed"} {
		if !s.seen[then] {
			t.Errorf("no trial said %s", then)
		}
	}
}

// looksBack tries another look-back, by which clicks of all sales are looked for again.
func (s *trials) looksBack() {
	body := map[string]any{"lookback_days": 20}
	s.holds("look-back", "", "/sites/"+s.site+"/trial", body, func() {
		s.ask(http.MethodPatch, "/sites/"+s.site, body, nil, "If-Match", s.ask(http.MethodGet, "/sites/"+s.site, nil, nil))
		s.run(`UPDATE sales SET attributed_at = NULL WHERE site_id = $1::text::bigint`, s.site)
	})
}

// choosesAnew removes an action, and tries one for the same that another connection reaches. It is for a person to
// approve, so that nothing is sent of it.
func (s *trials) choosesAnew(actions string) {
	path := actions + "/" + s.mappings[byFixed]
	s.ask(http.MethodDelete, path, nil, nil, "If-Match", s.ask(http.MethodGet, path, nil, nil))
	s.decided(s.site)
	body := map[string]any{
		"site_id": s.site, "connection_id": s.text(`SELECT min(id)::text FROM google_connections WHERE workspace_id = $1::text::bigint AND customer_id = '2000000002' AND refresh_token <> 'x'`, s.workspace),
		"action_id": byFixed, "review": true, "enhanced": true, "since": time.Now().AddDate(0, 0, -80).UTC().Format(time.RFC3339),
	}
	s.holds("an action that is chosen anew", byFixed, actions+"/trial", body, func() {
		s.ask(http.MethodPost, actions, body, nil, "Idempotency-Key", "trials-of-"+s.site)
	})
}

// open makes a site with two actions, whose connection sends nothing.
func (s *trials) open() {
	s.site = s.text(`INSERT INTO sites (workspace_id, public_key, name, hostnames, time_zone, currency, identity_key)
		VALUES ($1::text::bigint, 'nst_trials', 'Trials', '{trials.example}', 'UTC', 'EUR', sha256('trials')) RETURNING id::text`, s.workspace)
	connection := s.text(`INSERT INTO google_connections (workspace_id, state, transport, refresh_token, customer_id, paused_until)
		VALUES ($1::text::bigint, 'active', 'data_manager', 'x', '2000000002', now() + interval '1 year') RETURNING id::text`, s.workspace)
	for action, rules := range map[string]string{
		byWorth: "since = now() - interval '50 days', window_days = 30",
		byGoal:  "since = now() - interval '80 days', value_rule = 'none', goal_id = " + fmt.Sprint(triedGoal),
		byFixed: "since = now() - interval '80 days', window_days = 30, one_per_click = true, value_rule = 'fixed', fixed_value = 9000000, currency = 'EUR'",
	} {
		s.mappings[action] = s.text(`INSERT INTO conversion_actions (workspace_id, site_id, connection_id, action_id, action_name, since)
			VALUES ($1::text::bigint, $2::text::bigint, $3::text::bigint, $4, 'Tried', now()) RETURNING id::text`, s.workspace, s.site, connection, action)
		s.run("UPDATE conversion_actions SET "+rules+" WHERE id = $1::text::bigint", s.mappings[action])
	}
}

// pick is one of some, at random.
func (s *trials) pick(of ...string) string {
	if n := s.random.IntN(len(of)); !s.plain {
		return of[n]
	}
	return of[0]
}

// sell stores sales with clicks, consents, currencies, identifiers and refunds of all kinds, and each eighth as one that is
// sent, new or old. Times are far from where anything depends on them.
func (s *trials) sell() {
	for i := range triedSales {
		s.plain = i%8 == 0
		ago := s.pick("10 minutes", "10 minutes", "5 days", "12 days", "40 days", "60 days")
		if i%16 == 0 {
			ago = "12 days"
		}
		click, kind := fmt.Sprint("click-of-trials-", i), s.pick("gclid", "gclid", "gclid", "gbraid")
		order := fmt.Sprint("T-", i)
		if i%20 == 19 {
			order = fmt.Sprint("T-", i-1) // another sale of the order
		}
		own := s.pick("", "", "", click)
		s.run(`INSERT INTO sales (workspace_id, site_id, event_id, order_id, occurred_at, amount, currency, visitor_id, user_hash, country, via, bot_reasons, click_kinds, click_values,
				email_hash, phone_hash, consent_analytics, consent_user_data, consent_personal, goal_id)
			SELECT $1::text::bigint, $2::text::bigint, 'trial-' || $3::text, $4, date_trunc('second', now()) - $5::text::interval, 100000000 + $3::text::int, $6, 7000 + $3::text::int, 0, 'US', 2, $7::text::text[],
				CASE $8 WHEN '' THEN '{}' ELSE ARRAY[$9::text] END, CASE $8 WHEN '' THEN '{}' ELSE ARRAY[$8::text] END, $10, '', 1, $11::text::smallint, 1, CASE WHEN $3::text::int % 6 = 1 THEN $12::bigint ELSE 0 END`,
			s.workspace, s.site, fmt.Sprint(i), order, ago, s.pick("EUR", "EUR", "EUR", "USD", ""), s.pick("{}", "{}", "{}", "{}", "{}", "{}", "{}", "{hosting}"), own, kind,
			s.pick("", "", strings.Repeat("a", 64)), s.pick("1", "1", "1", "1", "0", "2"), triedGoal)
		if s.random.IntN(8) > 0 || s.plain {
			s.run(`INSERT INTO clicks (site_id, kind, value, visitor_id, user_hash, event_id, clicked_at, landing_url, source, medium, campaign, term, content, campaign_id, country, is_bot,
					consent_analytics, consent_user_data, consent_personal)
				SELECT site_id, $3, $4, visitor_id, 0, event_id, occurred_at - $5::text::interval, '', '', '', '', '', '', '', '', false, 0, $6::text::smallint, 0 FROM sales WHERE site_id = $1::text::bigint AND event_id = 'trial-' || $2::text`,
				s.site, fmt.Sprint(i), kind, click, s.pick("1 hour", "1 day", "25 days", "40 days"), s.pick("0", "1", "2"))
		}
		if s.random.IntN(6) == 0 {
			s.refund(i)
		}
	}
	s.plain = false
	s.run(`UPDATE sales SET attributed_at = NULL WHERE site_id = $1::text::bigint`, s.site)
}

// refund gives a part of a sale back, all of it, or something in another currency.
func (s *trials) refund(sale int) {
	s.run(`INSERT INTO refunds (site_id, event_id, order_id, occurred_at, amount, currency, sale_id)
		SELECT site_id, gen_random_uuid(), order_id, now(), $3::text::bigint, coalesce(nullif($4, ''), currency), id FROM sales WHERE site_id = $1::text::bigint AND event_id = 'trial-' || $2::text AND goal_id = 0`,
		s.site, fmt.Sprint(sale), s.pick("30000000", "12500000", "900000000"), s.pick("", "", "", "CHF"))
}

// ways end what is being sent, in all ways there are.
var ways = []string{
	`state = 'accepted', reason = '', google_value = value, google_currency = CASE WHEN value IS NOT NULL THEN conversions.currency END`,
	`state = 'accepted', reason = '', google_value = value, google_currency = CASE WHEN value IS NOT NULL THEN conversions.currency END`,
	`state = 'accepted', reason = 'ORDER_ID_ALREADY_IN_USE'`,
	`state = 'accepted', reason = 'DUPLICATE_GCLID'`,
	`state = 'rejected', reason = 'INVALID_GCLID'`,
	`state = 'received', reason = 'not_final'`,
	`state = 'unknown', reason = 'unknown_code', next_at = now() + interval '1 day'`,
	`state = 'waiting', reason = 'answer_lost', next_at = now() + interval '1 day'`,
	`state = 'waiting', reason = 'TOO_RECENT_EVENT', next_at = now() + interval '1 day', frozen_at = NULL`,
	`state = 'ready', reason = 'backing_off', next_at = now() + interval '1 day', frozen_at = NULL`,
	`state = 'superseded', reason = 'DUPLICATE_TRANSACTION_ID'`,
}

// send brings half of what is ready to where sending leaves it.
func (s *trials) send() {
	s.run(`WITH a AS (INSERT INTO upload_attempts (connection_id, action_id, transport, kind, rows, state, started_at, lease_until)
			SELECT connection_id, action_id, 'data_manager', 'conversion', 1, 'final', now(), now() FROM conversion_actions WHERE id = $2::text::bigint RETURNING id)
		UPDATE conversions SET state = 'sending', reason = '', frozen_at = now(), attempts = 1, attempt_id = a.id
		FROM a, sales WHERE sales.id = sale_id AND sales.site_id = $1::text::bigint AND state = 'ready' AND visitor_id % 5 <> 4`, s.site, s.mappings[byWorth])
	for i, way := range ways {
		s.run(fmt.Sprintf(`UPDATE conversions SET %s FROM sales WHERE sales.id = sale_id AND sales.site_id = $1::text::bigint AND state = 'sending' AND visitor_id / 8 %% %d = %d`, way, len(ways), i), s.site)
	}
}

// happen is what sales go through after a part of them was sent.
func (s *trials) happen() {
	for i := range triedSales {
		if s.random.IntN(4) == 0 {
			s.refund(i)
		}
	}
	for _, change := range []string{`email_hash = repeat('b', 64) WHERE visitor_id % 3 = 0`, `consent_user_data = 2 WHERE visitor_id % 4 = 0`, `amount = amount + 1000000 WHERE visitor_id % 13 = 0`, `currency = 'GBP' WHERE visitor_id % 29 = 0`} {
		s.run(`UPDATE sales SET `+change+` AND site_id = $1::text::bigint`, s.site)
	}
}

// adjust has Google take half of the adjustments that may go, and refuse some; and consent is there again for some sales.
func (s *trials) adjust() {
	s.run(`WITH a AS (INSERT INTO upload_attempts (connection_id, action_id, transport, kind, rows, state, started_at, lease_until)
			SELECT connection_id, action_id, 'data_manager', 'restatement', 1, 'final', now(), now() FROM conversion_actions WHERE id = $2::text::bigint RETURNING id)
		UPDATE adjustments d SET state = 'sending', frozen_at = now(), attempts = 1, attempt_id = a.id FROM a, conversions c WHERE c.id = d.conversion_id AND c.site_id = $1::text::bigint AND d.state = 'ready' AND c.sale_id % 2 = 0`, s.site, s.mappings[byWorth])
	s.run(`UPDATE adjustments d SET state = CASE WHEN c.sale_id % 3 = 0 THEN 'rejected' ELSE 'accepted' END, reason = '' FROM conversions c WHERE c.id = d.conversion_id AND c.site_id = $1::text::bigint AND d.state = 'sending'`, s.site)
	s.run(`UPDATE conversions c SET google_value = d.value, google_currency = d.currency FROM adjustments d WHERE d.conversion_id = c.id AND c.site_id = $1::text::bigint AND d.state = 'accepted' AND d.kind = 'restatement'`, s.site)
	s.run(`UPDATE conversion_actions SET paused = true WHERE id = $1::text::bigint`, s.mappings[byFixed]) // what consent stopped stays so
	s.run(`UPDATE sales SET consent_user_data = 1 WHERE site_id = $1::text::bigint AND visitor_id % 8 = 0`, s.site)
	s.run(`UPDATE sales SET decide_at = now() WHERE site_id = $1::text::bigint`, s.site)
}
