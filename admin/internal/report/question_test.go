package report

import (
	"fmt"
	"strings"
	"time"
)

func (w *world) question() map[string]any {
	r := w.r
	q := map[string]any{"site_id": "x", "date_range": w.dateRange()}
	metrics := metricNames()
	r.Shuffle(len(metrics), func(i, j int) { metrics[i], metrics[j] = metrics[j], metrics[i] })
	dims := []string{
		"event:page", "event:hostname", "event:name", "event:type", "event:goal", "event:title", "event:props:plan's", "event:currency",
		"visit:entry_page", "visit:exit_page", "visit:source", "visit:utm_campaign", "visit:country", "visit:country_name", "visit:device", "visit:browser", "visit:bot_reason",
	}
	r.Shuffle(len(dims), func(i, j int) { dims[i], dims[j] = dims[j], dims[i] })
	asked := append([]string{}, dims[:r.IntN(3)]...)
	if r.IntN(2) == 0 {
		asked = append(asked, pick(r, "time", "time:minute", "time:hour", "time:day", "time:week", "time:month"))
	}
	metrics = metrics[:1+r.IntN(len(metrics))]
	q["dimensions"] = asked
	if len(asked) == 0 {
		metrics = without(metrics, "percentage")
	}
	var filters []any
	for range pick(r, 0, 0, 1, 2) {
		filters = append(filters, w.filter(dims, 0))
	}
	if strings.Contains(fmt.Sprint(filters...), "event:goal") {
		metrics = without(without(metrics, "conversion_rate"), "group_conversion_rate")
	}
	if len(filters) < 2 && r.IntN(4) == 0 {
		filters = append(filters, []any{"is", "event:goal", []string{"Signup"}})
		metrics = append(without(metrics, "conversion_rate"), "conversion_rate")
		if strings.Contains(fmt.Sprint(filters[:len(filters)-1]...), "event:goal") {
			metrics = without(metrics, "conversion_rate")
		}
	}
	if len(metrics) == 0 {
		metrics = []string{"visitors"}
	}
	q["metrics"] = metrics
	if filters != nil {
		q["filters"] = filters
	}
	q["include"] = map[string]any{"bots": r.IntN(2) == 0, "total_rows": r.IntN(2) == 0, "time_labels": false}
	return q
}

func without(list []string, name string) []string {
	var out []string
	for _, s := range list {
		if s != name {
			out = append(out, s)
		}
	}
	return out
}

// days is a range of whole days.
func (w *world) days() []string {
	day := func(back int) string { return w.now.In(w.zone).AddDate(0, 0, -back).Format(time.DateOnly) }
	from := w.r.IntN(5)
	return []string{day(from), day(w.r.IntN(from + 1))}
}

func (w *world) dateRange() any {
	r := w.r
	switch r.IntN(4) {
	case 0:
		return pick(r, "day", "24h", "7d", "month", "12mo", "year", "all")
	case 1:
		at := w.now.Add(-time.Duration(r.IntN(80*3600)) * time.Second)
		return []string{at.Format(time.RFC3339), at.Add(time.Duration(r.IntN(40*3600)) * time.Second).Format(time.RFC3339)}
	default:
		return w.days()
	}
}

func (w *world) filter(dims []string, depth int) any {
	r := w.r
	if r.IntN(12) == 0 {
		events := []string{"event:page", "event:name", "event:type", "event:goal", "event:hostname", "event:currency", "event:title", "event:props:plan's"}
		return []any{pick(r, "has_done", "has_not_done"), w.plain(events, 1)}
	}
	if depth < 3 && r.IntN(4) == 0 {
		switch r.IntN(3) {
		case 0:
			return []any{"not", w.filter(dims, depth+1)}
		case 1:
			return []any{"and", []any{w.filter(dims, depth+1), w.filter(dims, depth+1)}}
		default:
			return []any{"or", []any{w.filter(dims, depth+1), w.filter(dims, depth+1)}}
		}
	}
	return w.plain(dims, 0)
}

// plain is a filter of one operator, or two of them beside each other.
func (w *world) plain(dims []string, depth int) any {
	r := w.r
	if depth == 1 && r.IntN(4) == 0 {
		return []any{pick(r, "and", "or"), []any{w.plain(dims, 2), []any{"not", w.plain(dims, 2)}}}
	}
	values := []string{"/", "/a", "DE", "Google", "O'Reilly", "pro", "free\t\n", "chrome", "(not set)", "(none)", "Direct / None", "Signup", "pageview", "crawler", "EUR", "it's \\ \"quoted\"", "", "ä", "Thanks", "All' sales"}
	r.Shuffle(len(values), func(i, j int) { values[i], values[j] = values[j], values[i] })
	op := pick(r, "is", "is_not", "contains", "contains_not", "matches", "matches_not")
	chosen := append([]string{}, values[:1+r.IntN(4)]...)
	if strings.HasPrefix(op, "matches") {
		return []any{op, pick(r, dims...), []string{pick(r, "^/a?$", "oo|R", ".*", `\\ "`, "(?i)CHROME")}}
	}
	if r.IntN(3) == 0 {
		return []any{op, pick(r, dims...), chosen, map[string]any{"case_sensitive": r.IntN(2) == 0}}
	}
	return []any{op, pick(r, dims...), chosen}
}

// simple is a question that sums of days answer: whole days, one dimension at most and days or
// longer, filtered by that dimension or by one value of another.
func (w *world) simple() map[string]any {
	r := w.r
	day := func(back int) string { return w.now.In(w.zone).AddDate(0, 0, -back).Format(time.DateOnly) }
	q := map[string]any{"site_id": "x", "date_range": pick[any](r, "7d", "all", w.days(), []string{day(4), day(0)})}
	metrics := without(without(metricNames(), "percentage"), "held_sales") // which no rollup has
	r.Shuffle(len(metrics), func(i, j int) { metrics[i], metrics[j] = metrics[j], metrics[i] })
	metrics = metrics[:1+r.IntN(len(metrics))]
	asked := []string{}
	if r.IntN(4) > 0 {
		asked = append(asked, pick(r, "event:page", "event:hostname", "event:name", "event:type", "event:goal", "event:currency", "visit:entry_page", "visit:exit_page",
			"visit:source", "visit:utm_campaign", "visit:country", "visit:country_name", "visit:device", "visit:browser"))
		metrics = append(metrics, "percentage")
	}
	filters := map[string][]string{"event:page": {"/a", "/", "(not set)"}, "event:goal": {"Signup", "Download"}, "visit:source": {"Google", "O'Reilly", "Direct / None"}, "visit:country": {"DE", "(not set)"}}
	switch {
	case r.IntN(2) > 0:
	case len(asked) == 0:
		by := pick(r, "event:page", "event:goal", "visit:source", "visit:country")
		q["filters"] = []any{[]any{"is", by, []string{pick(r, filters[by]...)}}}
	case filters[asked[0]] != nil:
		q["filters"] = []any{[]any{pick(r, "is", "is_not"), asked[0], filters[asked[0]][:1+r.IntN(2)]}}
	}
	if r.IntN(2) == 0 {
		asked = append(asked, pick(r, "time:day", "time:week", "time:month"))
		metrics = append(without(metrics, "percentage"), "percentage")
	}
	q["dimensions"], q["metrics"] = asked, metrics
	q["include"] = map[string]any{"total_rows": r.IntN(2) == 0}
	return q
}
