package report

import (
	"fmt"
	"regexp/syntax"
	"strings"
)

type filterKind struct {
	op      operator
	negated bool
}

var operators = map[string]filterKind{
	"is": {opIs, false}, "is_not": {opIs, true},
	"contains": {opContains, false}, "contains_not": {opContains, true},
	"matches": {opMatches, false}, "matches_not": {opMatches, true},
}

const operatorNames = "is, is_not, contains, contains_not, matches, matches_not, and, or, not, has_done, has_not_done"

// filterList reads a list of filters; depth counts the operators around it.
func (d *decoder) filterList(path string, v any, depth int) []node {
	list, ok := v.([]any)
	if v != nil && !ok {
		d.wrong(path, "%s is not a list of filters", show(v))
	}
	var out []node
	for i, v := range list {
		if d.filters > maxFilters {
			break // said once, by filter
		}
		if n := d.filter(fmt.Sprintf("%s[%d]", path, i), v, depth); n != nil {
			out = append(out, n)
		}
	}
	return out
}

// filter reads one filter; nil when it is wrong.
func (d *decoder) filter(path string, v any, depth int) node {
	d.filters++
	if d.filters > maxFilters {
		if d.filters == maxFilters+1 {
			d.wrong(path, "more than %d filters", maxFilters)
		}
		return nil
	}
	if depth > maxDepth {
		d.wrong(path, "and, or and not stand more than %d deep", maxDepth)
		return nil
	}
	parts, ok := v.([]any)
	if !ok || len(parts) == 0 {
		d.wrong(path, "%s is no filter: give [operator, dimension, [values]]", show(v))
		return nil
	}
	name, _ := parts[0].(string)
	if name == "and" || name == "or" || name == "not" {
		return d.logical(path, name, parts, depth)
	}
	if name == "has_done" || name == "has_not_done" {
		return d.deed(path, name, parts, depth)
	}
	kind, ok := operators[name]
	if !ok {
		d.wrong(path+"[0]", "%s is no operator; there is %s", show(parts[0]), operatorNames)
		return nil
	}
	if len(parts) < 3 || len(parts) > 4 {
		d.wrong(path, "%s is not [operator, dimension, [values]] or the same with modifiers", show(v))
		return nil
	}
	return d.match(path, kind, parts)
}

func (d *decoder) logical(path, name string, parts []any, depth int) node {
	if len(parts) != 2 {
		d.wrong(path, "%q takes one thing: a list of filters, or for not one filter", name)
		return nil
	}
	if name == "not" {
		if n := d.filter(path+"[1]", parts[1], depth+1); n != nil {
			return not{n}
		}
		return nil
	}
	if list, ok := parts[1].([]any); !ok || len(list) == 0 {
		d.wrong(path+"[1]", "%s is not a list of at least one filter", show(parts[1]))
		return nil
	}
	nodes := d.filterList(path+"[1]", parts[1], depth+1)
	if name == "and" {
		return all(nodes)
	}
	return any_(nodes)
}

// deed reads what a visit has done: a filter about one of its events.
func (d *decoder) deed(path, name string, parts []any, depth int) node {
	switch {
	case len(parts) != 2:
		d.wrong(path, "%q takes one filter about events", name)
		return nil
	case d.inDeed:
		d.wrong(path, "has_done and has_not_done do not stand in each other")
		return nil
	}
	d.inDeed = true
	of := d.filter(path+"[1]", parts[1], depth+1)
	d.inDeed = false
	switch {
	case of == nil:
		return nil
	case name == "has_not_done":
		return not{did{of}}
	}
	return did{of}
}

func (d *decoder) match(path string, kind filterKind, parts []any) node {
	before := len(d.problems)
	m := match{op: kind.op, negated: kind.negated, path: path}
	m.dimension, _ = d.dimension(path+"[1]", parts[1])
	if name, _ := parts[1].(string); strings.HasPrefix(name, "time") && len(d.problems) == before {
		d.wrong(path+"[1]", "%s cannot be filtered by; use date_range", show(parts[1]))
	}
	if d.inDeed && m.dimension.scope == scopeVisit {
		d.wrong(path+"[1]", "%s is about the visit; has_done asks about events", show(parts[1]))
	}
	list, ok := parts[2].([]any)
	if !ok || len(list) == 0 {
		d.wrong(path+"[2]", "%s is not a list of at least one value", show(parts[2]))
	}
	for i, v := range list {
		m.values = append(m.values, d.filterValue(fmt.Sprintf("%s[2][%d]", path, i), v, kind.op))
		if d.values > maxValues || d.bytes > maxValueBytes {
			break
		}
	}
	if len(parts) == 4 {
		m.fold = d.modifiers(path+"[3]", parts[3], kind.op)
	}
	if len(d.problems) > before {
		return nil
	}
	return m
}

func (d *decoder) filterValue(path string, v any, op operator) string {
	text, ok := v.(string)
	if !ok {
		d.wrong(path, "%s is not a string", show(v))
	}
	if strings.ContainsRune(text, 0) {
		d.wrong(path, "%s holds a NUL character", show(v))
	}
	if d.values++; d.values == maxValues+1 {
		d.wrong(path, "more than %d values in all filters", maxValues)
	}
	if d.bytes += len(text); d.bytes > maxValueBytes && d.bytes-len(text) <= maxValueBytes {
		d.wrong(path, "more than %d bytes of values in all filters", maxValueBytes)
	}
	if op == opMatches && ok {
		if len(text) > maxPattern {
			d.wrong(path, "the pattern has %d bytes; at most %d are taken", len(text), maxPattern)
		} else if _, err := syntax.Parse(text, syntax.Perl); err != nil {
			d.wrong(path, "%s is no RE2 pattern: %s", show(v), err)
		}
	}
	return text
}

const maxPattern = 1000

func (d *decoder) modifiers(path string, v any, op operator) (fold bool) {
	object, ok := v.(map[string]any)
	if !ok {
		d.wrong(path, `%s is not an object such as {"case_sensitive": false}`, show(v))
		return false
	}
	d.knownKeys(path, object, []string{"case_sensitive"})
	sensitive, given := object["case_sensitive"]
	if !given {
		return false
	}
	on, ok := sensitive.(bool)
	switch {
	case !ok:
		d.wrong(path+".case_sensitive", "%s is neither true nor false", show(sensitive))
	case op == opMatches:
		d.wrong(path+".case_sensitive", "not with matches; write (?i) in the pattern")
	}
	return !on
}
