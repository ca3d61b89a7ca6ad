package goals

import (
	"maps"
	"slices"
	"strings"
	"time"

	"noctra/schema"
)

// Kinds of matches.
const (
	Page  = "page"  // a pageview of a path
	Event = "event" // an event by type, name and properties
	Sale  = "sale"
)

// Match says which events count. It is the form of the API and of Postgres alike.
type Match struct {
	Kind      string            `json:"kind" enum:"page,event,sale" doc:"page: a pageview by its path; event: by type, name and properties; sale." example:"page"`
	Path      string            `json:"path,omitempty" maxLength:"500" doc:"Of page: the path without query; * stands for any text, slashes too." example:"/thanks*"`
	EventType string            `json:"event_type,omitempty" maxLength:"20" doc:"Of event: pageview, click, sale, refund, goal or interaction; any by default." example:"goal"`
	Name      string            `json:"name,omitempty" maxLength:"200" doc:"Of event: its name, exactly." example:"signup"`
	Props     map[string]string `json:"props,omitempty" doc:"Of event: properties that it has to have, each exactly; at most 5." example:"{\"plan\": \"pro\"}"`
	MinAmount string            `json:"min_amount,omitempty" maxLength:"40" doc:"Of sale: the least amount, in the site's currency; sales in others do not count then." example:"49.90"`
}

// Goal is a goal of a site.
type Goal struct {
	ID        int64
	Name      string
	Match     Match
	Version   int32
	CreatedAt time.Time
	ChangedAt time.Time
}

// Tag names a state of the goal; another state has another tag.
func (g Goal) Tag() string { return tag([]any{"goal", g.ID, g.Version, g.Name, g.Match}) }

// Size is how many bytes of text the goal has.
func (g Goal) Size() int { return len(g.Name) + g.Match.size() }

func (m Match) size() int {
	n := len(m.Path) + len(m.Name)
	for k, v := range m.Props {
		n += len(k) + len(v)
	}
	return n
}

// CheckGoal returns name and match as they are kept, and everything that is wrong with them.
func CheckGoal(name string, m Match) (string, Match, []Problem) {
	c := &checker{}
	name = c.name("name", name)
	m = c.match("match", m)
	return name, m, c.problems
}

// CheckMatch is CheckGoal for a match without a name.
func CheckMatch(m Match) (Match, []Problem) {
	c := &checker{}
	m = c.match("match", m)
	return m, c.problems
}

func (c *checker) match(path string, m Match) Match {
	switch m.Kind {
	case Page:
		c.page(path+".path", m.Path)
	case Event:
		c.event(path, m)
	case Sale:
		m.MinAmount = c.amount(path+".min_amount", m.MinAmount)
	default:
		c.wrong(path+".kind", "A kind is one of page, event, sale.")
		return m
	}
	c.foreign(path, m)
	return m
}

// foreign refuses what belongs to another kind, so that nothing is silently left out.
func (c *checker) foreign(path string, m Match) {
	given := []struct {
		field, kind string
		there       bool
	}{
		{"path", Page, m.Path != ""},
		{"event_type", Event, m.EventType != ""}, {"name", Event, m.Name != ""}, {"props", Event, len(m.Props) > 0},
		{"min_amount", Sale, m.MinAmount != ""},
	}
	for _, g := range given {
		if g.there && g.kind != m.Kind {
			c.wrong(path+"."+g.field, "This belongs to the kind %s.", g.kind)
		}
	}
}

func (c *checker) page(path, value string) {
	c.text(path, value, longestPath)
	switch {
	case value == "":
	case value[0] != '/' && value[0] != '*':
		c.wrong(path, "A path begins with / or *.")
	case strings.Count(value, "*") > mostStars:
		c.wrong(path, "A path has at most %d stars.", mostStars)
	}
}

func (c *checker) event(path string, m Match) {
	if m.EventType == "" && m.Name == "" {
		c.wrong(path, "Say event_type or name, or both.")
	}
	if kind, _ := schema.ParseKind(m.EventType); m.EventType != "" && kind == schema.KindUnknown {
		c.wrong(path+".event_type", "A type is one of pageview, click, sale, refund, goal, interaction.")
	}
	if m.Name != "" {
		c.text(path+".name", m.Name, longestEvent)
	}
	if len(m.Props) > mostProps {
		c.wrong(path+".props", "There are at most %d properties.", mostProps)
		return
	}
	for _, key := range slices.Sorted(maps.Keys(m.Props)) {
		c.text(path+".props", key, longestKey)
		c.text(path+".props", m.Props[key], longestValue)
	}
}

// amount returns the decimal as it is kept.
func (c *checker) amount(path, value string) string {
	if value == "" {
		return ""
	}
	micros, err := schema.ParseMicros(value)
	switch {
	case err != nil:
		c.wrong(path, "This is no amount such as 49.90: %s.", err)
		return value
	case micros <= 0:
		c.wrong(path, "The least amount is more than 0; leave it out for all sales.")
		return value
	}
	return micros.String()
}

// Micros is the least amount of a match that was checked, 0 for none.
func (m Match) Micros() schema.Micros {
	micros, err := schema.ParseMicros(m.MinAmount)
	if err != nil {
		return 0
	}
	return micros
}
