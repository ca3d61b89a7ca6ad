package e2e

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"
)

// reference makes events and keeps what the reports must say about them. Equal seeds make equal
// events.
type reference struct {
	random *rand.Rand
	seed   uint64
	host   string
	start  time.Time // all events lie in the six days before it
	next   int

	accepted int
	events   int
	kinds    map[string]int
	byPage   map[string]int
	byDay    map[string]int
	gross    int64 // micros
	refunds  int64
	dayMoney map[string]int64 // sales less refunds
	visitors map[string]bool  // local day and agent
}

func newReference(seed uint64, host string, now time.Time) *reference {
	return &reference{
		random: rand.New(rand.NewPCG(seed, 7)), seed: seed, host: host, start: now,
		kinds: map[string]int{}, byPage: map[string]int{}, byDay: map[string]int{}, dayMoney: map[string]int64{}, visitors: map[string]bool{},
	}
}

// event makes a valid event and writes down what it means.
func (r *reference) event() map[string]any {
	r.next++
	at := r.start.Add(-time.Duration(r.random.IntN(6*24*60*60*1000)) * time.Millisecond)
	page := "/p/" + strconv.Itoa(r.random.IntN(40))
	agent := r.random.IntN(300)
	event := map[string]any{
		"id": fmt.Sprintf("ref-%d-%d", r.seed, r.next), "url": "https://" + r.host + page + "?utm_source=ref&secret=1",
		"occurred_at": at.UnixMilli(), "ip": fmt.Sprintf("91.12.%d.%d", agent/250, agent%250+1),
		"user_agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
	}
	kind := []string{"pageview", "pageview", "pageview", "pageview", "click", "sale", "goal", "interaction", "refund"}[r.random.IntN(9)]
	event["type"] = kind
	money := r.money(event, kind)
	day := at.UTC().Format("2006-01-02")
	r.accepted++
	r.events++
	r.kinds[kind]++
	r.byPage[page]++
	r.byDay[day]++
	r.dayMoney[day] += money
	r.visitors[day+"/"+strconv.Itoa(agent)] = true
	return event
}

// money adds the fields that the kind needs and returns what the event adds to the revenue.
func (r *reference) money(event map[string]any, kind string) int64 {
	micros := int64(r.random.IntN(200_000_000) + 1)
	amount := fmt.Sprintf("%d.%06d", micros/1_000_000, micros%1_000_000)
	switch kind {
	case "sale":
		event["order_id"], event["amount"], event["currency"] = fmt.Sprintf("O-%d-%d", r.seed, r.next), amount, "EUR"
		r.gross += micros
		return micros
	case "refund":
		event["order_id"], event["amount"], event["currency"] = fmt.Sprintf("O-%d-%d", r.seed, r.random.IntN(r.next)), amount, "EUR"
		r.refunds += micros
		return -micros
	case "goal", "interaction":
		event["name"] = "name-" + strconv.Itoa(r.random.IntN(5))
	}
	return 0
}

// wrong is an event that must be refused, with the field that must be named.
type wrong struct {
	event map[string]any
	field string
}

func (r *reference) wrong() wrong {
	r.next++
	event := map[string]any{"id": fmt.Sprintf("bad-%d-%d", r.seed, r.next), "type": "pageview", "url": "https://" + r.host + "/bad"}
	cases := []struct {
		field  string
		change map[string]any
	}{
		{"type", map[string]any{"type": "purchase"}},
		{"type", map[string]any{"type": nil}},
		{"amount", map[string]any{"type": "sale", "order_id": "X"}},
		{"amount", map[string]any{"type": "sale", "order_id": "X", "amount": "12,50"}},
		{"amount", map[string]any{"type": "sale", "order_id": "X", "amount": "1.1234567"}},
		{"currency", map[string]any{"type": "sale", "order_id": "X", "amount": "1", "currency": "EURO"}},
		{"order_id", map[string]any{"type": "refund", "amount": "1", "currency": "EUR"}},
		{"name", map[string]any{"type": "goal"}},
		{"id", map[string]any{"id": "has space"}},
		{"occurred_at", map[string]any{"occurred_at": "yesterday"}},
		{"occurred_at", map[string]any{"occurred_at": r.start.Add(-8 * 24 * time.Hour).UnixMilli()}},
	}
	chosen := cases[r.random.IntN(len(cases))]
	for key, value := range chosen.change {
		if value == nil {
			delete(event, key)
			continue
		}
		event[key] = value
	}
	return wrong{event: event, field: chosen.field}
}
