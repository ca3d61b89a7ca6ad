package conversions

import (
	"cmp"
	"slices"
	"time"
)

// Figure is a number of sales and what they are worth.
type Figure struct {
	Count  int64             `json:"count" example:"120"`
	Values map[string]string `json:"values" doc:"Worth of the sales themselves, by currency." example:"{\"EUR\": \"5988.00\"}"`
}

// Leaf is where some of them are, and why.
type Leaf struct {
	Level       string `json:"level" enum:"tracked,attributed,eligible,sent,received,accepted" doc:"The furthest that they have come." example:"attributed"`
	State       string `json:"state,omitempty" doc:"Of their conversions; none where there is no conversion." example:"held"`
	Reason      string `json:"reason,omitempty" example:"consent_denied"`
	ReasonWords string `json:"reason_words,omitempty" example:"Consent for ads was denied"`
	ReasonClass string `json:"reason_class,omitempty" enum:"done,later,superseded,dead,customer,ours,gate" example:"gate"`
	Figure
}

// Levels are how many came how far. Each includes those after it.
type Levels struct {
	Tracked    Figure `json:"tracked" doc:"Sales and goals; one that goes to two actions counts for each."`
	Attributed Figure `json:"attributed" doc:"A click of Google's is known, or the action takes them without."`
	Eligible   Figure `json:"eligible" doc:"No gate keeps them."`
	Sent       Figure `json:"sent" doc:"Sent to Google at least once."`
	Received   Figure `json:"received" doc:"Google has said something about them, be it that it rejects them."`
	Accepted   Figure `json:"accepted"`
}

// Group is what is added up under one head.
type Group struct {
	Day        string `json:"day,omitempty" doc:"In the zone of the site." example:"2026-03-01"`
	SiteID     string `json:"site_id,omitempty" example:"3"`
	Campaign   string `json:"campaign,omitempty" example:"spring-sale"`
	ActionID   string `json:"action_id,omitempty" doc:"None where no action is chosen." example:"7031122334"`
	ActionName string `json:"action_name,omitempty" example:"Purchase"`
	Levels
	GoogleValues map[string]string `json:"google_values" doc:"What Google has of the accepted ones by our own record, adjustments included." example:"{\"EUR\": \"4500.00\"}"`
	Leaves       []Leaf            `json:"leaves" doc:"Where all of them are; their sum is tracked."`
}

// Reconciliation is what became of all sales of some days.
type Reconciliation struct {
	From    string   `json:"from" example:"2026-03-01"`
	To      string   `json:"to" example:"2026-03-30"`
	GroupBy []string `json:"group_by" example:"[\"day\"]"`
	Groups  []Group  `json:"groups"`
	Total   Group    `json:"total"`
}

type groupKey struct {
	day              time.Time
	site             int64
	campaign, action string
}

type leafKey struct {
	level         Level
	state, reason string
}

type figure struct {
	count  int64
	values amounts
}

func (f *figure) add(count int64, currency, amount string) {
	if f.values == nil {
		f.values = amounts{}
	}
	f.count += count
	f.values.add(currency, amount)
}

func (f *figure) view() Figure { return Figure{f.count, f.values.view()} }

// group adds up what ended in each leaf, and in each level with those after it.
type group struct {
	name   string // of the action
	levels [Accepted + 1]figure
	leaves map[leafKey]*figure
	google amounts
}

func (g *group) add(u unit, level Level) {
	for l := Tracked; l <= level; l++ {
		g.levels[l].add(u.Count, u.Currency, u.Amount)
	}
	key := leafKey{level, u.State, u.Reason}
	if g.leaves[key] == nil {
		g.leaves[key] = &figure{}
	}
	g.leaves[key].add(u.Count, u.Currency, u.Amount)
	g.google.add(u.GoogleWas, u.GoogleAmount)
}

func (g *group) view() Group {
	v := Group{ActionName: g.name, GoogleValues: g.google.view(), Leaves: []Leaf{}, Levels: Levels{
		g.levels[Tracked].view(), g.levels[Attributed].view(), g.levels[Eligible].view(), g.levels[Sent].view(), g.levels[Answered].view(), g.levels[Accepted].view(),
	}}
	keys := make([]leafKey, 0, len(g.leaves))
	for key := range g.leaves {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b leafKey) int {
		return cmp.Or(cmp.Compare(a.level, b.level), cmp.Compare(a.state, b.state), cmp.Compare(g.leaves[b].count, g.leaves[a].count), cmp.Compare(a.reason, b.reason))
	})
	for _, key := range keys {
		leaf := Leaf{Level: key.level.String(), State: key.state, Figure: g.leaves[key].view()}
		leaf.Reason, leaf.ReasonWords, leaf.ReasonClass = words(key.reason)
		v.Leaves = append(v.Leaves, leaf)
	}
	return v
}

// sums is a reconciliation in the making.
type sums struct {
	by      []string
	choices map[int64]choice
	groups  map[groupKey]*group
	total   *group
}

func newGroup() *group { return &group{leaves: map[leafKey]*figure{}, google: amounts{}} }

func newSums(by []string, choices map[int64]choice) *sums {
	return &sums{by: by, choices: choices, groups: map[groupKey]*group{}, total: newGroup()}
}

func (s *sums) add(u unit) {
	chosen := s.choices[u.Mapping]
	key := groupKey{day: u.Day, site: u.SiteID, campaign: u.Campaign}
	if slices.Contains(s.by, ByAction) {
		key.action = chosen.ActionID
	}
	g := s.groups[key]
	if g == nil {
		g = newGroup()
		s.groups[key] = g
	}
	if key.action != "" {
		g.name = chosen.ActionName
	}
	level := u.level(chosen.WithoutClick)
	g.add(u, level)
	s.total.add(u, level)
}

// views shows groups by day, site, campaign and action.
func (s *sums) views(ask Ask) *Reconciliation {
	r := &Reconciliation{From: ask.From.Format(time.DateOnly), To: ask.To.Format(time.DateOnly), GroupBy: ask.By, Groups: []Group{}, Total: s.total.view()}
	keys := make([]groupKey, 0, len(s.groups))
	for key := range s.groups {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b groupKey) int {
		return cmp.Or(a.day.Compare(b.day), cmp.Compare(a.site, b.site), cmp.Compare(a.campaign, b.campaign), cmp.Compare(a.action, b.action))
	})
	for _, key := range keys {
		v := s.groups[key].view()
		if slices.Contains(ask.By, ByDay) {
			v.Day = key.day.Format(time.DateOnly)
		}
		if key.site != 0 {
			v.SiteID = number(key.site)
		}
		v.Campaign, v.ActionID = key.campaign, key.action
		r.Groups = append(r.Groups, v)
	}
	if r.GroupBy == nil {
		r.GroupBy = []string{}
		r.Groups = []Group{}
	}
	return r
}

// Unclosed counts the groups whose leaves do not add up to what was tracked.
func (r *Reconciliation) Unclosed() (n int) {
	for _, g := range append(slices.Clone(r.Groups), r.Total) {
		sum := int64(0)
		for _, leaf := range g.Leaves {
			sum += leaf.Count
		}
		if sum != g.Tracked.Count {
			n++
		}
	}
	return n
}
