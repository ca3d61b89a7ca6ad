package slices

import (
	"context"
	"fmt"
	"slices"
	"strings"

	clickhousego "github.com/ClickHouse/clickhouse-go/v2"

	"noctra/internal/failpoint"
)

// rollupRows is more than one INSERT of sums has, so that it is one block.
const rollupRows = 4_000_000

// sharedEvents of the batch are looked at together for ids that are shared between days.
const sharedEvents = 2_000_000

// makeRollups makes the sums of a generation from its visits. Large days take an INSERT per
// rollup, all others one for all; short of memory, visitors are shared out among several, whose
// rows add up.
func makeRollups(ctx context.Context, conn Conn, b batch, gen uint64) error {
	groups := [][]Rollup{allRollups()}
	if b.events > batchEvents || b.finer > 1 {
		groups = slices.Collect(slices.Chunk(allRollups(), 1))
	}
	pieces := max(b.finer, 1)
	number := uint64(0)
	for _, group := range groups {
		for piece := range pieces {
			sql := insertRollups(b, insertion{"rollup", b.site, gen, number, rollupRows}, group, share{piece, pieces})
			if err := conn.Exec(ctx, sql, clickhousego.Named("currency", b.currency)); err != nil {
				return fmt.Errorf("insert rollups: %w", err)
			}
			number++
		}
	}
	return nil
}

// share is one of several disjoint sets of visitors.
type share struct{ piece, of uint64 }

func (s share) condition(id string) string {
	if s.of <= 1 {
		return ""
	}
	return fmt.Sprintf(" AND intHash64(%s) %% %d = %d", id, s.of, s.piece)
}

func insertRollups(b batch, i insertion, of []Rollup, part share) string {
	days := make([]string, len(b.days))
	for j, n := range b.days {
		days[j] = fmt.Sprintf("toDate(%d)", n)
	}
	where := fmt.Sprintf("site_id = %d AND day IN (%s) AND gen = %d%s", b.site, strings.Join(days, ", "), i.gen, part.condition("visitor_id"))
	head := fmt.Sprintf("toUInt64(%d), toUInt64(%d)", b.site, i.gen)
	settings := once(i)
	if failpoint.Planted(failpoint.RollupWithoutToken) {
		settings = "SETTINGS insert_deduplicate = 0"
	}
	return fmt.Sprintf("INSERT INTO rollup (%s) %s %s", rollupInsertColumns, settings, strings.Join(rollupSelects(of, head, where), " UNION ALL "))
}

// dayFacts are what the sums of a day cannot say by themselves about its visitors.
type dayFacts struct {
	lasting bool // has visitors whose ids live longer than a day
	shared  bool // has ids for one day that were also seen on the day before or after
}

// readFacts looks at the batch's days and at their neighbours. An id for a day comes from a salt for
// the site's local date, so it should be in one day alone; but a site's zone may have changed, and
// ids then follow the days of the old one. Whichever of two neighbours is made last finds out, since
// it sees the raw events of both.
func readFacts(ctx context.Context, conn Querier, b batch, gen uint64) (map[DayNumber]dayFacts, error) {
	facts := map[DayNumber]dayFacts{}
	err := each(ctx, conn, fmt.Sprintf("SELECT toInt32(toUInt16(day)) FROM rollup WHERE site_id = %d AND dim = %d AND gen = %d GROUP BY day HAVING sum(lasting) > 0",
		b.site, RollupAll, gen), func(scan func(...any) error) error {
		var day int32
		err := scan(&day)
		facts[DayNumber(day)] = dayFacts{lasting: true}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read lasting visitors: %w", err)
	}
	pieces := (b.events/sharedEvents + 1) * max(b.finer, 1)
	for piece := range pieces {
		sql := fmt.Sprintf(`SELECT DISTINCT toInt32(toUInt16(toDate(low, {tz:String}))), toInt32(toUInt16(toDate(high, {tz:String}))) FROM
			(SELECT min(occurred_at) AS low, max(occurred_at) AS high FROM events WHERE %s AND visitor_kind = 1 AND visitor_id != 0%s GROUP BY visitor_id)
			WHERE toDate(low, {tz:String}) != toDate(high, {tz:String})`,
			RawRows(b.site, b.widened()), share{piece, pieces}.condition("visitor_id"))
		err := each(ctx, conn, sql, func(scan func(...any) error) error {
			var low, high int32
			if err := scan(&low, &high); err != nil {
				return err
			}
			for n := DayNumber(low); n <= DayNumber(high); n++ {
				facts[n] = dayFacts{lasting: facts[n].lasting, shared: true}
			}
			return nil
		}, clickhousego.Named("tz", b.zone.String()))
		if err != nil {
			return nil, fmt.Errorf("look for visitors of two days: %w", err)
		}
	}
	return facts, nil
}

// widened are the stretches of time of the days and of their neighbours.
func (b batch) widened() []Span {
	wide := b
	wide.days = nil
	for _, n := range b.days {
		wide.days = append(wide.days, n-1, n, n+1)
	}
	slices.Sort(wide.days)
	wide.days = slices.Compact(wide.days)
	return wide.spans()
}
