package decide

import (
	"strings"
	"testing"

	"noctra/schema"
)

func TestReview(t *testing.T) {
	within(t, map[string]func(*rig){
		"two sites and one action": twoSites, "consent that is taken back": consentTakenBack, "consent taken back of adjustments": consentOfAdjustments, "at Google from elsewhere": fromElsewhere, "an action chosen again": chosenAgain,
		"in a file that was not fetched": inFile, "while its rules change": whileRulesChange,
	})
}

// twoSites: orders of two shops with the same number are two conversions at Google.
func twoSites(r *rig) {
	first := r.site
	r.action("900000011", "")
	r.sale("17", "")
	r.scan(&r.site, `INSERT INTO sites (workspace_id, public_key, name, hostnames, time_zone, currency, identity_key)
SELECT workspace_id, 'nst_b', 's', '{t.example}', 'UTC', 'EUR', sha256('l') FROM sites WHERE id = $1 RETURNING id`, first)
	r.action("900000011", "")
	r.action("900000012", "")
	r.sale("17", "")
	r.decide()
	var lines []string
	r.scan(&lines, `SELECT array_agg(replace(transaction_id, '~' || $1::bigint, '~site') || ' ' || action_id ORDER BY id) FROM conversions`, r.site)
	if got := lines; len(got) != 3 || got[0] != "o-17 900000011" || got[1] != "o-17~site 900000011" || got[2] != "o-17 900000012" {
		r.Errorf("transactions %q", got)
	}
	r.sql(`UPDATE conversion_actions SET removed_at = now() WHERE site_id = $1`, first)
	r.site = first
	r.action("900000011", "")
	r.decide()
	var n int
	r.scan(&n, `SELECT count(*) FROM conversions WHERE state = 'ready' AND site_id = $1 AND transaction_id = 'o-17'`, first)
	if n != 1 {
		r.Errorf("%d conversions of the first site keep their name when its action is chosen again", n)
	}
}

// consentTakenBack: what Google may have is not sent again, and not adjusted, once consent is denied.
func consentTakenBack(r *rig) {
	r.action("900000011", "")
	sale := r.sale("A", "")
	other := r.sale("B", "")
	r.decide()
	r.claim()
	r.sql(`UPDATE conversions SET state = 'ready', reason = 'answer_lost' WHERE sale_id = $1`, sale)
	r.sql(`UPDATE conversions SET state = 'accepted', google_value = value, google_currency = currency WHERE sale_id = $1`, other)
	r.sql(`UPDATE sales SET consent_user_data = 2`)
	r.refund(other, 40, "EUR")
	r.decide()
	r.conversions("denied", "o-A 100 EUR click-of-A held consent_denied", "o-B 100 EUR click-of-B accepted")
	r.adjustments("denied", "1 restatement 60 EUR held consent_denied")
	r.sql(`UPDATE sales SET consent_user_data = 1`)
	r.decide()
	r.conversions("granted again", "o-A 100 EUR click-of-A ready answer_lost", "o-B 100 EUR click-of-B accepted")
	r.adjustments("granted again", "1 restatement 60 EUR ready")
}

// consentOfAdjustments: adjustments that may be at Google stay as conversions do: what is answered by itself
// is waited for, what would be sent again is held, and goes on once consent is there again.
func consentOfAdjustments(r *rig) {
	r.action("900000011", "")
	sale := r.sale("A", "")
	r.decide()
	r.claim()
	r.accept()
	r.refund(sale, 40, "EUR")
	r.decide()
	r.sql(`WITH a AS (INSERT INTO upload_attempts (connection_id, action_id, transport, kind, rows, state, started_at, lease_until)
  SELECT id, '1', 'data_manager', 'restatement', 1, 'sending', now(), now() + interval '1 minute' FROM google_connections RETURNING id)
UPDATE adjustments d SET state = 'sending', frozen_at = now(), attempts = 1, attempt_id = a.id FROM a`)
	r.sql(`UPDATE sales SET consent_user_data = 2`)
	r.decide()
	r.adjustments("being sent", "1 restatement 60 EUR sending")
	for _, c := range []struct{ came, denied, granted string }{
		{"ready answer_lost", "held consent_denied", "ready answer_lost"},
		{"waiting TOO_RECENT_CONVERSION", "held consent_denied", "ready answer_lost"},
		{"unknown no_final_answer", "waiting consent_denied", "ready answer_lost"},
	} {
		state, reason, _ := strings.Cut(c.came, " ")
		r.sql(`UPDATE adjustments SET state = 'sending', reason = '', next_at = NULL`)
		r.sql(`UPDATE adjustments SET state = $1, reason = $2, next_at = now() + interval '1 hour'`, state, reason)
		r.later(schema.DecideSoon) // it was to be looked at again, as it was being sent
		r.adjustments(c.came+", denied", "1 restatement 60 EUR "+c.denied)
		r.refund(sale, 10, "EUR")
		r.decide()
		r.adjustments("another refund", "1 restatement 60 EUR "+c.denied, "2 restatement 50 EUR held consent_denied")
		r.sql(`UPDATE sales SET consent_user_data = 1`)
		r.decide()
		r.adjustments(c.came+", granted", "1 restatement 60 EUR "+c.granted, "2 restatement 50 EUR waiting earlier_adjustment")
		r.sql(`DELETE FROM adjustments WHERE number = 2`)
		r.sql(`DELETE FROM refunds WHERE amount = 10000000`)
		r.sql(`UPDATE adjustments SET state = 'sending'`)
		r.sql(`UPDATE sales SET consent_user_data = 2`)
		r.decide()
	}
	r.sql(`UPDATE adjustments SET state = 'ready', reason = 'backing_off', frozen_at = NULL`) // Google did not take it
	r.later(schema.DecideSoon)
	r.adjustments("not taken", "1 restatement 60 EUR held consent_denied")
	r.sql(`UPDATE sales SET consent_user_data = 1`)
	r.decide()
	r.adjustments("granted again", "1 restatement 60 EUR ready")
	r.sql(`UPDATE adjustments SET state = 'ready', reason = 'quota', next_at = now() + interval '1 hour'`)
	r.dirty()
	r.decide()
	r.adjustments("the sender's word", "1 restatement 60 EUR ready quota")
}

// fromElsewhere: refunds of what Google had before, with a value that nobody knows, are held; of what it counts
// under another transaction there are none.
func fromElsewhere(r *rig) {
	r.action("900000011", "")
	sale := r.sale("A", "")
	r.decide()
	r.claim()
	r.sql(`UPDATE conversions SET state = 'accepted', reason = 'ORDER_ID_ALREADY_IN_USE'`)
	r.refund(sale, 40, "EUR")
	r.decide()
	r.adjustments("the order was there", "1 restatement 60 EUR held value_unknown")
	r.sql(`UPDATE conversions SET reason = 'DUPLICATE_GCLID'`)
	r.refund(sale, 10, "EUR")
	r.decide()
	r.adjustments("another of the click", "1 restatement 60 EUR superseded conversion_not_taken")
}

// chosenAgain: refunds of what was sent to a removed action are held, and go when it is chosen again.
func chosenAgain(r *rig) {
	mapping := r.action("900000011", "")
	sale := r.sale("A", "")
	r.decide()
	r.claim()
	r.accept()
	r.sql(`UPDATE conversion_actions SET removed_at = now() WHERE id = $1`, mapping)
	r.refund(sale, 40, "EUR")
	r.decide()
	r.adjustments("removed", "1 restatement 60 EUR held action_removed")
	r.action("900000011", "")
	r.decide()
	r.adjustments("chosen again", "1 restatement 60 EUR ready")
	r.conversions("chosen again", "o-A 100 EUR click-of-A accepted", "o-A 60 EUR click-of-A superseded order_repeated")
}

// inFile: a sale whose conversion stands in a file changes it as long as nobody has fetched the file.
func inFile(r *rig) {
	r.sql(`UPDATE google_connections SET transport = 'file', file_user = 'u', file_secret_hash = 'h'`)
	r.action("900000011", "")
	sale := r.sale("A", "")
	r.decide()
	r.claim()
	r.sql(`UPDATE conversions SET state = 'waiting', reason = 'in_file', frozen_at = NULL`)
	r.refund(sale, 40, "EUR")
	r.decide()
	r.conversions("refunded in part", "o-A 60 EUR click-of-A waiting in_file")
	r.sql(`UPDATE workspaces SET uploads_held_at = now()`)
	r.dirty()
	r.decide()
	r.conversions("on hold", "o-A 60 EUR click-of-A held workspace_held")
	r.sql(`UPDATE workspaces SET uploads_held_at = NULL`)
	r.dirty()
	r.decide()
	r.conversions("released", "o-A 60 EUR click-of-A ready")
	r.claim()
	r.sql(`UPDATE conversions SET state = 'waiting', reason = 'in_file', frozen_at = NULL`)
	r.refund(sale, 60, "EUR")
	r.decide()
	r.conversions("refunded in full", "o-A 0 EUR click-of-A held refunded")
	r.adjustments("no adjustments")
}

// whileRulesChange: a sale that comes while somebody changes what it is decided by waits until that is
// there, as they do not see it.
func whileRulesChange(r *rig) {
	mapping := r.action("900000011", "")
	tx, err := r.pool.Begin(r.Context())
	if err != nil {
		r.Fatal(err)
	}
	defer func() { _ = tx.Rollback(r.Context()) }()
	for _, change := range []string{`UPDATE conversion_actions SET paused = true WHERE id = $1`, `SELECT pg_advisory_xact_lock($2, workspace_id::int) FROM conversion_actions WHERE id = $1`,
		`UPDATE sales SET decide_at = now() WHERE site_id = (SELECT site_id FROM conversion_actions WHERE id = $1)`} {
		args := []any{mapping, schema.DecideLock}
		if change[:6] != "SELECT" {
			args = args[:1]
		}
		if _, err := tx.Exec(r.Context(), change, args...); err != nil {
			r.Fatal(err)
		}
	}
	r.sale("A", "")
	r.decide()
	r.conversions("meanwhile")
	if err := tx.Commit(r.Context()); err != nil {
		r.Fatal(err)
	}
	r.decide()
	r.conversions("afterwards", "o-A 100 EUR click-of-A held action_paused")
}
