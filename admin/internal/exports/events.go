package exports

import (
	"compress/gzip"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"strings"

	clickhousego "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// Events is what copies need of ClickHouse.
type Events interface {
	Query(ctx context.Context, query string, args ...any) (driver.Rows, error)
}

// gentle keeps a long reading from taking the memory and processors of reports.
func gentle(ctx context.Context) context.Context {
	return clickhousego.Context(ctx, clickhousego.WithSettings(clickhousego.Settings{"max_threads": 1, "max_block_size": 8192, "max_execution_time": 0}))
}

// months lists the months in which a site has events.
func (s *Service) months(ctx context.Context, site int64) (all []uint32, err error) {
	rows, err := s.deps.Events.Query(ctx, fmt.Sprintf("SELECT DISTINCT toYYYYMM(occurred_at) AS month FROM events WHERE site_id = %d ORDER BY month", site))
	if err != nil {
		return nil, fmt.Errorf("list months of site %d: %w", site, err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var month uint32
		if err := rows.Scan(&month); err != nil {
			return nil, fmt.Errorf("list months of site %d: %w", site, err)
		}
		all = append(all, month)
	}
	return all, rows.Err()
}

// addEvents writes the events of a site, a file a month, and what was refused.
func (s *Service) addEvents(ctx context.Context, a *archive, site int64) error {
	ctx = gentle(ctx)
	months, err := s.months(ctx, site)
	if err != nil {
		return err
	}
	for _, month := range months {
		name := fmt.Sprintf("events/site-%d/%d-%02d.csv.gz", site, month/100, month%100)
		from := fmt.Sprintf("events WHERE site_id = %d AND toYYYYMM(occurred_at) = %d ORDER BY site_id, occurred_at", site, month)
		if err := a.add(name, true, func(w io.Writer) (uint64, error) { return s.writeRows(ctx, w, from) }); err != nil {
			return err
		}
	}
	name := fmt.Sprintf("refusals/site-%d.csv.gz", site)
	from := fmt.Sprintf("ingestion FINAL WHERE site_id = %d ORDER BY site_id, minute, source, seq, item", site)
	return a.add(name, true, func(w io.Writer) (uint64, error) { return s.writeRows(ctx, w, from) })
}

// writeRows writes rows of a table as packed CSV, all columns by name, a block at a time.
func (s *Service) writeRows(ctx context.Context, w io.Writer, from string) (n uint64, err error) {
	rows, err := s.deps.Events.Query(ctx, "SELECT * APPLY(toString) FROM "+from)
	if err != nil {
		return 0, err
	}
	defer func() { _ = rows.Close() }()
	packed := gzip.NewWriter(w)
	out := csv.NewWriter(packed)
	names := rows.Columns()
	for i, name := range names {
		names[i] = strings.TrimSuffix(strings.TrimPrefix(name, "toString("), ")")
	}
	if err := out.Write(names); err != nil {
		return 0, err
	}
	cells, into := make([]string, len(names)), make([]any, len(names))
	for i := range cells {
		into[i] = &cells[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return n, err
		}
		if err := out.Write(cells); err != nil {
			return n, err
		}
		n++
	}
	if err := rows.Err(); err != nil {
		return n, err
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return n, err
	}
	return n, packed.Close()
}
