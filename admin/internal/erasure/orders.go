package erasure

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"noctra/admin/internal/store"
	"noctra/schema"
)

// asides are done in this order before a person's sales ($2) of a site ($1) go. Of what Google may have of them a keyed
// hash stays, so that another sale of the order is not sent as a new one; what Google did not take is left out. Refunds are
// events of their own: one that is not the person's moves to the sale that is the first of the order from then on, or
// waits for one. What stood back for a person's sale is decided again.
var asides = []struct{ what, sql string }{
	{"note what Google has of erased sales", `INSERT INTO erased_transactions (site_id, action_id, hash, erased_at)
SELECT DISTINCT c.site_id, c.action_id, transaction_hash(t.identity_key, c.transaction_id), now() FROM conversions c JOIN sites t ON t.id = c.site_id
WHERE c.site_id = $1 AND c.sale_id = ANY($2) AND c.frozen_at IS NOT NULL AND c.state <> 'rejected' AND NOT (c.state = 'accepted' AND c.reason = '` + schema.CodeOtherOfClick + `')
ON CONFLICT (site_id, action_id, hash) DO UPDATE SET erased_at = excluded.erased_at`},
	{"leave refunds to other sales of the order", `UPDATE refunds r
SET sale_id = (SELECT min(o.id) FROM sales o WHERE o.site_id = r.site_id AND o.order_id = r.order_id AND o.order_id <> '' AND o.goal_id = 0 AND o.id <> ALL($2))
WHERE r.site_id = $1 AND r.sale_id = ANY($2)`},
	{"wake other sales of the order", `UPDATE sales SET decide_at = now() WHERE site_id = $1 AND id <> ALL($2) AND id IN (
  SELECT o.id FROM sales s JOIN sales o ON o.site_id = s.site_id AND o.order_id = s.order_id AND o.order_id <> '' WHERE s.id = ANY($2)
  UNION SELECT o.sale_id FROM conversions c JOIN conversions o ON o.workspace_id = c.workspace_id AND o.transaction_id = c.transaction_id AND o.state = 'superseded' WHERE c.sale_id = ANY($2))`},
}

// leaveClicks has sales of others looked at again that a person's clicks came before, or that name one: the consent that
// was given with it goes with it.
const leaveClicks = `WITH gone AS (SELECT id, value FROM clicks WHERE ` + ofEventOrPerson + `)
UPDATE sales SET attributed_at = NULL, decide_at = now() WHERE site_id = $1 AND (click_values && ARRAY(SELECT value FROM gone) OR path && ARRAY(SELECT id FROM gone))`

// leaveOrders has to come before a person's sales are deleted. Meanwhile nobody reads events into Postgres, or decides
// sales of the workspace: a refund could come to a sale that goes, and a sale be decided by one that goes.
func leaveOrders(ctx context.Context, tx pgx.Tx, j *job, p *person, events []string) error {
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, int64(schema.IntakeLock)); err != nil {
		return fmt.Errorf("wait for events that are read: %w", err)
	}
	if err := store.New(tx).HoldDeciding(ctx, store.HoldDecidingParams{Lock: schema.DecideLock, Workspace: j.WorkspaceID}); err != nil {
		return fmt.Errorf("wait for sales that are decided: %w", err)
	}
	if _, err := tx.Exec(ctx, leaveClicks, p.ledgerArgs(events)...); err != nil {
		return fmt.Errorf("wake sales that had erased clicks: %w", err)
	}
	rows, err := tx.Query(ctx, "SELECT id FROM sales WHERE "+ofEventOrPerson, p.ledgerArgs(events)...)
	if err != nil {
		return fmt.Errorf("find sales: %w", err)
	}
	sales, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return fmt.Errorf("find sales: %w", err)
	}
	if len(sales) == 0 {
		return nil
	}
	for _, a := range asides {
		if _, err := tx.Exec(ctx, a.sql, p.site, sales); err != nil {
			return fmt.Errorf("%s: %w", a.what, err)
		}
	}
	return nil
}
