package shop

import (
	"net/http"
	"strconv"
	"strings"

	"noctra/demo/internal/catalog"
	"noctra/schema"
)

const (
	cartCookie  = "moonlight_cart"
	maxQuantity = 9
)

// line is one position of a cart.
type line struct {
	catalog.Product
	Quantity int64
}

// Sum is what the position costs.
func (l line) Sum() schema.Micros { return l.Price * schema.Micros(l.Quantity) }

// cart is in the order in which things were put in.
type cart []line

func (c cart) count() (n int64) {
	for _, l := range c {
		n += l.Quantity
	}
	return n
}

func (c cart) sum() (total schema.Micros) {
	for _, l := range c {
		total += l.Sum()
	}
	return total
}

func (c cart) shipping() schema.Micros {
	if len(c) == 0 || c.sum() >= catalog.FreeShipping {
		return 0
	}
	return catalog.Shipping
}

// with returns the cart with that many more of the product: negative for less.
func (c cart) with(p *catalog.Product, more int64) cart {
	var changed cart
	found := false
	for _, l := range c {
		if l.Slug == p.Slug {
			found = true
			l.Quantity = min(l.Quantity+more, maxQuantity)
		}
		if l.Quantity > 0 {
			changed = append(changed, l)
		}
	}
	if !found && more > 0 {
		changed = append(changed, line{*p, min(more, maxQuantity)})
	}
	return changed
}

// cartOf reads the cookie: slug.quantity, separated by !. What makes no sense is left out.
func (s *shop) cartOf(r *http.Request) cart {
	cookie, err := r.Cookie(cartCookie)
	if err != nil {
		return nil
	}
	var c cart
	for _, part := range strings.Split(cookie.Value, "!") {
		slug, quantity, _ := strings.Cut(part, ".")
		n, err := strconv.ParseInt(quantity, 10, 8)
		if p := s.find(slug); p != nil && err == nil && n > 0 {
			c = c.with(p, n)
		}
	}
	return c
}

func (s *shop) keepCart(w http.ResponseWriter, c cart) {
	parts := make([]string, len(c))
	for i, l := range c {
		parts[i] = l.Slug + "." + strconv.FormatInt(l.Quantity, 10)
	}
	http.SetCookie(w, &http.Cookie{Name: cartCookie, Value: strings.Join(parts, "!"), Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode})
}

type cartContent struct {
	Lines                []line
	Sum, Shipping, Total schema.Micros
}

func (c cart) content() cartContent {
	return cartContent{c, c.sum(), c.shipping(), c.sum() + c.shipping()}
}

func (s *shop) showCart(w http.ResponseWriter, r *http.Request) {
	s.render(w, r, http.StatusOK, "cart", view{Title: "Your cart – " + catalog.Shop, Page: "cart", Content: s.cartOf(r).content()})
}

// changeCart puts one in, or takes one or all of a product out.
func (s *shop) changeCart(w http.ResponseWriter, r *http.Request) {
	p := s.find(r.PostFormValue("product"))
	if p == nil {
		http.Error(w, "There is no such product.", http.StatusBadRequest)
		return
	}
	change := map[string]int64{"add": 1, "less": -1, "remove": -maxQuantity}[r.PostFormValue("do")]
	s.keepCart(w, s.cartOf(r).with(p, change))
	http.Redirect(w, r, "/cart", http.StatusSeeOther)
}
