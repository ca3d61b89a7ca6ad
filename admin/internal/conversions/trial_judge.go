package conversions

import (
	"slices"
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
	both     = "restated_and_enhanced"
	resumed  = "resumed"
)

// noConversion is the state of a sale that an action does not take.
const noConversion = None

// side is a conversion by one set of rules.
type side struct {
	taken   bool // by the action
	next    *time.Time
	content eligibility.Content
	place   Standing
}

// judge compares what each action makes of a sale with what it would.
func (t *trying) judge(s *triedSale) {
	t.trial.From = s.before.At
	t.clicks.add(s)
	for _, p := range t.pairs {
		c := s.conversions[p.mapping()]
		if p.standsIn() && (c == nil || !c.Frozen) {
			continue // what was not sent makes way for the one that is made anew
		}
		was, is := t.side(p.before, &s.before, s), t.side(p.after, &s.after, s)
		if !was.taken && !is.taken {
			continue
		}
		t.trial.Looked++
		if c == nil && s.taken[p.mapping()] || c != nil && c.State == schema.UploadSuperseded || was.place.State == superseded || is.place.State == superseded {
			continue // another sale speaks for it, whatever the rules
		}
		f := finding{sale: s, conversion: c, was: was, is: is, differs: was.differs(is)}
		if c != nil && c.Frozen {
			f.atGoogle(p, t)
		}
		if len(f.differs) == 0 {
			continue
		}
		if f.then != "" {
			t.trial.AtGoogle++
		} else {
			t.trial.Changed++
		}
		t.sums.add(f)
	}
}

// standsIn says whether the action was removed, and another one would be chosen for the same.
func (p pair) standsIn() bool { return p.before != nil && p.before.Removed }

const superseded = string(schema.UploadSuperseded)

// finding is a conversion that would be another one.
type finding struct {
	sale       *triedSale
	conversion *eligibility.Conversion // nil: there is none
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
	f.then = f.told(p, t)
	if p.standsIn() {
		f.is.place, f.differs = placeOf(string(c.State), c.Reason), map[string][]string{restated: {"value"}, enhanced: {"identifiers"}, both: {"value", "identifiers"}, resumed: {"state"}}[f.then]
	}
	f.was.place = placeOf(string(c.State), c.Reason)
	f.was.content.Value, f.was.content.Currency = c.Value, c.Currency
	if c.GoogleValue != nil && c.GoogleCurrency != nil {
		f.was.content.Value, f.was.content.Currency = c.GoogleValue, *c.GoogleCurrency
	}
}

// told says what Google is told by the rules that are tried, and is not by those that there are.
func (f *finding) told(p pair, t *trying) string {
	was, is := t.toTell(f.conversion, &f.sale.before, p.before), t.toTell(f.conversion, &f.sale.after, p.after)
	value, identifiers := is.beyond(was, eligibility.Restatement), is.beyond(was, eligibility.Enhancement)
	switch {
	case is.resumes && !was.resumes:
		return resumed
	case value && identifiers:
		return both
	case value:
		return restated
	case identifiers:
		return enhanced
	}
	return stays
}

// telling is what Google is going to be told of a conversion that was sent.
type telling struct {
	adjustments []*eligibility.Adjustment
	resumes     bool
}

// toTell adjusts a copy of a conversion as the uploader would. What is held is not told.
func (t *trying) toTell(c *eligibility.Conversion, s *eligibility.Sale, a *eligibility.Action) (to telling) {
	own := *c
	own.Adjustments = make([]*eligibility.Adjustment, len(c.Adjustments))
	for i, one := range c.Adjustments {
		copied := *one
		own.Adjustments[i] = &copied
	}
	_, v := (&eligibility.Case{Now: t.Now, Sale: s, Action: a, Old: c}).Fresh()
	to.resumes = c.Resumes(s, v)
	(&eligibility.Subject{Now: t.Now, Sale: s, Action: a, Conversion: &own}).Adjust()
	for _, one := range own.Adjustments {
		if !one.Ended() && one.State != schema.UploadHeld {
			to.adjustments = append(to.adjustments, one)
		}
	}
	return to
}

// beyond says whether Google is told something of a kind that it is not told otherwise.
func (to telling) beyond(other telling, kind string) bool {
	return slices.ContainsFunc(to.adjustments, func(a *eligibility.Adjustment) bool {
		return a.Kind == kind && !slices.ContainsFunc(other.adjustments, a.Says)
	})
}

// side judges a sale by an action, as the uploader does.
func (t *trying) side(a *eligibility.Action, s *eligibility.Sale, of *triedSale) (is side) {
	is.place.State = noConversion
	if a == nil || a.GoalID != s.GoalID {
		return is
	}
	c := of.conversions[a.ID]
	if c == nil && !a.Takes(s) {
		return is
	}
	is.taken = true
	if c != nil && c.Frozen { // other sales of the order make no difference to it
		alone := *s
		alone.Repeated, s = false, &alone
	}
	fresh, _ := (&eligibility.Case{Now: t.Now, Sale: s, Action: a, Old: c, Erased: of.erased[a.ID]}).Unsent()
	if fresh == nil {
		fresh = c
	}
	is.next, is.content = fresh.NextAt, fresh.Content
	is.place = placeOf(string(fresh.State), fresh.Reason)
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
		{"time", s.place == o.place && !sameTime(s.next, o.next)},
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

func sameTime(a, b *time.Time) bool {
	return a == nil && b == nil || a != nil && b != nil && a.Equal(*b)
}
