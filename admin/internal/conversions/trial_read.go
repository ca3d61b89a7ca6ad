package conversions

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"noctra/schema/attribution"
	"noctra/schema/eligibility"
)

// triedSale is a sale as it is and as it would be, with its conversions by action.
type triedSale struct {
	before, after eligibility.Sale
	conversions   map[int64]*eligibility.Conversion
	erased        map[int64]bool // by action: Google has its transaction of a sale that was erased
	taken         map[int64]bool // by action: another conversion has its transaction

	visitor       int64
	kinds, values []string // click ids that the sale itself names
	rule          string   // by which its click was found
	candidates    []attribution.Click
}

// selectTried reads sales, the newest first.
const selectTried = `SELECT ` + eligibility.SaleColumns + `, s.visitor_id, s.click_kinds, s.click_values, coalesce(s.google_rule, '')
FROM (SELECT * FROM sales WHERE site_id = $1 AND goal_id = ANY($2) AND occurred_at >= $3 AND occurred_at <= $4 AND (occurred_at, id) < ($4, $5) ORDER BY occurred_at DESC, id DESC LIMIT $6) s
` + eligibility.ClickOfSale + `
ORDER BY s.occurred_at DESC, s.id DESC`

func readTried(ctx context.Context, q Querier, rules Rules, goals []int64, before Place, n int) (sales []*triedSale, err error) {
	rows, err := q.Query(ctx, selectTried, rules.Site, goals, rules.Since, before.SoldAt, before.ID, n)
	if err != nil {
		return nil, fmt.Errorf("read sales to try: %w", err)
	}
	var t triedSale
	var row eligibility.SaleRow
	_, err = pgx.ForEachRow(rows, append(row.Fields(), &t.visitor, &t.kinds, &t.values, &t.rule), func() error {
		one := t
		one.before, one.conversions, one.erased, one.taken = row.Read(), map[int64]*eligibility.Conversion{}, map[int64]bool{}, map[int64]bool{}
		sales = append(sales, &one)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read sales to try: %w", err)
	}
	return sales, nil
}

// readStandings reads the conversions that the actions made of sales, and what is under way of those that were sent.
func readStandings(ctx context.Context, q Querier, sales map[int64]*triedSale, pairs []pair) error {
	var mappings []int64
	for _, p := range pairs {
		mappings = append(mappings, p.mapping())
	}
	rows, err := q.Query(ctx, `SELECT `+eligibility.ConversionColumns+` FROM conversions c WHERE sale_id = ANY($1) AND mapping_id = ANY($2)`, keysOf(sales), mappings)
	if err != nil {
		return fmt.Errorf("read conversions to try: %w", err)
	}
	sent := map[int64]*eligibility.Conversion{}
	var c eligibility.Conversion
	_, err = pgx.ForEachRow(rows, c.Fields(), func() error {
		one := c
		sales[c.SaleID].conversions[c.MappingID] = &one
		if c.Frozen {
			sent[c.ID] = &one
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("read conversions to try: %w", err)
	}
	return readAdjustments(ctx, q, sent)
}

func readAdjustments(ctx context.Context, q Querier, of map[int64]*eligibility.Conversion) error {
	if len(of) == 0 {
		return nil
	}
	rows, err := q.Query(ctx, `SELECT `+eligibility.AdjustmentColumns+` FROM adjustments WHERE conversion_id = ANY($1) ORDER BY conversion_id, number`, keysOf(of))
	if err != nil {
		return fmt.Errorf("read adjustments to try: %w", err)
	}
	var a eligibility.Adjustment
	_, err = pgx.ForEachRow(rows, a.Fields(), func() error {
		one := a
		of[a.ConversionID].Adjustments = append(of[a.ConversionID].Adjustments, &one)
		return nil
	})
	if err != nil {
		return fmt.Errorf("read adjustments to try: %w", err)
	}
	return nil
}

// readBack reads refunds of sales.
func readBack(ctx context.Context, q Querier, sales map[int64]*triedSale) error {
	rows, err := q.Query(ctx, eligibility.SelectRefunds, keysOf(sales))
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

func keysOf[T any](of map[int64]T) []int64 {
	ids := make([]int64, 0, len(of))
	for id := range of {
		ids = append(ids, id)
	}
	return ids
}
