package decide

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgconn"
)

func constraintOf(err error) string {
	var problem *pgconn.PgError
	if errors.As(err, &problem) {
		return problem.ConstraintName
	}
	return ""
}

func TestDecide(t *testing.T) {
	within(t, map[string]func(*rig){
		"until it is sent": untilSent, "the same order twice": sameOrderTwice, "refunds of what was sent": refundsOfSent, "rules of adjustments": rulesOfAdjustments, "rules that change": rulesThatChange,
		"what Google did not take": takenBack, "moves": moves, "all moves": allMoves, "what goes with a conversion": goneTogether, "indexes of conversions": movesInPlace,
	})
}

func untilSent(r *rig) {
	sale := r.sale("A-1", "")
	r.decide()
	r.conversions("no action")
	mapping := r.action("900000011", "")
	r.decide()
	r.conversions("an action later", "o-A-1 100 EUR click-of-A-1 ready")
	r.sql(`UPDATE sales SET google_kind = 'wbraid', google_value = 'another' WHERE id = $1`, sale)
	r.refund(sale, 30.5, "EUR")
	r.refund(sale, 10, "USD")
	r.decide()
	r.conversions("refund and another click", "o-A-1 69.5 EUR another ready")
	r.sql(`UPDATE refunds SET amount = 100000000 WHERE currency = 'EUR'`)
	r.decide()
	r.conversions("refunded", "o-A-1 0 EUR another held refunded")
	r.sql(`UPDATE refunds SET amount = 1`)
	r.sql(`UPDATE conversion_actions SET delay_minutes = 120 WHERE id = $1`, mapping)
	r.dirty()
	r.decide()
	r.conversions("delay", "o-A-1 99.999999 EUR another waiting delay")
	r.later(59 * time.Minute)
	r.conversions("almost", "o-A-1 99.999999 EUR another waiting delay")
	r.later(61 * time.Minute)
	r.conversions("after the delay", "o-A-1 99.999999 EUR another ready")
	r.sql(`UPDATE workspaces SET uploads_held_at = now()`)
	r.dirty()
	r.later(time.Hour)
	r.conversions("hold", "o-A-1 99.999999 EUR another held workspace_held")
	r.sql(`UPDATE workspaces SET uploads_held_at = NULL`)
	r.sql(`UPDATE conversion_actions SET delay_minutes = 0, removed_at = now() WHERE id = $1`, mapping)
	r.dirty()
	r.decide()
	r.conversions("removed", "o-A-1 99.999999 EUR another held action_removed")
	r.action("900000011", "value_rule = 'fixed', fixed_value = 7000000, currency = 'USD'")
	r.decide()
	r.conversions("chosen anew", "o-A-1 99.999999 EUR another superseded order_repeated", "o-A-1 7 USD another ready")
	r.sql(`DELETE FROM sales`)
	r.conversions("erased")
}

func sameOrderTwice(r *rig) {
	r.action("900000011", "")
	r.action("900000012", "since = now()")
	first, second := r.sale("A-1", ""), r.sale("x", "")
	r.sql(`UPDATE sales SET order_id = 'A-1' WHERE id = $1`, second)
	r.decide()
	r.conversions("twice", "o-A-1 100 EUR click-of-A-1 ready", "o-A-1 100 EUR click-of-x superseded order_repeated")
	r.sql(`UPDATE sales SET order_id = 'A-2' WHERE id = $1`, second)
	r.decide()
	r.conversions("the second is another one", "o-A-1 100 EUR click-of-A-1 ready", "o-A-2 100 EUR click-of-x ready")
	r.sql(`UPDATE sales SET order_id = 'A-2' WHERE id = $1`, first)
	r.decide()
	r.conversions("the first gets its order", "o-A-2 100 EUR click-of-A-1 ready", "o-A-2 100 EUR click-of-x superseded order_repeated")
	r.dirty()
	r.decide()
	r.conversions("the first one counts", "o-A-2 100 EUR click-of-A-1 ready", "o-A-2 100 EUR click-of-x superseded order_repeated")
	r.claim()
	r.sql(`UPDATE sales SET order_id = 'A-3' WHERE id = $1`, first)
	r.decide()
	r.conversions("it was sent", "o-A-2 100 EUR click-of-A-1 sending", "o-A-2 100 EUR click-of-x superseded order_repeated")
	personal := []int64{r.sale("j@example.com", ""), r.sale("y", "")}
	r.sql(`UPDATE sales SET order_id = 'j@example.com', event_id = 'e' || id WHERE id = ANY($1)`, personal)
	r.decide()
	var ready int
	r.scan(&ready, `SELECT count(*) FROM conversions WHERE state = 'ready' AND transaction_id LIKE 'e-e%'`)
	if ready != 1 {
		r.Errorf("of one personal order twice %d are ready", ready)
	}
}

func refundsOfSent(r *rig) {
	r.action("900000011", "")
	sale := r.sale("A-1", "")
	r.decide()
	r.claim()
	one := r.refund(sale, 30, "EUR")
	r.decide()
	r.conversions("being sent", "o-A-1 100 EUR click-of-A-1 sending")
	r.adjustments("being sent", "1 restatement 70 EUR waiting conversion_not_final")
	r.refund(sale, 20, "EUR")
	r.decide()
	r.adjustments("another refund", "1 restatement 70 EUR superseded newer_adjustment", "2 restatement 50 EUR waiting conversion_not_final")
	r.accept()
	r.promote()
	r.sql(`DELETE FROM refunds WHERE id = $1`, one)
	r.decide()
	r.adjustments("the first erased", "1 restatement 70 EUR superseded newer_adjustment", "2 restatement 50 EUR superseded newer_adjustment", "3 restatement 80 EUR ready")
	r.adjusted()
	r.dirty()
	r.decide()
	r.refund(sale, 5, "USD")
	r.decide()
	r.adjustments("a foreign one", "1 restatement 70 EUR superseded newer_adjustment", "2 restatement 50 EUR superseded newer_adjustment", "3 restatement 80 EUR accepted",
		"4 restatement 80 EUR held currency_differs")
	r.refund(sale, 90, "EUR")
	r.dirty()
	r.decide()
	all := []string{"1 restatement 70 EUR superseded newer_adjustment", "2 restatement 50 EUR superseded newer_adjustment", "3 restatement 80 EUR accepted",
		"4 restatement 80 EUR superseded newer_adjustment"}
	r.adjustments("all back", append(all, "5 retraction held cannot_retract")...)
	if got := r.rows(`SELECT detail FROM adjustments WHERE number = 5`)[0]; got != "10.00 EUR more was refunded than the sale was worth; a refund in USD is not taken off, as the sale has another currency" {
		r.Errorf("detail %q", got)
	}
	r.sql(`UPDATE google_connections SET abilities = '{"retraction": {"can": true}}'`)
	r.dirty()
	r.decide()
	r.adjustments("it can now", append(all, "5 retraction ready")...)
	r.adjusted()
	r.sql(`DELETE FROM refunds WHERE currency = 'EUR'`)
	r.decide()
	r.adjustments("too late", append(all, "5 retraction accepted", "6 restatement 100 EUR held cannot_adjust")...)
	var newer bool
	r.scan(&newer, `SELECT bool_and(adjusted_at > before) FROM (SELECT adjusted_at, lag(adjusted_at, 1, '-infinity') OVER (ORDER BY number) AS before FROM adjustments) a`)
	if !newer {
		r.Error("an adjustment is not newer than the one before")
	}
}

func rulesOfAdjustments(r *rig) {
	r.action("900000011", "value_rule = 'fixed', fixed_value = 7000000, currency = 'EUR'")
	sale := r.sale("A-1", "")
	r.decide()
	r.claim()
	r.accept()
	r.refund(sale, 30, "EUR")
	r.decide()
	r.adjustments("a part of a fixed value")
	r.refund(sale, 70, "EUR")
	r.decide()
	r.adjustments("all of a fixed value", "1 retraction held cannot_retract")
	r.sql(`UPDATE google_connections SET transport = 'file', file_user = 'u', file_secret_hash = 'h'`)
	r.dirty()
	r.decide()
	r.adjustments("by file", "1 retraction held received_only")
}

// What Google did not take is decided anew; what it may have stays.
func takenBack(r *rig) {
	r.action("900000011", "")
	sale := r.sale("A-1", "")
	r.decide()
	r.claim()
	r.refund(sale, 30, "EUR")
	r.sql(`UPDATE sales SET google_value = 'another'`)
	r.decide()
	r.conversions("sending", "o-A-1 100 EUR click-of-A-1 sending")
	next := time.Now().Add(time.Hour)
	r.sql(`UPDATE conversions SET state = 'waiting', reason = 'TOO_RECENT_EVENT', next_at = $1, frozen_at = NULL, attempt_id = NULL`, next)
	r.later(2 * time.Minute)
	r.conversions("not taken", "o-A-1 70 EUR another waiting TOO_RECENT_EVENT")
	r.adjustments("not taken", "1 restatement 70 EUR superseded conversion_not_taken")
	r.sql(`UPDATE conversion_actions SET paused = true`)
	r.dirty()
	r.decide()
	r.conversions("paused", "o-A-1 70 EUR another held action_paused")
	r.sql(`UPDATE conversion_actions SET paused = false, review = true`)
	r.dirty()
	r.decide()
	r.conversions("review", "o-A-1 70 EUR another waiting review")
	r.sql(`UPDATE conversions SET review = 'approved'`)
	r.dirty()
	r.decide()
	r.conversions("approved", "o-A-1 70 EUR another ready")
	r.claim()
	r.sql(`UPDATE conversions SET state = 'waiting', reason = 'answer_lost', next_at = $1`, next)
	r.refund(sale, 1, "EUR")
	r.sql(`UPDATE conversion_actions SET paused = true`)
	r.decide()
	r.conversions("may be there", "o-A-1 70 EUR another waiting answer_lost")
	r.adjustments("may be there", "1 restatement 70 EUR superseded conversion_not_taken", "2 restatement 69 EUR waiting conversion_not_final")
}

// The database refuses what may not be, and writes every move down.
func moves(r *rig) {
	r.action("900000011", "")
	sale := r.sale("A-1", "")
	r.decide()
	r.refused("upload_moves", `UPDATE conversions SET state = 'accepted'`)
	r.refused("upload_moves", `UPDATE conversions SET state = 'received'`)
	r.refused("conversions_check", `UPDATE conversions SET state = 'sending'`)
	r.claim()
	for _, change := range []string{"value = 1", "currency = 'USD'", "email_hash = repeat('a', 64)", "frozen_at = NULL, state = 'received'", "frozen_at = NULL, state = 'accepted'"} {
		r.refused("upload_frozen", `UPDATE conversions SET `+change)
	}
	r.sql(`UPDATE conversions SET state = 'received', reason = 'not_final'`)
	for _, state := range []string{"held", "sending"} {
		r.refused("upload_moves", `UPDATE conversions SET reason = 'x', state = $1`, state)
	}
	r.refused("upload_frozen", `UPDATE conversions SET reason = 'x', state = 'waiting', frozen_at = NULL`)
	r.sql(`UPDATE conversions SET reason = 'no_final_answer'`)
	r.sql(`UPDATE conversions SET detail = detail`)
	r.accept()
	for _, state := range []string{"waiting", "ready", "rejected", "superseded"} {
		r.refused("upload_moves", `UPDATE conversions SET reason = 'x', google_value = NULL, state = $1`, state)
	}
	r.refund(sale, 100, "EUR")
	r.decide()
	r.refused("upload_moves", `INSERT INTO adjustments (conversion_id, mapping_id, number, kind, adjusted_at, state) SELECT id, mapping_id, 9, 'retraction', now(), 'accepted' FROM conversions`)
	want := []string{"> ready  100", "ready > sending  100", "sending > received not_final 100", "received > received no_final_answer 100", "received > accepted  100", "> held cannot_retract -"}
	got := r.rows(`SELECT concat_ws(' ', nullif(from_state, ''), '>', to_state, reason, coalesce((value / 1000000.0)::float8::text, '-')) FROM upload_history ORDER BY id`)
	if diff := cmp.Diff(want, got); diff != "" {
		r.Errorf("history (-want +got)\n%s", diff)
	}
}
