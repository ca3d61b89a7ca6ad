package erasure

import (
	"context"
	"fmt"
	"slices"
	"strings"

	clickhousego "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	visits "noctra/admin/internal/slices"

	"noctra/internal/clickhouse"
)

const (
	batchPlaces = 10_000
	queryBytes  = 4 << 20 // of a statement that names so many places
)

// place is where an event stands; with its time it is that event even where a topic was made anew.
type place struct {
	topic     string
	partition uint16
	offset    uint64
	occurred  int64 // Unix milliseconds
	day       int32 // local
}

// found is some of a person's events.
type found struct {
	places []place
	ids    []string           // of those that the uploader reads
	days   []visits.DayNumber // in order, each once
}

// find returns some of the events that where chooses.
func find(ctx context.Context, conn Conn, where, zone string) (f found, err error) {
	days := map[visits.DayNumber]bool{}
	sql := fmt.Sprintf(`SELECT kafka_topic, kafka_partition, kafka_offset, toUnixTimestamp64Milli(occurred_at), toInt32(toUInt16(toDate(occurred_at, '%s'))),
		event_id
		FROM events WHERE %s LIMIT %d`, zone, where, batchPlaces)
	err = clickhouse.Each(ctx, conn, sql, func(rows driver.Rows) error {
		var p place
		var id string
		if err := rows.Scan(&p.topic, &p.partition, &p.offset, &p.occurred, &p.day, &id); err != nil {
			return err
		}
		f.ids = append(f.ids, id)
		f.places = append(f.places, p)
		days[visits.DayNumber(p.day)] = true
		return nil
	})
	if err != nil {
		return f, fmt.Errorf("find events: %w", err)
	}
	for day := range days {
		f.days = append(f.days, day)
	}
	slices.Sort(f.days)
	return f, nil
}

// where chooses exactly these events. It says nothing of whose they are, since ClickHouse keeps the
// text of what was deleted for a while.
func (f found) where(site int64) string {
	first, last := f.places[0].occurred, f.places[0].occurred
	byTopic := map[string][]string{}
	for _, p := range f.places {
		first, last = min(first, p.occurred), max(last, p.occurred)
		byTopic[p.topic] = append(byTopic[p.topic], fmt.Sprintf("(%d,%d,%d)", p.partition, p.offset, p.occurred))
	}
	var parts []string
	for topic, places := range byTopic {
		parts = append(parts, fmt.Sprintf("kafka_topic = %s AND (kafka_partition, kafka_offset, toUnixTimestamp64Milli(occurred_at)) IN (%s)", clickhouse.Quote(topic), strings.Join(places, ",")))
	}
	slices.Sort(parts)
	return fmt.Sprintf("site_id = %d AND occurred_at >= fromUnixTimestamp64Milli(%d, 'UTC') AND occurred_at <= fromUnixTimestamp64Milli(%d, 'UTC') AND (%s)",
		site, first, last, strings.Join(parts, " OR "))
}

// hashSQL is what the aggregator knows copies of an event by.
const hashSQL = "xxHash64(concat(reinterpretAsFixedString(site_id), event_id))"

// keep writes down what has to outlive the events: a hash of the id, so that copies are known, and the
// place, so that every message is somewhere.
func keep(ctx context.Context, conn Conn, erasure int64, where string) error {
	ctx = with(ctx, clickhousego.Settings{"max_query_size": queryBytes, "insert_deduplicate": 0, "async_insert": 0})
	err := conn.Exec(ctx, fmt.Sprintf(`INSERT INTO erased (site_id, hash, kafka_topic, kafka_partition, kafka_offset, occurred_at, received_at, erasure, bytes)
		SELECT site_id, %s, kafka_topic, kafka_partition, kafka_offset, occurred_at, received_at, %d, toUInt32(byteSize(*)) FROM events WHERE %s`, hashSQL, erasure, where))
	if err != nil {
		return fmt.Errorf("keep hashes of erased events: %w", err)
	}
	return note(ctx, conn, "site_id", where)
}

// note writes the places of events into ingestion, under a site or under 0.
func note(ctx context.Context, conn Conn, site, where string) error {
	ctx = with(ctx, clickhousego.Settings{"max_query_size": queryBytes, "insert_deduplicate": 0, "async_insert": 0})
	err := conn.Exec(ctx, fmt.Sprintf(`INSERT INTO ingestion (site_id, minute, source, seq, item, stage, reason, n)
		SELECT %s, toStartOfMinute(received_at), concat(kafka_topic, '-', toString(kafka_partition)), kafka_offset, 0, 'aggregator', 'erased', 1 FROM events WHERE %s`, site, where))
	if err != nil {
		return fmt.Errorf("note places of erased events: %w", err)
	}
	return nil
}

// hide deletes events for every question; they are still on disk.
func (r *Runner) hide(ctx context.Context, where string) error {
	ctx = with(ctx, clickhousego.Settings{"max_query_size": queryBytes})
	err := r.deps.EachServer(ctx, func(ctx context.Context, conn visits.Conn) error {
		return conn.Exec(with(ctx, clickhousego.Settings{"max_query_size": queryBytes}), "DELETE FROM events WHERE "+where)
	})
	if err != nil {
		return fmt.Errorf("delete events: %w", err)
	}
	return nil
}

// erasedOf counts what an erasure has taken from events.
func erasedOf(ctx context.Context, conn Conn, erasure int64) (f Found, err error) {
	f = Found{Store: "clickhouse", Table: "events"}
	err = clickhouse.Each(ctx, conn, fmt.Sprintf("SELECT count(), sum(bytes) FROM erased FINAL WHERE erasure = %d", erasure), func(rows driver.Rows) error {
		return rows.Scan(&f.Rows, &f.Bytes)
	})
	if err != nil {
		return f, fmt.Errorf("count erased events: %w", err)
	}
	return f, nil
}

// count counts rows of a table.
func count(ctx context.Context, conn Conn, table, where string) (n uint64, err error) {
	err = clickhouse.Each(ctx, conn, "SELECT count() FROM "+table+" WHERE "+where, func(rows driver.Rows) error { return rows.Scan(&n) })
	if err != nil {
		return 0, fmt.Errorf("count rows of %s: %w", table, err)
	}
	return n, nil
}
