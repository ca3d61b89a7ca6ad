package crowd

import (
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"time"

	"noctra/demo/internal/catalog"
	"noctra/schema"
)

// refunds are sent by the shop's back end for orders of the days before.
func (c *Crowd) refunds(day time.Time) []*Visit {
	r := c.source("refunds", day)
	var visits []*Visit
	for back := 1; back <= refundDays; back++ {
		for _, p := range c.orders(day.AddDate(0, 0, -back)) {
			if refundDelay(p.order.ID) == back {
				visits = append(visits, newRefund(r, day, *p.order))
			}
		}
	}
	slices.SortFunc(visits, func(a, b *Visit) int { return a.Steps[0].At.Compare(b.Steps[0].At) })
	return visits
}

// refundDelay is after how many days the history pays an order back: 0 for never.
func refundDelay(orderID string) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(orderID))
	n := h.Sum32()
	if n%1000 >= refundShare*1000 {
		return 0
	}
	return 1 + int(n/1000)%refundDays
}

// orders are those of a day that were paid, each once.
func (c *Crowd) orders(day time.Time) []purchase {
	key := day.Format(time.DateOnly)
	if known, ok := c.sales[key]; ok {
		return known
	}
	orders, seen := []purchase{}, map[string]bool{}
	for _, v := range c.visits(day) {
		for _, part := range v.all() {
			for i := range part.Steps {
				s := &part.Steps[i]
				if s.Kind == schema.KindSale && !s.Browser && !seen[s.Order.ID] {
					seen[s.Order.ID] = true
					orders = append(orders, purchase{s.Order, v})
				}
			}
		}
	}
	c.sales[key] = orders
	return orders
}

// newRefund pays an order back: mostly the whole of it, else its first item.
func newRefund(r *rand.Rand, day time.Time, order Order) *Visit {
	back := order
	if len(order.Items) > 1 && r.IntN(2) == 0 {
		back.Items = order.Items[:1]
		back.Amount = back.Items[0].Price * schema.Micros(back.Items[0].Quantity)
	}
	at := day.Add(8*time.Hour + time.Duration(r.IntN(9*3_600_000))*time.Millisecond)
	return refundVisit(uuid7(r, at.UnixMilli()), at, back)
}

func refundVisit(id string, at time.Time, back Order) *Visit {
	return &Visit{Origin: &Origin{Source: "Direct", Channel: "Direct"}, Steps: []Step{{
		ID: id, At: at, Kind: schema.KindRefund, Order: &back,
		Path: "/order/done", Title: "Thank you – " + catalog.Shop,
	}}}
}

// Days before today of whose orders parcels come back, and how many parcels.
const (
	returnsFrom, returnsTo = 6, 10
	returnsOfDay           = 8
)

// Returns are parcels that are opened on the UTC day of date, in turn at the times: orders that the history never
// pays back, at first those that Google was told of. Every second one comes back whole; for the others there is
// something off, as a lampshade was dented. The same day has the same refunds, whatever their times.
func (c *Crowd) Returns(date time.Time, at []time.Time) []*Visit {
	day := dayOf(date)
	r := c.source("returns", day)
	var told, others []purchase
	for back := returnsFrom; back <= returnsTo; back++ {
		for _, p := range c.orders(day.AddDate(0, 0, -back)) {
			switch {
			case refundDelay(p.order.ID) != 0:
			case p.visit.Consent == ConsentGranted && p.visit.Origin.counted():
				told = append(told, p)
			default:
				others = append(others, p)
			}
		}
	}
	r.Shuffle(len(told), func(i, k int) { told[i], told[k] = told[k], told[i] })
	chosen := append(told[:min(len(told), returnsOfDay)], others...)
	var visits []*Visit
	for i := range min(len(chosen), returnsOfDay, len(at)) {
		back := *chosen[i].order
		if i%2 == 1 {
			back.Items = nil
			back.Amount = back.Amount / 5 / cent * cent
		}
		visits = append(visits, refundVisit(uuid7(r, day.UnixMilli()), at[i].UTC().Truncate(time.Millisecond), back))
	}
	return visits
}

const cent = schema.MicrosPerUnit / 100
