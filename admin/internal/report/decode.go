package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"noctra/schema"
)

// Bounds of a query. They keep its SQL and the address line of its parameters small.
const (
	maxBody       = 256 << 10
	maxMetrics    = 32
	maxDimensions = 8
	maxDepth      = 8    // of and, or, not
	maxFilters    = 200  // in the whole tree
	maxValues     = 1000 // of all filters together
	maxValueBytes = 64 << 10
	maxLimit      = 1_000_000
	defaultLimit  = 10_000
	shownBytes    = 60 // of a wrong value in a message
)

// SiteID returns the site_id of a query body without judging the rest: the public key or the
// numeric id of a site, as a string.
func SiteID(body []byte) (string, error) {
	var d decoder
	if root := d.root(body); root != nil {
		if id, ok := d.siteID(root); ok {
			return id, nil
		}
	}
	return "", d.err()
}

// decode reads and checks a query; every problem is reported at once, in an *Error. first is when
// the site's first event was, zero without one.
func decode(body []byte, site schema.Site, now, first time.Time) (*query, error) {
	d := decoder{now: now, first: first}
	zone, err := time.LoadLocation(site.TimeZone)
	if err != nil {
		return nil, fmt.Errorf("time zone of site %d: %w", site.ID, err)
	}
	q := &query{site: site, zone: zone, limit: defaultLimit}
	if root := d.root(body); root != nil {
		q.siteID, _ = d.siteID(root)
		d.read(q, root)
	}
	if err := d.err(); err != nil {
		return nil, err
	}
	return q, nil
}

// decoder collects problems. Its parts go on after one, so that all are found.
type decoder struct {
	now      time.Time
	first    time.Time
	problems []Problem
	filters  int
	values   int
	bytes    int
}

func (d *decoder) wrong(path, format string, args ...any) {
	const most = 100
	if len(d.problems) < most {
		d.problems = append(d.problems, Problem{Path: path, Message: fmt.Sprintf(format, args...)})
	}
}

func (d *decoder) err() error {
	if len(d.problems) == 0 {
		return nil
	}
	return &Error{Problems: d.problems}
}

func (d *decoder) root(body []byte) map[string]any {
	if len(body) > maxBody {
		d.wrong("", "the query has %d bytes; at most %d are taken", len(body), maxBody)
		return nil
	}
	if !utf8.Valid(body) {
		d.wrong("", "the query is not valid UTF-8")
		return nil
	}
	reader := json.NewDecoder(bytes.NewReader(body))
	reader.UseNumber()
	var root any
	if err := reader.Decode(&root); err != nil {
		d.wrong("", "the query is not JSON: %s", readable(err))
		return nil
	}
	if _, err := reader.Token(); !errors.Is(err, io.EOF) {
		d.wrong("", "something follows after the query's JSON")
		return nil
	}
	object, ok := root.(map[string]any)
	if !ok {
		d.wrong("", "the query must be an object, not %s", show(root))
		return nil
	}
	return object
}

func readable(err error) string {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return "it ends too early"
	}
	return strings.TrimPrefix(err.Error(), "json: ")
}

func (d *decoder) siteID(root map[string]any) (string, bool) {
	switch id := root["site_id"].(type) {
	case string:
		if id != "" && len(id) <= 100 {
			return id, true
		}
	case json.Number:
		if _, err := strconv.ParseUint(id.String(), 10, 64); err == nil {
			return id.String(), true
		}
	case nil:
		d.wrong("site_id", "missing: give the site's public key or id")
		return "", false
	}
	d.wrong("site_id", "%s is not a site's public key or id", show(root["site_id"]))
	return "", false
}

var topKeys = []string{"site_id", "metrics", "date_range", "dimensions", "filters", "order_by", "include", "pagination"}

func (d *decoder) read(q *query, root map[string]any) {
	d.knownKeys("", root, topKeys)
	q.metrics = d.metrics(root["metrics"])
	q.span = d.dateRange("date_range", root["date_range"], q)
	q.dimensions = d.dimensionList(root["dimensions"], q)
	q.filters = d.filterList("filters", root["filters"], 0)
	q.filterEcho, _ = root["filters"].([]any)
	q.order = d.orderBy(root["order_by"], q)
	q.include = d.include(root["include"], q)
	d.pagination(root["pagination"], q)
	if len(d.problems) == 0 {
		d.together(q)
	}
}

// knownKeys refuses keys that mean nothing, in the order of their names.
func (d *decoder) knownKeys(path string, object map[string]any, known []string) {
	var unknown []string
	for key := range object {
		if !slices.Contains(known, key) {
			unknown = append(unknown, key)
		}
	}
	slices.Sort(unknown)
	for _, key := range unknown {
		d.wrong(join(path, show(key)), "unknown; there is %s", strings.Join(known, ", "))
	}
}

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

// show writes a wrong value for a message, cut to a readable length.
func show(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return "this value"
	}
	if len(text) <= shownBytes {
		return string(text)
	}
	cut := shownBytes
	for cut > 0 && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return string(text[:cut]) + "…"
}

func join(path, key string) string {
	key = strings.Trim(key, `"`)
	if path == "" {
		return key
	}
	return path + "." + key
}
