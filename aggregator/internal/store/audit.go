package store

import (
	"context"
	"encoding/binary"
	"fmt"
	"strings"
	"time"

	"noctra/aggregator/internal/rows"
	"noctra/internal/clickhouse"
	"noctra/schema"
)

const auditLimit = time.Minute

// Found is how many places of a range are where.
type Found struct {
	Rows     int64 // in events and ingestion, all together
	Distinct int64 // different places among them
	Missing  int64 // places of which it is known that Kafka lost them
}

// Audit looks for the places of a range. What is erased is noted before it is deleted, so such a note
// and a row at one place are no double.
func (s *Store) Audit(ctx context.Context, r Range) (f Found, err error) {
	ctx, cancel := context.WithTimeout(ctx, auditLimit)
	defer cancel()
	noted := fmt.Sprintf("source = %s AND stage = %s", clickhouse.Quote(rows.Source(r.Topic, r.Partition)), clickhouse.Quote(rows.Stage))
	answer, err := s.query(ctx, fmt.Sprintf(`SELECT countIf(stored) + uniqExact(place) - uniqExactIf(place, stored), uniqExact(place),
  ifNull((SELECT toUInt64(sum(least(seq + gap, %[4]d) - greatest(seq, %[3]d)))
   FROM (SELECT seq, max(n) AS gap FROM ingestion WHERE %[5]s AND reason = %[6]s AND seq < %[4]d GROUP BY seq) WHERE seq + gap > %[3]d), toUInt64(0))
FROM
(
    SELECT kafka_offset AS place, true AS stored FROM events WHERE kafka_topic = %[1]s AND kafka_partition = %[2]d AND kafka_offset >= %[3]d AND kafka_offset < %[4]d
    UNION ALL
    SELECT DISTINCT seq AS place, reason != %[8]s AS stored FROM ingestion WHERE %[5]s AND reason NOT IN (%[6]s, %[7]s) AND seq >= %[3]d AND seq < %[4]d
)
FORMAT RowBinary`, clickhouse.Quote(r.Topic), r.Partition, r.From, r.To, noted, clickhouse.Quote(rows.Missing), clickhouse.Quote(rows.Unaccounted), clickhouse.Quote(rows.Erased)))
	if err != nil {
		return f, fmt.Errorf("audit offsets %d to %d: %w", r.From, r.To, err)
	}
	n, err := numbers(answer, 3)
	if err != nil {
		return f, fmt.Errorf("audit offsets %d to %d: %w", r.From, r.To, err)
	}
	return Found{Rows: n[0], Distinct: n[1], Missing: n[2]}, nil
}

func numbers(answer []byte, n int) ([]int64, error) {
	if len(answer) != 8*n {
		return nil, fmt.Errorf("an answer of %d bytes", len(answer))
	}
	all := make([]int64, n)
	for i := range all {
		all[i] = int64(binary.LittleEndian.Uint64(answer[8*i:]))
	}
	return all, nil
}

// Progress is how far a partition is; a row of the table partitions.
type Progress struct {
	Partition       int
	Committed, High int64
	Oldest          schema.Millis // of what is not settled, 0 for nothing
	Audited         int64         // places before it were looked for
	Lost, Doubled   int64         // of them
}

// Report stores how far partitions are, in place of what was stored of them.
func (s *Store) Report(ctx context.Context, topic string, all []Progress) error {
	ctx, cancel := context.WithTimeout(ctx, auditLimit)
	defer cancel()
	values := make([]string, len(all))
	for i, p := range all {
		values[i] = fmt.Sprintf("(%s, %d, %d, %d, fromUnixTimestamp64Milli(%d, 'UTC'), %d, %d, %d)",
			clickhouse.Quote(topic), p.Partition, p.Committed, p.High, p.Oldest, p.Audited, p.Lost, p.Doubled)
	}
	sql := "INSERT INTO partitions (topic, partition, committed, high, oldest, audited, lost, doubled) SETTINGS async_insert = 0 VALUES " + strings.Join(values, ", ")
	if _, err := s.query(ctx, sql); err != nil {
		return fmt.Errorf("store progress of %d partitions: %w", len(all), err)
	}
	return nil
}

// Audited returns up to where a partition was audited last; found is false where it never was.
func (s *Store) Audited(ctx context.Context, topic string, partition int) (at int64, found bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, auditLimit)
	defer cancel()
	answer, err := s.query(ctx, fmt.Sprintf("SELECT argMax(audited, at), count() FROM partitions WHERE topic = %s AND partition = %d FORMAT RowBinary", clickhouse.Quote(topic), partition))
	if err != nil {
		return 0, false, fmt.Errorf("read where audits of partition %d ended: %w", partition, err)
	}
	n, err := numbers(answer, 2)
	if err != nil {
		return 0, false, fmt.Errorf("read where audits of partition %d ended: %w", partition, err)
	}
	return n[0], n[1] > 0, nil
}
