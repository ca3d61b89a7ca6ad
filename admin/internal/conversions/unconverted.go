package conversions

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"noctra/schema"
)

// saleReason is why no conversion was made of sale s.
const saleReason = `CASE WHEN s.decide_at IS NOT NULL THEN '` + schema.ReasonUndecided + `' ELSE '` + schema.ReasonNoAction + `' END`

// saleColumns are those of row, of a sale without a conversion.
const saleColumns = `0::bigint AS id, s.id AS sale_id, s.workspace_id, s.site_id, s.event_id, s.order_id, s.goal_id, s.partner, '' AS transaction_id, '' AS action_id, '' AS action_name, 0::bigint AS mapping_id, 0::bigint AS connection_id,
  '` + None + `' AS state, ` + saleReason + ` AS reason, '' AS detail, s.occurred_at AS state_at, NULL::timestamptz AS next_at, NULL::text AS review, 0 AS attempts, NULL::bigint AS value, '' AS currency,
  NULL::bigint AS google_value, NULL::text AS google_currency, s.amount, s.currency AS sale_currency, s.google_kind AS click_kind, s.google_value AS click_value, s.google_clicked_at AS clicked_at, s.google_campaign AS campaign,
  s.occurred_at AS sold_at, false AS retracted, 0 AS adjustments`

const hasNone = `NOT EXISTS (SELECT FROM conversions c WHERE c.sale_id = s.id)`

// conversions tells whether the filter may choose any.
func (f Filter) conversions() bool {
	return len(f.States) == 0 || slices.ContainsFunc(f.States, func(s string) bool { return s != None })
}

// sales tells whether the filter may choose sales without a conversion: what is asked of a conversion alone leaves
// them out.
func (f Filter) sales() bool {
	asked := slices.Contains(f.States, None) || f.WithSales && len(f.States) == 0
	fits := f.Reason == "" || f.Reason == schema.ReasonNoAction || f.Reason == schema.ReasonUndecided
	return asked && fits && !f.NeedsPerson && !f.ByState && !f.Adjusted && f.ActionID == "" && f.Conversions == nil
}

// undecidedUntil are the sites of a scope, with the moment before which a sale may have been decided without
// a conversion: all later ones have an action that takes them. Without an action for sales it is NULL, which is never.
// The rest is what was not decided yet, so that few sales are looked at where nearly all have conversions.
const undecidedUntil = `SELECT t.id AS site, CASE WHEN bool_or(a.removed_at IS NULL AND a.goal_id IS NULL) THEN greatest(max(a.since) FILTER (WHERE a.removed_at IS NULL), max(a.removed_at) FILTER (WHERE a.goal_id IS NOT NULL)) END AS until
  FROM sites t LEFT JOIN conversion_actions a ON a.site_id = t.id WHERE t.state <> 'deleted' AND %s GROUP BY t.id`

const saleArms = `(%[2]s) b CROSS JOIN LATERAL (
  (SELECT %[1]s FROM sales s WHERE s.site_id = b.site AND s.decide_at <= now() AND %[3]s ORDER BY s.occurred_at DESC, s.id DESC LIMIT %[4]s)
  UNION ALL (SELECT %[1]s FROM sales s WHERE s.site_id = b.site AND s.occurred_at < coalesce(b.until, 'infinity') AND coalesce(s.decide_at > now(), true) AND %[3]s ORDER BY s.occurred_at DESC, s.id DESC LIMIT %[4]s)) x`

// unconverted reads one more than the most, if there is one, of sales without a conversion.
func unconverted(ctx context.Context, q Querier, scope Scope, f Filter) ([]row, error) {
	arms, c := f.saleArms(scope, saleColumns, f.Most+1)
	sql := fmt.Sprintf("SELECT x.* FROM %s ORDER BY x.sold_at DESC, x.sale_id DESC LIMIT %s", arms, c.arg(f.Most+1))
	return collect[row](ctx, q, "list sales without a conversion", sql, c.planned()...)
}

// saleArms are what to select sales without a conversion from, up to most of each site.
func (f Filter) saleArms(scope Scope, columns string, most int) (string, *clauses) {
	sites := &clauses{}
	sites.and("t.workspace_id = %s", scope.Workspace)
	if scope.Sites != nil {
		sites.and("t.id = ANY(%s)", scope.Sites)
	}
	c := &clauses{args: sites.args}
	f.ofSales(c, scope)
	return fmt.Sprintf(saleArms, columns, fmt.Sprintf(undecidedUntil, sites.where()), c.where(), c.arg(most)), c
}

// ofSales adds the conditions on sales s without a conversion.
func (f Filter) ofSales(c *clauses, scope Scope) {
	c.and(hasNone)
	c.between("s.occurred_at", f)
	switch {
	case f.After.Sale:
		c.and("(s.occurred_at, s.id) < (%s, %s)", f.After.SoldAt, f.After.ID)
	case f.After.ID != 0:
		c.and("s.occurred_at <= %s", f.After.SoldAt)
	}
	c.equal(saleReason, f.Reason)
	c.equal("s.google_campaign", f.Campaign)
	c.equal("s.event_id", f.EventID)
	c.equal("s.order_id", f.OrderID)
	c.click("s.google_kind", f.ClickKind)
	if f.Search != "" {
		c.texts = append(c.texts, strings.NewReplacer("$search", c.arg(f.Search), "$workspace", c.arg(scope.Workspace)).Replace(`s.id IN (
    SELECT o.id FROM sites w JOIN sales o ON o.site_id = w.id AND o.event_id = $search WHERE w.workspace_id = $workspace
    UNION ALL SELECT o.id FROM sites w JOIN sales o ON o.site_id = w.id AND o.order_id = $search AND o.order_id <> '' WHERE w.workspace_id = $workspace
    UNION ALL SELECT o.id FROM sales o WHERE o.click_values @> ARRAY[$search] AND o.google_value = $search)`))
	}
}
