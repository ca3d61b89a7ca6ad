package slices

import (
	"context"
	"fmt"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// Querier is what reading needs of ClickHouse.
type Querier interface {
	Query(ctx context.Context, query string, args ...any) (driver.Rows, error)
}

// clock is ClickHouse's own time, by which rows are marked as inserted.
func clock(ctx context.Context, conn Querier) (int64, error) {
	var ms int64
	err := each(ctx, conn, "SELECT toUnixTimestamp64Milli(now64(3))", func(scan func(...any) error) error { return scan(&ms) })
	if err != nil {
		return 0, fmt.Errorf("read clickhouse's clock: %w", err)
	}
	return ms, nil
}

// each calls read once per row of a query.
func each(ctx context.Context, conn Querier, query string, read func(scan func(...any) error) error, args ...any) error {
	rows, err := conn.Query(ctx, query, args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := read(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}
