package slices

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"noctra/schema"
)

// Relation is a SELECT that gives one row per visit of days, and one per event of nobody known,
// with the columns of s. It reads the parameter {tz:String}. With columns that slices do not keep,
// every day is made from raw events.
func Relation(site schema.SiteID, days []DayState, s Selection) string {
	var parts, sliced, lasting []string
	var raw, dirty []DayState
	for _, d := range days {
		if len(s.Extra) > 0 || d.Mode == Raw {
			raw = append(raw, d)
			continue
		}
		if d.OnlyLasting {
			lasting = append(lasting, d.Key())
			continue
		}
		sliced = append(sliced, d.Key())
		if d.Mode == Dirty {
			dirty = append(dirty, d)
		}
	}
	changed := changedVisitors(site, dirty)
	if len(sliced) > 0 {
		from := fmt.Sprintf("SELECT %s FROM visits WHERE site_id = %d AND %s", s.kept(), site, s.Sets.In(sliced))
		if len(dirty) > 0 {
			from += " AND (day, visitor_id) GLOBAL NOT IN (" + changed + ")"
		}
		parts = append(parts, from)
	}
	if len(lasting) > 0 {
		parts = append(parts, fmt.Sprintf("SELECT %s FROM visits WHERE site_id = %d AND %s AND lasting = 1", s.kept(), site, s.Sets.In(lasting)))
	}
	if len(dirty) > 0 {
		parts = append(parts, live(s, RawRows(site, Spans(dirty))+" AND (toDate(occurred_at, {tz:String}), visitor_id) GLOBAL IN ("+changed+")"))
	}
	if len(raw) > 0 || len(parts) == 0 {
		parts = append(parts, live(s, RawRows(site, Spans(raw))))
	}
	return strings.Join(parts, " UNION ALL ")
}

// kept lists the columns of s as the table visits has them.
func (s Selection) kept() string {
	cols := []string{"day", "visitor_id", "bot", "toUnixTimestamp64Milli(start) AS start_ms"}
	for _, c := range s.Columns {
		cols = append(cols, string(c))
	}
	return strings.Join(cols, ", ")
}

// changedVisitors selects (day, visitor_id) of everybody with rows newer than the slice of the day.
func changedVisitors(site schema.SiteID, dirty []DayState) string {
	conditions := make([]string, len(dirty))
	for i, d := range dirty {
		conditions[i] = fmt.Sprintf("(%s AND inserted_at > %s)", within(Span{d.From, d.To}), moment(d.MadeAt-overlapMillis))
	}
	return fmt.Sprintf("SELECT toDate(occurred_at, {tz:String}), visitor_id FROM events WHERE site_id = %d AND (%s)",
		site, strings.Join(conditions, " OR "))
}

// Span is a stretch of time in Unix milliseconds, without its end.
type Span struct{ From, To int64 }

// Spans are the stretches of time of days that are in order.
func Spans(days []DayState) []Span {
	out := make([]Span, len(days))
	for i, d := range days {
		out[i] = Span{d.From, d.To}
	}
	return Joined(out)
}

// Joined joins spans that follow each other without a gap; they are in order.
func Joined(in []Span) []Span {
	var out []Span
	for _, s := range in {
		if n := len(out); n > 0 && out[n-1].To == s.From {
			out[n-1].To = s.To
			continue
		}
		out = append(out, s)
	}
	return out
}

// RawRows is the condition for a site's events within spans; the product's own probes are never
// among them.
func RawRows(site schema.SiteID, spans []Span) string {
	conditions := make([]string, len(spans))
	for i, s := range spans {
		conditions[i] = within(s)
	}
	when := strings.Join(conditions, " OR ")
	if len(spans) == 0 {
		when = "0"
	}
	return "site_id = " + strconv.FormatUint(uint64(site), 10) + " AND (" + when + ") AND via != " + strconv.Itoa(int(schema.ViaCanary))
}

func within(s Span) string {
	return "(occurred_at >= " + moment(s.From) + " AND occurred_at < " + moment(s.To) + ")"
}

// Attribute says whether c is taken from the visit's first event and has one value.
func Attribute(c Column) bool { return c != BotReasons && slices.Contains(attributes, c) }
