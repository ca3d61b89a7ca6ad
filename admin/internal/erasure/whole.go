package erasure

import (
	"context"
	"fmt"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	visits "noctra/admin/internal/slices"
	"noctra/internal/clickhouse"
	"noctra/schema"
)

// siteTables are all tables that have rows of a site, what others are made from first.
func siteTables() []string {
	return []string{"events", "touched", "slices", "visits", "rollup", "ingestion", "erased"}
}

// clearSite deletes everything of a site, on disk as well. Places that no audit has looked for yet are
// noted under no site before.
func (r *Runner) clearSite(ctx context.Context, j *job, site int64) error {
	if err := r.keepPlaces(ctx, site); err != nil {
		return err
	}
	where := fmt.Sprintf("site_id = %d", site)
	for _, table := range siteTables() {
		n, err := count(ctx, r.deps.Conn, table, where)
		if err != nil {
			return err
		}
		if n == 0 {
			continue
		}
		j.receipt.note(Found{Store: "clickhouse", Table: table, Site: number(site), Rows: n})
		err = r.deps.EachServer(ctx, func(ctx context.Context, conn visits.Conn) error {
			if err := conn.Exec(ctx, "ALTER TABLE "+table+" DELETE WHERE "+where+" SETTINGS mutations_sync = 0"); err != nil {
				return err
			}
			return awaitMutations(ctx, conn, table)
		})
		if err != nil {
			return fmt.Errorf("delete site %d from %s: %w", site, table, err)
		}
	}
	return nil
}

// keepPlaces brings what audits still have to find of a site to site 0.
func (r *Runner) keepPlaces(ctx context.Context, site int64) error {
	var events, notes []string
	err := clickhouse.Each(ctx, r.deps.Conn, "SELECT toString(topic), partition, audited FROM partitions FINAL WHERE topic = "+clickhouse.Quote(schema.TopicEvents), func(rows driver.Rows) error {
		var topic string
		var partition uint16
		var audited uint64
		if err := rows.Scan(&topic, &partition, &audited); err != nil {
			return err
		}
		events = append(events, fmt.Sprintf("(kafka_topic = %s AND kafka_partition = %d AND kafka_offset >= %d)", clickhouse.Quote(topic), partition, audited))
		notes = append(notes, fmt.Sprintf("(source = %s AND seq >= %d)", clickhouse.Quote(fmt.Sprintf("%s-%d", topic, partition)), audited))
		return nil
	})
	if err != nil {
		return fmt.Errorf("read where audits are: %w", err)
	}
	if len(events) == 0 {
		return nil // nobody audits
	}
	if err := note(ctx, r.deps.Conn, "toUInt64(0)", fmt.Sprintf("site_id = %d AND (%s)", site, strings.Join(events, " OR "))); err != nil {
		return err
	}
	err = r.deps.Conn.Exec(ctx, fmt.Sprintf(`INSERT INTO ingestion (site_id, minute, source, seq, item, stage, reason, n) SETTINGS insert_deduplicate = 0, async_insert = 0
		SELECT toUInt64(0), minute, source, seq, item, stage, reason, n FROM ingestion FINAL WHERE site_id = %d AND stage = 'aggregator' AND (%s)`, site, strings.Join(notes, " OR ")))
	if err != nil {
		return fmt.Errorf("keep places of site %d: %w", site, err)
	}
	return nil
}

// leftOfSite counts rows of a site in all tables.
func (r *Runner) leftOfSite(ctx context.Context, site int64) (left uint64, err error) {
	for _, table := range siteTables() {
		n, err := count(onDisk(ctx), r.deps.Conn, table, fmt.Sprintf("site_id = %d", site))
		if err != nil {
			return 0, err
		}
		left += n
	}
	return left, nil
}
