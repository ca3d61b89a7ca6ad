package model

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

var began = time.Date(2027, 3, 1, 9, 0, 0, 0, time.UTC)

// work is when an uploader works, and what of its parts: d decides, s sends.
type work struct {
	pass  time.Duration // before it
	parts string
}

const (
	works  = 22 // at which something happens to shops
	visits = 3  // visitors of a shop
)

// ending is how long all is left alone in the end: long enough for everything that waits to be done.
var ending = []time.Duration{5 * time.Minute, 40 * time.Minute, 2 * hour, 8 * hour, 26 * hour, 40 * time.Minute, 40 * time.Minute, 8 * hour, 40 * time.Minute,
	26 * hour, 40 * time.Minute, 40 * time.Minute, 26 * hour, 40 * time.Minute, 40 * time.Minute, 40 * time.Minute}

// timeline is when an uploader works; all shops of a run share it.
func timeline(seed uint64) (all []work) {
	r := rand.New(rand.NewPCG(seed, 1<<40))
	between := func(least, most time.Duration) time.Duration {
		return least + time.Duration(r.Int64N(int64(most-least))).Truncate(time.Second)
	}
	for range works {
		w := work{parts: []string{"ds", "ds", "ds", "sd", "dsd", "s", "d", ""}[r.IntN(8)]}
		switch r.IntN(12) {
		case 0:
			w.pass = between(10*day, 40*day)
		case 1, 2:
			w.pass = between(day, 3*day)
		case 3, 4, 5:
			w.pass = between(2*hour, 9*hour)
		case 6, 7, 8, 9:
			w.pass = between(30*time.Minute, 70*time.Minute)
		default:
			w.pass = between(2*time.Minute, 20*time.Minute)
		}
		all = append(all, w)
	}
	for _, pass := range ending {
		all = append(all, work{pass, "dsd"})
	}
	return all
}

// history is what happens to a shop: before each work some steps, and some while Google is called.
type history struct {
	kind     shopKind
	lookback int
	first    []action
	steps    [][]step
	during   [][]step
}

// sudden steps may come while Google is called.
var sudden = map[string]bool{"amount": true, "currency": true, "erase": true, "pause": true, "review": true, "rule": true, "delay": true, "hold": true}

// maker makes a history up.
type maker struct {
	*rand.Rand
	history
	number  int
	now     time.Time
	actions []action // as they are by now
	away    bool
	sales   []*event // that came in before
	refunds []*event
	clicks  []*event
}

func newHistory(seed uint64, number int, when []work) history {
	m := &maker{Rand: rand.New(rand.NewPCG(seed, uint64(number))), number: number, now: began}
	m.kind = []shopKind{{}, {}, {retract: true}, {ads: true, retract: true}}[m.IntN(4)]
	m.lookback = []int{90, 90, 90, 7, 400}[m.IntN(5)]
	for k := range 1 + m.IntN(2) {
		a := action{google: fmt.Sprintf("8%05d%d", number, k), since: began.Add(-365 * day)}
		a.rule, a.fixed, a.currency = rule([]string{"event", "event", "event", "fixed", "none"}[m.IntN(5)])
		a.enhanced, a.review = m.IntN(4) == 0, m.IntN(6) == 0
		m.first = append(m.first, a)
	}
	m.actions = append(m.actions, m.first...)
	for i, w := range when {
		m.now = m.now.Add(w.pass)
		m.steps, m.during = append(m.steps, nil), append(m.during, nil)
		if i >= works {
			if i == works && m.away {
				m.steps[i] = append(m.steps[i], step{do: "reconnect"})
			}
			continue
		}
		for range m.IntN(4) {
			if t := m.step(); sudden[t.do] && m.IntN(2) == 0 {
				m.during[i] = append(m.during[i], t)
			} else {
				m.steps[i] = append(m.steps[i], t)
			}
		}
		m.seen(m.steps[i])
	}
	return m.history
}

// seen notes what can be corrected from now on.
func (m *maker) seen(steps []step) {
	for _, t := range steps {
		if t.do != "event" {
			continue
		}
		switch t.event.kind {
		case "sale":
			m.sales = append(m.sales, t.event)
		case "refund":
			m.refunds = append(m.refunds, t.event)
		case "pageview":
			m.clicks = append(m.clicks, t.event)
		}
	}
}

// String is a step for whoever reads what failed.
func (t step) String() string {
	words := []string{t.do}
	if e := t.event; e != nil {
		words = append(words, e.kind, e.id, e.via, e.at.Format(time.DateTime), fmt.Sprint("visitor ", e.visitor), e.click, "order "+e.order, money(e.amount, e.currency), []string{"unset", "granted", "denied"}[e.consent])
	}
	return strings.Join(append(words, t.of, fmt.Sprint(t.n), t.text), " ")
}
