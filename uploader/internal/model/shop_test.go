package model

import (
	"fmt"
	"slices"
	"time"

	"noctra/schema"
)

const (
	hour = time.Hour
	day  = 24 * hour
)

// Consent for ads.
const (
	unset, granted, denied = 0, 1, 2
)

// shop is everything that happened to a shop so far, and what Google may have been told of it. Time and events are those
// that the uploader has when it works next.
type shop struct {
	now      time.Time
	kind     shopKind
	lookback int  // days
	held     bool // uploads, by a person
	away     bool // the connection was revoked
	actions  []*action
	sales    []*sale // in the order in which they came in, which decides who has an order
	heldBy   map[string][]*event
	clicks   []*event
	refunds  []*refund
	google   map[string]*entry // by action at Google and transaction
}

// shopKind is what the shop's account can do.
type shopKind struct {
	ads     bool // sends by the Google Ads API, not by Data Manager
	retract bool // has a way to take conversions back
}

// action is a conversion action that was chosen for sales.
type action struct {
	google   string
	rule     string // event, fixed, none
	fixed    int64
	currency string
	delay    time.Duration
	since    time.Time
	review   bool
	enhanced bool
	paused   bool
	removed  bool
	reviews  map[string]string // what a person said, by event
	id       int64             // of the database
}

// event is what a browser or server sent.
type event struct {
	id, kind, via string
	at            time.Time
	visitor       uint64
	click         string // kind=value
	order         string
	amount        int64
	currency      string
	consent       int
	email         string
}

type sale struct {
	*event // as corrected
	erased bool
	sentAs map[string]map[string]bool // transactions that Google may have it as, by action
}

type refund struct {
	*event
	sale *sale
}

// source is from whom a sale's visitor, click and consent are: a server's sale that names neither visitor nor click
// has them from the browser's earliest held sale of the order.
func (s *shop) source(one *sale) *event {
	own := one.event
	if own.via != "server" || own.visitor != 0 || own.click != "" {
		return own
	}
	var first *event
	for _, h := range s.heldBy[own.order] {
		if h.visitor+uint64(len(h.click)) > 0 && (first == nil || h.at.Before(first.at) || h.at.Equal(first.at) && h.id < first.id) {
			first = h
		}
	}
	if first == nil {
		return own
	}
	lent := *own
	lent.visitor, lent.click = first.visitor, first.click
	if own.consent == unset {
		lent.consent = first.consent
	}
	return &lent
}

// click is the ad click that decides: the one that the sale names, else the visitor's last one of Google's within
// the look-back. at is zero where only the sale names it.
func (s *shop) click(one *sale) (click string, at time.Time, consent int) {
	from := s.source(one)
	for _, c := range s.clicks {
		within := !c.at.After(from.at) && c.at.After(from.at.Add(-time.Duration(s.lookback)*day))
		switch {
		case ofGoogle(from.click) && c.click == from.click:
			if consent = c.consent; within {
				at = c.at
			}
		case !ofGoogle(from.click) && ofGoogle(c.click) && from.visitor != 0 && c.visitor == from.visitor && within && c.at.After(at):
			click, at, consent = c.click, c.at, c.consent
		}
	}
	if ofGoogle(from.click) {
		click = from.click
	}
	return click, at, consent
}

func ofGoogle(click string) bool { return click != "" && click[:2] != "fb" }

// consent for ads is that of the sale, or where nobody said anything there, of the click.
func (s *shop) consent(one *sale) int {
	if from := s.source(one); from.consent != unset {
		return from.consent
	}
	_, _, consent := s.click(one)
	return consent
}

// worth is what is left of a sale. Refunds in another currency, and negative ones, take nothing off.
func (s *shop) worth(one *sale) (left int64, all bool) {
	back := int64(0)
	for _, r := range s.refunds {
		if r.sale == one && r.currency == one.currency {
			back += max(0, r.amount)
		}
	}
	return max(0, one.amount-back), back > 0 && back >= one.amount
}

// repeated says whether an earlier sale has the order.
func (s *shop) repeated(one *sale) bool {
	first := slices.IndexFunc(s.sales, func(other *sale) bool { return !other.erased && other.order == one.order })
	return one.order != "" && s.sales[first] != one
}

// transaction is what Google knows a sale by.
func transaction(one *sale) string {
	if one.order == "" {
		return "e-" + one.id
	}
	return "o-" + one.order
}

// said is what is told of a sale's value.
func (s *shop) said(one *sale, a *action) string {
	switch a.rule {
	case "fixed":
		return money(a.fixed, a.currency)
	case "none":
		return money(0, "")
	}
	left, _ := s.worth(one)
	return money(left, one.currency)
}

func money(micros int64, currency string) string {
	if currency == "" { // none is told
		return "0 "
	}
	return fmt.Sprintf("%s %s", schema.Micros(micros), currency)
}

// may says whether a sale may be sent for the first time.
func (s *shop) may(one *sale, a *action, now time.Time) bool {
	click, clicked, _ := s.click(one)
	_, all := s.worth(one)
	switch {
	case one.erased, s.repeated(one):
	case a.removed, a.paused, s.held, s.away:
	case one.at.Before(a.since), now.Before(one.at.Add(a.delay)):
	case s.consent(one) != granted, click == "", !clicked.IsZero() && one.at.Sub(clicked) > 90*day:
	case all:
	case a.reviews[one.id] == "declined", a.review && a.reviews[one.id] != "approved":
	default:
		return true
	}
	return false
}

// live is the action as it is chosen now, nil if it is not.
func (s *shop) live(google string) *action {
	for _, a := range s.actions {
		if a.google == google && !a.removed {
			return a
		}
	}
	return nil
}

// speaks says whether anything can be told Google of a sale that it has.
func (s *shop) speaks(one *sale, google string) bool {
	a := s.live(google)
	return a != nil && !a.paused && !s.held && !s.away && !one.erased && s.consent(one) != denied
}
