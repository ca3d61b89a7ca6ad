package report

import (
	"context"
	"math/big"
	"slices"
	"strconv"
	"strings"

	visits "noctra/admin/internal/slices"
)

// A set of groups larger than this is not sent along; all groups of the other range are read then.
const (
	maxKeys     = 2000
	maxKeyBytes = 64 << 10
)

// compare adds to every row the same group of the range compared with. Time buckets are the same
// when they stand at the same place in their range.
func (e *Engine) compare(ctx context.Context, state *visits.State, q *query, groups []group, answer *Answer) error {
	other := *q
	other.span = *q.include.compared
	other.include = include{bots: q.include.bots}
	other.offset, other.limit = 0, maxLimit
	found, _, err := e.run(ctx, &other, compile(&other, e.days(state, &other), keysOf(q, groups)))
	if err != nil {
		return err
	}
	place, otherPlace := q.places(), other.places()
	byKey := make(map[string]group, len(found))
	for _, g := range found {
		byKey[other.rowKey(g, otherPlace)] = g
	}
	labels := other.timeLabelList()
	for i, g := range groups {
		old, ok := byKey[q.rowKey(g, place)]
		row := &answer.Results[i]
		row.Comparison = &Comparison{Dimensions: q.comparedDimensions(g, place, labels), Metrics: q.metricValues(old.values), Change: make([]any, len(q.metrics))}
		if !ok && len(q.dimensions) > 0 {
			row.Comparison.Metrics = q.metricValues(values{})
		}
		for j, m := range q.metrics {
			row.Comparison.Change[j] = change(m, row.Comparison.Metrics[j], row.Metrics[j])
		}
	}
	return nil
}

// keysOf collects the groups' dimensions that are not time; nil when there are none or too many.
func keysOf(q *query, groups []group) *keySet {
	set := &keySet{}
	size := 0
	for i, d := range q.dimensions {
		if d.scope == scopeTime {
			continue
		}
		var texts []string
		for _, g := range groups {
			texts = append(texts, g.keys[i].text)
			size += len(g.keys[i].text) + 3
		}
		set.dimensions, set.values = append(set.dimensions, i), append(set.values, texts)
	}
	if len(set.dimensions) == 0 || len(groups) == 0 || len(groups) > maxKeys || size > maxKeyBytes {
		return nil
	}
	return set
}

func (q *query) timeLabelList() []string {
	if i := q.timeDimension(); i >= 0 {
		return q.span.labels(q.dimensions[i].interval, q.zone)
	}
	return nil
}

// places maps the labels of the query's range to their place in it.
func (q *query) places() map[string]int {
	out := map[string]int{}
	for i, l := range q.timeLabelList() {
		out[l] = i
	}
	return out
}

// rowKey is the same for rows that are compared with one another.
func (q *query) rowKey(g group, place map[string]int) string {
	parts := make([]string, len(q.dimensions))
	for i, d := range q.dimensions {
		parts[i] = strconv.Quote(g.keys[i].text)
		if d.scope == scopeTime {
			parts[i] = strconv.Itoa(place[label(d.interval, g.keys[i].bucket)])
		}
	}
	return strings.Join(parts, ",")
}

// comparedDimensions are the row's dimensions with the other range's label; empty beyond its end.
func (q *query) comparedDimensions(g group, place map[string]int, labels []string) []string {
	out := slices.Clone(q.dimensionTexts(g))
	if i := q.timeDimension(); i >= 0 {
		at := place[out[i]]
		out[i] = ""
		if at < len(labels) {
			out[i] = labels[at]
		}
	}
	return out
}

// change is in percent of the old value, rounded to two decimals; for rates the difference; nil
// where there is no old value to compare with.
func change(m metric, before, after any) any {
	a, ok1 := number(before)
	b, ok2 := number(after)
	if !ok1 || !ok2 {
		return nil
	}
	difference := new(big.Rat).Sub(b, a)
	switch {
	case m.rate:
		return rounded(difference, 2)
	case difference.Sign() == 0:
		return 0.0
	case a.Sign() == 0:
		return nil
	}
	return rounded(difference.Quo(difference.Mul(difference, big.NewRat(100, 1)), a.Abs(a)), 2)
}

func number(v any) (*big.Rat, bool) {
	switch v := v.(type) {
	case uint64:
		return new(big.Rat).SetInt(new(big.Int).SetUint64(v)), true
	case float64:
		r, ok := new(big.Rat).SetString(strconv.FormatFloat(v, 'f', -1, 64))
		return r, ok
	case string:
		return new(big.Rat).SetString(v)
	}
	return nil, false
}
