package slices

import (
	"fmt"
	"slices"
	"strings"

	"noctra/schema"
)

// What empty values are called.
const (
	NotSet = "(not set)"
	Direct = "Direct / None"
)

// rollupVersion is written with every slice; slices with another have no sums that can be used.
const rollupVersion = 1

// Rollup is a dimension whose sums are kept per day in the table rollup, by its number there.
type Rollup uint8

// Rollups that are no dimension.
const (
	RollupAll  Rollup = 0   // everything of the day, under ''
	RollupDay  Rollup = 255 // under '' the events of bots; a row per currency, bots' included
	firstEvent Rollup = 100 // numbers from here on are dimensions of single events
)

// rollupColumns are the dimensions of the visit. A number is never used for another column.
var rollupColumns = map[Column]Rollup{
	"source": 1, "channel": 2, "referrer": 3, "utm_source": 4, "utm_medium": 5, "utm_campaign": 6, "utm_term": 7,
	"utm_content": 8, "utm_id": 9, "country": 10, "region": 11, "city": 12, "device": 13, "browser": 14,
	"browser_version": 15, "os": 16, "os_version": 17, EntryPage: 18, ExitPage: 19,
}

// eventRollup is a dimension of single events: its value by an array over all events of a visit.
type eventRollup struct {
	name   string // as reports call it, without "event:"
	values string // SQL of the array; '' is named by NotSet
	goals  bool   // of goals alone
	any    bool   // money counts in each event's own currency
}

// eventRollups are numbered from firstEvent on, by their place.
var eventRollups = []eventRollup{
	{name: "page", values: "e_page"},
	{name: "hostname", values: "e_hostname"},
	{name: "name", values: "arrayMap((n, k) -> if(n = '', " + kindOf("k") + ", toString(n)), e_name, e_kind)"},
	{name: "type", values: "arrayMap(k -> " + kindOf("k") + ", e_kind)"},
	{name: "goal", values: "e_name", goals: true},
	{name: "currency", values: "e_currency", any: true},
}

func kindOf(kind string) string { return "arrayElement(" + kindNames + ", " + kind + ")" }

// kindNames is the array of kinds as senders write them.
var kindNames = func() string {
	var names []string
	for k := schema.KindPageview; k <= schema.KindInteraction; k++ {
		names = append(names, "'"+k.String()+"'")
	}
	return "[" + strings.Join(names, ", ") + "]"
}()

// RollupOfVisit returns the rollup by an attribute or page of the visit.
func RollupOfVisit(c Column) (Rollup, bool) {
	r, ok := rollupColumns[c]
	return r, ok
}

// RollupOfEvent returns the rollup by a dimension of single events: page, hostname, name, type,
// goal or currency.
func RollupOfEvent(name string) (Rollup, bool) {
	i := slices.IndexFunc(eventRollups, func(e eventRollup) bool { return e.name == name })
	return firstEvent + Rollup(i), i >= 0
}

// allRollups lists every rollup, in the order of their numbers.
func allRollups() []Rollup {
	all := []Rollup{RollupAll}
	for _, r := range rollupColumns {
		all = append(all, r)
	}
	for i := range eventRollups {
		all = append(all, firstEvent+Rollup(i))
	}
	all = append(all, RollupDay)
	slices.Sort(all)
	return all
}

const rollupInsertColumns = "site_id, gen, dim, day, text, visitors, lasting, converted, converted_lasting, visits, bounces, views, duration_ms, " +
	"events, pageviews, sales, refunds, own_sales, gross, refunded"

// rollupSelect makes the rows of one rollup out of rows of visits. It reads the parameter
// {currency:String}.
func rollupSelect(r Rollup, head, where string) string {
	switch {
	case r == RollupDay:
		return rollupOfDay(head, where)
	case r >= firstEvent:
		return rollupOfEvents(r, head, where)
	}
	text := "''"
	for column, number := range rollupColumns {
		if number == r {
			text = named(string(column), blankOf(column))
		}
	}
	money := func(kind uint64) string {
		return fmt.Sprintf("sum(arraySum((k, a, c) -> if(k = %d AND c = {currency:String}, toInt128(a), toInt128(0)), m_kind, m_amount, m_currency))", kind)
	}
	return fmt.Sprintf(`SELECT %s, toUInt8(%d), day, %s AS label, uniqExactIf(visitor_id, visitor_id != 0), uniqExactIf(visitor_id, lasting = 1),
		uniqExactIf(visitor_id, visitor_id != 0 AND sales > 0), uniqExactIf(visitor_id, lasting = 1 AND sales > 0),
		countIf(visitor_id != 0), countIf(visitor_id != 0 AND interactive = 1), sumIf(pageviews, visitor_id != 0), sumIf(duration_ms, visitor_id != 0),
		sum(events), sum(pageviews), sum(sales), sum(refunds),
		sum(arrayCount((k, c) -> k = %d AND c = {currency:String}, m_kind, m_currency)), %s, %s
		FROM visits WHERE %s AND bot = 0 GROUP BY day, label`, head, r, text, kindSale, money(kindSale), money(kindRefund), where)
}

// rollupOfEvents counts a visit at the first of its events with a value, so that it counts once.
func rollupOfEvents(r Rollup, head, where string) string {
	e := eventRollups[r-firstEvent]
	labels := "arrayMap(v -> " + named("v", NotSet) + ", " + e.values + ")"
	filter, own := "1", "money = {currency:String}"
	if e.goals { // '' is no label, so goals are numbered among themselves
		labels = fmt.Sprintf("arrayMap((v, k) -> if(k = %d, %s, ''), %s, e_kind)", schema.KindGoal, named("v", NotSet), e.values)
		filter = fmt.Sprintf("kind = %d", schema.KindGoal)
	}
	if e.any {
		own = "1"
	}
	return fmt.Sprintf(`SELECT %s, toUInt8(%d), day, label, uniqExactIf(visitor_id, nth = 1 AND visitor_id != 0), uniqExactIf(visitor_id, nth = 1 AND lasting = 1),
		uniqExactIf(visitor_id, kind = %[3]d AND visitor_id != 0), uniqExactIf(visitor_id, kind = %[3]d AND lasting = 1),
		countIf(nth = 1 AND visitor_id != 0), countIf(nth = 1 AND visitor_id != 0 AND interactive = 1), sumIf(pageviews, nth = 1 AND visitor_id != 0), sumIf(duration_ms, nth = 1 AND visitor_id != 0),
		count(), countIf(kind = %[4]d), countIf(kind = %[3]d), countIf(kind = %[5]d),
		countIf(kind = %[3]d AND %[6]s), sumIf(toInt128(amount), kind = %[3]d AND %[6]s), sumIf(toInt128(amount), kind = %[5]d AND %[6]s)
		FROM (SELECT day, visitor_id, lasting, interactive, pageviews, duration_ms, e_kind, e_amount, e_currency, %[7]s AS labels FROM visits WHERE %[8]s AND bot = 0)
		ARRAY JOIN labels AS label, arrayEnumerateUniq(labels) AS nth, e_kind AS kind, e_amount AS amount, e_currency AS money
		WHERE %[9]s GROUP BY day, label`, head, r, kindSale, kindPageview, kindRefund, own, labels, where, filter)
}

// rollupOfDay keeps what reports say about a day besides its figures.
func rollupOfDay(head, where string) string {
	return fmt.Sprintf(`SELECT %s, toUInt8(%d), day, toString(label), 0, 0, 0, 0, 0, 0, 0, 0, sumIf(events, bot = 1 AND label = ''), 0, 0, 0, 0, toInt128(0), toInt128(0)
		FROM (SELECT day, bot, events, arrayJoin(arrayDistinct(arrayPushFront(arrayMap(c -> toString(c), m_currency), ''))) AS label FROM visits WHERE %s)
		GROUP BY day, label`, head, RollupDay, where)
}

func blankOf(c Column) string {
	if c == "source" || c == "referrer" {
		return Direct
	}
	return NotSet
}

// named gives an empty value its name.
func named(value, blank string) string {
	return fmt.Sprintf("if(%[1]s = '', '%[2]s', toString(%[1]s))", value, blank)
}
