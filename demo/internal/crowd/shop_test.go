package crowd

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"noctra/schema"
)

// What a shop has among its ordinary orders, so that every state of a conversion can be seen.
func TestOrdersAreOfManyKinds(t *testing.T) {
	c := New(Main(), 1)
	var repeated, quotes, lost, told, denied int
	for i := range 30 {
		seen := map[string]bool{}
		for _, v := range c.visits(monday.AddDate(0, 0, i)) {
			for _, s := range v.Steps {
				switch {
				case s.Kind == schema.KindGoal && s.Name == GoalQuote:
					quotes++
				case s.Kind != schema.KindSale:
				case seen[s.Order.ID]:
					repeated++
				case v.Consent == ConsentDenied:
					denied++
				case v.Consent == ConsentGranted && v.Origin.smallLetters:
					lost++
				case v.Consent == ConsentGranted && v.Origin.counted():
					told++
				}
				if s.Kind == schema.KindSale {
					seen[s.Order.ID] = true
				}
			}
			if v.Origin.smallLetters && v.Origin.ClickIDs[0].Value != strings.ToLower(v.Origin.ClickIDs[0].Value) {
				t.Fatalf("click id %+v", v.Origin.ClickIDs[0])
			}
		}
	}
	for what, got := range map[string][3]int{
		"orders whose last page was opened again": {repeated, 5, 60}, "requests for quotes": {quotes, 40, 400}, "orders by a click that Google cannot read": {lost, 3, 40},
		"orders by an ad": {told, 60, 300}, "orders without consent": {denied, 60, 300},
	} {
		if got[0] < got[1] || got[0] > got[2] {
			t.Errorf("%s: %d, want %d to %d", what, got[0], got[1], got[2])
		}
	}
}

// Each order of the branch is told by the browser, and most of them by the back end, under the same id.
func TestTheBranchConfirmsOrders(t *testing.T) {
	c := New(Branch(), 2)
	told, paid := map[string]string{}, map[string]string{}
	nameless, guests := 0, 0
	for i := range 10 {
		for _, v := range c.Day(monday.AddDate(0, 0, i)) {
			for _, s := range v.Steps {
				if s.Kind != schema.KindSale {
					continue
				}
				if s.Order.Currency != "USD" {
					t.Fatalf("order %+v", s.Order)
				}
				if s.Browser {
					told[s.Order.ID] = s.ID
					continue
				}
				paid[s.Order.ID] = s.ID
				if v.Person == nil {
					nameless++
				}
				if strings.Contains(s.Order.ID, "@") {
					guests++
				} else if strings.Trim(s.Order.ID, "0123456789") != "" {
					t.Errorf("order id %q", s.Order.ID)
				}
			}
		}
	}
	for order, id := range paid {
		if told[order] != id {
			t.Errorf("order %s is %q in the browser and %q in the back end", order, told[order], id)
		}
	}
	if len(told) < 60 || len(paid) >= len(told) || len(paid) < len(told)/2 || nameless < 10 || guests == 0 {
		t.Errorf("%d told, %d paid, %d of nobody, %d of guests", len(told), len(paid), nameless, guests)
	}
}

// Parcels come back of orders that the history does not pay back, some in full; the same day has the same.
func TestReturns(t *testing.T) {
	for _, shop := range []*Shop{Main(), Branch()} {
		c := New(shop, 1)
		today := monday.AddDate(0, 0, 20)
		var at []time.Time
		for i := range 12 {
			at = append(at, today.Add(time.Duration(i)*time.Hour))
		}
		paidFor := map[string]schema.Micros{}
		for back := range returnsTo + 1 {
			for _, p := range c.orders(today.AddDate(0, 0, -back)) {
				paidFor[p.order.ID] = p.order.Amount
			}
		}
		var orders, ids []string
		full, part := 0, 0
		for i, v := range c.Returns(today.Add(13*time.Hour), at) {
			s := v.Steps[0]
			switch paid := paidFor[s.Order.ID]; {
			case s.Kind != schema.KindRefund || !s.At.Equal(at[i]) || paid == 0 || refundDelay(s.Order.ID) != 0 || slices.Contains(orders, s.Order.ID):
				t.Errorf("refund %+v of %+v", s, s.Order)
			case s.Order.Amount == paid:
				full++
			case s.Order.Amount > 0 && s.Order.Amount < paid && s.Order.Amount%cent == 0:
				part++
			}
			orders, ids = append(orders, s.Order.ID), append(ids, s.ID)
		}
		if full < 3 || part < 3 || full+part != returnsOfDay {
			t.Errorf("%d in full, %d in part", full, part)
		}
		var again []string
		for _, v := range New(shop, 1).Returns(today, at[3:]) {
			again = append(again, v.Steps[0].ID)
		}
		if diff := cmp.Diff(ids, again); diff != "" {
			t.Errorf("another start has others: %s", diff)
		}
	}
}
