package eligibility

import (
	"fmt"
	"math"
	"strings"

	"noctra/schema"
)

// Worth is what is left of a sale.
type Worth struct {
	Left     int64  // micros of the sale's currency, never below 0
	Full     bool   // nothing is left, as all was given back
	Over     int64  // micros that were given back beyond the sale
	Currency string // of the sale
	Foreign  string // currency of a refund that has another one, which is not taken off
	Refund   int64  // the last one that counts, 0 for none
}

// Worth takes the refunds off the sale, oldest first.
func (s *Sale) Worth() Worth {
	w := Worth{Currency: s.Currency}
	back := int64(0)
	for _, r := range s.Refunds {
		if r.Currency != s.Currency {
			w.Foreign = r.Currency
			continue
		}
		back = addBounded(back, max(0, r.Amount))
		w.Refund = r.ID
	}
	w.Left = max(0, s.Amount-back)
	w.Full = back > 0 && back >= s.Amount
	if w.Full {
		w.Over = back - max(0, s.Amount)
	}
	return w
}

func addBounded(a, b int64) int64 {
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}

// Remark says what a person would wonder about.
func (w Worth) Remark() string {
	var all []string
	if w.Over > 0 {
		all = append(all, fmt.Sprintf("%s %s more was refunded than the sale was worth", schema.Micros(w.Over), w.Currency))
	}
	if w.Foreign != "" {
		all = append(all, "a refund in "+w.Foreign+" is not taken off, as the sale has another currency")
	}
	return strings.Join(all, "; ")
}
