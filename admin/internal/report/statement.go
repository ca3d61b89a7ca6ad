package report

import (
	"fmt"
	"slices"
	"strings"

	visits "noctra/admin/internal/slices"
)

// statement is a compiled query: one SELECT whose columns are the dimensions, the measures, and
// the number of all rows where that was asked for.
type statement struct {
	sql      string
	args     []any
	measures []measure
}

// compile writes q as SQL over days. only, where not nil, keeps the groups with these values of
// the dimensions that are not time (for comparisons).
func compile(q *query, days []visits.DayState, only *keySet) statement {
	c := newCompiler(q, days)
	wanted := q.measures()
	goal := q.about(dimension.isGoal)
	main := c.groups(wanted, q.dimensions, q.filters)
	keys := keyNames(len(q.dimensions))
	cols := prefixed("m.", keys)
	for _, m := range wanted {
		cols = append(cols, c.column(m, goal)+" AS "+measureNames[m])
	}
	if q.include.totalRows {
		cols = append(cols, "count() OVER () AS all_rows")
	}
	from := "(" + main.sql + ") AS m"
	if slices.Contains(wanted, mGroupAll) && goal {
		from += c.joinVisitors("g", withoutGoal(q.dimensions), q.dimensions, nonGoals(q.filters))
	}
	if slices.Contains(wanted, mTotalAll) {
		from += c.joinVisitors("t", nil, q.dimensions, q.filters)
	}
	sql := "SELECT " + strings.Join(cols, ", ") + " FROM " + from
	if only != nil {
		sql += " WHERE " + only.condition(c)
	}
	sql = fmt.Sprintf("%sSELECT * FROM (%s) ORDER BY %s LIMIT %d OFFSET %d", c.sets.With(), sql, q.orderSQL(), q.limit, q.offset)
	return statement{sql: sql, args: c.args, measures: wanted}
}

func prefixed(prefix string, names []string) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = prefix + n + " AS " + n
	}
	return out
}

// measures lists what the metrics are made of, each once, in a fixed order.
func (q *query) measures() []measure {
	var out []measure
	for m := range measures {
		if slices.ContainsFunc(q.metrics, func(x metric) bool { return slices.Contains(x.needs, m) }) {
			out = append(out, m)
		}
	}
	return out
}

// column is the outer SQL of a measure. With a goal, everybody in the group has converted, and the
// visitors to compare with are joined; without one, the group's own visitors are those.
func (c *compiler) column(m measure, goal bool) string {
	switch {
	case m == mConverted && goal:
		return "m.n_visitors"
	case m == mGroupAll && goal:
		return "g.joined_visitors"
	case m == mGroupAll:
		return "m.n_visitors"
	case m == mTotalAll:
		return "t.joined_visitors"
	default:
		return "m." + measureNames[m]
	}
}

// joinVisitors joins the visitors by some of the query's dimensions.
func (c *compiler) joinVisitors(alias string, by, dimensions []dimension, filters []node) string {
	t := c.groups([]measure{mVisitors}, by, filters)
	var cols, on []string
	for i, d := range by {
		cols = append(cols, fmt.Sprintf("d%d AS %s%d", i, alias, i))
		main := slices.IndexFunc(dimensions, func(x dimension) bool { return x.name == d.name })
		on = append(on, fmt.Sprintf("m.d%d = %s.%s%d", main, alias, alias, i))
	}
	cols = append(cols, "n_visitors AS joined_visitors")
	sub := fmt.Sprintf("(SELECT %s FROM (%s)) AS %s", strings.Join(cols, ", "), t.sql, alias)
	if len(on) == 0 {
		return " CROSS JOIN " + sub
	}
	return " LEFT JOIN " + sub + " ON " + strings.Join(on, " AND ")
}

func withoutGoal(dimensions []dimension) []dimension {
	return slices.DeleteFunc(slices.Clone(dimensions), dimension.isGoal)
}

// nonGoals are the filters that are not about a goal.
func nonGoals(filters []node) []node {
	return slices.DeleteFunc(slices.Clone(filters), func(n node) bool {
		m, ok := n.(match)
		return ok && m.dimension.isGoal()
	})
}

// orderSQL orders as asked, else by time, else by the first metric; always to the last tie, so that
// pages of one answer never overlap.
func (q *query) orderSQL() string {
	var parts []string
	for _, o := range q.order {
		direction := " ASC"
		if o.descending {
			direction = " DESC"
		}
		if o.metric >= 0 {
			parts = append(parts, q.metrics[o.metric].order+direction+" NULLS LAST")
		} else {
			parts = append(parts, fmt.Sprintf("d%d%s", o.dimension, direction))
		}
	}
	if len(q.order) == 0 {
		if i := q.timeDimension(); i >= 0 {
			parts = append(parts, fmt.Sprintf("d%d ASC", i))
		}
		parts = append(parts, q.metrics[0].order+" DESC NULLS LAST")
	}
	return strings.Join(append(parts, keyNames(len(q.dimensions))...), ", ")
}

// keySet is a set of groups by their dimensions that are not time.
type keySet struct {
	dimensions []int      // indices of the query's dimensions
	values     [][]string // per dimension, all of one length
}

func (k *keySet) condition(c *compiler) string {
	keys, arrays := make([]string, len(k.dimensions)), make([]string, len(k.dimensions))
	for i, d := range k.dimensions {
		keys[i], arrays[i] = fmt.Sprintf("toString(m.d%d)", d), c.texts(k.values[i])
	}
	return fmt.Sprintf("tuple(%s) IN (SELECT arrayJoin(arrayZip(%s)))", strings.Join(keys, ", "), strings.Join(arrays, ", "))
}
