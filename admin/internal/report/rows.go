package report

import (
	"fmt"
	"slices"
	"strings"

	visits "noctra/admin/internal/slices"
	"noctra/schema"
)

// eventColumns maps the columns of event rows to those of events, and to the arrays of visits.
var eventColumns = []struct {
	name, raw string
	array     visits.Column
}{
	{"kind", "toUInt8(kind)", visits.EventKind},
	{"name", "name", visits.EventName},
	{"page", "path", visits.EventPage},
	{"host", "hostname", visits.EventHost},
	{"amount", "amount", visits.EventAmount},
	{"money", "currency", visits.EventMoney},
	{"title", "title", "e_title"},
}

// visitRows is the relation of visits with the columns that expressions use.
func (b *branch) visitRows(need []visits.Column) string {
	return b.withReason("SELECT *, start_ms AS at_ms FROM (" + b.relation(need, nil) + ")")
}

// withReason gives a row per bot reason where they are grouped by.
func (b *branch) withReason(rows string) string {
	if !slices.ContainsFunc(b.dimensions, func(d dimension) bool { return d.name == "visit:bot_reason" }) {
		return rows
	}
	return "SELECT *, arrayJoin(if(empty(bot_reasons), [''], arrayMap(r -> toString(r), bot_reasons))) AS bot_reason FROM (" + rows + ")"
}

// eventRows is a row per event in the range. Without visit, raw events will do.
func (b *branch) eventRows(visit bool, need []visits.Column, wanted []measure) string {
	goal := b.goalColumn() // before properties are counted
	used := b.eventColumnsUsed(wanted)
	if !visit {
		return goal.of(b.rawEventRows(used))
	}
	for _, col := range b.columns() {
		need = addColumn(need, col)
	}
	joins := []string{"e_offset AS event_offset"}
	cols := []string{"day", "visitor_id", "bot", "start_ms"}
	for _, col := range need {
		cols = append(cols, string(col))
	}
	for _, col := range eventColumns {
		if !slices.Contains(used, col.name) {
			continue
		}
		joins, cols = append(joins, string(col.array)+" AS "+col.name), append(cols, col.name)
	}
	for i := range b.c.props {
		joins, cols = append(joins, fmt.Sprintf("e_prop%[1]d AS prop%[1]d", i)), append(cols, fmt.Sprintf("prop%d", i))
	}
	for i := range b.c.deeds {
		cols = append(cols, fmt.Sprintf("done%d", i))
	}
	span := b.c.q.span
	rows := fmt.Sprintf("SELECT %s, start_ms + toInt64(event_offset) AS at_ms, greatest(start_ms, toInt64(%d)) AS visit_ms FROM (%s) ARRAY JOIN %s",
		strings.Join(cols, ", "), span.From, b.relation(append(slices.Clone(need), visits.EventOffset), used), strings.Join(joins, ", "))
	if !span.whole {
		rows += fmt.Sprintf(" WHERE at_ms >= %d AND at_ms < %d", span.From, span.To)
	}
	return goal.of(b.withReason(rows))
}

// column is SQL that makes another column of rows; empty for none.
type column string

func (c column) of(rows string) string {
	if c == "" {
		return rows
	}
	return "SELECT *, " + string(c) + " FROM (" + rows + ")"
}

// goalColumn gives a row per goal of an event where they are grouped by.
func (b *branch) goalColumn() column {
	if !b.c.byGoal {
		return ""
	}
	return column("arrayJoin(" + b.c.goalNames() + ") AS goal")
}

// rawEventRows is a row per raw event, without its visit.
func (b *branch) rawEventRows(used []string) string {
	cols := []string{
		"toDate(occurred_at, {tz:String}) AS day", "visitor_id", "is_bot AS bot",
		"toUnixTimestamp64Milli(occurred_at) AS at_ms",
	}
	for _, col := range eventColumns {
		switch {
		case !slices.Contains(used, col.name):
		case col.raw == col.name:
			cols = append(cols, col.name)
		default:
			cols = append(cols, col.raw+" AS "+col.name)
		}
	}
	for i := range b.c.props {
		cols = append(cols, fmt.Sprintf("%s AS prop%d", b.c.rawProperty(i), i))
	}
	spans := []visits.Span{b.c.q.span.Span}
	if b.c.restricted {
		spans = visits.Spans(b.c.days)
	}
	return fmt.Sprintf("SELECT %s FROM events WHERE %s", strings.Join(cols, ", "), visits.RawRows(b.c.q.site.ID, spans))
}

// eventColumnsUsed lists the event columns that keys, filters and measures use.
func (b *branch) eventColumnsUsed(wanted []measure) []string {
	used := append([]string{"kind"}, b.c.q.usedBy(all(append(slices.Clone(b.also), b.filters...)))...)
	for _, d := range b.dimensions {
		used = append(used, b.c.q.usedBy(match{dimension: d})...)
	}
	for _, m := range wanted {
		if m.money() || m == mOwnSales {
			used = append(used, "amount", "money")
		}
	}
	return used
}

// visitColumns are the columns of visits that a measure over visits reads.
var visitColumns = map[measure][]visits.Column{
	mConverted: {visits.Sales},
	mEvents:    {visits.Events},
	mPageviews: {visits.Pageviews},
	mSales:     {visits.Sales},
	mRefunds:   {visits.Refunds},
	mOwnSales:  {visits.MoneyKind, visits.MoneyCode},
	mGross:     {visits.MoneyKind, visits.MoneyAmount, visits.MoneyCode},
	mRefunded:  {visits.MoneyKind, visits.MoneyAmount, visits.MoneyCode},
	mHeld:      {visits.EventKind},
	mBounces:   {visits.Interactive},
	mDuration:  {visits.Duration},
	mViews:     {visits.Pageviews},
}

// overVisits is the SQL of a measure over rows of visits.
func (c *compiler) overVisits(m measure) string {
	switch m {
	case mVisitors:
		return "uniqExactIf(visitor_id, visitor_id != 0)"
	case mConverted:
		return "uniqExactIf(visitor_id, visitor_id != 0 AND sales > 0)"
	case mVisits:
		return "countIf(visitor_id != 0)"
	case mBounces:
		return "countIf(visitor_id != 0 AND interactive = 1)"
	case mDuration:
		return "sumIf(toUInt64(duration_ms), visitor_id != 0)"
	case mViews:
		return "sumIf(toUInt64(pageviews), visitor_id != 0)"
	case mOwnSales:
		return fmt.Sprintf("sum(toUInt64(arrayCount((k, c) -> k = %d%s, m_kind, m_currency)))", schema.KindSale, c.own("c"))
	case mHeld:
		return fmt.Sprintf("sum(toUInt64(arrayCount(k -> k = %d, e_kind)))", schema.KindHeldSale)
	case mGross:
		return c.sumMoney(schema.KindSale)
	case mRefunded:
		return c.sumMoney(schema.KindRefund)
	default:
		return "sum(toUInt64(" + string(visitColumns[m][0]) + "))"
	}
}

func (c *compiler) sumMoney(kind schema.Kind) string {
	return fmt.Sprintf("sum(arraySum((k, a, c) -> if(k = %d%s, toInt128(a), toInt128(0)), m_kind, m_amount, m_currency))", kind, c.own("c"))
}

// own restricts money to the site's currency, unless every row has its own.
func (c *compiler) own(currency string) string {
	if c.money {
		return ""
	}
	return " AND " + currency + " = " + c.text(c.q.site.Currency)
}

// overEvents is the SQL of a measure over rows of events.
func (c *compiler) overEvents(m measure) string {
	switch m {
	case mVisitors:
		return "uniqExactIf(visitor_id, visitor_id != 0)"
	case mConverted:
		return fmt.Sprintf("uniqExactIf(visitor_id, visitor_id != 0 AND kind = %d)", schema.KindSale)
	case mEvents:
		return "count()"
	case mPageviews:
		return fmt.Sprintf("countIf(kind = %d)", schema.KindPageview)
	case mSales:
		return fmt.Sprintf("countIf(kind = %d)", schema.KindSale)
	case mRefunds:
		return fmt.Sprintf("countIf(kind = %d)", schema.KindRefund)
	case mHeld:
		return fmt.Sprintf("countIf(kind = %d)", schema.KindHeldSale)
	case mOwnSales:
		return fmt.Sprintf("countIf(kind = %d%s)", schema.KindSale, c.own("money"))
	case mGross:
		return fmt.Sprintf("sumIf(toInt128(amount), kind = %d%s)", schema.KindSale, c.own("money"))
	default:
		return fmt.Sprintf("sumIf(toInt128(amount), kind = %d%s)", schema.KindRefund, c.own("money"))
	}
}

// inVisit is the SQL of a measure of events over the events of one visit, and over such visits.
func (c *compiler) inVisit(m measure) (inner, over string) {
	switch m {
	case mVisitors:
		return "", "uniqExactIf(visitor_id, visitor_id != 0)"
	case mConverted:
		return fmt.Sprintf("countIf(kind = %d)", schema.KindSale), "uniqExactIf(visitor_id, visitor_id != 0 AND i_n_converted > 0)"
	default:
		return c.overEvents(m), "sum(i_" + measureNames[m] + ")"
	}
}
