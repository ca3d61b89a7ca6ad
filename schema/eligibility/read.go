package eligibility

import "time"

// Texts of SQL by which callers read what counts, so that all of them read the same. A row is scanned into the Fields of
// what it becomes.
const (
	// SaleColumns are of a sale s and the click c that decides it (ClickOfSale). Other sales of the order are found by the
	// order alone (hence the + 0): by their id Postgres would read all that came before.
	SaleColumns = `s.id, s.workspace_id, s.site_id, s.goal_id, s.event_id, s.order_id, s.occurred_at, s.amount, s.currency, cardinality(s.bot_reasons) > 0,
  s.email_hash, s.phone_hash, s.consent_user_data, s.consent_personal, coalesce(s.google_kind, ''), coalesce(s.google_value, ''), s.google_clicked_at,
  coalesce(c.consent_user_data, 0), coalesce(c.consent_personal, 0),
  s.order_id <> '' AND EXISTS (SELECT FROM sales e WHERE e.site_id = s.site_id AND e.order_id = s.order_id AND e.order_id <> '' AND e.goal_id = s.goal_id AND e.id + 0 < s.id)`

	// ClickOfSale joins the deciding click for its consent: that of the sale's own visitor, if several had it.
	ClickOfSale = `LEFT JOIN LATERAL (
  SELECT consent_user_data, consent_personal FROM clicks WHERE site_id = s.site_id AND value = s.google_value AND kind = s.google_kind
  ORDER BY visitor_id = s.visitor_id DESC, clicked_at DESC LIMIT 1) c ON true`

	// SelectRefunds reads refunds of sales ($1).
	SelectRefunds = `SELECT id, sale_id, amount, currency FROM refunds WHERE sale_id = ANY($1) ORDER BY occurred_at, id`

	// SelectActions reads actions of sites ($1), those that were removed as well. Where several sites send to the same
	// action, all but the one that did so first name themselves in their transactions, as their orders may have the same ids.
	SelectActions = `WITH senders AS (
  SELECT action_id, site_id, min(id) AS first FROM conversion_actions WHERE action_id IN (SELECT action_id FROM conversion_actions WHERE site_id = ANY($1)) GROUP BY action_id, site_id)
SELECT m.id, m.site_id, coalesce(m.goal_id, 0), m.action_id, m.value_rule, m.fixed_value, m.currency, m.review, m.enhanced, m.without_click, m.one_per_click,
  m.delay_minutes, m.window_days, coalesce(m.not_before, '0001-01-01Z'), m.since, m.paused, m.removed_at IS NOT NULL, w.uploads_held_at IS NOT NULL, coalesce(g.transport, ''),
  coalesce((g.abilities -> 'retraction' ->> 'can')::boolean, g.transport = 'google_ads', false),
  m.site_id <> (SELECT f.site_id FROM senders f WHERE f.action_id = m.action_id ORDER BY f.first LIMIT 1)
FROM conversion_actions m
JOIN google_connections g ON g.id = m.connection_id
JOIN workspaces w ON w.id = m.workspace_id
WHERE m.site_id = ANY($1)
ORDER BY m.id`

	// ConversionColumns are of a conversion c.
	ConversionColumns = `id, workspace_id, site_id, sale_id, mapping_id, action_id, transaction_id, occurred_at, value, currency, click_kind, click_value, clicked_at, email_hash, phone_hash,
  consent_user_data, consent_personal, state, reason, detail, next_at, coalesce(review, ''), attempts, frozen_at IS NOT NULL, google_value, google_currency,
  state = 'superseded' AND EXISTS (SELECT FROM conversions o WHERE o.workspace_id = c.workspace_id AND o.site_id = c.site_id AND o.action_id = c.action_id
    AND o.transaction_id = c.transaction_id AND o.stage <> 'superseded')`

	// AdjustmentColumns are of an adjustment.
	AdjustmentColumns = `id, conversion_id, mapping_id, number, kind, refund_id, adjusted_at, value, currency, email_hash, phone_hash, state, reason, detail, next_at, attempts, frozen_at IS NOT NULL`

	// SelectErased says which transactions ($3) of sites ($1) Google has at actions ($2) of sales that were erased.
	SelectErased = `SELECT n.site_id, n.action_id, n.transaction_id
FROM unnest($1::bigint[], $2::text[], $3::text[]) AS n (site_id, action_id, transaction_id) JOIN sites s ON s.id = n.site_id
WHERE s.id IN (SELECT site_id FROM erased_transactions)
  AND EXISTS (SELECT FROM erased_transactions e WHERE e.site_id = n.site_id AND e.action_id = n.action_id AND e.hash = transaction_hash(s.identity_key, n.transaction_id))`
)

// SaleRow is a sale as it is scanned.
type SaleRow struct {
	Sale
	clickedAt *time.Time
}

// Fields are where SaleColumns go.
func (r *SaleRow) Fields() []any {
	s := &r.Sale
	return []any{&s.ID, &s.WorkspaceID, &s.SiteID, &s.GoalID, &s.EventID, &s.OrderID, &s.At, &s.Amount, &s.Currency, &s.Bot, &s.EmailHash, &s.PhoneHash,
		&s.OwnUserData, &s.OwnPersonal, &s.ClickKind, &s.ClickValue, &r.clickedAt, &s.ClickData, &s.ClickPersona, &s.Repeated}
}

// Read is the sale that was scanned.
func (r *SaleRow) Read() Sale {
	s := r.Sale
	s.At = s.At.UTC()
	if r.clickedAt != nil {
		s.ClickedAt = r.clickedAt.UTC()
	}
	return s
}

// Fields are where ConversionColumns go.
func (c *Conversion) Fields() []any {
	return []any{&c.ID, &c.WorkspaceID, &c.SiteID, &c.SaleID, &c.MappingID, &c.ActionID, &c.TransactionID, &c.OccurredAt, &c.Value, &c.Currency, &c.ClickKind, &c.ClickValue,
		&c.ClickedAt, &c.EmailHash, &c.PhoneHash, &c.UserData, &c.Personal, &c.State, &c.Reason, &c.Detail, &c.NextAt, &c.Review, &c.Attempts, &c.Frozen, &c.GoogleValue, &c.GoogleCurrency, &c.Taken}
}

// Fields are where AdjustmentColumns go.
func (a *Adjustment) Fields() []any {
	return []any{&a.ID, &a.ConversionID, &a.MappingID, &a.Number, &a.Kind, &a.RefundID, &a.AdjustedAt, &a.Value, &a.Currency, &a.EmailHash, &a.PhoneHash,
		&a.State, &a.Reason, &a.Detail, &a.NextAt, &a.Attempts, &a.Frozen}
}

// Transaction is what Google knows a conversion by.
type Transaction struct {
	SiteID   int64
	ActionID string
	ID       string
}

// TransactionOf is what Google knows, or would know, a sale by at an action.
func TransactionOf(s *Sale, a *Action) Transaction {
	id := TransactionID(s.OrderID, s.EventID)
	if a.Later {
		id = ofSite(id, s.SiteID)
	}
	return Transaction{s.SiteID, a.ActionID, id}
}

// Transactions are many, a list a column as SelectErased takes them.
type Transactions struct {
	Sites   []int64
	Actions []string
	IDs     []string
}

// Add adds one.
func (t *Transactions) Add(one Transaction) {
	t.Sites, t.Actions, t.IDs = append(t.Sites, one.SiteID), append(t.Actions, one.ActionID), append(t.IDs, one.ID)
}

// StandIn returns a removed action as its successor among others, that was chosen for the same, would send; else the action itself.
func (a *Action) StandIn(others []*Action) *Action {
	for _, o := range others {
		if a.Removed && !o.Removed && o.ActionID == a.ActionID && o.GoalID == a.GoalID {
			like := *a
			like.Removed, like.Paused, like.Enhanced, like.Transport, like.CanRetract = false, o.Paused, o.Enhanced, o.Transport, o.CanRetract
			return &like
		}
	}
	return a
}
