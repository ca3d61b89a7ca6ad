package slices

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"noctra/schema"
)

// Selection says which columns a relation must have besides the four that are always there.
type Selection struct {
	Columns []Column
	Extra   []Extra // needs raw events for every day
	Sets    *Sets   // where large sets of days are written; nil: where they are used
}

// Extra is an array column, one element per event, that slices do not keep. Expr is SQL over a row
// of events, with parameters for everything that a request said.
type Extra struct {
	Name Column
	Expr string
}

func (s Selection) has(any ...Column) bool {
	return slices.ContainsFunc(any, func(c Column) bool { return slices.Contains(s.Columns, c) })
}

// live is the SELECT that makes visits out of the events that where describes, with the columns of
// s. It reads the parameter {tz:String}, the site's zone. Windows run over the needed columns only.
func live(s Selection, where string) string {
	order := "k"
	if s.ordered() {
		order = "k, tie" // events of one millisecond by kind, then by checksum of the id: always the same one is first
	}
	rowNumber := ""
	if s.has(EntryPage, ExitPage) {
		rowNumber = ", row_number() OVER w AS rn"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "SELECT %s FROM (SELECT *, sum(isnew) OVER w AS vno FROM (", s.made())
	fmt.Fprintf(&b, "SELECT *, if(visitor_id = 0, 1, t - lagInFrame(t, 1, toInt64(-4000000000000)) OVER w > %d) AS isnew%s FROM (", idleMillis, rowNumber)
	fmt.Fprintf(&b, "SELECT %s FROM events WHERE %s)", s.narrow(), where)
	// By RANGE, events that are level in the order share one sum: each window may order them its own
	// way, and the one that is new might otherwise come after those that belong to it.
	for _, frame := range []string{"ROWS", "RANGE"} {
		fmt.Fprintf(&b, " WINDOW w AS (PARTITION BY day, visitor_id, bot ORDER BY %s %s BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW))", order, frame)
	}
	b.WriteString(" GROUP BY day, visitor_id, bot, vno")
	return b.String()
}

// ordered says whether it matters which of two simultaneous events is first.
func (s Selection) ordered() bool {
	return s.has(EntryPage, ExitPage) || s.has(attributes...)
}

// narrow lists what is read of each event.
func (s Selection) narrow() string {
	cols := []string{
		"toDate(occurred_at, {tz:String}) AS day", "visitor_id", "is_bot AS bot", "toUInt8(kind) AS kind",
		"toUnixTimestamp64Milli(occurred_at) AS t", "t * 8 + kind AS k",
	}
	add := func(col string) {
		if !slices.Contains(cols, col) {
			cols = append(cols, col)
		}
	}
	if s.ordered() {
		add("CRC32(event_id) AS tie") // ids themselves would be most of what is sorted
	}
	if s.has(Interactive) {
		add(fmt.Sprintf("NOT (kind = %d AND name = '%s') AS interactive_event", kindInteraction, schema.EngagementName))
	}
	if s.has(Lasting) {
		add("visitor_kind")
	}
	if s.has(EntryPage, ExitPage) {
		add("path")
	}
	for _, c := range s.Columns {
		if slices.Contains(attributes, c) {
			add(string(c))
		}
		for _, of := range []map[Column]string{perEvent, perSale} {
			if col := of[c]; col != "" && col != "t" && col != "kind" {
				add(col)
			}
		}
	}
	for _, x := range s.Extra {
		add(x.Expr + " AS x_" + string(x.Name))
	}
	return strings.Join(cols, ", ")
}

// made lists the columns of the made visits.
func (s Selection) made() string {
	cols := []string{"day", "visitor_id", "bot", "min(t) AS start_ms"}
	for _, c := range s.Columns {
		cols = append(cols, makeColumn(c)+" AS "+string(c))
	}
	for _, x := range s.Extra {
		cols = append(cols, "groupArray(x_"+string(x.Name)+") AS "+string(x.Name))
	}
	return strings.Join(cols, ", ")
}

func makeColumn(c Column) string {
	switch c {
	case Duration:
		return "toUInt32(max(t) - min(t))"
	case Pageviews:
		return countKind(kindPageview)
	case Sales:
		return countKind(kindSale)
	case Refunds:
		return countKind(kindRefund)
	case Events:
		return "toUInt32(count())"
	case Interactive:
		return "toUInt32(countIf(interactive_event))"
	case Lasting: // whatever is not surely for a day may last
		return fmt.Sprintf("toUInt8(visitor_id != 0 AND max(visitor_kind != %d))", schema.VisitorDaily)
	case EntryPage:
		return "argMinIf(path, rn, path != '')"
	case ExitPage:
		return "argMaxIf(path, rn, path != '')"
	case EventOffset:
		return "arrayMap(x -> toUInt32(x - min(t)), groupArray(t))"
	}
	if col := perEvent[c]; col != "" {
		return "groupArray(" + col + ")"
	}
	if col := perSale[c]; col != "" {
		return fmt.Sprintf("groupArrayIf(%s, kind IN (%d, %d))", col, kindSale, kindRefund)
	}
	return fmt.Sprintf("anyIf(%s, isnew)", c) // an attribute: exactly one event of a visit is its first
}

func countKind(kind uint64) string { return fmt.Sprintf("toUInt32(countIf(kind = %d))", kind) }

// moment writes a time as a constant of ClickHouse.
func moment(ms int64) string {
	return "fromUnixTimestamp64Milli(toInt64(" + strconv.FormatInt(ms, 10) + "), 'UTC')"
}
