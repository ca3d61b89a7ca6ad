package report

import (
	"fmt"
	"slices"
	"strings"

	visits "noctra/admin/internal/slices"
)

// compiler turns one query into one SELECT. A query has up to two branches, one for measures of
// events and one for measures of whole visits; each is a SELECT by the same dimensions over its own
// rows, and the outer SELECT adds them up, so that a visit counts at its start and an event at its
// own time.
type compiler struct {
	*params
	q     *query
	days  []visits.DayState // of q.span, where there may be events
	props []string          // keys of properties, in the order of the columns prop0, prop1, …
	money bool              // sums are in each row's currency, not in the site's
}

func newCompiler(q *query, days []visits.DayState) *compiler {
	c := &compiler{params: &params{}, q: q, days: days}
	c.zone(q.zone.String())
	return c
}

// table is a compiled SELECT with one row per group: d0, d1, … and measures by their names.
type table struct {
	sql      string
	measures []measure
}

// groups compiles the measures by dimensions under filters.
func (c *compiler) groups(wanted []measure, dimensions []dimension, filters []node) table {
	c.money = slices.ContainsFunc(dimensions, func(d dimension) bool { return d.name == "event:currency" })
	var ofEvents, ofVisits []measure
	for _, m := range wanted {
		if m.ofVisits() {
			ofVisits = append(ofVisits, m)
		} else if !m.joined() {
			ofEvents = append(ofEvents, m)
		}
	}
	b := branch{c: c, dimensions: dimensions, filters: filters}
	b.look()
	var parts []string
	if b.eventsWhole() && (len(ofVisits) > 0 || b.ofVisit || c.mostlySliced()) {
		parts = append(parts, b.visits(append(slices.Clone(ofEvents), ofVisits...)))
		return table{parts[0], append(ofEvents, ofVisits...)}
	}
	if b.ofVisit && len(ofEvents) > 0 && len(ofVisits) > 0 && !b.visitsWhole() && !b.withinDay() {
		// Both branches would make the same visits. Without attributes of visits, events are cheaper by
		// themselves.
		return table{b.eventsByVisit(ofEvents, ofVisits), append(ofEvents, ofVisits...)}
	}
	if len(ofEvents) > 0 {
		parts = append(parts, b.events(ofEvents))
	}
	if len(ofVisits) > 0 && b.visitsWhole() {
		parts = append(parts, b.visits(ofVisits))
	} else if len(ofVisits) > 0 {
		parts = append(parts, b.visitsOfEvents(ofVisits))
	}
	measures := append(slices.Clone(ofEvents), ofVisits...)
	if len(parts) == 1 {
		return table{parts[0], measures}
	}
	return table{c.sum(parts, dimensions, [2][]measure{ofEvents, ofVisits}), measures}
}

// mostlySliced says that visits are cheaper to read than raw events; both give the same.
func (c *compiler) mostlySliced() bool {
	sliced := 0
	for _, d := range c.days {
		if d.Mode != visits.Raw {
			sliced++
		}
	}
	return sliced > len(c.days)/2
}

// sum adds the two branches up.
func (c *compiler) sum(parts []string, dimensions []dimension, of [2][]measure) string {
	keys := keyNames(len(dimensions))
	for i := range parts {
		cols := append([]string{}, keys...)
		for j, list := range of {
			for _, m := range list {
				name := measureNames[m]
				if i != j {
					name = zero(m) + " AS " + name
				}
				cols = append(cols, name)
			}
		}
		parts[i] = "SELECT " + strings.Join(cols, ", ") + " FROM (" + parts[i] + ")"
	}
	cols := append([]string{}, keys...)
	for _, list := range of {
		for _, m := range list {
			cols = append(cols, fmt.Sprintf("sum(u.%[1]s) AS %[1]s", measureNames[m]))
		}
	}
	return "SELECT " + strings.Join(cols, ", ") + " FROM (" + strings.Join(parts, " UNION ALL ") + ") AS u" + groupBy(keys)
}

func zero(m measure) string {
	if m.money() {
		return "toInt128(0)"
	}
	return "toUInt64(0)"
}

func keyNames(n int) []string {
	keys := make([]string, n)
	for i := range keys {
		keys[i] = fmt.Sprintf("d%d", i)
	}
	return keys
}

func groupBy(keys []string) string {
	if len(keys) == 0 {
		return ""
	}
	return " GROUP BY " + strings.Join(keys, ", ")
}

// property returns the column of event:props:<key>.
func (c *compiler) property(key string) string {
	i := slices.Index(c.props, key)
	if i < 0 {
		i = len(c.props)
		c.props = append(c.props, key)
	}
	return fmt.Sprintf("prop%d", i)
}

// rawProperty is the SQL of property i over a row of events.
func (c *compiler) rawProperty(i int) string { return "props[" + c.text(c.props[i]) + "]" }
