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
	actions map[int64][]*action              // by site
	erased  map[eligibility.Transaction]bool // Google has them, of sales that were erased
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

const selectSales = `SELECT ` + eligibility.SaleColumns + ` FROM sales s ` + eligibility.ClickOfSale + ` WHERE s.id = ANY($1) ORDER BY s.id`

const lockConversions = `SELECT ` + eligibility.ConversionColumns + ` FROM conversions c WHERE sale_id = ANY($1) ORDER BY id FOR UPDATE OF c`

const lockAdjustments = `SELECT ` + eligibility.AdjustmentColumns + ` FROM adjustments WHERE conversion_id = ANY($1) ORDER BY id FOR UPDATE`

// claim reads sales that are due at now, and keeps them locked. Their conversions are locked too: who sends
// never waits for a sale, so neither waits for the other in a circle.
func claim(ctx context.Context, tx pgx.Tx, now time.Time, of turn) (*batch, error) {
	b := &batch{now: now, byID: map[int64]*sale{}, actions: map[int64][]*action{}, erased: map[eligibility.Transaction]bool{}}
	steps := []struct {
		what string
		read func() error
	}{
		{"take sales", func() error { return b.takeSales(ctx, tx, of) }},
		{"read actions", func() error { return b.readActions(ctx, tx) }},
		{"read refunds", func() error { return b.readRefunds(ctx, tx) }},
		{"take conversions", func() error { return b.readConversions(ctx, tx) }},
		{"look for erased sales", func() error { return b.readErased(ctx, tx) }},
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
	var row eligibility.SaleRow
	_, err = pgx.ForEachRow(rows, row.Fields(), func() error {
		one := &sale{row.Read(), map[int64]*conversion{}}
		b.sales, b.byID[one.ID] = append(b.sales, one), one
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
	rows, err := tx.Query(ctx, eligibility.SelectActions, sites)
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
	rows, err := tx.Query(ctx, eligibility.SelectRefunds, b.ids())
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
	_, err = pgx.ForEachRow(rows, c.Fields(), func() error {
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
	_, err = pgx.ForEachRow(rows, a.Fields(), func() error {
		one := a
		c := byID[a.ConversionID]
		c.Adjustments = append(c.Adjustments, &one)
		return nil
	})
	return err
}

// readErased finds out what may not be sent as new, since Google has it of a sale that was erased.
func (b *batch) readErased(ctx context.Context, tx pgx.Tx) error {
	var all eligibility.Transactions
	for _, s := range b.sales {
		for _, a := range b.actions[s.SiteID] {
			if c := s.conversions[a.ID]; c != nil && !c.Frozen || c == nil && a.Takes(&s.Sale) {
				all.Add(eligibility.TransactionOf(&s.Sale, a))
			}
		}
	}
	if len(all.IDs) == 0 {
		return nil
	}
	rows, err := tx.Query(ctx, eligibility.SelectErased, all.Sites, all.Actions, all.IDs)
	if err != nil {
		return err
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[eligibility.Transaction])
	for _, one := range found {
		b.erased[one] = true
	}
	return err
}
