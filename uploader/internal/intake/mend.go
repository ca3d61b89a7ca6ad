package intake

import (
	"context"
	"fmt"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/jackc/pgx/v5"

	"noctra/internal/clickhouse"
	"noctra/schema"
)

// Mend reads single events of a site again, by their ids, as if they came now. What is there already stays.
func (i *Intake) Mend(ctx context.Context, site int64, ids []string) error {
	quoted := make([]string, len(ids))
	for k, id := range ids {
		quoted[k] = clickhouse.Quote(id)
	}
	where := fmt.Sprintf("site_id = %d AND event_id IN (%s)", site, strings.Join(quoted, ", "))
	return pgx.BeginFunc(ctx, i.postgres, func(tx pgx.Tx) error {
		// Before it reads, as reading for the first time does: what an erasure deletes meanwhile it finds here when it looks again.
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, schema.IntakeLock); err != nil {
			return fmt.Errorf("hold sales: %w", err)
		}
		events, err := i.reread(ctx, where)
		if err != nil {
			return fmt.Errorf("read events of site %d again: %w", site, err)
		}
		read := batchOf(events, nil, nil)
		if err := read.write(ctx, tx); err != nil {
			return fmt.Errorf("write events of site %d again: %w", site, err)
		}
		return nil
	})
}

func (i *Intake) reread(ctx context.Context, where string) (events []event, err error) {
	err = clickhouse.Each(ctx, i.clickhouse, fmt.Sprintf(selectEvents, where), func(rows driver.Rows) error {
		var e event
		err := rows.ScanStruct(&e)
		events = append(events, e)
		return err
	})
	return events, err
}
