package slices

import (
	"context"
	"fmt"
	"strings"

	"noctra/internal/failpoint"
)

// How generations are swept. Milliseconds.
const (
	sweepEvery  = 10 * minuteMillis
	sweepGrace  = 10 * minuteMillis // a making, and the longest report that still reads the generation before
	orphanEvery = dayMillis
	orphanGrace = hourMillis // longer than any making
	sweepMost   = 2000       // generations in one DELETE
)

// stale is a generation of a day that nothing reads.
type stale struct {
	site  uint64
	day   DayNumber
	gen   uint64
	month uint32 // partition of visits
}

// sweep deletes generations that were followed by another, and once a day those that a making left
// unfinished, on each server that has rows: all of one site are on one.
func (m *Maker) sweep(ctx context.Context, now int64) error {
	if now-m.swept < sweepEvery {
		return nil
	}
	scan := now-m.scanned >= orphanEvery
	err := m.opts.EachServer(ctx, func(ctx context.Context, conn Conn) error {
		if err := m.sweepReplaced(ctx, conn, now); err != nil || !scan {
			return err
		}
		return m.sweepUnfinished(ctx, conn, now)
	})
	if err != nil {
		return err
	}
	m.swept = now
	if scan {
		m.scanned = now
	}
	return nil
}

func (m *Maker) sweepReplaced(ctx context.Context, conn Conn, now int64) error {
	replaced, err := findStale(ctx, conn, fmt.Sprintf(`SELECT site_id, toInt32(toUInt16(day)), gen, toYYYYMM(day) FROM (
		SELECT site_id, day, gen, max((made_at, gen)) OVER (PARTITION BY site_id, day) AS newest, made_at FROM slices)
		WHERE (made_at, gen) < newest AND newest.2 < %d ORDER BY day LIMIT %d`, generationAt(now-sweepGrace), sweepMost))
	if err != nil {
		return fmt.Errorf("find replaced slices: %w", err)
	}
	return m.remove(ctx, conn, replaced, true)
}

func (m *Maker) sweepUnfinished(ctx context.Context, conn Conn, now int64) error {
	orphans, err := findStale(ctx, conn, fmt.Sprintf(`SELECT site_id, toInt32(toUInt16(day)), gen, toYYYYMM(day) FROM visits
		WHERE (site_id, day, gen) NOT IN (SELECT site_id, day, gen FROM slices) AND gen < %d GROUP BY site_id, day, gen ORDER BY day LIMIT %d`,
		generationAt(now-orphanGrace), sweepMost))
	if err != nil {
		return fmt.Errorf("find unfinished slices: %w", err)
	}
	return m.remove(ctx, conn, orphans, false)
}

func findStale(ctx context.Context, conn Conn, query string) ([]stale, error) {
	var out []stale
	err := each(ctx, conn, query, func(scan func(...any) error) error {
		var s stale
		var day int32
		if err := scan(&s.site, &day, &s.gen, &s.month); err != nil {
			return err
		}
		s.day = DayNumber(day)
		out = append(out, s)
		return nil
	})
	return out, err
}

// remove deletes generations month by month, visits after their rollups, since visits without a slice
// are what is looked for. The rows of slices, where there are any, go last, so that what fails in
// between is found again.
func (m *Maker) remove(ctx context.Context, conn Conn, list []stale, recorded bool) error {
	byMonth := map[uint32][]string{}
	var all []string
	for _, s := range list {
		key := fmt.Sprintf("(%d, toDate(%d), toUInt64(%d))", s.site, s.day, s.gen)
		byMonth[s.month], all = append(byMonth[s.month], key), append(all, key)
	}
	if len(all) == 0 {
		return nil
	}
	for month, keys := range byMonth {
		for _, table := range []string{"rollup", "visits"} {
			err := conn.Exec(ctx, fmt.Sprintf("DELETE FROM %s IN PARTITION %d WHERE (site_id, day, gen) IN (%s)", table, month, strings.Join(keys, ", ")))
			if err != nil {
				return fmt.Errorf("delete %d old slices of %d from %s: %w", len(keys), month, table, err)
			}
			failpoint.Hit(failpoint.SlicesSwept)
		}
	}
	if recorded {
		if err := conn.Exec(ctx, fmt.Sprintf("DELETE FROM slices WHERE (site_id, day, gen) IN (%s)", strings.Join(all, ", "))); err != nil {
			return fmt.Errorf("delete %d old slices from slices: %w", len(all), err)
		}
	}
	m.metrics.swept.Add(float64(len(all)))
	m.log.Debug("old slices deleted", "slices", len(all))
	return nil
}
