package model

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

// seal notes what Google has of sales that were erased.
func (w *world) seal(s *subject) {
	ledger := w.taken()
	for key, e := range s.google {
		gone := len(e.sales) > 0
		for one := range e.sales {
			gone = gone && one.erased
		}
		e.sealed = e.sealed || gone && ledger[key] != nil
	}
}
