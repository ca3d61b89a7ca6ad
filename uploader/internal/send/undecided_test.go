package send

import "testing"

// TestUndecided: what package decide has not looked at since its sale was changed is not sent, and keeps
// nothing else from being sent.
func TestUndecided(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	mapping := r.action(r.connection, shopAction)
	r.make(mapping, "a-", 1, 5)
	r.sql(`UPDATE sales SET decide_at = now() WHERE order_id = 'a-1'`)
	r.sql(`UPDATE sales SET decide_at = now() + interval '50 seconds' WHERE order_id = 'a-2'`) // looked at while it was sent
	r.sql(`UPDATE sales SET decide_at = now() + interval '1 hour' WHERE order_id = 'a-3'`)
	stop := r.run(r.sender())
	r.await("3 accepted, 2 ready", states)
	r.sql(`UPDATE sales SET decide_at = now() WHERE order_id = 'a-4'`) // consent was denied, say
	r.sql(`INSERT INTO adjustments (conversion_id, mapping_id, number, kind, adjusted_at, value, currency, state) SELECT id, mapping_id, 1, 'restatement', now(), 500000, 'EUR', 'ready' FROM conversions WHERE state = 'accepted'`)
	r.await("2", `SELECT count(*)::text FROM adjustments WHERE state = 'accepted'`)
	stop()
	if got := r.lines(`SELECT concat_ws(' ', c.transaction_id, a.state) FROM adjustments a JOIN conversions c ON c.id = a.conversion_id ORDER BY 1`); got != "o-a-3 accepted\no-a-4 ready\no-a-5 accepted" {
		t.Errorf("adjustments\n%s", got)
	}
	r.decided()
	r.run(r.sender())
	r.await("5 accepted", states)
	r.await("3", `SELECT count(*)::text FROM adjustments WHERE state = 'accepted'`)
	r.equal("all decided")
}
