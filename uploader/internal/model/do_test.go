package model

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"noctra/internal/googleauth/authtest"
	"noctra/schema"
)

func (w *world) sql(sql string, args ...any) {
	w.Helper()
	if _, err := w.postgres.Exec(w.Context(), sql, args...); err != nil {
		w.Fatalf("%s: %v", sql, err)
	}
}

func (w *world) scan(to any, sql string, args ...any) {
	w.Helper()
	if err := w.postgres.QueryRow(w.Context(), sql, args...).Scan(to); err != nil {
		w.Fatalf("%s: %v", sql, err)
	}
}

// found makes a shop with its site, connection and actions.
func (w *world) found(number int, h history) {
	s := &subject{shop: &shop{kind: h.kind, lookback: h.lookback, heldBy: map[string][]*event{}, google: map[string]*entry{}}, number: number, history: h, person: person(number), customer: customer(number), told: map[string]int64{}}
	w.scan(&s.workspace, `INSERT INTO workspaces (name) VALUES ('w') RETURNING id`)
	w.scan(&s.site, `INSERT INTO sites (workspace_id, public_key, name, hostnames, time_zone, currency, identity_key, lookback_days)
VALUES ($1, 'nst_' || $2::int, 's', '{s.example}', 'Europe/Berlin', 'EUR', sha256('k'), $3) RETURNING id`, s.workspace, number, h.lookback)
	w.connect(s)
	for _, a := range h.first {
		w.action(s, a)
	}
	w.shops, w.owners[s.connection] = append(w.shops, s), s
}

func (w *world) connect(s *subject) {
	g := authtest.Grant(w, w.client, s.person)
	w.scan(&s.connection, `SELECT nextval(pg_get_serial_sequence('google_connections', 'id'))`)
	sealed, err := w.tokens.Seal(s.connection, g)
	if err != nil {
		w.Fatal(err)
	}
	way := "data_manager"
	if s.kind.ads {
		way = "google_ads"
	}
	abilities, _ := json.Marshal(map[string]any{"retraction": map[string]bool{"can": s.kind.retract}})
	w.sql(`INSERT INTO google_connections (id, workspace_id, state, transport, scopes, refresh_token, access_token, access_until, customer_id, abilities)
OVERRIDING SYSTEM VALUE VALUES ($1, $2, 'active', $3, $4, $5, $6, $7, $8, $9)`, s.connection, s.workspace, way, g.Scopes, sealed.Refresh, sealed.Access, sealed.Until, s.customer, string(abilities))
}

const insertAction = `INSERT INTO conversion_actions (workspace_id, site_id, connection_id, action_id, action_name, since, value_rule, fixed_value, currency, review, enhanced, paused, delay_minutes)
VALUES ($1, $2, $3, $4, 'a', $5, $6, CASE WHEN $6 = 'fixed' THEN $7::bigint END, nullif($8, ''), $9, $10, $11, $12) RETURNING id`

// action chooses one.
func (w *world) action(s *subject, a action) {
	a.reviews = map[string]string{}
	w.scan(&a.id, insertAction, s.workspace, s.site, s.connection, a.google, a.since, a.rule, a.fixed, a.currency, a.review, a.enhanced, a.paused, int(a.delay.Minutes()))
	s.actions = append(s.actions, &a)
}

// decideActions is what the admin service does when an action is changed.
const decideActions = `UPDATE sales SET decide_at = now() WHERE id IN (
    SELECT s.id FROM conversion_actions a JOIN sales s ON s.site_id = a.site_id AND s.goal_id = coalesce(a.goal_id, 0) AND s.occurred_at >= a.since WHERE a.id = $1 AND a.removed_at IS NULL
    UNION SELECT c.sale_id FROM conversions c WHERE c.mapping_id = $1 AND c.state IN ('waiting', 'ready', 'held')
    UNION SELECT c.sale_id FROM conversion_actions a
        JOIN conversion_actions o ON o.site_id = a.site_id AND o.action_id = a.action_id AND coalesce(o.goal_id, 0) = coalesce(a.goal_id, 0)
        JOIN adjustments j ON j.mapping_id = o.id AND j.state IN ('held', 'waiting', 'ready') JOIN conversions c ON c.id = j.conversion_id
        WHERE a.id = $1)`

const relink = `UPDATE refunds r SET sale_id = (SELECT min(s.id) FROM sales s WHERE s.site_id = r.site_id AND s.order_id = r.order_id AND s.goal_id = 0)
WHERE r.site_id = $1 AND r.order_id = ANY($2::text[]) AND r.order_id <> ''
  AND r.sale_id IS DISTINCT FROM (SELECT min(s.id) FROM sales s WHERE s.site_id = r.site_id AND s.order_id = r.order_id AND s.goal_id = 0)`

// change has a step but events happen, for the product and for the model.
func (w *world) change(s *subject, t step) {
	w.do(s, t)
	if t.do != "event" && t.do != "choose" {
		s.take(t)
	}
	if t.do == "erase" {
		w.seal(s)
	}
}

// suddenly has what is left of sudden steps happen, and another uploader decide by it at once.
func (w *world) suddenly(s *subject) {
	if len(s.sudden) == 0 {
		return
	}
	for _, t := range s.sudden {
		w.change(s, t)
	}
	s.sudden = nil
	s.look()
	w.works(w.start(), "d")
}

// do does to the tables what the admin service does.
func (w *world) do(s *subject, t step) {
	w.Helper()
	switch t.do {
	case "amount":
		w.sql(`UPDATE sales SET amount = $3 WHERE site_id = $1 AND event_id = $2`, s.site, t.of, t.n)
		w.sql(`UPDATE refunds SET amount = $3 WHERE site_id = $1 AND event_id = $2`, s.site, t.of, t.n)
	case "currency":
		w.sql(`UPDATE sales SET currency = $3 WHERE site_id = $1 AND event_id = $2`, s.site, t.of, t.text)
	case "order":
		before := ""
		if err := w.postgres.QueryRow(w.Context(), `SELECT order_id FROM sales WHERE site_id = $1 AND event_id = $2`, s.site, t.of).Scan(&before); err != nil && !errors.Is(err, pgx.ErrNoRows) {
			w.Fatal(err)
		}
		w.sql(`UPDATE sales SET order_id = $3, attributed_at = NULL WHERE site_id = $1 AND event_id = $2 AND order_id <> $3`, s.site, t.of, t.text)
		w.sql(`UPDATE sales SET attributed_at = CASE WHEN borrowed THEN attributed_at END, decide_at = now() WHERE site_id = $1 AND order_id = $2 AND goal_id = 0`, s.site, t.text)
		w.sql(relink, s.site, []string{before, t.text})
	case "erase":
		w.erase(s, t.n)
	case "hold":
		w.sql(`UPDATE workspaces SET uploads_held_at = CASE WHEN uploads_held_at IS NULL THEN now() END WHERE id = $1`, s.workspace)
		w.sql(`UPDATE sales SET decide_at = now() WHERE id IN (SELECT c.sale_id FROM conversions c WHERE c.workspace_id = $1 AND c.stage IN ('waiting', 'ready', 'held'))`, s.workspace)
	case "revoke":
		w.sql(`UPDATE google_connections SET state = 'needs_reconnecting', problem = 'INVALID_GRANT', problem_at = now(), told_at = NULL WHERE id = $1`, s.connection)
	case "reconnect":
		w.sql(`UPDATE google_connections SET state = 'active', problem = NULL, problem_detail = '', problem_at = NULL, paused_until = NULL, failures = 0 WHERE id = $1`, s.connection)
	case "approve", "decline":
		w.say(s, t)
	case "fault":
		s.faults = append(s.faults, t.text)
	case "event", "outcome":
	default:
		w.changeAction(s, t)
	}
}

var changes = map[string]string{
	"pause": `paused = NOT paused`, "review": `review = NOT review`, "enhance": `enhanced = NOT enhanced`, "delay": `delay_minutes = 120 - delay_minutes`, "remove": `removed_at = now()`,
	"rule": `value_rule = $2, fixed_value = CASE WHEN $2 = 'fixed' THEN $3::bigint END, currency = nullif($4, '')`,
}

// changeAction changes an action, or chooses it again.
func (w *world) changeAction(s *subject, t step) {
	a := s.actions[t.n]
	args := []any{a.id}
	switch t.do {
	case "choose":
		again := *a
		again.removed = false
		w.action(s, again)
		last := len(s.actions) - 1
		args[0] = s.actions[last].id
		s.actions = s.actions[:last] // the model chooses it itself
		defer func() { s.actions[last].id = args[0].(int64) }()
		s.take(t)
	case "rule":
		name, fixed, currency := rule(t.text)
		args = append(args, name, fixed, currency)
		fallthrough
	default:
		w.sql(`UPDATE conversion_actions SET `+changes[t.do]+` WHERE id = $1`, args...)
	}
	w.sql(decideActions, args[0])
}

// say approves what waits for a person, or declines one that was not sent, and tells the model which.
func (w *world) say(s *subject, t step) {
	where, set := `c.state = 'waiting' AND c.reason = 'review'`, `review = 'approved'`
	if t.do == "decline" {
		where = `c.id = (SELECT id FROM conversions o WHERE o.site_id = $1 AND o.frozen_at IS NULL AND o.state IN ('waiting', 'held', 'ready') AND o.reason <> 'declined' ORDER BY (id * 7919 + ` + fmt.Sprint(t.n) + `) % 101 LIMIT 1)`
		set = `review = 'declined', state = 'held', reason = '` + schema.ReasonDeclined + `', detail = '', next_at = NULL`
	}
	rows, err := w.postgres.Query(w.Context(), `UPDATE conversions c SET `+set+` FROM sales s WHERE s.id = c.sale_id AND c.site_id = $1 AND c.frozen_at IS NULL AND `+where+` RETURNING s.id, s.event_id, c.mapping_id`, s.site)
	if err != nil {
		w.Fatal(err)
	}
	var sales []int64
	var id, mapping int64
	var event string
	_, err = pgx.ForEachRow(rows, []any{&id, &event, &mapping}, func() error {
		sales = append(sales, id)
		for _, a := range s.actions {
			if a.id == mapping {
				a.said(event, set[len("review = '"):][:8])
			}
		}
		return nil
	})
	if err != nil {
		w.Fatal(err)
	}
	w.sql(`UPDATE sales SET decide_at = now() WHERE id = ANY($1)`, sales)
}
