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
	sets   *visits.Sets
	q      *query
	days   []visits.DayState // of q.span, where there may be events
	props  []string          // keys of properties, in the order of the columns prop0, prop1, …
	deeds  []deed            // in the order of the columns done0, done1, …
	money  bool              // sums are in each row's currency, not in the site's
	byGoal bool              // there is a row for each goal of an event, and the column goal

	restricted bool // to days, some of which may be less than whole: raw events only of these days
}

func newCompiler(q *query, days []visits.DayState) *compiler {
	c := &compiler{params: &params{}, sets: &visits.Sets{}, q: q, days: days}
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
	if t, ok := c.rollups(wanted, dimensions, filters); ok {
		return t
	}
	c.props, c.deeds, c.byGoal = nil, nil, c.groupsByGoal(dimensions)
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
	if b.eventsWhole() && (len(ofVisits) > 0 || b.ofVisit || c.mostlySliced()) {
		return table{b.visits(append(slices.Clone(ofEvents), ofVisits...)), append(ofEvents, ofVisits...)}
	}
	if b.ofVisit && len(ofEvents) > 0 && len(ofVisits) > 0 && !b.visitsWhole() && !b.withinDay() {
		// Both branches would make the same visits. Without attributes of visits, events are cheaper by
		// themselves.
		return table{b.eventsByVisit(ofEvents, ofVisits), append(ofEvents, ofVisits...)}
	}
	var parts []part
	if len(ofEvents) > 0 {
		parts = append(parts, part{b.events(ofEvents), ofEvents})
	}
	if len(ofVisits) > 0 && b.visitsWhole() {
		parts = append(parts, part{b.visits(ofVisits), ofVisits})
	} else if len(ofVisits) > 0 {
		parts = append(parts, part{b.visitsOfEvents(ofVisits), ofVisits})
	}
	measures := append(slices.Clone(ofEvents), ofVisits...)
	if len(parts) == 1 {
		return table{parts[0].sql, measures}
	}
	return table{c.sum(parts, dimensions, measures), measures}
}

// mostlySliced says that visits are cheaper to read than raw events; both give the same.
func (c *compiler) mostlySliced() bool {
	sliced := 0
	for _, d := range c.days {
		if d.Mode != visits.Raw {
			sliced++
		}
	}
	return sliced > len(c.days)/2 || c.onlyLasting()
}

// onlyLasting says that a day stands for its lasting visitors alone, whom raw events do not tell.
func (c *compiler) onlyLasting() bool {
	return slices.ContainsFunc(c.days, func(d visits.DayState) bool { return d.OnlyLasting })
}

// sum adds up parts, each of which has some of the measures.
func (c *compiler) sum(parts []part, dimensions []dimension, of []measure) string {
	keys := keyNames(len(dimensions))
	selects := make([]string, len(parts))
	for i, p := range parts {
		cols := slices.Clone(keys)
		for _, m := range of {
			name := measureNames[m]
			if !slices.Contains(p.measures, m) {
				name = zero(m) + " AS " + name
			}
			cols = append(cols, name)
		}
		selects[i] = "SELECT " + strings.Join(cols, ", ") + " FROM (" + p.sql + ")"
	}
	cols := slices.Clone(keys)
	for _, m := range of {
		cols = append(cols, fmt.Sprintf("sum(u.%[1]s) AS %[1]s", measureNames[m]))
	}
	return "SELECT " + strings.Join(cols, ", ") + " FROM (" + strings.Join(selects, " UNION ALL ") + ") AS u" + groupBy(keys)
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
