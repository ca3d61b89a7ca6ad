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

// kindNames is the array of kinds as reports write them.
var kindNames = func() string {
	var names []string
	for k := schema.KindPageview; k <= schema.KindHeldSale; k++ {
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

// rollupSelects make the rows of rollups out of rows of visits: one SELECT for all dimensions of the
// visit, one for all of its events, one for the day. They read the parameter {currency:String}.
func rollupSelects(of []Rollup, head, where string) []string {
	var visits, events []Rollup
	var out []string
	for _, r := range of {
		switch {
		case r == RollupDay:
			out = append(out, rollupOfDay(head, where))
		case r >= firstEvent:
			events = append(events, r)
		default:
			visits = append(visits, r)
		}
	}
	if len(visits) > 0 {
		out = append(out, rollupOfVisits(visits, head, where))
	}
	if len(events) > 0 {
		out = append(out, rollupOfEvents(events, head, where))
	}
	return out
}

// rollupOfVisits takes a visit once per dimension.
func rollupOfVisits(of []Rollup, head, where string) string {
	labels := make([]string, len(of))
	for i, r := range of {
		text := "''"
		for column, number := range rollupColumns {
			if number == r {
				text = named(string(column), blankOf(column))
			}
		}
		labels[i] = fmt.Sprintf("(toUInt8(%d), %s)", r, text)
	}
	money := func(kind uint64) string {
		return fmt.Sprintf("arraySum((k, a, c) -> if(k = %d AND c = {currency:String}, toInt128(a), toInt128(0)), m_kind, m_amount, m_currency)", kind)
	}
	return fmt.Sprintf(`SELECT %s, label.1 AS dimension, day, label.2 AS value, uniqExactIf(visitor_id, visitor_id != 0), uniqExactIf(visitor_id, lasting = 1),
		uniqExactIf(visitor_id, visitor_id != 0 AND sales > 0), uniqExactIf(visitor_id, lasting = 1 AND sales > 0),
		countIf(visitor_id != 0), countIf(visitor_id != 0 AND interactive = 1), sumIf(pageviews, visitor_id != 0), sumIf(duration_ms, visitor_id != 0),
		sum(events), sum(pageviews), sum(sales), sum(refunds), sum(own), sum(sold), sum(returned)
		FROM (SELECT day, visitor_id, lasting, interactive, pageviews, duration_ms, events, sales, refunds,
			arrayCount((k, c) -> k = %d AND c = {currency:String}, m_kind, m_currency) AS own, %s AS sold, %s AS returned, [%s] AS labels FROM visits WHERE %s AND bot = 0)
		ARRAY JOIN labels AS label GROUP BY dimension, day, value`,
		head, kindSale, money(kindSale), money(kindRefund), strings.Join(labels, ", "), where)
}

// rollupOfEvents takes an event once per dimension, and its visit at the first of its events with
// a value, so that it counts once. Where goals alone are meant, other events have no value.
func rollupOfEvents(of []Rollup, head, where string) string {
	var values, joins, labels []string
	for _, r := range of {
		e := eventRollups[r-firstEvent]
		value, own := "arrayMap(v -> "+named("v", NotSet)+", "+e.values+")", "money = {currency:String}"
		if e.goals {
			value = fmt.Sprintf("arrayMap((v, k) -> if(k = %d, %s, ''), %s, e_kind)", schema.KindGoal, named("v", NotSet), e.values)
		}
		if e.any {
			own = "1"
		}
		values = append(values, fmt.Sprintf("%s AS values%d", value, r))
		joins = append(joins, fmt.Sprintf("values%[1]d AS value%[1]d, arrayEnumerateUniq(values%[1]d) AS nth%[1]d", r))
		labels = append(labels, fmt.Sprintf("(toUInt8(%[1]d), value%[1]d, toUInt8(nth%[1]d = 1), toUInt8(%[2]s))", r, own))
	}
	return fmt.Sprintf(`SELECT %[1]s, label.1 AS dimension, day, label.2 AS value, uniqExactIf(visitor_id, label.3 = 1 AND visitor_id != 0), uniqExactIf(visitor_id, label.3 = 1 AND lasting = 1),
		uniqExactIf(visitor_id, kind = %[2]d AND visitor_id != 0), uniqExactIf(visitor_id, kind = %[2]d AND lasting = 1),
		countIf(label.3 = 1 AND visitor_id != 0), countIf(label.3 = 1 AND visitor_id != 0 AND interactive = 1), sumIf(pageviews, label.3 = 1 AND visitor_id != 0), sumIf(duration_ms, label.3 = 1 AND visitor_id != 0),
		count(), countIf(kind = %[3]d), countIf(kind = %[2]d), countIf(kind = %[4]d),
		countIf(kind = %[2]d AND label.4 = 1), sumIf(toInt128(amount), kind = %[2]d AND label.4 = 1), sumIf(toInt128(amount), kind = %[4]d AND label.4 = 1)
		FROM (SELECT day, visitor_id, lasting, interactive, pageviews, duration_ms, kind, amount, [%[8]s] AS labels FROM (SELECT day, visitor_id, lasting, interactive, pageviews, duration_ms, e_kind, e_amount, e_currency, %[5]s FROM visits WHERE %[6]s AND bot = 0)
			ARRAY JOIN %[7]s, e_kind AS kind, e_amount AS amount, e_currency AS money)
		ARRAY JOIN labels AS label WHERE label.2 != '' GROUP BY dimension, day, value`,
		head, kindSale, kindPageview, kindRefund, strings.Join(values, ", "), where, strings.Join(joins, ", "), strings.Join(labels, ", "))
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
