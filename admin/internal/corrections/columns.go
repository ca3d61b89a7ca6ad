package corrections

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"noctra/internal/clickhouse"
	"noctra/schema"
)

// columns are values of an event by the names of their columns.
type columns map[string]any

// correctable are the columns that a correction may set.
var correctable = []string{
	"amount", "currency", "order_id", "hostname", "path", "query", "title", "props", "item_ids", "item_names", "item_categories", "item_quantities", "item_prices",
}

// event is a row that is to be corrected.
type event struct {
	kind       schema.Kind
	occurredAt time.Time
	now        columns
	rows       int
}

// Conn is what corrections need of ClickHouse.
type Conn interface {
	Query(ctx context.Context, query string, args ...any) (driver.Rows, error)
	Exec(ctx context.Context, query string, args ...any) error
}

// find reads an event.
func find(ctx context.Context, conn Conn, site schema.SiteID, id string) (e event, err error) {
	rows, err := conn.Query(ctx, fmt.Sprintf("SELECT toInt8(kind), occurred_at, %s FROM events WHERE site_id = %d AND event_id = %s LIMIT 10", strings.Join(correctable, ", "), site, clickhouse.Quote(id)))
	if err != nil {
		return e, fmt.Errorf("look for event: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var kind int8
		var amount int64
		var currency, order, host, path, query, title string
		var props map[string]string
		var ids, names, categories []string
		var quantities, prices []int64
		if err := rows.Scan(&kind, &e.occurredAt, &amount, &currency, &order, &host, &path, &query, &title, &props, &ids, &names, &categories, &quantities, &prices); err != nil {
			return e, fmt.Errorf("read event: %w", err)
		}
		e.rows++
		e.kind = schema.Kind(kind)
		e.now = columns{
			"amount": amount, "currency": currency, "order_id": order, "hostname": host, "path": path, "query": query, "title": title, "props": props,
			"item_ids": ids, "item_names": names, "item_categories": categories, "item_quantities": quantities, "item_prices": prices,
		}
	}
	return e, rows.Err()
}

// differing leaves what is not so already, and what stands there now.
func (c columns) differing(now columns) (before, after columns) {
	before, after = columns{}, columns{}
	for name, value := range c {
		if !same(value, now[name]) {
			before[name], after[name] = now[name], value
		}
	}
	return before, after
}

func same(a, b any) bool {
	if x, y := reflect.ValueOf(a), reflect.ValueOf(b); x.Kind() != reflect.String && x.Kind() != reflect.Int64 && x.Len() == 0 && y.Len() == 0 {
		return true
	}
	return reflect.DeepEqual(a, b)
}

// assignments are the SET of an UPDATE. The order is always the same.
func (c columns) assignments() (string, error) {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(c)) {
		if !slices.Contains(correctable, name) {
			return "", fmt.Errorf("correct event: %q is no column to correct", name)
		}
		out = append(out, name+" = "+literal(c[name]))
	}
	return strings.Join(append(out, "corrected = 1"), ", "), nil
}

// read reads columns as Postgres keeps them.
func read(raw []byte) (columns, error) {
	var kept map[string]json.RawMessage
	if err := json.Unmarshal(raw, &kept); err != nil {
		return nil, fmt.Errorf("read correction: %w", err)
	}
	c := columns{}
	for name, value := range kept {
		var into any
		switch name {
		case "amount":
			into = new(int64)
		case "item_quantities", "item_prices":
			into = new([]int64)
		case "item_ids", "item_names", "item_categories":
			into = new([]string)
		case "props":
			into = new(map[string]string)
		default:
			into = new(string)
		}
		if err := json.Unmarshal(value, into); err != nil {
			return nil, fmt.Errorf("read correction: %w", err)
		}
		c[name] = reflect.ValueOf(into).Elem().Interface()
	}
	return c, nil
}

func literal(value any) string {
	switch v := value.(type) {
	case int64:
		return strconv.FormatInt(v, 10)
	case string:
		return clickhouse.Quote(v)
	case []string:
		texts := make([]string, len(v))
		for i, s := range v {
			texts[i] = clickhouse.Quote(s)
		}
		return "CAST([" + strings.Join(texts, ", ") + "], 'Array(String)')"
	case []int64:
		numbers := make([]string, len(v))
		for i, n := range v {
			numbers[i] = strconv.FormatInt(n, 10)
		}
		return "CAST([" + strings.Join(numbers, ", ") + "], 'Array(Int64)')"
	case map[string]string:
		keys := slices.Sorted(maps.Keys(v))
		values := make([]string, len(keys))
		for i, k := range keys {
			values[i] = v[k]
		}
		return "CAST(mapFromArrays(" + literal(keys) + ", " + literal(values) + "), 'Map(LowCardinality(String), String)')"
	}
	return "NULL"
}
