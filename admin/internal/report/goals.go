package report

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"noctra/schema"
	"noctra/schema/goals"
)

// An event's goals are those of the site's definitions that it matches, and the name that it was sent
// with as a goal, unless a definition has taken that name. Grouped by goal there is a row for each of
// an event's goals; a filter alone asks whether any of them is meant.

// definition is a goal of the site with the tree that says which events count.
type definition struct {
	goals.Goal
	tree node
}

// Nodes of definitions, besides all.
type (
	ofKind  schema.Kind
	atLeast schema.Micros // in the site's currency
	equals  struct {
		dimension dimension
		value     string
	}
	glob struct {
		dimension dimension
		pattern   string // * is any text
	}
)

func (ofKind) isNode()  {}
func (atLeast) isNode() {}
func (equals) isNode()  {}
func (glob) isNode()    {}

// sentName is the name of an event, without its type where it has none.
var sentName = dimension{name: "name", scope: scopeEvent, event: "sent name"}

func define(defined []goals.Goal) []definition {
	out := make([]definition, len(defined))
	for i, g := range defined {
		out[i] = definition{g, treeOf(g.Match)}
	}
	return out
}

// treeOf is the tree of a match that was checked.
func treeOf(m goals.Match) node {
	switch m.Kind {
	case goals.Page:
		return all{ofKind(schema.KindPageview), glob{dimensions["event:page"], m.Path}}
	case goals.Sale:
		if least := m.Micros(); least > 0 {
			return all{ofKind(schema.KindSale), atLeast(least)}
		}
		return ofKind(schema.KindSale)
	}
	var out all
	if kind, ok := schema.ParseKind(m.EventType); ok {
		out = append(out, ofKind(kind))
	}
	if m.Name != "" {
		out = append(out, equals{sentName, m.Name})
	}
	for _, key := range sortedKeys(m.Props) {
		d, _ := findDimension(propsPrefix + key)
		out = append(out, equals{d, m.Props[key]})
	}
	return out
}

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// defined is the SQL of a node that only definitions have.
func (c *compiler) defined(n node) string {
	switch n := n.(type) {
	case ofKind:
		return fmt.Sprintf("kind = %d", n)
	case atLeast:
		return fmt.Sprintf("(amount >= %d AND money = %s)", n, c.text(c.q.site.Currency))
	case equals:
		return c.value(n.dimension) + " = " + c.text(n.value)
	default:
		g := n.(glob)
		return goals.Glob(c.value(g.dimension), g.pattern, c.text)
	}
}

// sent is the SQL of events that were sent as a goal whose name no definition has taken.
func (c *compiler) sent() string {
	names := make([]string, len(c.q.goals))
	for i, g := range c.q.goals {
		names[i] = g.Name
	}
	return fmt.Sprintf("(kind = %d AND NOT has(%s, toString(name)))", schema.KindGoal, c.texts(names))
}

// goalNames is the SQL of the array of an event's goals.
func (c *compiler) goalNames() string {
	names, tests := make([]string, len(c.q.goals)), make([]string, len(c.q.goals))
	for i, g := range c.q.goals {
		names[i], tests[i] = g.Name, "toUInt8("+c.node(g.tree)+")"
	}
	return fmt.Sprintf("arrayConcat(if(%s, [toString(name)], []), arrayFilter((n, yes) -> yes, %s, [%s]))", c.sent(), c.texts(names), strings.Join(tests, ", "))
}

// reached is the SQL of a filter by goal over events that are not grouped by goal.
func (c *compiler) reached(m match) string {
	takes, blank := m.names()
	parts := []string{"(" + c.sent() + " AND " + c.test(m, "toString(name)") + ")"}
	any := []string{c.sent()}
	for _, g := range c.q.goals {
		test := ""
		if takes(g.Name) || blank {
			test = c.node(g.tree)
		}
		if takes(g.Name) {
			parts = append(parts, test)
		}
		any = append(any, test)
	}
	if blank { // events without a goal
		parts = append(parts, "NOT ("+strings.Join(any, " OR ")+")")
	}
	return "(" + strings.Join(parts, " OR ") + ")"
}

// names returns what decides whether m takes a name, negation aside, and whether it takes the empty
// one, as ClickHouse would.
func (m match) names() (takes func(name string) bool, blank bool) {
	fold := func(s string) string { return s }
	if m.fold {
		fold = strings.ToLower
	}
	switch m.op {
	case opIs:
		takes = func(name string) bool {
			return slices.ContainsFunc(m.values, func(v string) bool { return fold(v) == fold(name) })
		}
		return takes, takes("") || takes(m.dimension.blank)
	case opContains:
		takes = func(name string) bool {
			return slices.ContainsFunc(m.values, func(v string) bool { return strings.Contains(fold(name), fold(v)) })
		}
	default:
		var patterns []*regexp.Regexp
		for _, v := range m.values {
			if p, err := regexp.Compile("(?s)" + v); err == nil { // was parsed when the query was read
				patterns = append(patterns, p)
			}
		}
		takes = func(name string) bool {
			return slices.ContainsFunc(patterns, func(p *regexp.Regexp) bool { return p.MatchString(name) })
		}
	}
	return takes, takes("")
}

// usedBy lists the columns of event rows that n reads; properties aside.
func (q *query) usedBy(n node) []string {
	var used []string
	note := func(d dimension) {
		switch {
		case d.scope != scopeEvent || d.key != "":
		case d.isGoal():
			used = append(used, "name")
			for _, g := range q.goals {
				used = append(used, q.usedBy(g.tree)...)
			}
		case d.event == sentName.event:
			used = append(used, "name")
		default:
			used = append(used, d.event)
		}
	}
	walkNodes(n, func(n node) {
		switch n := n.(type) {
		case match:
			note(n.dimension)
		case equals:
			note(n.dimension)
		case glob:
			note(n.dimension)
		case atLeast:
			used = append(used, "amount", "money")
		}
	})
	return used
}

// groupsByGoal says that there is a row for each goal of an event, and not one for each event.
func (c *compiler) groupsByGoal(dimensions []dimension) bool {
	return len(c.q.goals) > 0 && slices.ContainsFunc(dimensions, dimension.isGoal)
}

// goalsUsed lists the definitions that the answer depends on.
func (q *query) goalsUsed() []GoalUsed {
	grouped := slices.ContainsFunc(q.dimensions, dimension.isGoal)
	var asked []match
	note := func(m match) {
		if m.dimension.isGoal() {
			asked = append(asked, m)
		}
	}
	walk(all(q.filters), note)
	walkNodes(all(q.filters), func(n node) {
		if d, ok := n.(did); ok {
			walk(d.of, note)
		}
	})
	var out []GoalUsed
	for _, g := range q.goals {
		named := slices.ContainsFunc(asked, func(m match) bool {
			takes, blank := m.names()
			return blank || takes(g.Name)
		})
		if grouped || named {
			out = append(out, GoalUsed{strconv.FormatInt(g.ID, 10), g.Name, g.Version, g.ChangedAt})
		}
	}
	return out
}
