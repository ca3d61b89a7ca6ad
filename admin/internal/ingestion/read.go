package ingestion

import (
	"context"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"noctra/internal/clickhouse"
	"noctra/schema"
)

// settling is how long a partition may have been quiet in the eyes of its aggregator although a
// message was just taken.
const settling = 5 * time.Second

// StoredSQL counts stored events. It is answered by the projection by_receipt: its expressions have to be those.
func StoredSQL(site schema.SiteID, r Range) string {
	return fmt.Sprintf(`SELECT toInt64(intDiv(toUnixTimestamp(toStartOfMinute(received_at)), %[2]d) * %[2]d) AS bucket, count()
FROM events
WHERE site_id = %[1]d AND toStartOfMinute(received_at) >= toDateTime(%[3]d, 'UTC') AND toStartOfMinute(received_at) < toDateTime(%[4]d, 'UTC')
GROUP BY bucket`, site, seconds(r), r.From.Unix(), r.To.Unix())
}

func notedSQL(site schema.SiteID, r Range) string {
	return fmt.Sprintf(`SELECT toInt64(intDiv(toUnixTimestamp(minute), %[2]d) * %[2]d) AS bucket, toString(stage), toString(reason), sum(n)
FROM ingestion FINAL
WHERE site_id = %[1]d AND minute >= toDateTime(%[3]d, 'UTC') AND minute < toDateTime(%[4]d, 'UTC')
GROUP BY bucket, stage, reason`, site, seconds(r), r.From.Unix(), r.To.Unix())
}

func seconds(r Range) int64 { return int64(r.Interval.Length().Seconds()) }

func readBuckets(ctx context.Context, conn Conn, site schema.SiteID, r Range) (map[int64]*Figures, error) {
	buckets := map[int64]*Figures{}
	of := func(at int64) *Figures {
		if buckets[at] == nil {
			f := none()
			buckets[at] = &f
		}
		return buckets[at]
	}
	err := clickhouse.Each(ctx, conn, StoredSQL(site, r), func(rows driver.Rows) error {
		var at int64
		var n uint64
		if err := rows.Scan(&at, &n); err != nil {
			return err
		}
		of(at).Stored = n
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("count stored events: %w", err)
	}
	err = clickhouse.Each(ctx, conn, notedSQL(site, r), func(rows driver.Rows) error {
		var at int64
		var stage, reason string
		var n uint64
		if err := rows.Scan(&at, &stage, &reason, &n); err != nil {
			return err
		}
		of(at).note(stage, reason, n)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read what is not stored: %w", err)
	}
	return buckets, nil
}

func readProduct(ctx context.Context, conn Conn, r Range) (p Product, err error) {
	err = clickhouse.Each(ctx, conn, fmt.Sprintf(`SELECT toUInt64(sum(greatest(toInt64(high) - toInt64(committed), 0))), toUInt64(sum(abs(lost) + abs(doubled))),
min(if(toUnixTimestamp64Milli(oldest) > 0, toUnixTimestamp64Milli(oldest), toUnixTimestamp64Milli(at) - %d)), count()
FROM partitions FINAL WHERE topic = '%s'`, settling.Milliseconds(), schema.TopicEvents), func(rows driver.Rows) error {
		var until int64
		var partitions uint64
		if err := rows.Scan(&p.InFlight, &p.Unaccounted, &until, &partitions); err != nil {
			return err
		}
		if partitions > 0 && until > 1 { // 1: its aggregator does not know yet
			at := time.UnixMilli(until).UTC()
			p.CompleteUntil = &at
		}
		return nil
	})
	if err != nil {
		return p, fmt.Errorf("read progress of partitions: %w", err)
	}
	err = clickhouse.Each(ctx, conn, fmt.Sprintf(`SELECT sumIf(n, reason = 'unaccounted'), sumIf(n, reason = 'missing')
FROM ingestion FINAL WHERE site_id = 0 AND stage = 'aggregator' AND minute >= toDateTime(%d, 'UTC') AND minute < toDateTime(%d, 'UTC')`, r.From.Unix(), r.To.Unix()),
		func(rows driver.Rows) error {
			var unaccounted, missing uint64
			if err := rows.Scan(&unaccounted, &missing); err != nil {
				return err
			}
			p.Unaccounted += unaccounted
			p.Missing = missing
			return nil
		})
	if err != nil {
		return p, fmt.Errorf("read what is unaccounted for: %w", err)
	}
	return p, nil
}
