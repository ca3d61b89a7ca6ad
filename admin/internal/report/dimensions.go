package report

import (
	"strings"

	"noctra/admin/internal/slices"
)

// scope says what a dimension is an attribute of.
type scope uint8

const (
	scopeTime  scope = iota // the moment: of the event, for visit metrics of the visit's start
	scopeVisit              // the visit, by its first event; or by its pages
	scopeEvent              // the event itself
)

// dimension is one way to group or filter. The set is closed but for the keys of props, which
// travel as parameters.
type dimension struct {
	name     string
	scope    scope
	column   slices.Column // visit attribute; for events the array in visits
	event    string        // column of the event rows; see eventrows.go
	key      string        // of event:props:<key>
	interval interval      // of time
	blank    string        // what an empty value is called
}

const (
	notSet      = slices.NotSet
	direct      = slices.Direct
	none        = "(none)"
	propsPrefix = "event:props:"
	maxPropKey  = 300
)

// dimensions lists all but the properties. Names with _name carry clients over that ask for the
// readable form; values are stored readable here.
var dimensions = buildDimensions()

func buildDimensions() map[string]dimension {
	all := map[string]dimension{}
	visit := func(name string, column slices.Column, blank string) {
		all["visit:"+name] = dimension{name: "visit:" + name, scope: scopeVisit, column: column, blank: blank}
	}
	visit("source", "source", direct)
	visit("referrer", "referrer", direct)
	for _, name := range []string{
		"channel", "utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "utm_id",
		"country", "region", "city", "device", "browser", "browser_version", "os", "os_version", "entry_page", "exit_page",
	} {
		visit(name, slices.Column(name), notSet)
	}
	for _, name := range []string{"country", "region", "city"} {
		visit(name+"_name", slices.Column(name), notSet)
	}
	visit("bot_reason", slices.BotReasons, none)
	event := func(name, column string, array slices.Column) {
		all["event:"+name] = dimension{name: "event:" + name, scope: scopeEvent, event: column, column: array, blank: notSet}
	}
	event("page", "page", slices.EventPage)
	event("hostname", "host", slices.EventHost)
	event("name", "name", slices.EventName)
	event("type", "type", slices.EventKind)
	event("goal", "goal", slices.EventName)
	event("currency", "money", slices.EventMoney)
	event("title", "title", "")
	for name, i := range intervals {
		all[name] = dimension{name: name, scope: scopeTime, interval: i}
	}
	return all
}

// findDimension returns the dimension with that name. A property's key is any text of 1 to
// maxPropKey bytes.
func findDimension(name string) (dimension, bool) {
	if key, ok := strings.CutPrefix(name, propsPrefix); ok {
		return dimension{name: name, scope: scopeEvent, key: key, blank: none}, key != "" && len(key) <= maxPropKey
	}
	d, ok := dimensions[name]
	return d, ok
}

func (d dimension) isGoal() bool { return d.name == "event:goal" }

// interval is the width of a time bucket.
type interval uint8

const (
	intervalAuto interval = iota
	intervalMinute
	intervalHour
	intervalDay
	intervalWeek
	intervalMonth
)

var intervals = map[string]interval{
	"time": intervalAuto, "time:minute": intervalMinute, "time:hour": intervalHour, "time:day": intervalDay,
	"time:week": intervalWeek, "time:month": intervalMonth,
}

// withinDay says that a day has several such buckets.
func (i interval) withinDay() bool { return i == intervalMinute || i == intervalHour }
