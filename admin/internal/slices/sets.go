package slices

import (
	"fmt"
	"strings"
)

// Key is the SQL of the day and the generation that counts, as the tables have them.
func (d DayState) Key() string { return fmt.Sprintf("(toDate(%d),%d)", d.Number, d.Gen) }

// inlineKeys is up to how many keys a set is written where it is used.
const inlineKeys = 60

// Sets are the large sets of days that one statement uses. Each is written once, in front of the
// statement: years of days, several times over, would be more text than ClickHouse reads.
type Sets struct{ texts []string }

// In is the condition that (day, gen) is one of keys. Without a place for large sets it writes all.
func (s *Sets) In(keys []string) string {
	text := "(" + strings.Join(keys, ", ") + ")"
	if s == nil || len(keys) <= inlineKeys {
		return "(day, gen) IN " + text
	}
	for i, known := range s.texts {
		if known == text {
			return fmt.Sprintf("(day, gen) IN set%d", i)
		}
	}
	s.texts = append(s.texts, text)
	return fmt.Sprintf("(day, gen) IN set%d", len(s.texts)-1)
}

// With is what the statement has to begin with.
func (s *Sets) With() string {
	parts := make([]string, len(s.texts))
	for i, text := range s.texts {
		parts[i] = fmt.Sprintf("%s AS set%d", text, i)
	}
	if len(parts) == 0 {
		return ""
	}
	return "WITH " + strings.Join(parts, ", ") + " "
}
