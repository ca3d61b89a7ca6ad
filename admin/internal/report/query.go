package report

import (
	"time"

	"noctra/admin/internal/slices"
	"noctra/schema"
)

// query is a question that has been checked: everything in it can be answered.
type query struct {
	siteID     string // as it was asked for
	site       schema.Site
	zone       *time.Location
	metrics    []metric
	dimensions []dimension
	filters    []node // all of them must hold
	goals      []definition
	filterEcho []any
	span       dateRange
	order      []order
	include    include
	limit      int
	offset     int
}

type include struct {
	timeLabels, totalRows, imports, bots bool
	compared                             *dateRange
}

type order struct {
	metric     int // index into metrics, or -1
	dimension  int // index into dimensions, or -1
	descending bool
}

// node is part of the closed tree of filters: all, any, not, match or did; see also goals.go.
type node interface{ isNode() }

type (
	all   []node // every one holds
	any_  []node // at least one holds
	not   struct{ of node }
	match struct {
		dimension dimension
		op        operator
		negated   bool
		fold      bool // without regard to case
		values    []string
		path      string // in the JSON, for what only ClickHouse can refuse
	}
)

func (all) isNode()   {}
func (any_) isNode()  {}
func (not) isNode()   {}
func (match) isNode() {}

type operator uint8

const (
	opIs operator = iota
	opContains
	opMatches
)

// walk calls visit for every match of an event or its visit below n; what a did asks is its own affair.
func walk(n node, visit func(match)) {
	walkNodes(n, func(n node) {
		if m, ok := n.(match); ok {
			visit(m)
		}
	})
}

// walkNodes calls visit for n and every node below it, without what stands in a did.
func walkNodes(n node, visit func(node)) {
	visit(n)
	switch n := n.(type) {
	case all:
		for _, c := range n {
			walkNodes(c, visit)
		}
	case any_:
		for _, c := range n {
			walkNodes(c, visit)
		}
	case not:
		walkNodes(n.of, visit)
	}
}

// timeDimension returns the index of the first dimension of time, or -1.
func (q *query) timeDimension() int {
	for i, d := range q.dimensions {
		if d.scope == scopeTime {
			return i
		}
	}
	return -1
}

// about says whether a dimension that f accepts is grouped or filtered by.
func (q *query) about(f func(dimension) bool) bool {
	found := false
	for _, d := range q.dimensions {
		found = found || f(d)
	}
	walk(all(q.filters), func(m match) { found = found || f(m.dimension) })
	return found
}

// dateRange is a stretch of time with the local days that it touches.
type dateRange struct {
	slices.Span                  // Unix milliseconds, without To
	first, last slices.DayNumber // local days
	whole       bool             // of whole days
}
