package conversions

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"noctra/schema"
	"noctra/schema/attribution"
	"noctra/schema/eligibility"
)

// triedSale is a sale as it is and as it would be, with its conversions by action.
type triedSale struct {
	before, after eligibility.Sale
	conversions   map[int64]*standing

	visitor       int64
	kinds, values []string // click ids that the sale itself names
	rule          string   // by which its click was found
	candidates    []attribution.Click
}

// standing is a conversion as it is.
type standing struct {
	ID                    int64
	State, Reason, Review string
	Attempts              int
	Frozen, Retracted     bool
	Identified            bool // hashes were sent with it
	Value, GoogleValue    *int64
	Currency              string
	GoogleCurrency        *string
}

// elsewhere says whether Google had it before it was sent, so that our own record does not say what.
func (c *standing) elsewhere() bool {
	return eligibility.Elsewhere(schema.UploadState(c.State), c.Reason, c.Value, c.GoogleValue)
}

// selectTried reads sales as the uploader does (package decide), the newest first.
const selectTried = `SELECT s.id, s.workspace_id, s.site_id, s.goal_id, s.event_id, s.order_id, s.occurred_at, s.amount, s.currency, cardinality(s.bot_reasons) > 0,
  s.email_hash, s.phone_hash, s.consent_user_data, s.consent_personal, coalesce(s.google_kind, ''), coalesce(s.google_value, ''), s.google_clicked_at,
  coalesce(c.consent_user_data, 0), coalesce(c.consent_personal, 0),
  s.order_id <> '' AND EXISTS (SELECT FROM sales e WHERE e.site_id = s.site_id AND e.order_id = s.order_id AND e.order_id <> '' AND e.goal_id = s.goal_id AND e.id + 0 < s.id),
  s.visitor_id, s.click_kinds, s.click_values, coalesce(s.google_rule, '')
FROM (SELECT * FROM sales WHERE site_id = $1 AND goal_id = ANY($2) AND occurred_at >= $3 AND occurred_at <= $4 AND (occurred_at, id) < ($4, $5) ORDER BY occurred_at DESC, id DESC LIMIT $6) s
LEFT JOIN LATERAL (
  SELECT consent_user_data, consent_personal FROM clicks WHERE site_id = s.site_id AND value = s.google_value AND kind = s.google_kind
  ORDER BY visitor_id = s.visitor_id DESC, clicked_at DESC LIMIT 1) c ON true
ORDER BY s.occurred_at DESC, s.id DESC`

func readTried(ctx context.Context, q Querier, rules Rules, goals []int64, before Place, n int) (sales []*triedSale, err error) {
	rows, err := q.Query(ctx, selectTried, rules.Site, goals, rules.Since, before.SoldAt, before.ID, n)
	if err != nil {
		return nil, fmt.Errorf("read sales to try: %w", err)
	}
	var t triedSale
	s := &t.before
	var clicked *time.Time
	_, err = pgx.ForEachRow(rows, []any{&s.ID, &s.WorkspaceID, &s.SiteID, &s.GoalID, &s.EventID, &s.OrderID, &s.At, &s.Amount, &s.Currency, &s.Bot, &s.EmailHash, &s.PhoneHash,
		&s.OwnUserData, &s.OwnPersonal, &s.ClickKind, &s.ClickValue, &clicked, &s.ClickData, &s.ClickPersona, &s.Repeated, &t.visitor, &t.kinds, &t.values, &t.rule}, func() error {
		one := t
		one.before.At, one.conversions = s.At.UTC(), map[int64]*standing{}
		if clicked != nil {
			one.before.ClickedAt = clicked.UTC()
		}
		sales = append(sales, &one)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read sales to try: %w", err)
	}
	return sales, nil
}

// readStandings reads the conversions that the actions made of sales.
func readStandings(ctx context.Context, q Querier, sales map[int64]*triedSale, pairs []pair) error {
	var mappings []int64
	for _, p := range pairs {
		mappings = append(mappings, p.mapping())
	}
	rows, err := q.Query(ctx, `SELECT sale_id, mapping_id, id, state, reason, coalesce(review, ''), attempts, frozen_at IS NOT NULL, retracted, email_hash <> '' OR phone_hash <> '', value, google_value, currency, google_currency
FROM conversions WHERE sale_id = ANY($1) AND mapping_id = ANY($2)`, keysOf(sales), mappings)
	if err != nil {
		return fmt.Errorf("read conversions to try: %w", err)
	}
	var sale, mapping int64
	var c standing
	_, err = pgx.ForEachRow(rows, []any{&sale, &mapping, &c.ID, &c.State, &c.Reason, &c.Review, &c.Attempts, &c.Frozen, &c.Retracted, &c.Identified, &c.Value, &c.GoogleValue, &c.Currency, &c.GoogleCurrency}, func() error {
		one := c
		sales[sale].conversions[mapping] = &one
		return nil
	})
	if err != nil {
		return fmt.Errorf("read conversions to try: %w", err)
	}
	return nil
}

// readBack reads refunds of sales.
func readBack(ctx context.Context, q Querier, sales map[int64]*triedSale) error {
	rows, err := q.Query(ctx, `SELECT id, sale_id, amount, currency FROM refunds WHERE sale_id = ANY($1) ORDER BY occurred_at, id`, keysOf(sales))
	if err != nil {
		return fmt.Errorf("read refunds to try: %w", err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[eligibility.Refund])
	if err != nil {
		return fmt.Errorf("read refunds to try: %w", err)
	}
	for _, r := range all {
		s := &sales[r.SaleID].before
		s.Refunds = append(s.Refunds, r)
	}
	return nil
}

func keysOf(sales map[int64]*triedSale) []int64 {
	ids := make([]int64, 0, len(sales))
	for id := range sales {
		ids = append(ids, id)
	}
	return ids
}
