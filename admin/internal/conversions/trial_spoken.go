package conversions

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"noctra/schema/eligibility"
)

// selectTaken says which transactions ($3) of sites ($1) a conversion of an action ($2) has that will not give it up: Google
// may have it, or its action was not removed.
const selectTaken = `SELECT n.site_id, n.action_id, n.transaction_id
FROM unnest($1::bigint[], $2::text[], $3::text[]) AS n (site_id, action_id, transaction_id) JOIN sites s ON s.id = n.site_id
WHERE EXISTS (SELECT FROM conversions c JOIN conversion_actions a ON a.id = c.mapping_id WHERE c.workspace_id = s.workspace_id AND c.site_id = n.site_id AND c.action_id = n.action_id
  AND c.transaction_id = n.transaction_id AND c.stage <> 'superseded' AND (c.frozen_at IS NOT NULL OR a.removed_at IS NULL))`

// spokenFor is a question about transactions: of which of them another conversion speaks.
type spokenFor struct {
	list eligibility.Transactions
	of   map[eligibility.Transaction][]func()
}

func (s *spokenFor) add(one eligibility.Transaction, yes func()) {
	if s.of == nil {
		s.of = map[eligibility.Transaction][]func(){}
	}
	s.list.Add(one)
	s.of[one] = append(s.of[one], yes)
}

func (s *spokenFor) ask(ctx context.Context, q Querier, sql string) error {
	if len(s.of) == 0 {
		return nil
	}
	rows, err := q.Query(ctx, sql, s.list.Sites, s.list.Actions, s.list.IDs)
	if err != nil {
		return fmt.Errorf("look for transactions that Google has: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[eligibility.Transaction])
	if err != nil {
		return fmt.Errorf("look for transactions that Google has: %w", err)
	}
	for _, one := range found {
		for _, yes := range s.of[one] {
			yes()
		}
	}
	return nil
}

// readSpoken finds out which sales stand back at an action: Google has the transaction of one that was erased, or
// another conversion has it.
func readSpoken(ctx context.Context, q Querier, sales map[int64]*triedSale, pairs []pair) error {
	var erased, taken spokenFor
	for _, s := range sales {
		for _, p := range pairs {
			c := s.conversions[p.mapping()]
			if p.after.GoalID != s.before.GoalID || c != nil && c.Frozen {
				continue
			}
			one := eligibility.TransactionOf(&s.before, p.after)
			erased.add(one, func() { s.erased[p.mapping()] = true })
			if c == nil {
				taken.add(one, func() { s.taken[p.mapping()] = true })
			}
		}
	}
	if err := erased.ask(ctx, q, eligibility.SelectErased); err != nil {
		return err
	}
	return taken.ask(ctx, q, selectTaken)
}
