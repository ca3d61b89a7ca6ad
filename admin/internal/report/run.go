package report

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"reflect"
	"strings"
	"time"

	clickhousego "github.com/ClickHouse/clickhouse-go/v2"
)

// group is one row as ClickHouse gave it: a key per dimension, and the measures.
type group struct {
	keys   []key
	values values
}

// key is a dimension's value: text, or the number of a time bucket.
type key struct {
	text   string
	bucket int64
}

// run executes a statement. allRows is 0 unless the query asked for the number of all rows.
func (e *Engine) run(ctx context.Context, q *query, s statement) (groups []group, allRows uint64, err error) {
	rows, err := e.conn.Query(ctx, s.sql, s.args...)
	if err != nil {
		return nil, 0, explain(q, fmt.Errorf("run report: %w", err))
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		g := group{keys: make([]key, len(q.dimensions))}
		into := make([]any, 0, len(q.dimensions)+len(s.measures)+1)
		for i, d := range q.dimensions {
			if d.scope == scopeTime {
				into = append(into, &g.keys[i].bucket)
			} else {
				into = append(into, &g.keys[i].text)
			}
		}
		types := rows.ColumnTypes()
		for i := range s.measures {
			into = append(into, reflect.New(types[len(q.dimensions)+i].ScanType()).Interface())
		}
		if q.include.totalRows {
			into = append(into, &allRows)
		}
		if err := rows.Scan(into...); err != nil {
			return nil, 0, fmt.Errorf("read report: %w", err)
		}
		for i, m := range s.measures {
			if g.values[m], err = integer(into[len(q.dimensions)+i]); err != nil {
				return nil, 0, fmt.Errorf("read %s of report: %w", measureNames[m], err)
			}
		}
		groups = append(groups, g)
	}
	if err := rows.Err(); err != nil {
		return nil, 0, explain(q, fmt.Errorf("run report: %w", err))
	}
	return groups, allRows, nil
}

// integer takes what clickhouse-go scanned: a pointer to an unsigned number or to a big one.
func integer(scanned any) (*big.Int, error) {
	switch n := scanned.(type) {
	case *uint64:
		return new(big.Int).SetUint64(*n), nil
	case *big.Int:
		return n, nil
	case **big.Int:
		return *n, nil
	}
	return nil, fmt.Errorf("unexpected type %T", scanned)
}

// Codes of ClickHouse for patterns that only its own library refuses.
const codeCannotCompileRegexp = 427

// explain turns a failure that the query caused into an *Error.
func explain(q *query, err error) error {
	var exception *clickhousego.Exception
	if !errors.As(err, &exception) || exception.Code != codeCannotCompileRegexp {
		return err
	}
	var problems []Problem
	note := func(m match) {
		if m.op == opMatches {
			problems = append(problems, Problem{Path: m.path + "[2]", Message: "the pattern is too large or unknown to RE2"})
		}
	}
	walk(all(q.filters), note)
	walkNodes(all(q.filters), func(n node) {
		if d, ok := n.(did); ok {
			walk(d.of, note)
		}
	})
	return &Error{Problems: problems}
}

// label writes a bucket as the API names it: a date, or date and time of the site's clocks.
func label(i interval, bucket int64) string {
	if i.withinDay() {
		return time.Unix(bucket, 0).UTC().Format(time.DateTime)
	}
	return time.Unix(bucket*86400, 0).UTC().Format(time.DateOnly)
}

// labels lists every bucket of the range, with or without events.
func (r dateRange) labels(i interval, zone *time.Location) []string {
	var out []string
	add := func(s string) {
		if len(out) == 0 || s > out[len(out)-1] { // clocks that go back give a bucket twice
			out = append(out, s)
		}
	}
	switch i {
	case intervalMinute, intervalHour:
		width := int64(60)
		if i == intervalHour {
			width = 3600
		}
		for at := floorDiv(r.From, 1000); at*1000 < r.To; {
			_, offset := time.Unix(at, 0).In(zone).Zone()
			wall := at + int64(offset)
			add(label(i, wall-wall%width))
			at += width - wall%width
		}
	case intervalWeek:
		for n := r.first; n <= r.last; n += 7 - (n+3)%7 {
			add(n.String())
		}
	case intervalMonth:
		for y, m, _ := r.first.Date().Date(); ; m++ {
			first := time.Date(y, m, 1, 0, 0, 0, 0, time.UTC)
			if first.After(r.last.Date()) {
				return out
			}
			add(first.Format(time.DateOnly))
		}
	default:
		for n := r.first; n <= r.last; n++ {
			add(n.String())
		}
	}
	return out
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// dimensionTexts are the row's dimensions as the answer writes them.
func (q *query) dimensionTexts(g group) []string {
	out := make([]string, len(q.dimensions))
	for i, d := range q.dimensions {
		out[i] = strings.ToValidUTF8(g.keys[i].text, "\uFFFD")
		if d.scope == scopeTime {
			out[i] = label(d.interval, g.keys[i].bucket)
		}
	}
	return out
}

func (q *query) metricValues(v values) []any {
	out := make([]any, len(q.metrics))
	for i, m := range q.metrics {
		out[i] = m.value(v)
	}
	return out
}
