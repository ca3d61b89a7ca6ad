package conversions

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"noctra/schema"
	"noctra/schema/eligibility"
)

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
