package model

import "slices"

// step is one thing that happens to a shop.
type step struct {
	do    string
	event *event // that is stored
	of    string // event or transaction that it is about
	n     int    // number of an action, amount in micros, visitor, days
	text  string
}

// does is what each step but event changes.
var does = map[string]func(*shop, step){
	"amount":    func(s *shop, t step) { s.correct(t.of, func(e *event) { e.amount = int64(t.n) }) },
	"currency":  func(s *shop, t step) { s.correct(t.of, func(e *event) { e.currency = t.text }) },
	"order":     (*shop).reorder,
	"erase":     func(s *shop, t step) { s.erase(uint64(t.n)) },
	"pause":     func(s *shop, t step) { a := s.actions[t.n]; a.paused = !a.paused },
	"review":    func(s *shop, t step) { a := s.actions[t.n]; a.review = !a.review },
	"enhance":   func(s *shop, t step) { a := s.actions[t.n]; a.enhanced = !a.enhanced },
	"delay":     func(s *shop, t step) { a := s.actions[t.n]; a.delay = 2*hour - a.delay },
	"rule":      func(s *shop, t step) { a := s.actions[t.n]; a.rule, a.fixed, a.currency = rule(t.text) },
	"remove":    func(s *shop, t step) { s.actions[t.n].removed = true },
	"choose":    (*shop).choose,
	"hold":      func(s *shop, _ step) { s.held = !s.held },
	"revoke":    func(s *shop, _ step) { s.away = true },
	"reconnect": func(s *shop, _ step) { s.away = false },
	"outcome":   (*shop).answered,
	"fault":     func(*shop, step) {},
	"approve":   func(*shop, step) {}, // of whatever is there: said
	"decline":   func(*shop, step) {},
}

// rule reads a value rule: event, none, or a fixed value in euros.
func rule(text string) (name string, fixed int64, currency string) {
	if text == "fixed" {
		return text, 7_500_000, "EUR"
	}
	return text, 0, ""
}

func (s *shop) take(t step) {
	if t.do == "event" {
		s.come(t.event)
		return
	}
	does[t.do](s, t)
}

// come takes an event in.
func (s *shop) come(e *event) {
	own := *e
	switch e.kind {
	case "sale":
		s.sales = append(s.sales, &sale{event: &own, sentAs: map[string]map[string]bool{}})
	case "held_sale":
		s.heldBy[e.order] = append(s.heldBy[e.order], &own)
	case "refund":
		s.refunds = append(s.refunds, &refund{event: &own})
	default:
		i := slices.IndexFunc(s.clicks, func(c *event) bool { return c.click == e.click && c.visitor == e.visitor })
		switch {
		case i < 0:
			s.clicks = append(s.clicks, &own)
		case own.at.Before(s.clicks[i].at): // a click id that is seen again is the same click
			s.clicks[i] = &own
		}
	}
}

// link gives refunds their sale, the first of their order.
func (s *shop) link(fits func(*refund) bool) {
	for _, r := range s.refunds {
		if !fits(r) {
			continue
		}
		r.sale = nil
		for _, one := range s.sales {
			if r.sale == nil && !one.erased && one.order == r.order && r.order != "" {
				r.sale = one
			}
		}
	}
}

// correct changes a sale or refund.
func (s *shop) correct(id string, change func(*event)) {
	for _, one := range s.sales {
		if one.id == id {
			change(one.event)
		}
	}
	for _, r := range s.refunds {
		if r.id == id {
			change(r.event)
		}
	}
}

func (s *shop) reorder(t step) {
	before := ""
	s.correct(t.of, func(e *event) { before, e.order = e.order, t.text })
	s.link(func(r *refund) bool { return r.order == before || r.order == t.text })
}

// erase deletes everything of a visitor. Refunds of their sales go to the next sale of the order, which counts from
// then on where Google does not have the erased one.
func (s *shop) erase(visitor uint64) {
	for _, one := range s.sales {
		if s.source(one).visitor != visitor {
			continue
		}
		one.erased = true
		for google, all := range one.sentAs {
			for id := range all {
				s.google[google+" "+id].odd = true
			}
		}
	}
	s.link(func(r *refund) bool { return r.sale != nil && r.sale.erased })
	s.clicks = slices.DeleteFunc(s.clicks, func(c *event) bool { return c.visitor == visitor })
	for order, all := range s.heldBy {
		s.heldBy[order] = slices.DeleteFunc(all, func(h *event) bool { return h.visitor == visitor })
	}
}

// choose chooses a removed action again, by the rules that it had.
func (s *shop) choose(t step) {
	again := *s.actions[t.n]
	again.removed, again.reviews = false, map[string]string{}
	s.actions = append(s.actions, &again)
}

// answered: Google is told to answer for a transaction as it would not by itself.
func (s *shop) answered(t step) {
	if t.text != "INTERNAL_ERROR" {
		for _, a := range s.actions {
			e := s.entry(a.google + " " + t.of)
			e.odd, e.refused = true, e.refused || t.text == "INVALID_GCLID"
		}
	}
}

// said notes what a person said about a sale's conversion.
func (a *action) said(event, word string) { a.reviews[event] = word }
