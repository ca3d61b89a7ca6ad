package crowd

import (
	"math/rand/v2"
	"time"

	"noctra/demo/internal/catalog"
	"noctra/schema"
)

// Consent is what a visitor answered to the shop's question.
type Consent uint8

const (
	ConsentNone Consent = iota // was not asked, or did not answer
	ConsentGranted
	ConsentDenied
)

// Visit is one person's walk through the shop. The steps are in the order of their times.
type Visit struct {
	Person  *Person // nil for what the shop's back end sends by itself
	Origin  *Origin
	Consent Consent
	Steps   []Step

	later *Visit // what the shop's back end sends of it afterwards; nil for nothing
}

func (v *Visit) all() []*Visit {
	if v.later == nil {
		return []*Visit{v}
	}
	return []*Visit{v, v.later}
}

// Step is one event of a visit.
type Step struct {
	ID          string
	At          time.Time // UTC, whole milliseconds
	Kind        schema.Kind
	Name        string
	Path, Query string
	Title       string
	Before      string // path of the page before; empty on the first page
	Props       []schema.Prop
	Order       *Order // of sales and refunds
	Browser     bool   // the browser tells it by itself, and no back end vouches for it
}

// Order is a purchase, or what of it is paid back.
type Order struct {
	ID       string
	Amount   schema.Micros
	Currency string
	Items    []schema.Item
}

// Shares of visits, in parts of 1.
const (
	bounceShare     = 0.40
	saleShare       = 0.021
	cartShare       = 0.065 // of those who neither bounce nor buy
	newsletterShare = 0.02
	botShare        = 0.04
	returnShare     = 0.08
	grantedShare    = 0.66
	deniedShare     = 0.20
	engagementShare = 0.72
	refundShare     = 0.05
	quoteShare      = 0.004 // of looks at a product
	reloadShare     = 0.03  // of orders whose last page is opened again
)

// Names of what visitors do.
const (
	GoalCart       = "Add to cart"
	GoalNewsletter = "Newsletter"
	GoalQuote      = "Quote request"
)

// visit makes a visit that begins at start. person may be nil: then a new one comes.
func (s *Shop) visit(r *rand.Rand, start time.Time, person *Person) *Visit {
	w := &walker{r: r, shop: s, products: catalog.Products(), guides: catalog.Guides(), now: start.UTC().Truncate(time.Millisecond)}
	if person == nil && r.Float64() < botShare {
		return w.crawl()
	}
	if person == nil {
		person = newPerson(r, s.Home)
	}
	w.visit = &Visit{Person: person, Origin: newOrigin(r)}
	switch at := r.Float64(); {
	case at < grantedShare:
		w.visit.Consent = ConsentGranted
	case at < grantedShare+deniedShare:
		w.visit.Consent = ConsentDenied
	}
	w.walk()
	return w.visit
}

// Total is what the items cost with shipping.
func Total(items []schema.Item) schema.Micros {
	var sum schema.Micros
	for _, item := range items {
		sum += item.Price * schema.Micros(item.Quantity)
	}
	if sum < catalog.FreeShipping {
		sum += catalog.Shipping
	}
	return sum
}
