package report

import (
	"fmt"
	"hash/crc32"
	"math/big"
	"regexp"
	"slices"
	"sort"
	"strings"
	"time"

	visits "noctra/admin/internal/slices"
	"noctra/schema"
	"noctra/schema/goals"
)

// The model answers queries over a few events in plain Go, as docs/reports.md tells. It shares the
// query tree with the engine, and nothing of its SQL.

// modelEvent is an event with the visit that it belongs to.
type modelEvent struct {
	schema.Event
	visit *modelVisit
}

type modelVisit struct {
	events []*modelEvent // in order
	first  *modelEvent
	known  bool // false: one event of nobody known
}

func (v *modelVisit) start() int64 { return int64(v.first.OccurredAt) }

func (v *modelVisit) page(order int) string {
	for i := range v.events {
		e := v.events[i]
		if order < 0 {
			e = v.events[len(v.events)-1-i]
		}
		if e.Path != "" {
			return e.Path
		}
	}
	return ""
}

type model struct {
	zone   *time.Location
	events []*modelEvent
	goals  []goals.Goal
}

func newModel(events []schema.Event, zone *time.Location) *model {
	m := &model{zone: zone}
	runs := map[string][]*modelEvent{}
	for _, e := range events {
		if e.Via == schema.ViaCanary {
			continue
		}
		me := &modelEvent{Event: e}
		m.events = append(m.events, me)
		if e.Visitor == 0 {
			me.visit = &modelVisit{events: []*modelEvent{me}, first: me}
			continue
		}
		run := fmt.Sprintf("%d/%d/%t", m.day(int64(e.OccurredAt)), e.Visitor, len(e.BotReasons) > 0)
		runs[run] = append(runs[run], me)
	}
	for _, run := range runs {
		sort.Slice(run, func(i, j int) bool { return before(run[i], run[j]) })
		var visit *modelVisit
		for i, e := range run {
			if i == 0 || e.OccurredAt-run[i-1].OccurredAt > 30*60*1000 {
				visit = &modelVisit{first: e, known: true}
			}
			visit.events = append(visit.events, e)
			e.visit = visit
		}
	}
	return m
}

func before(a, b *modelEvent) bool {
	switch {
	case a.OccurredAt != b.OccurredAt:
		return a.OccurredAt < b.OccurredAt
	case a.Kind != b.Kind:
		return a.Kind < b.Kind
	default:
		return crc32.ChecksumIEEE([]byte(a.ID)) < crc32.ChecksumIEEE([]byte(b.ID))
	}
}

func (m *model) day(ms int64) visits.DayNumber { return visits.DayOf(time.UnixMilli(ms), m.zone) }

// modelGroup gathers what the measures of one group are counted from.
type modelGroup struct {
	visitors, converted map[schema.VisitorID]bool
	visits              map[*modelVisit]bool
	values              values
}

func (g *modelGroup) add(m measure, n int64) {
	g.values[m] = new(big.Int).Add(g.values.of(m), big.NewInt(n))
}

// answer computes the measures of every group, by the text of its dimensions.
func (m *model) answer(q *query, dimensions []dimension, filters []node) map[string]*modelGroup {
	groups := map[string]*modelGroup{}
	get := func(keys []string) *modelGroup {
		key := strings.Join(keys, "|")
		if groups[key] == nil {
			groups[key] = &modelGroup{visitors: map[schema.VisitorID]bool{}, converted: map[schema.VisitorID]bool{}, visits: map[*modelVisit]bool{}}
		}
		return groups[key]
	}
	byCurrency := slices.ContainsFunc(dimensions, func(d dimension) bool { return d.name == "event:currency" })
	byGoal := slices.ContainsFunc(dimensions, dimension.isGoal)
	wantsVisits, wantsEvents := q.wants(measure.ofVisits), q.wants(func(x measure) bool { return !x.ofVisits() && !x.joined() })
	if len(dimensions) == 0 {
		get(nil)
	}
	for _, e := range m.events {
		at := int64(e.OccurredAt)
		if at < q.span.From || at >= q.span.To || len(e.BotReasons) > 0 && !q.include.bots || byGoal && len(m.goalsOf(e)) == 0 {
			continue
		}
		for _, row := range m.rowsOf(e, dimensions) {
			if !m.holds(all(filters), row) {
				continue
			}
			if wantsEvents {
				m.count(get(m.keys(q, dimensions, row, at)), q, e, byCurrency)
			}
			if wantsVisits && e.visit.known {
				get(m.keys(q, dimensions, row, max(e.visit.start(), q.span.From))).visits[e.visit] = true
			}
		}
	}
	for _, g := range groups {
		g.finish()
	}
	return groups
}

// modelRow is an event in one group: with one of its goals, or all, and with one reason.
type modelRow struct {
	*modelEvent
	goals  []string
	reason string
}

func (m *model) rowsOf(e *modelEvent, dimensions []dimension) []modelRow {
	by := func(name string) bool {
		return slices.ContainsFunc(dimensions, func(d dimension) bool { return d.name == name })
	}
	each := [][]string{m.goalsOf(e)}
	if by("event:goal") {
		each = nil
		for _, g := range m.goalsOf(e) {
			each = append(each, []string{g})
		}
	}
	var rows []modelRow
	for _, of := range each {
		for _, reason := range reasons(e.visit.first) {
			rows = append(rows, modelRow{e, of, reason})
			if !by("visit:bot_reason") {
				break
			}
		}
	}
	return rows
}

// goalsOf names an event's goals: the definitions that it matches, and its own name unless one has it.
func (m *model) goalsOf(e *modelEvent) []string {
	var names []string
	own := e.Kind == schema.KindGoal
	for _, g := range m.goals {
		own = own && g.Name != e.Name
		if modelMatches(g.Match, e) {
			names = append(names, g.Name)
		}
	}
	if own {
		names = append(names, e.Name)
	}
	return names
}

func modelMatches(of goals.Match, e *modelEvent) bool {
	switch of.Kind {
	case goals.Page:
		return e.Kind == schema.KindPageview && modelGlob(of.Path, e.Path)
	case goals.Sale:
		return e.Kind == schema.KindSale && (of.MinAmount == "" || e.Currency == "EUR" && e.Amount >= of.Micros())
	}
	for key, value := range of.Props {
		if !slices.ContainsFunc(e.Props, func(p schema.Prop) bool { return p.Key == key && p.Value == value }) {
			return false
		}
	}
	return (of.EventType == "" || of.EventType == e.Kind.String()) && (of.Name == "" || of.Name == e.Name)
}

func modelGlob(pattern, text string) bool {
	for i := range len(pattern) {
		if pattern[i] == '*' {
			for cut := 0; cut <= len(text); cut++ {
				if modelGlob(pattern[i+1:], text[cut:]) {
					return true
				}
			}
			return false
		}
		if i >= len(text) || text[i] != pattern[i] {
			return false
		}
		if i == len(pattern)-1 {
			return len(text) == len(pattern)
		}
	}
	return text == ""
}

func (q *query) wants(f func(measure) bool) bool { return slices.ContainsFunc(q.measures(), f) }

func reasons(e *modelEvent) []string {
	if len(e.BotReasons) == 0 {
		return []string{""}
	}
	return e.BotReasons
}

func (m *model) count(g *modelGroup, q *query, e *modelEvent, byCurrency bool) {
	if e.Visitor != 0 {
		g.visitors[e.Visitor] = true
	}
	g.add(mEvents, 1)
	own := byCurrency || e.Currency == q.site.Currency
	switch e.Kind {
	case schema.KindPageview:
		g.add(mPageviews, 1)
	case schema.KindSale:
		g.add(mSales, 1)
		if e.Visitor != 0 {
			g.converted[e.Visitor] = true
		}
		if own {
			g.add(mOwnSales, 1)
			g.add(mGross, int64(e.Amount))
		}
	case schema.KindHeldSale:
		g.add(mHeld, 1)
	case schema.KindRefund:
		g.add(mRefunds, 1)
		if own {
			g.add(mRefunded, int64(e.Amount))
		}
	}
}

func (g *modelGroup) finish() {
	g.add(mVisitors, int64(len(g.visitors)))
	g.add(mConverted, int64(len(g.converted)))
	g.add(mVisits, int64(len(g.visits)))
	for v := range g.visits {
		interactive, views := 0, int64(0)
		for _, e := range v.events {
			if e.Kind != schema.KindInteraction || e.Name != schema.EngagementName {
				interactive++
			}
			if e.Kind == schema.KindPageview {
				views++
			}
		}
		if interactive == 1 {
			g.add(mBounces, 1)
		}
		g.add(mViews, views)
		g.add(mDuration, int64(v.events[len(v.events)-1].OccurredAt)-v.start())
	}
}

func (m *model) keys(q *query, dimensions []dimension, row modelRow, at int64) []string {
	out := make([]string, len(dimensions))
	for i, d := range dimensions {
		switch {
		case d.scope == scopeTime:
			out[i] = m.bucket(q, d.interval, at)
		case d.name == "visit:bot_reason":
			out[i] = row.reason
		case d.isGoal():
			out[i] = row.goals[0]
		default:
			out[i] = m.value(d, row.modelEvent)
		}
		if out[i] == "" && d.scope != scopeTime {
			out[i] = d.blank
		}
	}
	return out
}

func (m *model) bucket(q *query, i interval, at int64) string {
	local := time.UnixMilli(at).In(m.zone)
	switch i {
	case intervalMinute:
		return local.Format("2006-01-02 15:04:00")
	case intervalHour:
		return local.Format("2006-01-02 15:00:00")
	case intervalWeek:
		n := m.day(at)
		for n.Date().Weekday() != time.Monday && n > q.span.first {
			n--
		}
		return n.String()
	case intervalMonth:
		return local.Format("2006-01-01")[:8] + "01"
	default:
		return local.Format(time.DateOnly)
	}
}

func (m *model) value(d dimension, e *modelEvent) string {
	if d.key != "" {
		for _, p := range e.Props {
			if p.Key == d.key {
				return p.Value
			}
		}
		return ""
	}
	first := e.visit.first
	switch strings.TrimSuffix(d.name, "_name") {
	case "event:page":
		return e.Path
	case "event:hostname":
		return e.Hostname
	case "event:title":
		return e.Title
	case "event:currency":
		return e.Currency
	case "event:name", "event":
		if e.Name != "" {
			return e.Name
		}
		return e.Kind.String()
	case "event:type":
		return e.Kind.String()
	case "visit:entry_page":
		return e.visit.page(1)
	case "visit:exit_page":
		return e.visit.page(-1)
	case "visit:source":
		return first.Source
	case "visit:utm_campaign":
		return first.UTMCampaign
	case "visit:country":
		return first.Country
	case "visit:device":
		return first.Device
	case "visit:browser":
		return first.Browser
	}
	panic("the model does not know " + d.name)
}

func (m *model) holds(n node, e modelRow) bool {
	switch n := n.(type) {
	case all:
		return !slices.ContainsFunc(n, func(c node) bool { return !m.holds(c, e) })
	case any_:
		return slices.ContainsFunc(n, func(c node) bool { return m.holds(c, e) })
	case not:
		return !m.holds(n.of, e)
	case did:
		return slices.ContainsFunc(e.visit.events, func(other *modelEvent) bool { return m.holds(n.of, modelRow{other, m.goalsOf(other), ""}) })
	}
	f := n.(match)
	values := []string{}
	if f.dimension.isGoal() {
		if values = e.goals; len(values) == 0 {
			values = []string{""}
		}
	} else if f.dimension.name == "visit:bot_reason" {
		values = e.visit.first.BotReasons
		if len(values) == 0 && f.op == opIs {
			values = []string{""}
		}
	} else {
		values = append(values, m.value(f.dimension, e.modelEvent))
	}
	found := slices.ContainsFunc(values, func(v string) bool { return matchesValue(f, v) })
	return found != f.negated
}

func matchesValue(f match, value string) bool {
	return slices.ContainsFunc(f.values, func(want string) bool {
		if f.op == opIs && value == "" && (want == f.dimension.blank || f.fold && strings.EqualFold(want, f.dimension.blank)) {
			return true
		}
		a, b := value, want
		if f.fold {
			a, b = strings.ToLower(a), strings.ToLower(b)
		}
		switch f.op {
		case opIs:
			return a == b
		case opContains:
			return strings.Contains(a, b)
		default:
			return regexp.MustCompile("(?s)" + want).MatchString(value)
		}
	})
}

// rows answers q as the engine does: metrics by the text of the dimensions.
func (m *model) rows(q *query) map[string][]any {
	groups := m.answer(q, q.dimensions, q.filters)
	goal := q.about(dimension.isGoal)
	var bases, totals map[string]*modelGroup
	visitors := *q
	visitors.metrics = []metric{metricList[0]}
	bases = m.answer(&visitors, withoutGoal(q.dimensions), nonGoals(q.filters))
	totals = m.answer(&visitors, nil, q.filters)
	out := map[string][]any{}
	for key, g := range groups {
		g.values[mGroupAll] = g.values.of(mVisitors)
		if goal {
			g.values[mConverted] = g.values.of(mVisitors)
			g.values[mGroupAll] = new(big.Int)
			if base := bases[withoutGoalKey(q, key)]; base != nil {
				g.values[mGroupAll] = base.values.of(mVisitors)
			}
		}
		g.values[mTotalAll] = totals[""].values.of(mVisitors)
		out[key] = q.metricValues(g.values)
	}
	return out
}

func withoutGoalKey(q *query, key string) string {
	var kept []string
	for i, part := range strings.Split(key, "|") {
		if i < len(q.dimensions) && !q.dimensions[i].isGoal() {
			kept = append(kept, part)
		}
	}
	return strings.Join(kept, "|")
}
