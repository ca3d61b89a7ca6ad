package erasure

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// ledgerTables are what was made of single events, in the order in which it is deleted: each by the
// event, and most by visitor and user as well. What stands in the file that Google fetches is made of
// conversions, and is gone with them.
func ledgerTables() []string {
	return []string{"corrections", "refunds", "adjustments", "conversions", "sales", "held_sales", "clicks", "visitor_users"}
}

const (
	ofEventOrPerson = "site_id = $1 AND (event_id = ANY($2) OR visitor_id = ANY($3) OR user_hash = ANY($4))"
	ofSales         = "sale_id IN (SELECT id FROM sales WHERE " + ofEventOrPerson + ")"
)

// ledgerWhere chooses a person's rows of a table.
func ledgerWhere(table string) string {
	switch table {
	case "corrections", "refunds":
		return "site_id = $1 AND event_id = ANY($2) AND cardinality($3::bigint[]) >= 0 AND cardinality($4::bigint[]) >= 0"
	case "visitor_users":
		return "site_id = $1 AND cardinality($2::text[]) >= 0 AND (visitor_id = ANY($3) OR user_hash = ANY($4))"
	case "conversions":
		return ofSales
	case "adjustments":
		return "conversion_id IN (SELECT id FROM conversions WHERE " + ofSales + ")"
	}
	return ofEventOrPerson
}

func (p *person) ledgerArgs(events []string) []any {
	if events == nil {
		events = []string{}
	}
	return []any{p.site, events, signed(p.visitors), signed(p.users)}
}

func signed(hashes []uint64) []int64 {
	numbers := make([]int64, len(hashes))
	for i, h := range hashes {
		numbers[i] = int64(h)
	}
	return numbers
}

// dropLedger deletes a person's clicks and sales, and those of some events. Orders that others have sales or refunds of
// are left to them.
func (r *Runner) dropLedger(ctx context.Context, j *job, p *person, events []string) error {
	return pgx.BeginFunc(ctx, r.deps.Pool, func(tx pgx.Tx) error {
		if err := leaveOrders(ctx, tx, j, p, events); err != nil {
			return err
		}
		for _, table := range ledgerTables() {
			tag, err := tx.Exec(ctx, "DELETE FROM "+table+" WHERE "+ledgerWhere(table), p.ledgerArgs(events)...)
			if err != nil {
				return fmt.Errorf("delete from %s: %w", table, err)
			}
			j.receipt.add(Found{Store: "postgres", Table: table, Rows: uint64(tag.RowsAffected())})
		}
		return nil
	})
}

// leftInLedger counts what is there of a person.
func (r *Runner) leftInLedger(ctx context.Context, p *person) (left uint64, err error) {
	for _, table := range ledgerTables() {
		var n uint64
		if err := r.deps.Pool.QueryRow(ctx, "SELECT count(*) FROM "+table+" WHERE "+ledgerWhere(table), p.ledgerArgs(nil)...).Scan(&n); err != nil {
			return 0, fmt.Errorf("count rows of %s: %w", table, err)
		}
		left += n
	}
	return left, nil
}
