package shop

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"noctra/demo/internal/catalog"
)

// maxOrders bounds what is remembered; the oldest order is forgotten first.
const maxOrders = 5000

// orders remembers what was bought, and of which orders the browser has been told.
type orders struct {
	now func() time.Time

	mu    sync.Mutex
	known map[string]*placed
	age   []string // ids, oldest first
}

type placed struct {
	cart cart
	told bool
}

func newOrders(now func() time.Time) *orders { return &orders{now: now, known: map[string]*placed{}} }

// place makes an order and returns its id, which no other order has.
func (o *orders) place(c cart) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	id := "M-" + o.now().UTC().Format("060102") + "-" + rand.Text()[:8]
	o.known[id], o.age = &placed{cart: c}, append(o.age, id)
	if len(o.age) > maxOrders {
		delete(o.known, o.age[0])
		o.age = o.age[1:]
	}
	return id
}

// show returns the order; first is true once, for the page that reports the sale.
func (o *orders) show(id string) (c cart, first, ok bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	p, ok := o.known[id]
	if !ok {
		return nil, false, false
	}
	first, p.told = !p.told, true
	return p.cart, first, true
}

func (s *shop) checkout(w http.ResponseWriter, r *http.Request) {
	c := s.cartOf(r)
	if len(c) == 0 {
		http.Redirect(w, r, "/cart", http.StatusSeeOther)
		return
	}
	s.render(w, r, http.StatusOK, "checkout", view{Title: "Checkout – " + catalog.Shop, Page: "cart", Content: c.content()})
}

func (s *shop) order(w http.ResponseWriter, r *http.Request) {
	c := s.cartOf(r)
	if len(c) == 0 {
		http.Redirect(w, r, "/cart", http.StatusSeeOther)
		return
	}
	id := s.orders.place(c)
	s.keepCart(w, nil)
	http.Redirect(w, r, "/order/done?id="+id, http.StatusSeeOther)
}

// sale is the call that the order page makes, in the tracker's words.
type sale struct {
	OrderID  string     `json:"order_id"`
	Amount   string     `json:"amount"`
	Currency string     `json:"currency"`
	Items    []saleItem `json:"items"`
}

type saleItem struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Category string `json:"category"`
	Quantity int64  `json:"quantity"`
	Price    string `json:"price"`
}

func (s *shop) done(w http.ResponseWriter, r *http.Request) {
	id := r.URL.Query().Get("id")
	c, first, ok := s.orders.show(id)
	if !ok {
		s.missing(w, r)
		return
	}
	content := struct {
		cartContent
		ID   string
		Sale string // JSON for the tracker; empty when the sale has been told before
	}{cartContent: c.content(), ID: id}
	if first {
		var err error
		if content.Sale, err = saleJSON(id, c); err != nil {
			s.cfg.Log.Error("cannot describe an order of the shop", "error", err.Error())
		}
	}
	s.render(w, r, http.StatusOK, "done", view{Title: "Thank you – " + catalog.Shop, Content: content})
}

func saleJSON(id string, c cart) (string, error) {
	call := sale{OrderID: id, Amount: c.content().Total.String(), Currency: catalog.Currency}
	for _, l := range c {
		call.Items = append(call.Items, saleItem{l.Slug, l.Name, l.Category, l.Quantity, l.Price.String()})
	}
	raw, err := json.Marshal(call)
	if err != nil {
		return "", fmt.Errorf("write sale: %w", err)
	}
	return string(raw), nil
}
