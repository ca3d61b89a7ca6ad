package e2e

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"
)

// generator makes the events of one round. The n-th event is always the same one, so that a run
// needs to remember of an event only what became of it.
type generator struct {
	seed  uint64
	round int
	host  string
	base  time.Time     // begin of the run: what is late is late by it
	start time.Time     // begin of the round
	pace  time.Duration // between two events
	fresh int           // the event that is sent when all faults are over, 0: none yet
}

const (
	pages      = 40
	sources    = 5
	agents     = 300 // visitors of late events
	agentsLive = 200 // visitors of a round; half of them come again in the next one
	oneWrong   = 33  // one of so many is to be refused
	slotsADay  = 12  // stretches of late activity of a visitor
)

// fact is an event as its sender means it.
type fact struct {
	n       int
	id      string
	kind    string
	name    string
	at      int64 // Unix milliseconds
	visitor int
	page    int
	source  int
	order   string
	micros  int64
	field   string // of the mistake, empty for a valid event
	mistake int
}

var kinds = []string{"pageview", "pageview", "pageview", "pageview", "click", "sale", "goal", "interaction", "refund"}

// fact returns the n-th event of the round.
func (g *generator) fact(n int) fact {
	random := rand.New(rand.NewPCG(g.seed<<20|uint64(g.round), uint64(n)))
	f := fact{n: n, id: g.prefix() + strconv.Itoa(n), kind: kinds[random.IntN(len(kinds))], page: random.IntN(pages)}
	f.at, f.visitor = g.moment(n, random)
	f.source = (f.visitor*7 + int(f.at/dayMillis)) % sources
	switch f.kind {
	case "sale":
		f.micros, f.order = 1+random.Int64N(200_000_000), fmt.Sprintf("O-%d-%d", g.round, n)
	case "refund":
		f.micros, f.order = 1+random.Int64N(200_000_000), fmt.Sprintf("O-%d-%d", g.round, random.IntN(n+1))
	case "goal", "interaction":
		f.name = "name-" + strconv.Itoa(random.IntN(5))
	}
	switch {
	case n > 0 && n == g.fresh:
		f.kind, f.name, f.order, f.micros = "goal", "fresh-"+strconv.Itoa(g.round), "", 0
	case random.IntN(oneWrong) == 0:
		f.mistake = random.IntN(len(mistakes))
		f.field = mistakes[f.mistake].field
	}
	return f
}

const dayMillis = 24 * 60 * 60 * 1000

// moment says when the event happens and whose it is: half of them now, by visitors who are there
// all the time, the others up to seven days ago.
func (g *generator) moment(n int, random *rand.Rand) (at int64, visitor int) {
	now := g.start.Add(time.Duration(n) * g.pace).UnixMilli()
	switch draw := random.IntN(100); {
	case draw < 50:
		return now, agents + g.round*agentsLive/2 + random.IntN(agentsLive)
	case draw < 52:
		return now - 7*dayMillis + 90*60*1000 + random.Int64N(dayMillis), random.IntN(agents)
	}
	midnight := g.base.UTC().Truncate(24 * time.Hour).UnixMilli()
	day := midnight - (1+random.Int64N(5))*dayMillis
	slot := random.Int64N(slotsADay) * dayMillis / slotsADay
	return day + slot + random.Int64N(40*60*1000), random.IntN(agents)
}

// prefix begins the ids of the round.
func (g *generator) prefix() string { return fmt.Sprintf("k%d-%d-", g.seed, g.round) }

// number is the opposite of fact: which event an id belongs to.
func (g *generator) number(id string) (int, bool) {
	digits, ok := strings.CutPrefix(id, g.prefix())
	n, err := strconv.Atoi(digits)
	return n, ok && err == nil
}

// body is the event as it is sent, by a server, with a parameter that must not be kept.
func (g *generator) body(f fact) map[string]any {
	event := map[string]any{
		"id": f.id, "type": f.kind, "occurred_at": f.at, "title": f.title(), "props": map[string]any{"n": strconv.Itoa(f.n)},
		"url": fmt.Sprintf("https://%s%s?utm_source=%s&secret=1", g.host, f.path(), f.from()),
		"ip":  fmt.Sprintf("91.12.%d.%d", f.visitor/250, f.visitor%250+1), "user_agent": agent,
	}
	if f.name != "" {
		event["name"] = f.name
	}
	if f.micros > 0 {
		event["order_id"], event["amount"], event["currency"] = f.order, decimal(f.micros), "EUR"
	}
	if f.kind == "sale" {
		event["items"] = []map[string]any{{"id": f.order + "/1", "name": f.title(), "quantity": f.n%9 + 1, "price": decimal(f.micros)}}
	}
	if f.field != "" {
		for key, value := range mistakes[f.mistake].change(g) {
			event[key] = value
		}
	}
	return event
}

const agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36"

func (f fact) path() string  { return "/p/" + strconv.Itoa(f.page) }
func (f fact) from() string  { return "src-" + strconv.Itoa(f.source) }
func (f fact) title() string { return "Page " + strconv.Itoa(f.page) + " of " + f.from() }

// mistake is what makes an event invalid; field is what the refusal has to name.
type mistake struct {
	field  string
	change func(*generator) map[string]any
}

// with makes a change that is the same everywhere. nil is absence.
func with(pairs ...any) func(*generator) map[string]any {
	change := map[string]any{}
	for i := 0; i < len(pairs); i += 2 {
		change[pairs[i].(string)] = pairs[i+1]
	}
	return func(*generator) map[string]any { return change }
}

var mistakes = []mistake{
	{"type", with("type", "purchase")},
	{"type", with("type", nil)},
	{"amount", with("type", "sale", "order_id", "X", "amount", nil)},
	{"amount", with("type", "sale", "order_id", "X", "amount", "12,50")},
	{"amount", with("type", "sale", "order_id", "X", "amount", "1.1234567")},
	{"currency", with("type", "sale", "order_id", "X", "amount", "1", "currency", "EURO")},
	{"order_id", with("type", "refund", "order_id", nil, "amount", "1", "currency", "EUR")},
	{"name", with("type", "goal", "name", nil)},
	{"id", with("id", "has space")},
	{"occurred_at", with("occurred_at", "yesterday")},
	{"occurred_at", func(g *generator) map[string]any {
		return map[string]any{"occurred_at": g.base.Add(-8 * 24 * time.Hour).UnixMilli()}
	}},
}

// decimal writes micros exactly; trimZeros makes two ways of writing a number equal.
func decimal(micros int64) string {
	sign := ""
	if micros < 0 {
		sign, micros = "-", -micros
	}
	return fmt.Sprintf("%s%d.%06d", sign, micros/1_000_000, micros%1_000_000)
}

func trimZeros(number string) string {
	if !strings.Contains(number, ".") {
		return number
	}
	return strings.TrimRight(strings.TrimRight(number, "0"), ".")
}
