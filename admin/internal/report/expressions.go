package report

import (
	"fmt"
	"strings"

	"noctra/schema"
)

// The columns that expressions are made of are the same whether rows are visits, events of visits
// or raw events:
//
//	day         local date                        at_ms    moment that counts, Unix milliseconds
//	visitor_id  0: nobody known                   kind, name, page, host, amount, money, title, prop<i>
//	source …    attributes of the visit           of the event

// group is the SQL of a dimension's value: a string, or for time the bucket's start as a number,
// days since 1970 or seconds of the wall clock.
func (c *compiler) group(d dimension) string {
	if d.scope == scopeTime {
		return c.bucket(d.interval)
	}
	value := c.value(d)
	if d.blank == "" {
		return value
	}
	return fmt.Sprintf("if(%[1]s = '', '%[2]s', toString(%[1]s))", value, d.blank)
}

// value is the SQL of what is stored; empty when not known.
func (c *compiler) value(d dimension) string {
	switch {
	case d.key != "":
		return c.property(d.key)
	case d.scope == scopeVisit:
		if d.name == "visit:bot_reason" {
			return "bot_reason"
		}
		return string(d.column)
	case d.event == "type":
		return kindName
	case d.event == sentName.event:
		return "name"
	case d.isGoal() && c.byGoal:
		return "goal"
	case d.event == "name":
		return "if(name = '', " + kindName + ", toString(name))"
	case d.isGoal():
		return fmt.Sprintf("if(kind = %d, toString(name), '')", schema.KindGoal)
	default:
		return d.event
	}
}

// kindName is the kind of an event as senders write it.
var kindName = func() string {
	var names []string
	for k := schema.KindPageview; k <= schema.KindHeldSale; k++ {
		names = append(names, "'"+k.String()+"'")
	}
	return "arrayElement([" + strings.Join(names, ", ") + "], kind)"
}()

func (c *compiler) bucket(i interval) string {
	switch i {
	case intervalMinute:
		return c.wallClock(60)
	case intervalHour:
		return c.wallClock(3600)
	case intervalWeek:
		// 1970-01-01 was a Thursday. A week that began before the range counts from its first day.
		return fmt.Sprintf("greatest(toInt64(toUInt16(day)) - (toInt64(toUInt16(day)) + 3) %% 7, toInt64(%d))", c.q.span.first)
	case intervalMonth:
		return "toInt64(toUInt16(toStartOfMonth(day)))"
	default:
		return "toInt64(toUInt16(day))"
	}
}

// wallClock cuts at_ms to what the site's clocks showed. An hour that happens twice, when clocks go
// back, is one bucket.
func (c *compiler) wallClock(seconds int) string {
	at := "toDateTime(intDiv(at_ms, 1000), {tz:String})"
	wall := fmt.Sprintf("(toInt64(toUnixTimestamp(%[1]s)) + timezoneOffset(%[1]s))", at)
	return fmt.Sprintf("%[1]s - %[1]s %% %[2]d", wall, seconds)
}

// condition is the SQL of filters that must all hold; "1" without any.
func (c *compiler) condition(filters []node) string {
	parts := make([]string, len(filters))
	for i, n := range filters {
		parts[i] = c.node(n)
	}
	if len(parts) == 0 {
		return "1"
	}
	return strings.Join(parts, " AND ")
}

func (c *compiler) node(n node) string {
	switch n := n.(type) {
	case all:
		return "(" + c.condition(n) + ")"
	case any_:
		parts := make([]string, len(n))
		for i, child := range n {
			parts[i] = c.node(child)
		}
		return "(" + strings.Join(parts, " OR ") + ")"
	case not:
		return "(NOT " + c.node(n.of) + ")"
	case did:
		return c.done(n)
	case match:
		return c.match(n)
	default:
		return c.defined(n)
	}
}

func (c *compiler) match(m match) string {
	if m.dimension.isGoal() && len(c.q.goals) > 0 && !c.byGoal {
		return negate(m, c.reached(m))
	}
	text := "toString(" + c.value(m.dimension) + ")"
	if m.dimension.name == "visit:bot_reason" {
		text = "reason"
	}
	test := c.test(m, text)
	if m.dimension.name == "visit:bot_reason" {
		test = "arrayExists(reason -> " + test + ", arrayMap(r -> toString(r), bot_reasons))"
		for _, v := range m.values {
			if m.op == opIs && (v == "" || v == none) {
				test = "(empty(bot_reasons) OR " + test + ")"
				break
			}
		}
	}
	return negate(m, test)
}

func negate(m match, test string) string {
	if m.negated {
		return "(NOT " + test + ")"
	}
	return test
}

// test is the SQL of m's operator on a text.
func (c *compiler) test(m match, text string) string {
	switch m.op {
	case opIs:
		return c.equal(m, text)
	case opContains:
		return c.contains(m, text)
	default:
		return c.matches(m, text)
	}
}

// equal tests for one of the values. The name of the empty value means the empty value too.
func (c *compiler) equal(m match, text string) string {
	values := append([]string{}, m.values...)
	for _, v := range m.values {
		if m.dimension.blank != "" && (v == m.dimension.blank || m.fold && strings.EqualFold(v, m.dimension.blank)) {
			values = append(values, "")
		}
	}
	if m.fold {
		return "has(arrayMap(v -> lowerUTF8(v), " + c.texts(values) + "), lowerUTF8(" + text + "))"
	}
	return "has(" + c.texts(values) + ", " + text + ")"
}

func (c *compiler) contains(m match, text string) string {
	position := "position"
	if m.fold {
		position = "positionCaseInsensitiveUTF8"
	}
	return fmt.Sprintf("arrayExists(v -> %s(%s, v) > 0, %s)", position, text, c.texts(m.values))
}

func (c *compiler) matches(m match, text string) string {
	parts := make([]string, len(m.values))
	for i, pattern := range m.values {
		parts[i] = "match(" + text + ", " + c.text(pattern) + ")"
	}
	return "(" + strings.Join(parts, " OR ") + ")"
}
