// Package goals has the definitions of what a site wants people to do: goals, which say which events
// count, and funnels, which are steps in an order. It checks and names them, and writes a goal as SQL.
// The admin service keeps them in Postgres and evaluates them in reports; the uploader makes conversions
// of goals that are reached.
package goals

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds. They keep the SQL and the parameters of a report small.
const (
	MostGoals   = 100      // of a site
	MostFunnels = 50       // of a site
	MostBytes   = 32 << 10 // of all texts of a site's goals together

	longestName  = 100 // characters of a goal's or funnel's name
	longestPath  = 500 // bytes
	mostStars    = 8   // of a path
	longestEvent = 200 // bytes of an event's name
	mostProps    = 5
	longestKey   = 300
	longestValue = 500
)

// Problem is one thing that is wrong with a definition: where, and a sentence.
type Problem struct{ Path, Message string }

// checker collects problems.
type checker struct{ problems []Problem }

func (c *checker) wrong(path, format string, args ...any) {
	c.problems = append(c.problems, Problem{path, fmt.Sprintf(format, args...)})
}

// text checks something of 1 to longest bytes.
func (c *checker) text(path, value string, longest int) {
	switch {
	case value == "":
		c.wrong(path, "This is empty.")
	case len(value) > longest:
		c.wrong(path, "This has at most %d bytes.", longest)
	case !printable(value):
		c.wrong(path, "There are no control characters in it.")
	}
}

func printable(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl)
}

// name checks the name of a goal, funnel or step, and returns it without spaces around it.
func (c *checker) name(path, raw string) string {
	name := strings.TrimSpace(raw)
	switch n := utf8.RuneCountInString(name); {
	case n == 0:
		c.wrong(path, "A name is needed.")
	case n > longestName:
		c.wrong(path, "A name has at most %d characters.", longestName)
	case !printable(name):
		c.wrong(path, "A name has no control characters.")
	case name == "(not set)":
		c.wrong(path, "This is what reports call nothing; take another name.")
	}
	return name
}

// tag is a short hash of a state.
func tag(state any) string {
	text, err := json.Marshal(state)
	if err != nil { // of plain data: does not happen
		text = fmt.Append(nil, state)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}
