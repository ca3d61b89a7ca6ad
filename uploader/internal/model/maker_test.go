package model

import (
	"fmt"
	"time"
)

// step makes one up. What cannot be as things are becomes a sale.
func (m *maker) step() step {
	switch n := m.IntN(100); {
	case n < 16:
		return m.visit()
	case n < 34:
		return m.sale("sale")
	case n < 42:
		return m.sale("held_sale")
	case n < 58:
		return m.refund()
	case n < 68 && len(m.sales) > 0:
		return m.correction()
	case n < 70:
		return step{do: "erase", n: m.visitor()}
	case n < 78:
		return m.change()
	case n < 80:
		return step{do: "hold"}
	case n < 83:
		return step{do: []string{"approve", "approve", "decline"}[m.IntN(3)], n: m.IntN(100)}
	case n < 86:
		if m.away = !m.away; m.away {
			return step{do: "revoke"}
		}
		return step{do: "reconnect"}
	case n < 95:
		return step{do: "fault", text: []string{"lost", "lost", "never", "503", "429", "dies", "dies before", "dies", "partly"}[m.IntN(9)]}
	case len(m.sales) > 0:
		return step{do: "outcome", of: "o-" + m.order(), text: []string{"INTERNAL_ERROR", "INTERNAL_ERROR", "TOO_RECENT_CLICK", "INVALID_GCLID", "SOMETHING_NEW"}[m.IntN(5)]}
	}
	return m.sale("sale")
}

func (m *maker) visitor() int { return m.number*10 + 1 + m.IntN(visits) }

func (m *maker) order() string { return fmt.Sprintf("A-%d-%d", m.number, m.IntN(5)) }

// event makes one up that happened up to so long ago.
func (m *maker) event(kind string, ago time.Duration) *event {
	return &event{id: fmt.Sprintf("%s-%d-%d", kind[:1], m.number, m.Uint32()), kind: kind, via: "browser", at: m.now.Add(-time.Duration(m.Int64N(int64(ago)))).Truncate(time.Second)}
}

func (m *maker) ago(usual, rare time.Duration) time.Duration {
	if m.IntN(5) == 0 {
		return rare
	}
	return usual
}

func (m *maker) consent() int {
	return []int{granted, granted, granted, granted, denied, unset}[m.IntN(6)]
}

func (m *maker) clickID() string {
	return []string{"gclid", "gclid", "gclid", "gbraid", "wbraid", "fbclid"}[m.IntN(6)] + "=" + fmt.Sprintf("click-%d-%d", m.number, m.Uint32())
}

// visit is an ad click, new or seen again.
func (m *maker) visit() step {
	e := m.event("pageview", m.ago(3*day, 100*day))
	e.visitor, e.click, e.consent = uint64(m.visitor()), m.clickID(), m.consent()
	if len(m.clicks) > 0 && m.IntN(4) == 0 {
		before := m.clicks[m.IntN(len(m.clicks))]
		e.click, e.visitor = before.click, before.visitor
		if m.IntN(2) == 0 { // its first event comes late
			e.at = before.at.Add(-time.Duration(1+m.IntN(3600)) * time.Second)
		}
	}
	return step{do: "event", event: e}
}

var currencies = []string{"EUR", "EUR", "EUR", "JPY", "KWD"}

// money is an amount of a currency with 0, 2 or 3 decimals; now and then nothing.
func (m *maker) money(currency string) int64 {
	switch {
	case m.IntN(12) == 0:
		return 0
	case currency == "JPY":
		return 1_000_000 * (1 + m.Int64N(9999))
	case currency == "KWD":
		return 1_000 * (1 + m.Int64N(99_999))
	}
	return 10_000 * (1 + m.Int64N(99_999))
}

// sale is one of a server, which names visitor, click or neither, or one of a browser, held or not.
func (m *maker) sale(kind string) step {
	e := m.event(kind, m.ago(2*day, 85*day))
	e.currency = currencies[m.IntN(len(currencies))]
	e.order, e.amount, e.consent = m.order(), m.money(e.currency), m.consent()
	if m.IntN(3) == 0 {
		e.email = fmt.Sprintf("%064x", m.Uint64())
	}
	what := m.IntN(3)
	if kind == "sale" && m.IntN(3) > 0 {
		e.via = "server"
		if what == 0 && m.IntN(2) == 0 {
			e.consent = unset
		}
	} else if what == 0 {
		what = 1
	}
	if what > 0 {
		e.visitor = uint64(m.visitor())
	}
	if what == 2 {
		e.click = m.clickID()
		if len(m.clicks) > 0 {
			e.click = m.clicks[m.IntN(len(m.clicks))].click
		}
	}
	if kind == "sale" && m.IntN(10) == 0 && what > 0 {
		e.order = ""
	}
	return step{do: "event", event: e}
}

// refund is one of a part, of all, of more, of another currency, below nothing, or of a sale that did not come yet.
func (m *maker) refund() step {
	e := m.event("refund", 2*day)
	e.order, e.currency, e.amount, e.via = m.order(), "EUR", 10_000*(1+m.Int64N(20_000)), "server"
	if len(m.sales) > 0 && m.IntN(6) > 0 {
		of := m.sales[m.IntN(len(m.sales))]
		e.order, e.currency = of.order, of.currency
		e.amount = []int64{of.amount, of.amount, of.amount * 2, of.amount / 4, of.amount / 3, -of.amount, 1}[m.IntN(7)]
	}
	if m.IntN(12) == 0 {
		e.currency = "USD"
	}
	return step{do: "event", event: e}
}

func (m *maker) correction() step {
	one := m.sales[m.IntN(len(m.sales))]
	switch n := m.IntN(10); {
	case n < 3:
		return step{do: "amount", of: one.id, n: int(m.money(one.currency))}
	case n < 4:
		return step{do: "currency", of: one.id, text: currencies[m.IntN(len(currencies))]}
	case n < 6 && (one.visitor != 0 || one.click != ""): // others borrow by their order
		return step{do: "order", of: one.id, text: m.order()}
	case len(m.refunds) > 0:
		r := m.refunds[m.IntN(len(m.refunds))]
		return step{do: "amount", of: r.id, n: int(r.amount) / 2 * m.IntN(4)}
	}
	return step{do: "amount", of: one.id, n: int(one.amount)}
}

// change changes an action that is chosen, or chooses a removed one again.
func (m *maker) change() step {
	i := m.IntN(len(m.actions))
	a := &m.actions[i]
	if a.removed {
		for _, b := range m.actions {
			if b.google == a.google && !b.removed {
				return step{do: "hold"}
			}
		}
		again := *a
		again.removed = false
		m.actions = append(m.actions, again)
		return step{do: "choose", n: i}
	}
	do := []string{"pause", "pause", "review", "enhance", "delay", "rule", "rule", "remove"}[m.IntN(8)]
	t := step{do: do, n: i}
	switch do {
	case "rule":
		t.text = []string{"event", "event", "fixed", "none"}[m.IntN(4)]
	case "remove":
		m.actions[i].removed = true
	}
	return t
}
