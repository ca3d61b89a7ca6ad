package retention

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"noctra/admin/internal/slices"
	"noctra/admin/internal/store"
	"noctra/schema"
)

const hourMillis = int64(time.Hour / time.Millisecond)

// table is one of ClickHouse that retention clears.
type table struct {
	name   string
	month  string                            // its partition of a row; empty where it has none
	before func(limit) slices.DayNumber      // the first day that is kept, 0 for all
	over   func(limit, moments) (sql string) // rows of a site that are over
}

// moments are what a round was begun with.
type moments struct {
	received int64  // events that came before, in Unix milliseconds
	audited  string // a condition: places that were looked for
}

// tables lists them in the order in which they are cleared. The hours of touched go before the events:
// the Maker makes no day again that nothing touched.
func tables() []table {
	raw, sums := func(l limit) slices.DayNumber { return l.raw }, func(l limit) slices.DayNumber { return l.sums }
	byDay := func(l limit, _ moments) string { return fmt.Sprintf("day < toDate(%d)", l.sums) }
	return []table{
		{name: "touched", before: raw, over: func(l limit, _ moments) string {
			end := l.raw.Span(l.zone).From
			end += (hourMillis - end%hourMillis) % hourMillis
			return fmt.Sprintf("hour < toDateTime(%d, 'UTC')", end/1000)
		}},
		{name: "events", month: "toYYYYMM(occurred_at)", before: raw, over: func(l limit, m moments) string {
			return fmt.Sprintf("occurred_at < fromUnixTimestamp64Milli(%d, 'UTC') AND received_at < fromUnixTimestamp64Milli(%d, 'UTC') AND %s",
				l.raw.Span(l.zone).From, m.received, m.audited)
		}},
		{name: "rollup", month: "toYYYYMM(day)", before: sums, over: byDay},
		{name: "visits", month: "toYYYYMM(day)", before: sums, over: byDay},
		{name: "slices", before: sums, over: byDay},
	}
}

// found is how many rows of a site are over, and in which partitions.
type found struct {
	rows   map[schema.SiteID]int64
	months []uint32
}

// clear deletes the rows of a table that are over, of all sites at once, and counts again.
func (j *Job) clear(ctx context.Context, t table, limits []limit) error {
	var m moments
	m.received = j.deps.Now().Add(-copiesCome).UnixMilli()
	var err error
	if m.audited, err = j.audited(ctx); err != nil {
		return err
	}
	where := t.where(limits, m)
	if where == "" {
		return nil
	}
	before, err := j.count(ctx, t, where)
	if err != nil {
		return err
	}
	logged := map[schema.SiteID]int64{}
	for _, l := range limits {
		if err := j.begin(ctx, t.name, l, t.before(l), before.rows[l.site.ID], logged); err != nil {
			return err
		}
	}
	for _, month := range before.months {
		statement := "ALTER TABLE " + t.name + " DELETE"
		if t.month != "" {
			statement += fmt.Sprintf(" IN PARTITION %d", month)
		}
		statement += " WHERE " + where + " SETTINGS mutations_sync = 2"
		err := j.deps.EachServer(ctx, func(ctx context.Context, conn slices.Conn) error { return conn.Exec(ctx, statement) })
		if err != nil {
			return fmt.Errorf("delete old rows of %s: %w", t.name, err)
		}
	}
	after := before
	if len(before.months) > 0 {
		if after, err = j.count(ctx, t, where); err != nil {
			return err
		}
	}
	for site, id := range logged {
		if err := j.end(ctx, id, after.rows[site]); err != nil {
			return err
		}
	}
	if len(logged) > 0 {
		j.deps.Log.Info("kept long enough, and deleted", "table", t.name, "sites", len(logged))
	}
	return nil
}

// where is the condition of all sites, empty where none has a limit.
func (t table) where(limits []limit, m moments) string {
	var each []string
	for _, l := range limits {
		if t.before(l) > 0 {
			each = append(each, fmt.Sprintf("(site_id = %d AND %s)", l.site.ID, t.over(l, m)))
		}
	}
	if len(each) == 0 {
		return ""
	}
	return "(" + strings.Join(each, " OR ") + ")"
}

// count counts rows by site, and lists the partitions that have some.
func (j *Job) count(ctx context.Context, t table, where string) (f found, err error) {
	month := t.month
	if month == "" {
		month = "toUInt32(0)"
	}
	f.rows = map[schema.SiteID]int64{}
	rows, err := j.deps.Conn.Query(ctx, fmt.Sprintf("SELECT site_id, %s AS month, toInt64(count()) FROM %s WHERE %s GROUP BY site_id, month ORDER BY month", month, t.name, where))
	if err != nil {
		return f, fmt.Errorf("count old rows of %s: %w", t.name, err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var site uint64
		var month uint32
		var n int64
		if err := rows.Scan(&site, &month, &n); err != nil {
			return f, fmt.Errorf("count old rows of %s: %w", t.name, err)
		}
		f.rows[schema.SiteID(site)] += n
		if len(f.months) == 0 || f.months[len(f.months)-1] != month {
			f.months = append(f.months, month)
		}
	}
	return f, rows.Err()
}

// audited is the condition that a row's place was looked for. Partitions that were never audited begin
// after everything that is stored.
func (j *Job) audited(ctx context.Context) (string, error) {
	rows, err := j.deps.Conn.Query(ctx, "SELECT toInt64(partition), argMax(audited, at) FROM partitions WHERE topic = '"+schema.TopicEvents+"' GROUP BY partition ORDER BY partition")
	if err != nil {
		return "", fmt.Errorf("read how far audits are: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var numbers, places []string
	for rows.Next() {
		var number int64
		var place uint64
		if err := rows.Scan(&number, &place); err != nil {
			return "", fmt.Errorf("read how far audits are: %w", err)
		}
		numbers, places = append(numbers, fmt.Sprint(number)), append(places, fmt.Sprintf("toUInt64(%d)", place))
	}
	if err := rows.Err(); err != nil {
		return "", fmt.Errorf("read how far audits are: %w", err)
	}
	if len(numbers) == 0 {
		return "1", nil
	}
	return fmt.Sprintf("(kafka_topic != '%s' OR kafka_offset < transform(toInt64(kafka_partition), [%s], [%s], toUInt64(18446744073709551615)))",
		schema.TopicEvents, strings.Join(numbers, ", "), strings.Join(places, ", ")), nil
}

// begin writes a deletion down before it is done, and what a stopped one has left open.
func (j *Job) begin(ctx context.Context, name string, l limit, before slices.DayNumber, rows int64, logged map[schema.SiteID]int64) error {
	if rows == 0 {
		open, err := j.q.OpenDeletions(ctx, int64(l.site.ID))
		if err != nil {
			return fmt.Errorf("look for deletions under way: %w", err)
		}
		for _, o := range open {
			if o.TableName == name {
				logged[l.site.ID] = o.ID
			}
		}
		return nil
	}
	id, err := j.q.BeginDeletion(ctx, store.BeginDeletionParams{
		SiteID: int64(l.site.ID), WorkspaceID: int64(l.site.Workspace), TableName: name, Before: date(before), RowsFound: rows, BegunAt: j.deps.Now(),
	})
	if err != nil {
		return fmt.Errorf("note deletion: %w", err)
	}
	logged[l.site.ID] = id
	return nil
}

func (j *Job) end(ctx context.Context, id, left int64) error {
	now := j.deps.Now()
	if err := j.q.EndDeletion(ctx, store.EndDeletionParams{ID: id, RowsLeft: &left, CheckedAt: &now}); err != nil {
		return fmt.Errorf("note deletion: %w", err)
	}
	return nil
}

// clearCorrections deletes what events said before they were corrected, together with the events.
func (j *Job) clearCorrections(ctx context.Context, limits []limit) error {
	for _, l := range limits {
		if l.raw == 0 {
			continue
		}
		before := time.UnixMilli(l.raw.Span(l.zone).From)
		n, err := j.q.CountCorrectionsBefore(ctx, store.CountCorrectionsBeforeParams{SiteID: int64(l.site.ID), OccurredAt: before})
		if err != nil {
			return fmt.Errorf("count old corrections: %w", err)
		}
		logged := map[schema.SiteID]int64{}
		if err := j.begin(ctx, "corrections", l, l.raw, n, logged); err != nil {
			return err
		}
		if _, err := j.q.DropCorrectionsBefore(ctx, store.DropCorrectionsBeforeParams{SiteID: int64(l.site.ID), OccurredAt: before}); err != nil {
			return fmt.Errorf("delete old corrections: %w", err)
		}
		for _, id := range logged {
			if n, err = j.q.CountCorrectionsBefore(ctx, store.CountCorrectionsBeforeParams{SiteID: int64(l.site.ID), OccurredAt: before}); err != nil {
				return fmt.Errorf("count old corrections: %w", err)
			}
			if err := j.end(ctx, id, n); err != nil {
				return err
			}
		}
	}
	return nil
}

// date is a day as Postgres has it, none for 0.
func date(n slices.DayNumber) pgtype.Date {
	if n == 0 {
		return pgtype.Date{}
	}
	return pgtype.Date{Time: n.Date(), Valid: true}
}
