package model

import "testing"

// asides is what the admin service does before sales ($2) of a site ($1) are erased.
var asides = []string{
	`INSERT INTO erased_transactions (site_id, action_id, hash, erased_at)
SELECT DISTINCT c.site_id, c.action_id, transaction_hash(t.identity_key, c.transaction_id), now() FROM conversions c JOIN sites t ON t.id = c.site_id
WHERE c.site_id = $1 AND c.sale_id = ANY($2) AND c.frozen_at IS NOT NULL AND c.state <> 'rejected' AND NOT (c.state = 'accepted' AND c.reason = 'DUPLICATE_GCLID')
ON CONFLICT (site_id, action_id, hash) DO UPDATE SET erased_at = excluded.erased_at`,
	`UPDATE refunds r SET sale_id = (SELECT min(o.id) FROM sales o WHERE o.site_id = r.site_id AND o.order_id = r.order_id AND o.order_id <> '' AND o.goal_id = 0 AND o.id <> ALL($2))
WHERE r.site_id = $1 AND r.sale_id = ANY($2)`,
	`UPDATE sales SET decide_at = now() WHERE site_id = $1 AND id <> ALL($2) AND id IN (
  SELECT o.id FROM sales s JOIN sales o ON o.site_id = s.site_id AND o.order_id = s.order_id AND o.order_id <> '' WHERE s.id = ANY($2)
  UNION SELECT o.sale_id FROM conversions c JOIN conversions o ON o.workspace_id = c.workspace_id AND o.transaction_id = c.transaction_id AND o.state = 'superseded' WHERE c.sale_id = ANY($2))`,
}

// erase deletes of a visitor what the admin service deletes in Postgres; what is stored was read already.
func (w *world) erase(s *subject, visitor int) {
	w.Helper()
	var sales []int64
	w.scan(&sales, `SELECT coalesce(array_agg(id), '{}') FROM sales WHERE site_id = $1 AND visitor_id = $2`, s.site, visitor)
	for _, sql := range asides {
		w.sql(sql, s.site, sales)
	}
	w.sql(`UPDATE sales SET attributed_at = NULL, decide_at = now() WHERE site_id = $1 AND id <> ALL($2) AND (click_values && ARRAY(SELECT value FROM clicks WHERE site_id = $1 AND visitor_id = $3)
  OR path && ARRAY(SELECT id FROM clicks WHERE site_id = $1 AND visitor_id = $3))`, s.site, sales, visitor)
	for _, table := range []string{"sales", "held_sales", "clicks", "visitor_users"} {
		w.sql(`DELETE FROM `+table+` WHERE site_id = $1 AND visitor_id = $2`, s.site, visitor)
	}
}

// gone says whether it is of erased sales alone, and Google did not say since that it does not take it.
func (e *entry) gone() bool {
	for one := range e.sales {
		if !one.erased {
			return false
		}
	}
	return len(e.sales) > 0 && !e.refused
}

// TestRefusedAfterErased: what Google took, and refused when it was sent again after a lost answer, may be sent of another
// sale when the first one was erased: by everything that is known Google does not have it.
func TestRefusedAfterErased(t *testing.T) {
	for code, want := range map[string]bool{"INVALID_GCLID": false, "TOO_RECENT_CLICK": true, "INTERNAL_ERROR": true} {
		s := &shop{actions: []*action{{google: "1"}}, google: map[string]*entry{}}
		s.entry("1 o-A").sales[&sale{event: &event{order: "A"}, erased: true}] = true
		s.take(step{do: "outcome", of: "o-A", text: code})
		if got := s.google["1 o-A"].gone(); got != want {
			t.Errorf("%s: gone %t, want %t", code, got, want)
		}
	}
}

// seal notes what Google has of sales that were erased.
func (w *world) seal(s *subject) {
	ledger := w.taken()
	for key, e := range s.google {
		e.sealed = e.sealed || e.gone() && ledger[key] != nil
	}
}
