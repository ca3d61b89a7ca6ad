package report

import (
	"fmt"
	"slices"
	"strings"

	visits "noctra/admin/internal/slices"
)

// did holds for a visit, with all its events, that has an event for which of holds.
type did struct{ of node }

func (did) isNode() {}

// deed is a did as it is asked of the rows of visits: the column done<i>.
type deed struct {
	sql  string   // over the arrays of a visit
	used []string // columns of event rows that it reads
}

// done compiles a did once per SELECT, and returns the condition on its column.
func (c *compiler) done(d did) string {
	grouped := c.byGoal
	c.byGoal = false // the visit's events are looked at as they are
	used := append([]string{"kind"}, c.q.usedBy(d.of)...)
	slices.Sort(used)
	used = slices.Compact(used)
	test := c.node(d.of)
	c.byGoal = grouped
	var names, arrays []string
	for _, col := range eventColumns {
		if slices.Contains(used, col.name) {
			names, arrays = append(names, col.name), append(arrays, string(col.array))
		}
	}
	for i := range c.props {
		names, arrays = append(names, fmt.Sprintf("prop%d", i)), append(arrays, fmt.Sprintf("e_prop%d", i))
	}
	c.deeds = append(c.deeds, deed{fmt.Sprintf("arrayExists((%s) -> %s, %s)", strings.Join(names, ", "), test, strings.Join(arrays, ", ")), used})
	return fmt.Sprintf("done%d = 1", len(c.deeds)-1)
}

// relation is the relation of visits with what the branch needs, and a column for each deed.
func (b *branch) relation(need []visits.Column, used []string) string {
	selection := visits.Selection{Columns: slices.Clone(need), Sets: b.c.sets}
	for _, d := range b.c.deeds {
		used = append(used, d.used...)
	}
	for _, col := range eventColumns {
		switch {
		case !slices.Contains(used, col.name):
		case col.name == "title":
			selection.Extra = append(selection.Extra, visits.Extra{Name: col.array, Expr: col.raw})
		default:
			selection.Columns = addColumn(selection.Columns, col.array)
		}
	}
	for i := range b.c.props {
		selection.Extra = append(selection.Extra, visits.Extra{Name: visits.Column(fmt.Sprintf("e_prop%d", i)), Expr: b.c.rawProperty(i)})
	}
	rows := visits.Relation(b.c.q.site.ID, b.c.days, selection)
	if len(b.c.deeds) == 0 {
		return rows
	}
	cols := make([]string, len(b.c.deeds))
	for i, d := range b.c.deeds {
		cols[i] = fmt.Sprintf("%s AS done%d", d.sql, i)
	}
	return "SELECT *, " + strings.Join(cols, ", ") + " FROM (" + rows + ")"
}
