package intake

import "testing"

// TestOrderBlanks: an order id is the same with blanks around it, for sales, refunds and held sales.
func TestOrderBlanks(t *testing.T) {
	b := batchOf([]event{{Kind: "sale", Order: " A-1"}, {Kind: "refund", Order: "A-1\t"}, {Kind: "held_sale", Order: "A-1 "}, {Kind: "held_sale", Order: " "}}, []event{{Kind: "sale", Order: "A-1\n"}}, nil)
	if len(b.sales) != 1 || len(b.refunds) != 1 || len(b.held) != 1 || len(b.goals) != 1 {
		t.Fatalf("batch %+v", b)
	}
	for _, e := range []*event{b.sales[0], b.refunds[0], b.held[0], b.goals[0]} {
		if e.Order != "A-1" {
			t.Errorf("%s of order %q", e.Kind, e.Order)
		}
	}
}
