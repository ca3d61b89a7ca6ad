package send

import (
	"strings"
	"testing"
)

// TestElsewhere: what Google had before it was sent from here is done, but nobody knows with which value: it
// is not said to have ours, and a refund of it is held. What was sent before and got lost is ours.
func TestElsewhere(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	r.connection = r.connect(adsPerson, adsCustomer)
	r.sql(`UPDATE google_connections SET transport = 'google_ads' WHERE id = $1`, r.connection)
	mapping := r.action(r.connection, adsAction)
	r.make(mapping, "a-", 1, 2)
	stop := r.run(r.sender())
	r.await("2 accepted", states)
	stop()
	r.sql(`DELETE FROM sales`) // another installation, say
	r.make(mapping, "a-", 1, 1)
	r.sql(`UPDATE conversions SET value = 7000000`)
	r.sql(`INSERT INTO adjustments (conversion_id, mapping_id, number, kind, adjusted_at, value, currency, state, reason) SELECT id, mapping_id, 1, 'restatement', now(), 500000, 'EUR', 'waiting', 'conversion_not_final' FROM conversions`)
	r.run(r.sender())
	r.await("1 accepted ORDER_ID_ALREADY_IN_USE", states)
	r.await("held value_unknown", adjusted)
	if got := r.lines(`SELECT coalesce(google_value::text, 'not known') FROM conversions`); got != "not known" {
		t.Errorf("Google is said to have %s", got)
	}
	r.faults(`[{"kind": "drop_reply", "path": "/v25/customers/` + adsCustomer + `:uploadClickConversions", "count": 1}]`)
	r.make(mapping, "b-", 3, 3)
	r.await("1 accepted, 1 accepted ORDER_ID_ALREADY_IN_USE", states)
	if got := r.lines(`SELECT google_value::text FROM conversions WHERE value = 3000000`); got != "3000000" {
		t.Errorf("Google is said to have %s of what was sent twice", got)
	}
	if _, ledger := r.ledger(); strings.Join(ledger, ", ") != "o-a-1 1.00 EUR accepted, o-a-2 2.00 EUR accepted, o-b-3 3.00 EUR accepted" {
		t.Errorf("ledger %q", ledger)
	}
}

// TestLostWithoutValue: a conversion without a value whose answer got lost is ours all the same, so that it can be taken
// back; the reason alone would not tell it from one that was there before.
func TestLostWithoutValue(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	r.connection = r.connect(adsPerson, adsCustomer)
	r.sql(`UPDATE google_connections SET transport = 'google_ads' WHERE id = $1`, r.connection)
	r.make(r.action(r.connection, adsAction), "a-", 1, 1)
	r.sql(`UPDATE conversions SET value = NULL, currency = ''`)
	r.faults(`[{"kind": "drop_reply", "path": "/v25/customers/` + adsCustomer + `:uploadClickConversions", "count": 1}]`)
	r.run(r.sender())
	r.await("1 accepted", states)
	if got := r.lines(`SELECT code FROM upload_rows ORDER BY attempt_id DESC LIMIT 1`); got != "ORDER_ID_ALREADY_IN_USE" {
		t.Errorf("Google's code is kept as %q", got)
	}
}
