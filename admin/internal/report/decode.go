package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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
	q, err := newQuery(site)
	if err != nil {
		return nil, err
	}
	if root := d.root(body); root != nil {
		q.siteID, _ = d.siteID(root)
		d.read(q, root)
	}
	if err := d.err(); err != nil {
		return nil, err
	}
	return q, nil
}

// newQuery returns a query of a site that asks nothing yet.
func newQuery(site schema.Site) (*query, error) {
	zone, err := time.LoadLocation(site.TimeZone)
	if err != nil {
		return nil, fmt.Errorf("time zone of site %d: %w", site.ID, err)
	}
	return &query{site: site, zone: zone, limit: defaultLimit}, nil
}

// decoder collects problems. Its parts go on after one, so that all are found.
type decoder struct {
	now      time.Time
	first    time.Time
	problems []Problem
	filters  int
	inDeed   bool
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
