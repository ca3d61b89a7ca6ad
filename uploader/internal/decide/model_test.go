package decide

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// model is what a shop did: the truth with which Google's end is compared.
type model struct {
	*rig
	random  *rand.Rand
	mapping int64
	orders  []string
	sales   map[string]int64 // by order; 0: its event has not come
	left    map[string]int64 // micros
}

// Whatever comes in whichever order, and whatever the sender meets: in the end Google has each sale once with
// what is left of it, and nothing of one that was given back.
func anyOrder(r *rig) {
	r.sql(`UPDATE google_connections SET abilities = '{"retraction": {"can": true}}'`)
	m := &model{rig: r, random: rand.New(rand.NewPCG(7, 11)), mapping: r.action("900000011", ""), sales: map[string]int64{}, left: map[string]int64{}}
	for k := range 24 {
		m.orders = append(m.orders, fmt.Sprint("order-", k))
		m.left[m.orders[k]] = 100_000_000
	}
	steps := []func(){m.sell, m.sell, m.back, m.back, m.click, m.gate, m.send, m.answer, m.wake, m.adjusted, m.decide, m.decide, m.fresh}
	for range 220 {
		steps[m.random.IntN(len(steps))]()
	}
	r.sql(`UPDATE conversion_actions SET paused = false, review = false, delay_minutes = 0`)
	r.sql(`UPDATE workspaces SET uploads_held_at = NULL`)
	for range m.orders {
		m.sell()
	}
	r.dirty()
	for range 8 {
		m.fresh()
		m.wake()
		m.claim()
		r.accept()
		r.promote()
		r.adjusted()
		r.decide()
	}
	m.compare()
}

func (m *model) order() string { return m.orders[m.random.IntN(len(m.orders))] }

// sell lets the event of a sale come in, after refunds of it or before.
func (m *model) sell() {
	for _, order := range m.orders {
		if m.sales[order] == 0 {
			m.sales[order] = m.sale(order, "")
			m.sql(`UPDATE refunds SET sale_id = $1 WHERE order_id = $2`, m.sales[order], order)
			return
		}
	}
}

// back gives something back, or corrects what was given back.
func (m *model) back() {
	order, amount := m.order(), int64(m.random.IntN(4)*25_000_000+1)
	id := m.sales[order]
	if m.random.IntN(4) == 0 {
		m.sql(`DELETE FROM refunds WHERE id = (SELECT min(id) FROM refunds WHERE order_id = $1)`, order)
	} else {
		m.sql(`INSERT INTO refunds (site_id, event_id, order_id, occurred_at, amount, currency, sale_id) VALUES ($1, gen_random_uuid(), $2, now(), $3, 'EUR', nullif($4::bigint, 0))`, m.site, order, amount, id)
	}
	m.scan(&amount, `SELECT coalesce(sum(amount), 0)::bigint FROM refunds WHERE order_id = $1`, order)
	m.left[order] = max(0, 100_000_000-amount)
}

func (m *model) click() {
	m.sql(`UPDATE sales SET google_value = $2, google_kind = 'gbraid' WHERE id = $1`, m.sales[m.order()], fmt.Sprint("click-", m.random.IntN(1000)))
}

// gate opens or shuts one, for all.
func (m *model) gate() {
	switch m.random.IntN(4) {
	case 0:
		m.sql(`UPDATE conversion_actions SET paused = NOT paused`)
	case 1:
		m.sql(`UPDATE conversion_actions SET review = NOT review`)
	case 2:
		m.sql(`UPDATE conversion_actions SET delay_minutes = 120 - delay_minutes`)
	case 3:
		m.sql(`UPDATE workspaces SET uploads_held_at = CASE WHEN uploads_held_at IS NULL THEN now() END`)
	}
	m.dirty()
}

func (m *model) send() { m.claim() }

// answer ends what is being sent in one of the ways there are.
func (m *model) answer() {
	rows, err := m.pool.Query(m.Context(), `SELECT id FROM conversions WHERE state = 'sending' ORDER BY id`)
	if err != nil {
		m.Fatal(err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		m.Fatal(err)
	}
	for _, id := range ids {
		m.sql([]string{
			`UPDATE conversions SET state = 'accepted', reason = '', google_value = value, google_currency = currency WHERE id = $1`,
			`UPDATE conversions SET state = 'received', reason = 'not_final' WHERE id = $1`,
			`UPDATE conversions SET state = 'waiting', reason = 'answer_lost', next_at = now() WHERE id = $1`,
			`UPDATE conversions SET state = 'waiting', reason = 'TOO_RECENT_EVENT', next_at = now(), frozen_at = NULL WHERE id = $1`,
			`UPDATE conversions SET state = 'ready', reason = '', frozen_at = NULL WHERE id = $1`,
		}[m.random.IntN(5)], id)
	}
	m.promote()
}

// wake does what the sender does with what waits for it.
func (m *model) wake() {
	m.sql(`UPDATE conversions SET state = 'ready', reason = '', next_at = NULL WHERE state = 'waiting' AND attempts > 0 AND next_at <= now()`)
}

// fresh decides, and looks whether what was not sent is as the sales are.
func (m *model) fresh() {
	m.Helper()
	m.d.ahead += 2 * time.Hour // conversions that came back unsent are looked for now and then
	m.decide()
	var wrong int
	m.scan(&wrong, `SELECT count(*) FROM conversions c JOIN sales s ON s.id = c.sale_id WHERE c.frozen_at IS NULL AND (c.click_value, c.click_kind) IS DISTINCT FROM (s.google_value, s.google_kind)
  OR c.frozen_at IS NULL AND c.value <> greatest(0, s.amount - coalesce((SELECT sum(amount) FROM refunds WHERE sale_id = s.id), 0))`)
	if wrong > 0 {
		m.Errorf("%d conversions that nobody has sent are not as their sales", wrong)
	}
	m.scan(&wrong, `SELECT count(*) FROM conversions c JOIN conversion_actions a ON a.id = c.mapping_id WHERE a.paused AND c.frozen_at IS NULL AND c.state IN ('ready', 'waiting')`)
	if wrong > 0 {
		m.Errorf("%d conversions of a paused action are not held", wrong)
	}
}

// compare looks at what Google has.
func (m *model) compare() {
	for _, order := range m.orders {
		var has int64
		var open int
		m.scan(&has, `SELECT coalesce(sum(google_value), 0)::bigint FROM conversions WHERE transaction_id = 'o-' || $1`, order)
		m.scan(&open, `SELECT (SELECT count(*) FROM conversions WHERE sale_id = $1 AND state NOT IN ('accepted', 'held')) + (SELECT count(*) FROM adjustments d JOIN conversions c ON c.id = d.conversion_id
  WHERE c.sale_id = $1 AND d.state NOT IN ('accepted', 'superseded', 'held'))`, m.sales[order])
		var cannot bool // taken back, and then not: Google cannot be given it again
		m.scan(&cannot, `SELECT EXISTS (SELECT FROM adjustments d JOIN conversions c ON c.id = d.conversion_id WHERE c.sale_id = $1 AND d.reason = 'cannot_adjust' AND d.state = 'held')`, m.sales[order])
		if open != 0 || has != m.left[order] && !cannot {
			m.Errorf("%s: Google has %d, %d are left; %d are open", order, has, m.left[order], open)
		}
	}
}

func TestAnyOrder(t *testing.T) { within(t, map[string]func(*rig){"any order": anyOrder}) }
