package crowd

import (
	"fmt"
	"math/rand/v2"

	"noctra/demo/internal/catalog"
)

// Shop is a shop with visitors of its own. All have the same shelves.
type Shop struct {
	Currency string
	Home     string  // country from which most visitors come, if there is one
	Share    float64 // of the visits of the main shop
	Confirms bool    // browsers report sales, and the back end those that were paid, each by itself
	OrderID  func(*rand.Rand) string
}

// Shares of the orders of a shop that confirms them, in parts of 1.
const (
	paidShare  = 0.85
	knownShare = 0.65
	guestShare = 0.12
)

// Main is the demo shop.
func Main() *Shop {
	return &Shop{Currency: catalog.Currency, Share: 1, OrderID: func(r *rand.Rand) string { return "M-" + token(r, 10) }}
}

// Branch is a smaller one abroad, on older software: it numbers its orders with digits alone, and those of guests it
// calls by their e-mail address.
func Branch() *Shop {
	return &Shop{Currency: "USD", Home: "US", Share: 0.4, Confirms: true, OrderID: func(r *rand.Rand) string {
		number := 10_000_000 + r.IntN(90_000_000)
		if r.Float64() < guestShare {
			return fmt.Sprintf("guest.%d@mail.example", number)
		}
		return fmt.Sprint(number)
	}}
}
