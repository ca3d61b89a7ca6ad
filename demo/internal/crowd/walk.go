package crowd

import (
	"math"
	"math/rand/v2"
	"strconv"
	"time"

	"noctra/demo/internal/catalog"
	"noctra/schema"
)

// walker makes the steps of one visit.
type walker struct {
	r        *rand.Rand
	shop     *Shop
	products []catalog.Product
	guides   []catalog.Guide
	visit    *Visit
	now      time.Time
	path     string // of the page that is open
	title    string
}

func (w *walker) walk() {
	w.enter()
	factor := 1.0
	if w.visit.Origin.paid() {
		factor = 1.25
	}
	switch at := w.r.Float64(); {
	case at < saleShare*factor:
		w.browse(1 + w.r.IntN(4))
		w.buy()
	case at < saleShare*factor+bounceShare:
		w.dwell()
	default:
		w.browse(1 + w.geometric(0.42))
		if w.r.Float64() < cartShare {
			w.abandon()
		}
		w.dwell()
	}
}

// enter opens the first page.
func (w *walker) enter() {
	kind := w.visit.Origin.entry
	if kind == entryAny {
		kind = []entryKind{entryHome, entryHome, entryProduct, entryProduct, entryGuide}[w.r.IntN(5)]
	}
	switch kind {
	case entryProduct:
		p := w.product()
		w.path, w.title = p.Path(), p.Title()
	case entryGuide:
		g := &w.guides[w.zipf(len(w.guides))]
		w.path, w.title = g.Path(), g.Title()
	case entryLanding:
		w.path, w.title = "/autumn-sale", "Autumn sale – "+catalog.Shop
	default:
		w.path, w.title = "/", catalog.Shop+" – lamps for quiet evenings"
	}
	w.add(Step{Kind: schema.KindPageview, Query: w.visit.Origin.Query()})
}

// browse opens n more pages.
func (w *walker) browse(n int) {
	for range n {
		w.dwell()
		switch at := w.r.Float64(); {
		case at < 0.52:
			w.look()
		case at < 0.70:
			w.open("/products", "All lamps – "+catalog.Shop)
		case at < 0.82:
			w.open("/", catalog.Shop+" – lamps for quiet evenings")
		case at < 0.97:
			w.read()
		default:
			w.open("/lamps/old-catalogue", "Not found – "+catalog.Shop)
			w.add(Step{Kind: schema.KindInteraction, Name: "404"})
		}
		if w.r.Float64() < newsletterShare/2 {
			w.wait(6)
			w.add(Step{Kind: schema.KindGoal, Name: GoalNewsletter, Props: []schema.Prop{{Key: "place", Value: "footer"}}})
		}
	}
}

// look opens a product, and sometimes asks what many of them would cost.
func (w *walker) look() {
	p := w.product()
	w.open(p.Path(), p.Title())
	if w.r.Float64() < quoteShare {
		w.wait(90)
		w.add(Step{Kind: schema.KindGoal, Name: GoalQuote, Props: []schema.Prop{{Key: "product", Value: p.Name}}})
	}
}

// read opens a guide, and sometimes what it points to.
func (w *walker) read() {
	g := &w.guides[w.zipf(len(w.guides))]
	w.open(g.Path(), g.Title())
	switch at := w.r.Float64(); {
	case at < 0.12:
		w.wait(40)
		w.add(Step{Kind: schema.KindInteraction, Name: "outbound", Props: []schema.Prop{{Key: "url", Value: g.Source}}})
	case at < 0.20:
		w.wait(30)
		w.add(Step{Kind: schema.KindInteraction, Name: "download", Props: []schema.Prop{{Key: "url", Value: "https://shop.noctra.example/files/light-planner.pdf"}}})
	}
}

// fill puts products into the cart and returns them as items.
func (w *walker) fill() []schema.Item {
	var items []schema.Item
	for range 1 + w.geometric(0.7) {
		p := w.product()
		if w.path != p.Path() {
			w.dwell()
			w.open(p.Path(), p.Title())
		}
		w.wait(12)
		w.add(Step{Kind: schema.KindGoal, Name: GoalCart, Props: []schema.Prop{{Key: "product", Value: p.Name}}})
		quantity := int64(1)
		if p.Price < 30*schema.MicrosPerUnit {
			quantity += int64(w.geometric(0.6))
		}
		items = append(items, schema.Item{ID: p.Slug, Name: p.Name, Category: p.Category, Quantity: quantity, Price: p.Price})
	}
	w.wait(5)
	w.open("/cart", "Your cart – "+catalog.Shop)
	return items
}

func (w *walker) abandon() {
	w.fill()
	if w.r.Float64() < 0.45 {
		w.dwell()
		w.open("/checkout", "Checkout – "+catalog.Shop)
	}
}

func (w *walker) buy() {
	items := w.fill()
	w.dwell()
	w.open("/checkout", "Checkout – "+catalog.Shop)
	w.wait(70)
	order := &Order{ID: w.shop.OrderID(w.r), Currency: w.shop.Currency, Items: items, Amount: Total(items)}
	w.open("/order/done", "Thank you – "+catalog.Shop)
	w.add(Step{Kind: schema.KindSale, Order: order, Browser: w.shop.Confirms})
	sold := &w.visit.Steps[len(w.visit.Steps)-1]
	if w.shop.Confirms {
		w.confirm(*sold)
	}
	w.dwell()
	if w.r.Float64() < reloadShare && !w.shop.Confirms {
		w.wait(50)
		w.open("/order/done", "Thank you – "+catalog.Shop)
		w.add(Step{Kind: schema.KindSale, Order: order})
	}
}

// confirm has the shop's back end report a paid order, under the id of the browser's event. Some are never paid, and of
// some the back end does not know whose they were.
func (w *walker) confirm(sale Step) {
	paid, whose := w.r.Float64() < paidShare, w.r.Float64() < knownShare
	if !paid {
		return
	}
	sale.Browser, sale.At = false, sale.At.Add(time.Duration(20_000+w.r.IntN(70_000))*time.Millisecond)
	w.visit.later = &Visit{Origin: &Origin{Source: "Direct", Channel: "Direct"}, Steps: []Step{sale}}
	if whose {
		w.visit.later.Person, w.visit.later.Consent = w.visit.Person, w.visit.Consent
	}
}

// crawl is a machine's visit: pages in quick order, nothing else.
func (w *walker) crawl() *Visit {
	w.visit = &Visit{Person: newBot(w.r), Origin: &Origin{Source: "Direct", Channel: "Direct"}}
	for i := range 1 + w.r.IntN(4) {
		p := &w.products[w.r.IntN(len(w.products))]
		w.path, w.title = p.Path(), p.Title()
		w.add(Step{Kind: schema.KindPageview})
		w.now = w.now.Add(time.Duration(800+100*i) * time.Millisecond)
	}
	return w.visit
}

// open goes to another page.
func (w *walker) open(path, title string) {
	before := w.path
	w.path, w.title = path, title
	w.add(Step{Kind: schema.KindPageview, Before: before})
}

// dwell looks at the open page for a while and tells of it.
func (w *walker) dwell() {
	begin := w.now
	w.wait(28)
	if w.r.Float64() > engagementShare {
		return
	}
	seconds := max(1, int(w.now.Sub(begin).Seconds()))
	w.add(Step{Kind: schema.KindInteraction, Name: schema.EngagementName, Props: []schema.Prop{
		{Key: "seconds", Value: strconv.Itoa(seconds)},
		{Key: "scroll", Value: strconv.Itoa(min(100, 25+w.r.IntN(90)))},
	}})
}

// wait lets time pass: mostly around median seconds, at most eight minutes.
func (w *walker) wait(median float64) {
	seconds := min(480, median*math.Exp(0.8*w.r.NormFloat64()))
	w.now = w.now.Add(time.Duration(seconds*1000) * time.Millisecond).Add(50 * time.Millisecond)
}

func (w *walker) add(s Step) {
	s.At, s.Path, s.Title = w.now, w.path, w.title
	s.ID = uuid7(w.r, s.At.UnixMilli())
	w.visit.Steps = append(w.visit.Steps, s)
	w.now = w.now.Add(time.Millisecond)
}

func (w *walker) product() *catalog.Product { return &w.products[w.zipf(len(w.products))] }

// zipf returns an index below n; the first is wanted most.
func (w *walker) zipf(n int) int {
	return weighted(w.r, n, func(i int) int { return 1000 / (i + 1) })
}

// geometric counts failures before a success of chance p, at most 12.
func (w *walker) geometric(p float64) int {
	n := 0
	for n < 12 && w.r.Float64() > p {
		n++
	}
	return n
}
