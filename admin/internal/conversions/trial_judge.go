package conversions

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"noctra/schema"
	"noctra/schema/eligibility"
)

// What becomes of a conversion that was sent.
const (
	stays    = "stays"
	restated = "restated"
	enhanced = "enhanced"
)

const oldestEnhanced = 90 * 24 * time.Hour // that Google takes anything of

// noConversion is the state of a sale that an action does not take.
const noConversion = None

// side is a conversion by one set of rules.
type side struct {
	taken   bool
	verdict eligibility.Verdict
	content eligibility.Content
	place   Standing
}

// judge compares what each action makes of a sale with what it would.
func (t *trying) judge(s *triedSale) {
	t.trial.From = s.before.At
	t.clicks.add(s)
	for _, p := range t.pairs {
		c := s.conversions[p.mapping()]
		was, is := t.side(p.before, &s.before, c), t.side(p.after, &s.after, c)
		if !was.taken && !is.taken {
			continue
		}
		t.trial.Looked++
		if c == nil && s.before.Repeated || c != nil && c.State == string(schema.UploadSuperseded) {
			continue // another sale speaks for it, whatever the rules
		}
		differs := was.differs(is)
		if len(differs) == 0 {
			continue
		}
		f := finding{sale: s, conversion: c, was: was, is: is, differs: differs}
		if c != nil && c.Frozen {
			t.trial.AtGoogle++
			f.atGoogle(p, t)
		} else {
			t.trial.Changed++
		}
		t.sums.add(f)
	}
}

// finding is a conversion that would be another one.
type finding struct {
	sale       *triedSale
	conversion *standing // nil: there is none
	was, is    side
	differs    []string
	then       string
}

// key is the same for findings of one group.
func (f finding) key() string {
	return strings.Join(append([]string{f.then, f.was.place.State, f.was.place.Reason, f.is.place.State, f.is.place.Reason}, f.differs...), " ")
}

// atGoogle puts what was sent in place of what would be sent now, and says what becomes of it.
func (f *finding) atGoogle(p pair, t *trying) {
	c := f.conversion
	f.was.place = placeOf(c.State, c.Reason)
	f.was.content.Value, f.was.content.Currency = c.Value, c.Currency
	if c.GoogleValue != nil && c.GoogleCurrency != nil {
		f.was.content.Value, f.was.content.Currency = c.GoogleValue, *c.GoogleCurrency
	}
	switch f.then = stays; {
	case f.toldAnew(p):
		f.then = restated
	case f.identified(p, t):
		f.then = enhanced
	}
}

// identified says whether the uploader (package decide) adds hashed identifiers to what was sent without.
func (f *finding) identified(p pair, t *trying) bool {
	s, c := &f.sale.after, f.conversion
	comes := slices.Contains(f.differs, "identifiers") && p.after.Enhanced && !c.Identified && s.Identified() && s.UserDataConsent() == schema.ConsentGranted
	lost := c.Retracted || c.elsewhere() || c.State == string(schema.UploadRejected) || c.Reason == schema.ReasonFetched || p.after.Transport != "data_manager" || t.Now.Sub(s.At) >= oldestEnhanced
	return comes && !lost && !s.Worth().Full
}

// toldAnew says whether the uploader (package decide) tells Google another value, as the action comes to follow its sales.
func (f *finding) toldAnew(p pair) bool {
	s, c := &f.sale.after, f.conversion
	follows := p.after.Follows(s) && (p.before == nil || !p.before.Follows(s))
	lost := c.Retracted || c.elsewhere() || c.State == string(schema.UploadRejected) || p.after.Transport == "file" || s.UserDataConsent() == schema.ConsentDenied
	return follows && !lost && !s.Worth().Full && !f.was.content.SameValue(f.is.content)
}

// side judges a sale by an action.
func (t *trying) side(a *eligibility.Action, s *eligibility.Sale, c *standing) (is side) {
	is.place.State = noConversion
	if a == nil || a.GoalID != s.GoalID || c == nil && !a.Takes(s) {
		return is
	}
	is.taken = true
	w := s.Worth()
	f := &eligibility.Facts{Now: t.Now, Sale: s, Action: a, Worth: w}
	if c != nil {
		f.Review = c.Review
	}
	is.verdict, is.content = eligibility.Judge(f), eligibility.ContentOf(s, a, w)
	is.place = placeOf(string(is.verdict.State), is.verdict.Reason)
	if c != nil && c.Attempts > 0 && is.verdict.State == schema.UploadReady && !eligibility.OfGate(c.Reason) {
		is.place = placeOf(c.State, c.Reason) // where sending left it
	}
	return is
}

func placeOf(state, reason string) Standing {
	p := Standing{State: state}
	p.Reason, p.Words, _ = words(reason)
	return p
}

// differs says in what two are other ones.
func (s side) differs(o side) (in []string) {
	for _, d := range []struct {
		name  string
		other bool
	}{
		{"state", s.place != o.place},
		{"time", s.place == o.place && !s.verdict.Next.Equal(o.verdict.Next)},
		{"value", s.taken && o.taken && !s.content.SameValue(o.content)},
		{"click", s.taken && o.taken && !s.content.SameClick(o.content)},
		{"identifiers", s.taken && o.taken && !s.content.SameIdentifiers(o.content)},
	} {
		if d.other {
			in = append(in, d.name)
		}
	}
	return in
}

// triedSums adds up findings by group.
type triedSums struct {
	groups map[string]*changeSum
}

// changeSum is a group in the making.
type changeSum struct {
	Change
	key           string
	before, after amounts
	examples      []Example
}

func newTriedSums() *triedSums { return &triedSums{groups: map[string]*changeSum{}} }

// add counts a finding, and keeps it as an example where its group has few.
func (t *triedSums) add(f finding) {
	key := f.key()
	g := t.groups[key]
	if g == nil {
		g = &changeSum{Change: Change{Before: f.was.place, After: f.is.place, Differs: f.differs, Then: f.then}, key: key, before: amounts{}, after: amounts{}}
		t.groups[key] = g
	}
	g.Count++
	addValue(g.before, f.was.content)
	addValue(g.after, f.is.content)
	if len(g.examples) >= mostExamples {
		return
	}
	s := f.sale.before
	e := Example{EventID: s.EventID, OrderID: s.OrderID, SoldAt: s.At, AtGoogle: f.then != "", Then: f.then, Before: f.was.would(), After: f.is.would()}
	if f.conversion != nil {
		e.ConversionID = number(f.conversion.ID)
	}
	g.examples = append(g.examples, e)
}

func addValue(to amounts, c eligibility.Content) {
	if c.Value != nil {
		to.add(c.Currency, strconv.FormatInt(*c.Value, 10))
	}
}

func (s side) would() Would {
	return Would{Standing: s.place, Value: money(s.content.Value), Currency: s.content.Currency, ClickKind: text(s.content.ClickKind), ClickID: schema.Mask(text(s.content.ClickValue)),
		Identifiers: s.content.EmailHash != "" || s.content.PhoneHash != ""}
}

// view sorts the groups, and takes examples of each in turn.
func (t *trying) view() *Trial {
	groups := make([]*changeSum, 0, len(t.sums.groups))
	for _, g := range t.sums.groups {
		g.ValuesBefore, g.ValuesAfter = g.before.view(), g.after.view()
		groups = append(groups, g)
	}
	slices.SortFunc(groups, func(a, b *changeSum) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.key, b.key))
	})
	v := t.trial
	if !v.Cut {
		v.From = t.Since
	}
	v.From, v.Changes, v.Sent, v.Examples, v.Clicks = v.From.UTC().Truncate(time.Second), []Change{}, []Change{}, []Example{}, t.clicks.view()
	for _, g := range groups {
		if g.Then == "" {
			v.Changes = append(v.Changes, g.Change)
		} else {
			v.Sent = append(v.Sent, g.Change)
		}
	}
	for n := 0; n < mostExamples; n++ {
		for _, g := range groups {
			if n < len(g.examples) && len(v.Examples) < mostExamples {
				v.Examples = append(v.Examples, g.examples[n])
			}
		}
	}
	return v
}
