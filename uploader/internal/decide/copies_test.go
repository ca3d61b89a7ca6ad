package decide

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCopies(t *testing.T) {
	within(t, map[string]func(*rig){"the next one takes over": nextTakesOver, "the next one, of an action chosen again": nextOfChosenAgain, "what Google has of an erased sale": erasedSent})
}

// copyOf is another sale of an order.
func (r *rig) copyOf(order, name string) (id int64) {
	r.Helper()
	id = r.sale(name, "")
	r.sql(`UPDATE sales SET order_id = $2 WHERE id = $1`, id, order)
	return id
}

// erase does with a sale what an erasure does (admin/internal/erasure), where it is the site's first of an order.
func (r *rig) erase(sale int64) {
	r.Helper()
	r.sql(`INSERT INTO erased_transactions SELECT c.site_id, c.action_id, transaction_hash(t.identity_key, c.transaction_id), now() FROM conversions c JOIN sites t ON t.id = c.site_id
WHERE c.sale_id = $1 AND c.frozen_at IS NOT NULL AND c.state <> 'rejected'`, sale)
	r.sql(`UPDATE refunds r SET sale_id = (SELECT min(id) FROM sales WHERE site_id = r.site_id AND order_id = r.order_id AND id <> $1) WHERE sale_id = $1`, sale)
	r.sql(`DELETE FROM sales WHERE id = $1`, sale)
	r.dirty()
}

func nextTakesOver(r *rig) {
	r.action("900000011", "")
	first := r.sale("A-1", "")
	r.copyOf("A-1", "x")
	r.copyOf("A-1", "y")
	r.refund(first, 30, "EUR")
	r.decide()
	r.conversions("three of an order", "o-A-1 70 EUR click-of-A-1 ready", "o-A-1 100 EUR click-of-x superseded order_repeated", "o-A-1 100 EUR click-of-y superseded order_repeated")
	r.erase(first)
	r.decide()
	r.conversions("the first erased", "o-A-1 70 EUR click-of-x ready", "o-A-1 100 EUR click-of-y superseded order_repeated")
}

// nextOfChosenAgain: what stood back by a choice of the action that was removed stays so, and leaves the sale to the choice
// that there is now.
func nextOfChosenAgain(r *rig) {
	old := r.action("900000011", "")
	first := r.sale("A-1", "")
	r.copyOf("A-1", "x")
	r.decide()
	r.sql(`UPDATE conversion_actions SET removed_at = now() WHERE id = $1`, old)
	r.action("900000011", "")
	r.decide()
	r.dirty()
	r.decide()
	back := "o-A-1 100 EUR click-of-x superseded order_repeated"
	r.conversions("chosen again", "o-A-1 100 EUR click-of-A-1 superseded order_repeated", "o-A-1 100 EUR click-of-A-1 ready", back, back)
	r.erase(first)
	r.decide()
	r.conversions("the first erased", back, "o-A-1 100 EUR click-of-x ready")
}

func erasedSent(r *rig) {
	r.action("900000011", "")
	other := r.action("900000012", "review = true")
	first := r.sale("A-1", "")
	second := r.copyOf("A-1", "x")
	r.refund(first, 30, "EUR")
	r.decide()
	r.claim()
	r.accept()
	r.erase(first)
	r.decide()
	r.conversions("one action's was sent", "o-A-1 70 EUR click-of-x superseded erased_sale_sent", "o-A-1 70 EUR click-of-x waiting review")
	want := []string{"superseded order_repeated", "superseded erased_sale_sent"}
	if diff := cmp.Diff(want, r.rows(`SELECT h.to_state || ' ' || h.reason FROM upload_history h JOIN conversions c ON c.id = h.conversion_id WHERE c.mapping_id <> $1 ORDER BY h.id`, other)); diff != "" {
		r.Errorf("history (-want +got)\n%s", diff)
	}
	r.sql(`UPDATE conversion_actions SET review = false`)
	third := r.copyOf("A-1", "z")
	r.refund(second, 20, "EUR")
	r.decide()
	all := []string{"o-A-1 70 EUR click-of-x superseded erased_sale_sent", "o-A-1 50 EUR click-of-x ready", "o-A-1 100 EUR click-of-z superseded order_repeated", "o-A-1 100 EUR click-of-z superseded order_repeated"}
	r.conversions("one that comes later, and another refund", all...)
	r.sql(`UPDATE sales SET order_id = 'A-2' WHERE id = $1`, third)
	r.decide()
	r.conversions("another order after all", all[0], all[1], "o-A-2 100 EUR click-of-z ready", "o-A-2 100 EUR click-of-z ready")
	r.sql(`UPDATE sales SET order_id = 'A-3' WHERE id = $1`, second)
	r.sql(`UPDATE sales SET order_id = 'A-1' WHERE id = $1`, third)
	r.decide()
	r.dirty()
	r.decide()
	r.conversions("the two change places", "o-A-3 50 EUR click-of-x ready", "o-A-3 50 EUR click-of-x ready", "o-A-2 100 EUR click-of-z superseded erased_sale_sent", "o-A-1 100 EUR click-of-z ready")
	r.sql(`TRUNCATE erased_transactions`)
	r.dirty()
	r.decide()
	r.conversions("forgotten after months", "o-A-3 50 EUR click-of-x ready", "o-A-3 50 EUR click-of-x ready", "o-A-1 100 EUR click-of-z ready", "o-A-1 100 EUR click-of-z ready")
}
