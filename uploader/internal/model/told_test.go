package model

import "time"

// entry is what Google may have of a transaction.
type entry struct {
	sales     map[*sale]bool
	by        map[*action]bool
	values    map[string]bool // everything that may have been said
	clicks    map[string]bool
	hashed    bool // hashed identifiers may have gone along
	retracted bool // it may have been taken back
	odd       bool // Google was told to answer for it as it would not by itself
	refused   bool // Google was told to refuse it, though it may have it: then it is as new by what is known
	sealed    bool // Google has it of a sale that was erased: it is never sent again
	open      int  // for how many works in a row it could be sent
}

const tolerance = 30 * time.Second // between the model's time and that of the uploader

// look is what the uploader may tell Google as things are now.
func (s *shop) look() {
	for _, e := range s.google {
		e.open = -e.open
	}
	for _, one := range s.sales {
		for _, a := range s.actions {
			if now, soon := s.may(one, a, s.now), s.may(one, a, s.now.Add(tolerance)); now || soon {
				s.first(one, a, now && soon && s.now.Add(tolerance).Before(one.at.Add(90*day)))
			}
		}
		for google, all := range one.sentAs {
			for id := range all {
				s.later(one, google, s.google[google+" "+id])
			}
		}
	}
	for _, e := range s.google {
		e.open = max(e.open, 0)
	}
}

func (s *shop) entry(key string) *entry {
	e := s.google[key]
	if e == nil {
		e = &entry{sales: map[*sale]bool{}, by: map[*action]bool{}, values: map[string]bool{}, clicks: map[string]bool{}}
		s.google[key] = e
	}
	return e
}

// settle forgets for how long things could be sent: from now on they must be.
func (s *shop) settle() {
	for _, e := range s.google {
		e.open = 0
	}
}

// first notes that a sale may be sent.
func (s *shop) first(one *sale, a *action, sure bool) {
	e := s.entry(a.google + " " + transaction(one))
	if one.sentAs[a.google] == nil {
		one.sentAs[a.google] = map[string]bool{}
	}
	one.sentAs[a.google][transaction(one)] = true
	click, _, _ := s.click(one)
	e.sales[one], e.by[a], e.values[s.said(one, a)], e.clicks[click] = true, true, true, true
	e.hashed = e.hashed || a.enhanced && one.email != ""
	if sure {
		e.open = max(e.open, -e.open) + 1
	}
}

// later notes what may be told of what Google may have.
func (s *shop) later(one *sale, google string, e *entry) {
	if !s.speaks(one, google) {
		return
	}
	left, all := s.worth(one)
	for a := range e.by {
		if a.rule == "event" {
			e.values[money(left, one.currency)] = true
		}
	}
	e.retracted = e.retracted || all && s.kind.retract
	e.hashed = e.hashed || s.live(google).enhanced && one.email != "" && s.consent(one) == granted
}
