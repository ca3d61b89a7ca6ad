package report

import (
	"fmt"
	"strings"

	"noctra/schema"
	"noctra/schema/goals"
)

// A funnel looks at the events of one visit, or of one visitor, in the order of their moments; events of
// one millisecond come in the order of the steps that they match, so that the answer is the same
// whichever table they are read from. Every event takes part in one step at most.
//
// For each step k there is a column s<k>: empty, or the attempt that gets to this step with this event:
// [start, -t2, …, -tk]. Of attempts that could go on, the one begun last does, since it has most time
// left; it is the largest of these arrays. So one pass for each step finds the furthest step exactly.

// funnelSQL is a compiled funnel: one row with the visitors of each step, the median times, and all
// visitors of the range.
func funnelSQL(c *compiler, f Funnel) statement {
	funnel := c.funnel(f)
	total := c.groups([]measure{mVisitors}, nil, c.q.filters)
	sql := fmt.Sprintf("%sSELECT f.*, t.n_visitors AS all_visitors FROM (%s) AS f CROSS JOIN (%s) AS t", c.sets.With(), funnel, total.sql)
	return statement{sql: sql, args: c.args}
}

func (c *compiler) funnel(f Funnel) string {
	people := c.funnelPeople(f)
	var cols []string
	for k := 1; k <= len(f.Steps); k++ {
		cols = append(cols, fmt.Sprintf("countIf(level >= %d) AS v%d", k, k))
	}
	for k := 2; k <= len(f.Steps); k++ {
		// [-tlast, start, -t2, …, -tlast]
		before := fmt.Sprintf("-way[%d]", k)
		if k == 2 {
			before = "way[2]"
		}
		cols = append(cols, fmt.Sprintf("quantileExactInclusiveIf(0.5)(-way[%d] - (%s), level >= %d) AS m%d", k+1, before, k, k))
	}
	return "SELECT " + strings.Join(cols, ", ") + " FROM (" + people + ")"
}

// funnelPeople gives a row per visitor with the furthest step, and the way there: of several the one
// that got there first, and of those the one begun last.
func (c *compiler) funnelPeople(f Funnel) string {
	best := make([]string, len(f.Steps))
	for i := range f.Steps {
		best[i] = fmt.Sprintf("maxIf(arrayPushFront(s%[1]d, -t), notEmpty(s%[1]d))", i+1)
	}
	return fmt.Sprintf("SELECT [%s] AS ways, toUInt8(arrayCount(w -> notEmpty(w), ways)) AS level, ways[level] AS way FROM (%s) GROUP BY visitor_id HAVING level > 0",
		strings.Join(best, ", "), c.funnelSteps(f))
}

// funnelSteps gives a row per event with s1, s2, ….
func (c *compiler) funnelSteps(f Funnel) string {
	who, frame := "visitor_id, bot, start_ms", "UNBOUNDED PRECEDING"
	within := ""
	if f.Shape.Hours > 0 {
		who = "visitor_id"
		within = fmt.Sprintf(" AND t - before[1] <= %d", int64(f.Shape.Hours)*3_600_000)
	}
	if f.Shape.Strict {
		frame = "1 PRECEDING"
	}
	rows := "SELECT *, if(bitTest(mask, 0), [t], emptyArrayInt64()) AS s1 FROM (" + c.funnelEvents(f) + ")"
	for k := 2; k <= len(f.Steps); k++ {
		rows = fmt.Sprintf("SELECT *, max(s%d) OVER (PARTITION BY %s ORDER BY t, mask, u ROWS BETWEEN %s AND 1 PRECEDING) AS before FROM (%s)", k-1, who, frame, rows)
		rows = fmt.Sprintf("SELECT * EXCEPT before, if(bitTest(mask, %d) AND notEmpty(before)%s, arrayPushBack(before, -t), emptyArrayInt64()) AS s%d FROM (%s)", k-1, within, k, rows)
	}
	return rows
}

// funnelEvents gives a row per event that is looked at, with the steps it matches as bits of mask.
func (c *compiler) funnelEvents(f Funnel) string {
	b := branch{c: c, filters: c.q.filters, also: f.trees()}
	b.look()
	c.props, c.deeds, c.byGoal = nil, nil, false
	bits := make([]string, len(f.Steps))
	for i, tree := range b.also {
		bits[i] = fmt.Sprintf("toUInt8(%s) * %d", c.node(tree), 1<<i)
	}
	where := "visitor_id != 0 AND " + b.human() + c.condition(b.filters)
	if f.Shape.Strict { // whatever is no step comes between; the tracker's own pulse does not
		where += fmt.Sprintf(" AND (mask != 0 OR NOT (kind = %d AND name = '%s'))", schema.KindInteraction, schema.EngagementName)
		b.also = append(b.also, equals{sentName, ""})
	} else {
		where += " AND mask != 0"
	}
	cols := "visitor_id"
	visit := f.Shape.Hours == 0
	if visit {
		cols = "visitor_id, bot, start_ms"
	}
	return fmt.Sprintf("SELECT %s, at_ms AS t, toUInt16(%s) AS mask, rowNumberInAllBlocks() AS u FROM (%s) WHERE %s",
		cols, strings.Join(bits, " + "), b.eventRows(visit || b.ofVisit, nil, nil), where)
}

func (f Funnel) trees() []node {
	out := make([]node, len(f.Steps))
	for i, s := range f.Steps {
		out[i] = treeOf(s.Match)
	}
	return out
}

// Funnel is a question about the steps of a site's visitors.
type Funnel struct {
	Shape   goals.Shape
	Steps   []goals.Goal // of the shape, each with its match
	Defined []goals.Goal // the goals of the site, for filters
	Body    []byte       // date_range, filters and include, as in a query; nil: the last seven days
}
