package erasure

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	visits "noctra/admin/internal/slices"

	"noctra/internal/clickhouse"
)

// mutationsEvery is how often it is asked whether parts are rewritten.
const mutationsEvery = 100 * time.Millisecond

// rewrite takes deleted rows of a table off the disk, in the months that have them, and waits for it.
// months bounds it; nil: all.
func (r *Runner) rewrite(ctx context.Context, table string, months map[string]bool) error {
	err := r.deps.EachServer(ctx, func(ctx context.Context, conn visits.Conn) error {
		var parts []string
		err := clickhouse.Each(ctx, conn, fmt.Sprintf(`SELECT DISTINCT partition_id FROM system.parts
			WHERE database = currentDatabase() AND table = '%s' AND active AND has_lightweight_delete ORDER BY partition_id`, table), func(rows driver.Rows) error {
			var id string
			if err := rows.Scan(&id); err != nil {
				return err
			}
			if months == nil || months[id] || id == "all" {
				parts = append(parts, id)
			}
			return nil
		})
		if err != nil {
			return err
		}
		for _, id := range parts {
			if err := conn.Exec(ctx, fmt.Sprintf("ALTER TABLE %s APPLY DELETED MASK IN PARTITION ID '%s' SETTINGS mutations_sync = 0", table, id)); err != nil {
				return err
			}
		}
		return awaitMutations(ctx, conn, table)
	})
	if err != nil {
		return fmt.Errorf("rewrite parts of %s: %w", table, err)
	}
	return nil
}

// awaitMutations waits until ClickHouse has nothing left to rewrite in a table.
func awaitMutations(ctx context.Context, conn Conn, table string) error {
	ticker := time.NewTicker(mutationsEvery)
	defer ticker.Stop()
	for {
		open, reason := uint64(0), ""
		err := clickhouse.Each(ctx, conn, fmt.Sprintf("SELECT count(), anyLast(latest_fail_reason) FROM system.mutations WHERE database = currentDatabase() AND table = '%s' AND NOT is_done", table),
			func(rows driver.Rows) error { return rows.Scan(&open, &reason) })
		switch {
		case err != nil:
			return err
		case open == 0:
			return nil
		case reason != "":
			return errors.New(reason)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
}
