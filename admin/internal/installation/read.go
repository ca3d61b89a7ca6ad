package installation

import (
	"context"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"noctra/internal/clickhouse"
	"noctra/schema"
)

// Conn is what is needed of ClickHouse. The user behind it may be readonly = 1.
type Conn interface {
	Query(ctx context.Context, query string, args ...any) (driver.Rows, error)
}

// Read checks a site. sightings are those of the window.
func Read(ctx context.Context, conn Conn, site schema.Site, now time.Time, sightings []Sighting) (*Check, error) {
	f := facts{site: site, now: now.UTC(), sightings: sightings}
	for _, step := range []func(context.Context, Conn) error{f.readTaken, f.readTotal, f.readRefused} {
		if err := step(ctx, conn); err != nil {
			return nil, err
		}
	}
	return f.check(), nil
}

func (f *facts) since() time.Time { return f.now.Add(-Window) }

// readTaken reads what happened in the window by door and host.
func (f *facts) readTaken(ctx context.Context, conn Conn) error {
	err := clickhouse.Each(ctx, conn, fmt.Sprintf(`SELECT toString(via), toString(hostname), count(), max(received_at)
FROM events WHERE site_id = %d AND occurred_at >= toDateTime64(%d, 3, 'UTC') GROUP BY via, hostname ORDER BY count() DESC LIMIT 100`, f.site.ID, f.since().Unix()), func(rows driver.Rows) error {
		var t taken
		if err := rows.Scan(&t.door, &t.host, &t.n, &t.last); err != nil {
			return err
		}
		f.taken = append(f.taken, t)
		return nil
	})
	if err != nil {
		return fmt.Errorf("read newest events: %w", err)
	}
	return nil
}

// readTotal counts what came in the window, and finds the newest event. The projection by_receipt answers
// it: its expressions have to be those.
func (f *facts) readTotal(ctx context.Context, conn Conn) error {
	err := clickhouse.Each(ctx, conn, fmt.Sprintf(`SELECT sumIf(n, minute >= toDateTime(%d, 'UTC')), max(minute)
FROM (SELECT toStartOfMinute(received_at) AS minute, count() AS n FROM events WHERE site_id = %d GROUP BY minute)`, f.since().Unix(), f.site.ID), func(rows driver.Rows) error {
		var last time.Time
		if err := rows.Scan(&f.total, &last); err != nil {
			return err
		}
		if last.Unix() > 0 {
			f.last = last.UTC()
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("count events by receipt: %w", err)
	}
	return nil
}

// readRefused reads the ledger of what collectors refused.
func (f *facts) readRefused(ctx context.Context, conn Conn) error {
	err := clickhouse.Each(ctx, conn, fmt.Sprintf(`SELECT toString(stage), toString(reason), sum(n), max(minute) FROM ingestion FINAL
WHERE site_id = %d AND minute >= toDateTime(%d, 'UTC') AND stage != 'aggregator' GROUP BY stage, reason ORDER BY sum(n) DESC, stage, reason`, f.site.ID, f.since().Unix()), func(rows driver.Rows) error {
		var r refusal
		if err := rows.Scan(&r.door, &r.code, &r.n, &r.last); err != nil {
			return err
		}
		f.refused = append(f.refused, r)
		return nil
	})
	if err != nil {
		return fmt.Errorf("read refusals: %w", err)
	}
	return nil
}
