package send

import (
	"strings"
	"testing"
)

// TestExpired: of an adjustment whose answer was lost, and which came again when Google adjusts the conversion no more,
// nobody knows whether Google has it. It is not refused, and those after it are held.
func TestExpired(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	ads := r.connect(adsPerson, adsCustomer)
	r.sql(`UPDATE google_connections SET transport = 'google_ads' WHERE id = $1`, ads)
	r.make(r.action(ads, adsAction), "a-", 1, 2)
	stop := r.run(r.sender())
	r.await("2 accepted", states)
	stop()
	r.outcomes([]map[string]any{{"code": "CONVERSION_EXPIRED", "transaction_id": "o-a-1"}, {"code": "CONVERSION_EXPIRED", "transaction_id": "o-a-2"}})
	r.sql(`INSERT INTO adjustments (conversion_id, mapping_id, number, kind, adjusted_at, value, currency, state, reason, attempts, frozen_at)
SELECT id, mapping_id, n, 'restatement', now() + n * interval '1 second', n * 100000, 'EUR', CASE n WHEN 1 THEN 'ready' ELSE 'waiting' END, CASE n WHEN 2 THEN 'earlier_adjustment' WHEN 1 THEN CASE value WHEN 1000000 THEN 'answer_lost' ELSE '' END END,
  CASE WHEN n = 1 AND value = 1000000 THEN 1 ELSE 0 END, CASE WHEN n = 1 AND value = 1000000 THEN now() END FROM conversions, generate_series(1, 2) n`)
	r.run(r.sender())
	r.await("o-a-1 1 unknown CONVERSION_EXPIRED, o-a-1 2 held CONVERSION_EXPIRED, o-a-2 1 rejected CONVERSION_EXPIRED, o-a-2 2 rejected CONVERSION_EXPIRED",
		`SELECT string_agg(concat_ws(' ', transaction_id, a.number, a.state, nullif(a.reason, '')), ', ' ORDER BY transaction_id, a.number) FROM adjustments a JOIN conversions c ON c.id = a.conversion_id`)
	if got := r.lines(`SELECT detail FROM adjustments WHERE state = 'unknown' AND next_at IS NULL`); !strings.Contains(got, "not known") {
		t.Errorf("it says %q", got)
	}
}
