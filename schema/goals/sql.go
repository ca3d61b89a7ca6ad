package goals

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"noctra/schema"
)

// SQL says of a row of ClickHouse's events whether a match that was checked takes it. currency is the
// site's; quote writes a text as SQL.
func (m Match) SQL(currency string, quote func(string) string) string {
	switch m.Kind {
	case Page:
		return fmt.Sprintf("(kind = %d AND %s)", schema.KindPageview, Glob("path", m.Path, quote))
	case Sale:
		if least := m.Micros(); least > 0 {
			return fmt.Sprintf("(kind = %d AND amount >= %d AND currency = %s)", schema.KindSale, least, quote(currency))
		}
		return fmt.Sprintf("(kind = %d)", schema.KindSale)
	}
	var parts []string
	if kind, ok := schema.ParseKind(m.EventType); ok {
		parts = append(parts, fmt.Sprintf("kind = %d", kind))
	}
	if m.Name != "" {
		parts = append(parts, "name = "+quote(m.Name))
	}
	for _, key := range slices.Sorted(maps.Keys(m.Props)) {
		parts = append(parts, fmt.Sprintf("props[%s] = %s", quote(key), quote(m.Props[key])))
	}
	if len(parts) == 0 {
		return "0"
	}
	return "(" + strings.Join(parts, " AND ") + ")"
}

// Glob is the SQL of whether a value has a pattern, in which * is any text.
func Glob(value, pattern string, quote func(string) string) string {
	stars := strings.Count(pattern, "*")
	switch {
	case stars == 0:
		return value + " = " + quote(pattern)
	case strings.Trim(pattern, "*") == "":
		return "1"
	case stars == 1 && strings.HasSuffix(pattern, "*"):
		return "startsWith(" + value + ", " + quote(strings.TrimSuffix(pattern, "*")) + ")"
	}
	parts := strings.Split(pattern, "*")
	for i := range parts {
		parts[i] = regexp.QuoteMeta(parts[i])
	}
	return "match(" + value + ", " + quote("^"+strings.Join(parts, ".*")+"$") + ")"
}
