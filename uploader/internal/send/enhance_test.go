package send

import (
	"strings"
	"testing"
)

// TestEnhance: hashed identifiers are added to what Google has, whose value stays as Google has it by then.
func TestEnhance(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	r.make(r.action(r.connection, shopAction), "a-", 1, 2)
	stop := r.run(r.sender())
	r.await("2 accepted", states)
	stop() // until all adjustments are there
	r.faults(`[{"kind": "drop_reply", "path": "/v1/events:ingest", "count": 2}]`)
	for number, kind := range []string{"restatement", "enhancement", "restatement"} {
		r.sql(`INSERT INTO adjustments (conversion_id, mapping_id, number, kind, adjusted_at, value, currency, email_hash, state, reason)
SELECT id, mapping_id, $1::int + 1, $2, now(), CASE $2 WHEN 'restatement' THEN 800000 - $1::bigint * 100000 END, CASE $2 WHEN 'restatement' THEN 'EUR' ELSE '' END,
  CASE $2 WHEN 'enhancement' THEN repeat('ab', 32) ELSE '' END, CASE $1::int WHEN 0 THEN 'ready' ELSE 'waiting' END, CASE $1::int WHEN 0 THEN '' ELSE 'earlier_adjustment' END FROM conversions WHERE value = 1000000`, number, kind)
	}
	r.run(r.sender())
	r.await("3", `SELECT count(*)::text FROM adjustments WHERE state = 'accepted'`)
	r.equal("enhanced")
	all, lines := r.ledger()
	if got := strings.Join(lines, ", "); got != "o-a-1 0.60 EUR accepted, o-a-2 2.00 EUR accepted" || all.Totals.Adjustments != 2 {
		t.Errorf("ledger %q, %+v", got, all.Totals)
	}
	for _, one := range all.Transactions {
		if want := one.TransactionID == "o-a-1"; len(one.UserIdentifiers) == 1 != want {
			t.Errorf("%s has identifiers %v", one.TransactionID, one.UserIdentifiers)
		}
	}
	if got := r.lines(`SELECT payload -> 'userData' ->> 'userIdentifiers' FROM upload_rows WHERE payload ? 'userData' LIMIT 1`); got != `[{"emailAddress": "abab…abab"}]` {
		t.Errorf("payload %s", got)
	}
}
