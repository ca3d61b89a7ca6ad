package slices

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	clickhousego "github.com/ClickHouse/clickhouse-go/v2"

	"noctra/internal/failpoint"
	"noctra/schema"
)

// Conn is what making needs of ClickHouse: a user that may insert into and delete from visits,
// rollup, slices and touched.
type Conn interface {
	Querier
	Exec(ctx context.Context, query string, args ...any) error
}

// Bounds of one INSERT.
const (
	pieceEvents = 500_000   // of one piece: keeps its memory at some hundred megabytes, and its rows in one block
	batchEvents = 1_000_000 // of the days made together
	batchDays   = 31
	makeTimeout = 4 * time.Minute
)

// batch is what is made together as one generation: days of one site within one month, which is one
// partition of visits.
type batch struct {
	site     schema.SiteID
	zone     *time.Location
	currency string // of the money in rollups
	days     []DayNumber
	events   uint64 // about how many
	finer    uint64 // how many times more pieces than their number asks for; 0 is 1
}

// pieces is how many INSERTs the batch takes. Visitors are shared out among them.
func (b batch) pieces() uint64 { return (b.events/pieceEvents + 1) * max(b.finer, 1) }

// spans are the stretches of time of the days.
func (b batch) spans() []Span {
	days := slices.Sorted(slices.Values(b.days))
	out := make([]Span, len(days))
	for i, n := range days {
		out[i] = n.Span(b.zone)
	}
	return Joined(out)
}

// makeAs makes the visits and rollups of a batch anew as one generation, then lets it count.
// madeAt, in Unix milliseconds, is the moment before which all events are taken to be in the slices.
// Where memory is short it makes smaller pieces. A failure in between leaves rows that nothing
// reads, for the Maker to sweep.
func makeAs(ctx context.Context, conn Conn, b batch, madeAt int64) error {
	ctx, cancel := context.WithTimeout(ctx, makeTimeout)
	defer cancel()
	for {
		gen := generation(madeAt)
		err := makeGeneration(ctx, conn, b, stamp{gen: gen, madeAt: madeAt})
		if err == nil {
			return nil
		}
		var exception *clickhousego.Exception
		if !errors.As(err, &exception) || exception.Code != codeMemory || b.finer >= mostFiner {
			return fmt.Errorf("make %d days of visits of site %d from %s: %w", len(b.days), b.site, b.days[0], err)
		}
		b.finer = 4 * max(b.finer, 1)
	}
}

const (
	codeMemory = 241 // of ClickHouse: a query's memory or the server's is used up
	mostFiner  = 64
)

func makeGeneration(ctx context.Context, conn Conn, b batch, s stamp) error {
	failpoint.Hit(failpoint.SlicesMake)
	if err := makeVisits(ctx, conn, b, s.gen); err != nil {
		return err
	}
	failpoint.Hit(failpoint.SlicesVisits)
	if err := makeRollups(ctx, conn, b, s.gen); err != nil {
		return err
	}
	failpoint.Hit(failpoint.SlicesRollups)
	var err error
	if s.facts, err = readFacts(ctx, conn, b, s.gen); err != nil {
		return err
	}
	return count(ctx, conn, b, s)
}

func makeVisits(ctx context.Context, conn Conn, b batch, gen uint64) error {
	for piece := range b.pieces() {
		if err := conn.Exec(ctx, insertVisits(b, gen, piece), clickhousego.Named("tz", b.zone.String())); err != nil {
			return err
		}
	}
	return nil
}

// stamp is a generation with its moment, and what was found out about its days.
type stamp struct {
	gen    uint64
	madeAt int64
	facts  map[DayNumber]dayFacts
}

// count lets a generation count.
func count(ctx context.Context, conn Conn, b batch, s stamp) error {
	rows := make([]string, len(b.days))
	for i, n := range b.days {
		rows[i] = fmt.Sprintf(`SELECT %d AS site_id, toDate(%d) AS day, toUInt64(%d) AS gen, %s AS made_at, {tz:String} AS time_zone,
			%d AS rollups, {currency:String} AS currency, %t AS lasting, %t AS shared`, b.site, n, s.gen, moment(s.madeAt), rollupVersion, s.facts[n].lasting, s.facts[n].shared)
	}
	insert := fmt.Sprintf("INSERT INTO slices (site_id, day, gen, made_at, time_zone, rollups, currency, lasting, shared) %s %s",
		once(insertion{"slices", b.site, s.gen, 0, visitRows}), strings.Join(rows, " UNION ALL "))
	if err := conn.Exec(ctx, insert, clickhousego.Named("tz", b.zone.String()), clickhousego.Named("currency", b.currency)); err != nil {
		return fmt.Errorf("record slices of site %d: %w", b.site, err)
	}
	failpoint.Hit(failpoint.SlicesCounted)
	return nil
}

// insertVisits writes the INSERT of one piece of a generation.
func insertVisits(b batch, gen, piece uint64) string {
	names, values := []string{"site_id", "gen"}, []string{fmt.Sprint(uint64(b.site)), fmt.Sprintf("toUInt64(%d)", gen)}
	selection := Selection{}
	for _, c := range stored() {
		switch c {
		case Start:
			names, values = append(names, "start"), append(values, "fromUnixTimestamp64Milli(start_ms, 'UTC')")
			continue
		case Day, Visitor, Bot:
		default:
			selection.Columns = append(selection.Columns, c)
		}
		names, values = append(names, string(c)), append(values, string(c))
	}
	where := RawRows(b.site, b.spans())
	if n := b.pieces(); n > 1 {
		// Events of nobody known are visits of their own and may be anywhere.
		where += fmt.Sprintf(" AND intHash64(if(visitor_id = 0, cityHash64(event_id), visitor_id)) %% %d = %d", n, piece)
	}
	return fmt.Sprintf("INSERT INTO visits (%s) %s SELECT %s FROM (%s)", strings.Join(names, ", "), once(insertion{"visits", b.site, gen, piece, visitRows}),
		strings.Join(values, ", "), live(selection, where))
}

// insertion names an INSERT, and how many rows it has at most.
type insertion struct {
	table      string
	site       schema.SiteID
	gen, piece uint64
	rows       int
}

const visitRows = 2 * pieceEvents

// once is the SETTINGS of an INSERT SELECT that may be repeated and then changes nothing: its token,
// and what decides how rows are cut into blocks, since each block is known by its place. All rows of
// a piece fit into one block.
func once(i insertion) string {
	return fmt.Sprintf("SETTINGS insert_deduplicate = 1, async_insert = 0, insert_deduplication_token = '%s-%d-%d-%d', max_insert_threads = 1, "+
		"min_insert_block_size_rows = %d, min_insert_block_size_bytes = 0", i.table, i.site, i.gen, i.piece, i.rows)
}

// generation is a number that no other making has: its moment in Unix milliseconds, with chance
// below it in case several admins make at once.
func generation(madeAt int64) uint64 { return generationAt(madeAt) | rand.Uint64N(1<<generationBits) }

const generationBits = 20

// generationAt is the least generation of a moment.
func generationAt(ms int64) uint64 { return uint64(ms) << generationBits }

// MakeAs makes the slices of days of one site as of madeAt: every event of those days that was
// inserted before is taken to be in them. It is for tests and tools; the Maker reads ClickHouse's
// clock.
func MakeAs(ctx context.Context, conn Conn, site schema.Site, days []DayNumber, madeAt time.Time) error {
	zone, err := time.LoadLocation(site.TimeZone)
	if err != nil {
		return fmt.Errorf("time zone of site %d: %w", site.ID, err)
	}
	return makeDays(ctx, conn, batch{site: site.ID, zone: zone, currency: site.Currency, days: days}, func(b batch) error {
		return makeAs(ctx, conn, b, madeAt.UnixMilli())
	})
}

// makeDays counts the events of days, in any order, and hands them on in batches.
func makeDays(ctx context.Context, conn Querier, all batch, do func(batch) error) error {
	if len(all.days) == 0 {
		return nil
	}
	counts, err := countDays(ctx, conn, all)
	if err != nil {
		return err
	}
	for _, b := range cut(all, counts) {
		if err := do(b); err != nil {
			return err
		}
	}
	return nil
}

func countDays(ctx context.Context, conn Querier, b batch) (map[DayNumber]uint64, error) {
	counts := map[DayNumber]uint64{}
	sql := fmt.Sprintf("SELECT toInt32(toUInt16(toDate(occurred_at, {tz:String}))) AS day, count() FROM events WHERE %s GROUP BY day", RawRows(b.site, b.spans()))
	err := each(ctx, conn, sql, func(scan func(...any) error) error {
		var day int32
		var n uint64
		if err := scan(&day, &n); err != nil {
			return err
		}
		counts[DayNumber(day)] = n
		return nil
	}, clickhousego.Named("tz", b.zone.String()))
	if err != nil {
		return nil, fmt.Errorf("count events of site %d: %w", b.site, err)
	}
	return counts, nil
}

// cut makes batches of days, within their bounds and in the order of the days.
func cut(all batch, counts map[DayNumber]uint64) []batch {
	var out []batch
	for _, n := range all.days {
		if last := len(out) - 1; last >= 0 && len(out[last].days) < batchDays && out[last].events+counts[n] <= batchEvents && sameMonth(out[last].days[0], n) {
			out[last].days, out[last].events = append(out[last].days, n), out[last].events+counts[n]
			continue
		}
		out = append(out, batch{site: all.site, zone: all.zone, currency: all.currency, days: []DayNumber{n}, events: counts[n]})
	}
	return out
}

func sameMonth(a, b DayNumber) bool { return a.String()[:7] == b.String()[:7] }
