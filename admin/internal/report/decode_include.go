package report

import (
	"fmt"
	"time"

	"noctra/admin/internal/slices"
)

// include reads the options.
func (d *decoder) include(v any, q *query) include {
	var in include
	object, ok := v.(map[string]any)
	if v != nil && !ok {
		d.wrong("include", "%s is not an object", show(v))
	}
	d.knownKeys("include", object, []string{"time_labels", "total_rows", "imports", "bots", "comparisons"})
	options := []struct {
		name string
		on   *bool
	}{{"time_labels", &in.timeLabels}, {"total_rows", &in.totalRows}, {"imports", &in.imports}, {"bots", &in.bots}}
	for _, o := range options {
		if on, ok := object[o.name].(bool); ok {
			*o.on = on
		} else if object[o.name] != nil {
			d.wrong("include."+o.name, "%s is neither true nor false", show(object[o.name]))
		}
	}
	in.compared = d.comparisons("include.comparisons", object["comparisons"], q)
	return in
}

// comparisons resolves the range to compare with. A range that is not over is compared up to now.
func (d *decoder) comparisons(path string, v any, q *query) *dateRange {
	if v == nil {
		return nil
	}
	object, ok := v.(map[string]any)
	if !ok {
		d.wrong(path, `%s is not an object such as {"mode": "previous_period"}`, show(v))
		return nil
	}
	d.knownKeys(path, object, []string{"mode", "date_range", "match_day_of_week"})
	match, isBool := object["match_day_of_week"].(bool)
	if !isBool && object["match_day_of_week"] != nil {
		d.wrong(path+".match_day_of_week", "%s is neither true nor false", show(object["match_day_of_week"]))
	}
	mode, _ := object["mode"].(string)
	switch mode {
	case "custom":
		pair, ok := object["date_range"].([]any)
		if !ok {
			d.wrong(path+".date_range", "%s is not a pair of dates", show(object["date_range"]))
			return nil
		}
		span := d.pair(path+".date_range", pair, q.zone)
		return &span
	case "previous_period", "year_over_year":
		if len(d.problems) > 0 {
			return nil
		}
		span := q.span.compared(mode, match, d.now, q.zone)
		return &span
	}
	d.wrong(path+".mode", "%s is no mode; there is previous_period, year_over_year, custom", show(object["mode"]))
	return nil
}

// compared returns the range that lies as many days (or as much time) before r as r is long, or
// 365 days before it; with match on the nearest equal day of the week.
func (r dateRange) compared(mode string, match bool, now time.Time, zone *time.Location) dateRange {
	if !r.whole {
		shift := r.To - r.From
		if mode == "year_over_year" {
			shift = 365 * 24 * 60 * 60 * 1000
		}
		return instants(r.From-shift, r.To-shift, zone)
	}
	last := max(r.first, min(r.last, slices.DayOf(now, zone)))
	back := last - r.first + 1
	if mode == "year_over_year" {
		back = 365
	}
	if match && back%7 != 0 {
		nearest := (back + 3) / 7 * 7
		if nearest == 0 {
			nearest = 7
		}
		back = nearest
	}
	return days(r.first-back, last-back, zone)
}

// together checks what no part can see alone.
func (d *decoder) together(q *query) {
	time := q.timeDimension()
	if q.include.timeLabels && time < 0 {
		d.wrong("include.time_labels", "needs a dimension of time")
	}
	if time >= 0 {
		width := map[interval]int64{intervalMinute: 60_000, intervalHour: 3_600_000}[q.dimensions[time].interval]
		if width > 0 && (q.span.To-q.span.From)/width > maxLimit && q.include.timeLabels {
			d.wrong(fmt.Sprintf("dimensions[%d]", time), "more than %d buckets in the range", maxLimit)
		}
	}
	for i, m := range q.metrics {
		if (m.name == "conversion_rate" || m.name == "group_conversion_rate") && nestedGoal(q.filters) {
			d.wrong(fmt.Sprintf("metrics[%d]", i), "%s needs filters by event:goal to stand by themselves, outside and, or, not", m.name)
		}
		if m.name == "percentage" && len(q.dimensions) == 0 {
			d.wrong(fmt.Sprintf("metrics[%d]", i), "percentage needs a dimension")
		}
	}
}

func nestedGoal(filters []node) bool {
	nested := false
	for _, n := range filters {
		if _, simple := n.(match); !simple {
			walk(n, func(m match) { nested = nested || m.dimension.isGoal() })
		}
	}
	return nested
}
