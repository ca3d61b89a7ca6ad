package decide

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"noctra/schema"
	"noctra/schema/eligibility"
)

// batch is what one transaction decides.
type batch struct {
	now     time.Time
	sales   []*sale
	byID    map[int64]*sale
	actions map[int64][]*action // by site
}

// claimSales takes sales that are due and that nobody else has, the longest due first or last, but those of
// some workspaces.
const claimSales = `SELECT id FROM sales WHERE decide_at <= $1 AND workspace_id <> ALL($3) ORDER BY decide_at %s LIMIT $2 FOR UPDATE SKIP LOCKED`

var claimOrders = map[bool]string{false: fmt.Sprintf(claimSales, "ASC"), true: fmt.Sprintf(claimSales, "DESC")}

// turn is whose sales a batch begins with. Every other one begins with those that are due the shortest: a
// workspace of which all sales are due, since its rules were changed, does not keep the others waiting.
type turn struct {
	most   int
	newest bool
}

// selectSales reads sales that were taken. Other sales of the order are found by the order alone (hence
// the + 0): by their id Postgres would read all that came before. The consent of the deciding click is that of the sale's own
// visitor, if several had it.
const selectSales = `SELECT s.id, s.workspace_id, s.site_id, s.goal_id, s.event_id, s.order_id, s.occurred_at, s.amount, s.currency, cardinality(s.bot_reasons) > 0,
  s.email_hash, s.phone_hash, s.consent_user_data, s.consent_personal, coalesce(s.google_kind, ''), coalesce(s.google_value, ''), s.google_clicked_at,
  coalesce(c.consent_user_data, 0), coalesce(c.consent_personal, 0),
  s.order_id <> '' AND EXISTS (SELECT FROM sales e WHERE e.site_id = s.site_id AND e.order_id = s.order_id AND e.order_id <> '' AND e.goal_id = s.goal_id AND e.id + 0 < s.id)
FROM sales s
LEFT JOIN LATERAL (
  SELECT consent_user_data, consent_personal FROM clicks WHERE site_id = s.site_id AND value = s.google_value AND kind = s.google_kind
  ORDER BY visitor_id = s.visitor_id DESC, clicked_at DESC LIMIT 1) c ON true
WHERE s.id = ANY($1)
ORDER BY s.id`

const selectRefunds = `SELECT id, sale_id, amount, currency FROM refunds WHERE sale_id = ANY($1) ORDER BY occurred_at, id`

// selectActions: where several sites send to the same action, all but the one that did so first name themselves
// in their transactions, as their orders may have the same ids.
const selectActions = `WITH senders AS (
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

const lockConversions = `SELECT id, workspace_id, site_id, sale_id, mapping_id, action_id, transaction_id, occurred_at, value, currency, click_kind, click_value, clicked_at, email_hash, phone_hash,
  consent_user_data, consent_personal, state, reason, detail, next_at, coalesce(review, ''), attempts, frozen_at IS NOT NULL, google_value,
  state = 'superseded' AND EXISTS (SELECT FROM conversions o WHERE o.workspace_id = c.workspace_id AND o.site_id = c.site_id AND o.action_id = c.action_id
    AND o.transaction_id = c.transaction_id AND o.stage <> 'superseded')
FROM conversions c WHERE sale_id = ANY($1) ORDER BY id FOR UPDATE OF c`

const lockAdjustments = `SELECT id, conversion_id, mapping_id, number, kind, refund_id, adjusted_at, value, currency, email_hash, phone_hash, state, reason, detail, next_at, attempts, frozen_at IS NOT NULL
FROM adjustments WHERE conversion_id = ANY($1) ORDER BY id FOR UPDATE`

// claim reads sales that are due at now, and keeps them locked. Their conversions are locked too: who sends
// never waits for a sale, so neither waits for the other in a circle.
func claim(ctx context.Context, tx pgx.Tx, now time.Time, of turn) (*batch, error) {
	b := &batch{now: now, byID: map[int64]*sale{}, actions: map[int64][]*action{}}
	steps := []struct {
		what string
		read func() error
	}{
		{"take sales", func() error { return b.takeSales(ctx, tx, of) }},
		{"read actions", func() error { return b.readActions(ctx, tx) }},
		{"read refunds", func() error { return b.readRefunds(ctx, tx) }},
		{"take conversions", func() error { return b.readConversions(ctx, tx) }},
	}
	for _, step := range steps {
		if err := step.read(); err != nil {
			return nil, fmt.Errorf("%s: %w", step.what, err)
		}
		if len(b.sales) == 0 {
			break
		}
	}
	return b, nil
}

// takeSales goes on past the sales of workspaces that are being changed, which stay due.
func (b *batch) takeSales(ctx context.Context, tx pgx.Tx, of turn) error {
	left := []int64{}
	for {
		rows, err := tx.Query(ctx, claimOrders[of.newest], b.now, of.most, left)
		if err != nil {
			return err
		}
		ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
		if err != nil || len(ids) == 0 {
			return err
		}
		if err := b.readSales(ctx, tx, ids); err != nil {
			return err
		}
		changing, err := b.leaveChanging(ctx, tx)
		if err != nil || len(b.sales) > 0 || len(changing) == 0 {
			return err
		}
		left = append(left, changing...)
	}
}

func (b *batch) readSales(ctx context.Context, tx pgx.Tx, ids []int64) error {
	rows, err := tx.Query(ctx, selectSales, ids)
	if err != nil {
		return err
	}
	var s sale
	var clicked *time.Time
	_, err = pgx.ForEachRow(rows, []any{&s.ID, &s.WorkspaceID, &s.SiteID, &s.GoalID, &s.EventID, &s.OrderID, &s.At, &s.Amount, &s.Currency, &s.Bot, &s.EmailHash, &s.PhoneHash,
		&s.OwnUserData, &s.OwnPersonal, &s.ClickKind, &s.ClickValue, &clicked, &s.ClickData, &s.ClickPersona, &s.Repeated}, func() error {
		one := s
		one.At, one.conversions = s.At.UTC(), map[int64]*conversion{}
		if clicked != nil {
			one.ClickedAt = clicked.UTC()
		}
		b.sales, b.byID[s.ID] = append(b.sales, &one), &one
		return nil
	})
	return err
}

// trying returns the workspaces whose rules somebody is changing. Of the others they stay as they are until
// this transaction ends.
const trying = `SELECT id FROM unnest($1::bigint[]) AS w (id) WHERE NOT pg_try_advisory_xact_lock_shared($2, (id % 2147483647)::int)`

// leaveChanging leaves sales alone whose actions or holds are being changed: who changes them cannot see
// a sale that came meanwhile, and would not wake it. They stay due.
func (b *batch) leaveChanging(ctx context.Context, tx pgx.Tx) (changing []int64, err error) {
	var all []int64
	for _, s := range b.sales {
		if !slices.Contains(all, s.WorkspaceID) {
			all = append(all, s.WorkspaceID)
		}
	}
	rows, err := tx.Query(ctx, trying, all, schema.DecideLock)
	if err != nil {
		return nil, err
	}
	changing, err = pgx.CollectRows(rows, pgx.RowTo[int64])
	b.sales = slices.DeleteFunc(b.sales, func(s *sale) bool { return slices.Contains(changing, s.WorkspaceID) })
	return changing, err
}

func (b *batch) ids() []int64 {
	ids := make([]int64, len(b.sales))
	for i, s := range b.sales {
		ids[i] = s.ID
	}
	return ids
}

func (b *batch) readActions(ctx context.Context, tx pgx.Tx) error {
	var sites []int64
	for _, s := range b.sales {
		if _, seen := b.actions[s.SiteID]; !seen {
			b.actions[s.SiteID] = nil
			sites = append(sites, s.SiteID)
		}
	}
	rows, err := tx.Query(ctx, selectActions, sites)
	if err != nil {
		return err
	}
	all, err := pgx.CollectRows(rows, pgx.RowToAddrOfStructByPos[action])
	for _, a := range all {
		b.actions[a.SiteID] = append(b.actions[a.SiteID], a)
	}
	return err
}

func (b *batch) readRefunds(ctx context.Context, tx pgx.Tx) error {
	rows, err := tx.Query(ctx, selectRefunds, b.ids())
	if err != nil {
		return err
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[eligibility.Refund])
	for _, r := range all {
		s := b.byID[r.SaleID]
		s.Refunds = append(s.Refunds, r)
	}
	return err
}

func (b *batch) readConversions(ctx context.Context, tx pgx.Tx) error {
	rows, err := tx.Query(ctx, lockConversions, b.ids())
	if err != nil {
		return err
	}
	byID := map[int64]*conversion{}
	var frozen []int64
	var c conversion
	_, err = pgx.ForEachRow(rows, []any{&c.ID, &c.WorkspaceID, &c.SiteID, &c.SaleID, &c.MappingID, &c.ActionID, &c.TransactionID, &c.OccurredAt, &c.Value, &c.Currency, &c.ClickKind, &c.ClickValue,
		&c.ClickedAt, &c.EmailHash, &c.PhoneHash, &c.UserData, &c.Personal, &c.State, &c.Reason, &c.Detail, &c.NextAt, &c.Review, &c.Attempts, &c.Frozen, &c.GoogleValue, &c.Taken}, func() error {
		one := c
		b.byID[c.SaleID].conversions[c.MappingID] = &one
		if byID[c.ID] = &one; c.Frozen || c.Attempts > 0 {
			frozen = append(frozen, c.ID)
		}
		return nil
	})
	if err != nil || len(frozen) == 0 {
		return err
	}
	return readAdjustments(ctx, tx, frozen, byID)
}

func readAdjustments(ctx context.Context, tx pgx.Tx, of []int64, byID map[int64]*conversion) error {
	rows, err := tx.Query(ctx, lockAdjustments, of)
	if err != nil {
		return err
	}
	var a adjustment
	_, err = pgx.ForEachRow(rows, []any{&a.ID, &a.ConversionID, &a.MappingID, &a.Number, &a.Kind, &a.RefundID, &a.AdjustedAt, &a.Value, &a.Currency, &a.EmailHash, &a.PhoneHash,
		&a.State, &a.Reason, &a.Detail, &a.NextAt, &a.Attempts, &a.Frozen}, func() error {
		one := a
		c := byID[a.ConversionID]
		c.adjustments = append(c.adjustments, &one)
		return nil
	})
	return err
}
