package report

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

func (d *decoder) metrics(v any) []metric {
	list, ok := v.([]any)
	switch {
	case v == nil:
		d.wrong("metrics", "missing: name at least one of %s", strings.Join(metricNames(), ", "))
	case !ok || len(list) == 0:
		d.wrong("metrics", "%s is not a list of at least one metric", show(v))
	case len(list) > maxMetrics:
		d.wrong("metrics", "%d metrics; at most %d are taken", len(list), maxMetrics)
		return nil
	}
	var out []metric
	seen := map[string]bool{}
	for i, v := range list {
		name, _ := v.(string)
		m, ok := findMetric(name)
		switch path := fmt.Sprintf("metrics[%d]", i); {
		case !ok:
			d.wrong(path, "%s is no metric; there is %s", show(v), strings.Join(metricNames(), ", "))
		case seen[name]:
			d.wrong(path, "%s stands there twice", show(v))
		}
		seen[name] = true
		out = append(out, m)
	}
	return out
}

func (d *decoder) dimensionList(v any, q *query) []dimension {
	list, ok := v.([]any)
	if v != nil && !ok {
		d.wrong("dimensions", "%s is not a list", show(v))
	}
	if len(list) > maxDimensions {
		d.wrong("dimensions", "%d dimensions; at most %d are taken", len(list), maxDimensions)
		return nil
	}
	var out []dimension
	seen := map[string]bool{}
	times := 0
	for i, v := range list {
		path := fmt.Sprintf("dimensions[%d]", i)
		dim, ok := d.dimension(path, v)
		if !ok {
			continue
		}
		if dim.interval == intervalAuto && dim.scope == scopeTime {
			dim.interval = q.span.autoInterval()
		}
		if dim.scope == scopeTime {
			times++
		}
		if seen[dim.name] || times > 1 {
			d.wrong(path, "%s: a dimension stands there once, and time once", show(v))
		}
		seen[dim.name] = true
		out = append(out, dim)
	}
	return out
}

func (d *decoder) dimension(path string, v any) (dimension, bool) {
	name, _ := v.(string)
	dim, ok := findDimension(name)
	if !ok {
		d.wrong(path, "%s is no dimension; see event:*, visit:* and time:* in the documentation", show(v))
	}
	return dim, ok
}

func (d *decoder) orderBy(v any, q *query) []order {
	list, ok := v.([]any)
	if v != nil && !ok {
		d.wrong("order_by", "%s is not a list", show(v))
	}
	if len(list) > maxMetrics+maxDimensions {
		d.wrong("order_by", "%d entries; at most %d are taken", len(list), maxMetrics+maxDimensions)
		return nil
	}
	var out []order
	for i, entry := range list {
		path := fmt.Sprintf("order_by[%d]", i)
		pair, ok := entry.([]any)
		if !ok || len(pair) != 2 {
			d.wrong(path, `%s is not [metric or dimension, "asc" or "desc"]`, show(entry))
			continue
		}
		o := order{descending: pair[1] == "desc"}
		if pair[1] != "asc" && pair[1] != "desc" {
			d.wrong(path+"[1]", `%s is neither "asc" nor "desc"`, show(pair[1]))
		}
		o.metric = slices.IndexFunc(q.metrics, func(m metric) bool { return m.name == pair[0] })
		o.dimension = slices.IndexFunc(q.dimensions, func(x dimension) bool { return x.name == pair[0] })
		if o.metric < 0 && o.dimension < 0 {
			d.wrong(path+"[0]", "%s is none of the query's metrics and dimensions", show(pair[0]))
		}
		out = append(out, o)
	}
	return out
}

func (d *decoder) pagination(v any, q *query) {
	if v == nil {
		return
	}
	object, ok := v.(map[string]any)
	if !ok {
		d.wrong("pagination", "%s is not an object with limit and offset", show(v))
		return
	}
	d.knownKeys("pagination", object, []string{"limit", "offset"})
	q.limit = d.integer("pagination.limit", object["limit"], bounds{1, maxLimit, defaultLimit})
	q.offset = d.integer("pagination.offset", object["offset"], bounds{0, math.MaxInt32, 0})
}

type bounds struct{ least, most, missing int }

func (d *decoder) integer(path string, v any, b bounds) int {
	if v == nil {
		return b.missing
	}
	number, _ := v.(json.Number)
	n, err := strconv.Atoi(number.String())
	if err != nil || n < b.least || n > b.most {
		d.wrong(path, "%s is not a whole number from %d to %d", show(v), b.least, b.most)
	}
	return n
}
