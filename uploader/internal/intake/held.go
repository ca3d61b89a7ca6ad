package intake

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"noctra/schema"
)

const insertHeld = `INSERT INTO held_sales (site_id, order_id, event_id, occurred_at, visitor_id, user_hash, country, bot_reasons, click_kinds, click_values,
  consent_analytics, consent_user_data, consent_personal)
SELECT n.site_id, n.order_id, n.event_id, n.occurred_at, n.visitor_id, n.user_hash, n.country, n.bots::text[], n.kinds::text[], n.values::text[], n.analytics, n.user_data, n.personal
FROM unnest($1::bigint[], $2::text[], $3::text[], $4::timestamptz[], $5::bigint[], $6::bigint[], $7::text[], $8::text[], $9::text[], $10::text[], $11::smallint[], $12::smallint[], $13::smallint[])
  AS n (site_id, order_id, event_id, occurred_at, visitor_id, user_hash, country, bots, kinds, values, analytics, user_data, personal)
WHERE EXISTS (SELECT FROM sites s WHERE s.id = n.site_id)
ON CONFLICT DO NOTHING`

// lendHeld gives sales of servers that say nothing of a visitor whose they were, by the browser's held
// sale of the same order: the first one, where there are several, also where that comes in after others. What the
// server says itself stays: borrowed_what knows what that is not. On the right side is the sale as it was.
const lendHeld = `UPDATE sales s SET borrowed = true, borrowed_from = h.event_id, visitor_id = h.visitor_id, click_kinds = h.click_kinds, click_values = h.click_values,
  borrowed_what = own.lacks,
  user_hash = CASE WHEN own.lacks & 1 > 0 THEN h.user_hash ELSE s.user_hash END,
  country = CASE WHEN own.lacks & 2 > 0 THEN h.country ELSE s.country END,
  bot_reasons = CASE WHEN own.lacks & 4 > 0 THEN h.bot_reasons ELSE s.bot_reasons END,
  consent_analytics = CASE WHEN own.lacks & 8 > 0 THEN h.consent_analytics ELSE s.consent_analytics END,
  consent_user_data = CASE WHEN own.lacks & 16 > 0 THEN h.consent_user_data ELSE s.consent_user_data END,
  consent_personal = CASE WHEN own.lacks & 32 > 0 THEN h.consent_personal ELSE s.consent_personal END
FROM (
  SELECT DISTINCT ON (site_id, order_id) h.* FROM held_sales h JOIN unnest($1::bigint[], $2::text[]) AS o (site_id, order_id) USING (site_id, order_id)
  WHERE h.visitor_id <> 0 OR cardinality(h.click_values) > 0
  ORDER BY site_id, order_id, occurred_at, event_id) h
JOIN sales b ON b.site_id = h.site_id AND b.order_id = h.order_id AND b.goal_id = 0 AND b.via = $3
CROSS JOIN LATERAL (SELECT (b.borrowed_what | CASE b.user_hash WHEN 0 THEN 1 ELSE 0 END | CASE b.country WHEN '' THEN 2 ELSE 0 END | CASE cardinality(b.bot_reasons) WHEN 0 THEN 4 ELSE 0 END
  | CASE b.consent_analytics WHEN 0 THEN 8 ELSE 0 END | CASE b.consent_user_data WHEN 0 THEN 16 ELSE 0 END | CASE b.consent_personal WHEN 0 THEN 32 ELSE 0 END)::smallint AS lacks) own
WHERE s.id = b.id AND (NOT s.borrowed AND s.visitor_id = 0 AND cardinality(s.click_values) = 0 OR s.borrowed_from <> h.event_id)
RETURNING s.id`

// lend keeps held sales, and returns the sales that borrowed from one of theirs.
func (b *batch) lend(ctx context.Context, tx pgx.Tx) ([]int64, error) {
	if len(b.held) > 0 {
		var c columns
		var lists [3][]string
		for _, h := range b.held {
			c.ids(h.Site, h.Visitor, h.User)
			c.texts(h.Order, h.ID, h.Country)
			c.times = append(c.times, h.OccurredAt)
			c.consents(h.Consent)
			for i, list := range [][]string{h.BotReasons, h.ClickKinds, h.ClickValues} {
				lists[i] = append(lists[i], literal(list))
			}
		}
		_, err := tx.Exec(ctx, insertHeld, c.n[0], c.s[0], c.s[1], c.times, c.n[1], c.n[2], c.s[2], lists[0], lists[1], lists[2], c.c[0], c.c[1], c.c[2])
		if err != nil {
			return nil, fmt.Errorf("write held sales: %w", err)
		}
	}
	return borrow(ctx, tx, orders(b.sales, b.held))
}

// borrow lends to sales of some orders what is held of them.
func borrow(ctx context.Context, tx pgx.Tx, c columns) ([]int64, error) {
	if len(c.n[0]) == 0 {
		return nil, nil
	}
	return c.run(ctx, tx, "lend to sales", lendHeld, c.n[0], c.s[0], int16(schema.ViaServer))
}
