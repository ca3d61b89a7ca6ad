package report

import (
	"fmt"
	"slices"
	"strings"

	visits "noctra/admin/internal/slices"
	"noctra/schema"
)

// branch is one SELECT of a query over visits, over events of visits, or over raw events.
type branch struct {
	c          *compiler
	dimensions []dimension
	filters    []node
	also       []node // looked at beside filters: steps of a funnel
	ofEvent    bool   // something is asked that differs within a visit, besides the time
	ofVisit    bool   // something is asked that only a visit has
}

func (b *branch) look() {
	note := func(d dimension) {
		b.ofEvent = b.ofEvent || d.scope == scopeEvent
		b.ofVisit = b.ofVisit || d.scope == scopeVisit
	}
	for _, d := range b.dimensions {
		note(d)
	}
	walkNodes(all(append(slices.Clone(b.also), b.filters...)), func(n node) {
		switch n := n.(type) {
		case match:
			note(n.dimension)
		case ofKind, atLeast, equals, glob:
			b.ofEvent = true
		case did:
			b.ofVisit = true
		}
	})
}

func (b *branch) withinDay() bool {
	return slices.ContainsFunc(b.dimensions, func(d dimension) bool { return d.scope == scopeTime && d.interval.withinDay() })
}

// visitsWhole says that every visit of the range matches with all its events or with none.
func (b *branch) visitsWhole() bool { return !b.ofEvent && b.c.q.span.whole }

// eventsWhole says moreover that all events of a visit are in one group.
func (b *branch) eventsWhole() bool { return b.visitsWhole() && !b.withinDay() }

func (b *branch) keys() ([]string, string) {
	cols := make([]string, len(b.dimensions))
	for i, d := range b.dimensions {
		cols[i] = fmt.Sprintf("%s AS d%d", b.c.group(d), i)
	}
	return cols, groupBy(keyNames(len(cols)))
}

// visits measures everything over rows of visits.
func (b *branch) visits(wanted []measure) string {
	where := b.c.condition(b.filters)
	if !slices.ContainsFunc(wanted, func(m measure) bool { return !m.ofVisits() }) {
		where = "visitor_id != 0 AND " + where
	}
	cols, group := b.keys()
	need := b.columns()
	for _, m := range wanted {
		cols = append(cols, b.c.overVisits(m)+" AS "+measureNames[m])
		for _, col := range visitColumns[m] {
			need = addColumn(need, col)
		}
	}
	return fmt.Sprintf("SELECT %s FROM (%s) WHERE %s%s", strings.Join(cols, ", "), b.visitRows(need), b.human()+where, group)
}

// events measures events, from raw events where no visit is needed.
func (b *branch) events(wanted []measure) string {
	where := b.goals() + b.c.condition(b.filters)
	cols, group := b.keys()
	for _, m := range wanted {
		cols = append(cols, b.c.overEvents(m)+" AS "+measureNames[m])
	}
	return fmt.Sprintf("SELECT %s FROM (%s) WHERE %s%s", strings.Join(cols, ", "), b.eventRows(b.ofVisit || b.c.onlyLasting(), nil, wanted), b.human()+where, group)
}

// visitsOfEvents measures the distinct visits that have a matching event.
func (b *branch) visitsOfEvents(wanted []measure) string {
	where := b.goals() + b.c.condition(b.filters)
	cols, _ := b.keysAtStart()
	need := []visits.Column{}
	outer := keyNames(len(b.dimensions))
	for _, m := range wanted {
		outer = append(outer, b.c.overVisits(m)+" AS "+measureNames[m])
		for _, col := range visitColumns[m] {
			need = addColumn(need, col)
		}
	}
	cols = append(cols, "visitor_id")
	for _, col := range need {
		cols = append(cols, fmt.Sprintf("any(v.%[1]s) AS %[1]s", col))
	}
	inner := fmt.Sprintf("SELECT %s FROM (%s) AS v WHERE visitor_id != 0 AND %s GROUP BY %s", strings.Join(cols, ", "),
		b.eventRows(true, need, nil), b.human()+where, strings.Join(append(keyNames(len(b.dimensions)), "visitor_id", "bot", "start_ms"), ", "))
	return fmt.Sprintf("SELECT %s FROM (%s)%s", strings.Join(outer, ", "), inner, groupBy(keyNames(len(b.dimensions))))
}

// eventsByVisit measures events and the visits that have them in one pass: first by visit, then
// over all. It is for groups that hold whole days, where a visit and its events are in one group.
func (b *branch) eventsByVisit(ofEvents, ofVisits []measure) string {
	where := b.goals() + b.c.condition(b.filters)
	cols, _ := b.keys()
	keys := keyNames(len(cols))
	outer, need := slices.Clone(keys), []visits.Column{}
	cols = append(cols, "visitor_id")
	for _, m := range ofEvents {
		inner, over := b.c.inVisit(m)
		if inner != "" {
			cols = append(cols, inner+" AS i_"+measureNames[m])
		}
		outer = append(outer, over+" AS "+measureNames[m])
	}
	for _, m := range ofVisits {
		outer = append(outer, b.c.overVisits(m)+" AS "+measureNames[m])
		for _, col := range visitColumns[m] {
			need = addColumn(need, col)
		}
	}
	for _, col := range need {
		cols = append(cols, fmt.Sprintf("any(v.%[1]s) AS %[1]s", col))
	}
	inner := fmt.Sprintf("SELECT %s FROM (%s) AS v WHERE %s GROUP BY %s", strings.Join(cols, ", "), b.eventRows(true, need, ofEvents),
		b.human()+where, strings.Join(append(slices.Clone(keys), "visitor_id", "bot", "start_ms"), ", "))
	return fmt.Sprintf("SELECT %s FROM (%s)%s", strings.Join(outer, ", "), inner, groupBy(keys))
}

// keysAtStart are keys with the time of the visit's start instead of the event's, but not before
// the range.
func (b *branch) keysAtStart() ([]string, string) {
	cols, group := b.keys()
	for i, d := range b.dimensions {
		if d.scope == scopeTime && d.interval.withinDay() {
			bucket := strings.ReplaceAll(b.c.bucket(d.interval), "at_ms", "visit_ms")
			cols[i] = fmt.Sprintf("%s AS d%d", bucket, i)
		}
	}
	return cols, group
}

// human leaves bots out unless they were asked for.
func (b *branch) human() string {
	if b.c.q.include.bots {
		return ""
	}
	return "bot = 0 AND "
}

// goals keeps goals alone where they are grouped by; with definitions, rows are made of goals.
func (b *branch) goals() string {
	if slices.ContainsFunc(b.dimensions, dimension.isGoal) && !b.c.byGoal {
		return fmt.Sprintf("kind = %d AND ", schema.KindGoal)
	}
	return ""
}

// columns lists what dimensions and filters need of visits.
func (b *branch) columns() []visits.Column {
	var need []visits.Column
	note := func(d dimension) {
		if d.scope == scopeVisit {
			need = addColumn(need, d.column)
		}
	}
	for _, d := range b.dimensions {
		note(d)
	}
	walk(all(b.filters), func(m match) { note(m.dimension) })
	return need
}

func addColumn(to []visits.Column, c visits.Column) []visits.Column {
	if c == visits.Start || slices.Contains(to, c) {
		return to
	}
	return append(to, c)
}
