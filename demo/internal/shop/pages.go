package shop

import (
	"bytes"
	"net/http"
	"slices"

	"noctra/demo/internal/catalog"
	"noctra/schema"
)

// view is what every page gets.
type view struct {
	Title        string
	Page         string // marks the open entry of the navigation
	SiteKey      string
	CollectorURL string
	AdminURL     string
	Traffic      TrafficState
	Consent      string // granted, denied, or empty while nobody has answered
	CartCount    int64
	Missing      bool
	Here         string // path for forms that come back
	Content      any
}

func (s *shop) render(w http.ResponseWriter, r *http.Request, status int, name string, v view) {
	v.SiteKey, v.CollectorURL, v.AdminURL = s.cfg.SiteKey, s.cfg.CollectorURL, s.cfg.AdminURL
	v.Traffic, v.Consent, v.Here = s.cfg.Traffic.State(), consentOf(r), r.URL.Path
	v.CartCount = s.cartOf(r).count()
	var page bytes.Buffer
	if err := s.pages[name].ExecuteTemplate(&page, "base", v); err != nil {
		s.cfg.Log.Error("cannot write a page of the shop", "page", name, "error", err.Error())
		http.Error(w, "The shop cannot show this page.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(page.Bytes())
}

type front struct {
	Products []catalog.Product
	Guides   []catalog.Guide
}

func (s *shop) home(w http.ResponseWriter, r *http.Request) {
	s.render(w, r, http.StatusOK, "home", view{
		Title: catalog.Shop + " – lamps for quiet evenings", Page: "home",
		Content: front{s.products[:6], s.guides[:3]},
	})
}

func (s *shop) list(w http.ResponseWriter, r *http.Request) {
	chosen := r.URL.Query().Get("category")
	content := struct {
		Categories []string
		Chosen     string
		Products   []catalog.Product
	}{Chosen: chosen}
	for _, p := range s.products {
		if !slices.Contains(content.Categories, p.Category) {
			content.Categories = append(content.Categories, p.Category)
		}
		if chosen == "" || p.Category == chosen {
			content.Products = append(content.Products, p)
		}
	}
	s.render(w, r, http.StatusOK, "list", view{Title: "All lamps – " + catalog.Shop, Page: "products", Content: content})
}

func (s *shop) product(w http.ResponseWriter, r *http.Request) {
	p := s.find(r.PathValue("slug"))
	if p == nil {
		s.missing(w, r)
		return
	}
	content := struct {
		*catalog.Product
		Others       []catalog.Product
		FreeShipping bool
	}{Product: p, FreeShipping: p.Price >= catalog.FreeShipping}
	for i := range s.products {
		if other := s.products[(i+7)%len(s.products)]; other.Slug != p.Slug && len(content.Others) < 3 {
			content.Others = append(content.Others, other)
		}
	}
	s.render(w, r, http.StatusOK, "product", view{Title: p.Title(), Page: "products", Content: content})
}

func (s *shop) find(slug string) *catalog.Product {
	for i := range s.products {
		if s.products[i].Slug == slug {
			return &s.products[i]
		}
	}
	return nil
}

func (s *shop) guideList(w http.ResponseWriter, r *http.Request) {
	s.render(w, r, http.StatusOK, "guides", view{Title: "Guides – " + catalog.Shop, Page: "guides", Content: s.guides})
}

func (s *shop) guide(w http.ResponseWriter, r *http.Request) {
	for i := range s.guides {
		g := &s.guides[i]
		if g.Slug != r.PathValue("slug") {
			continue
		}
		content := struct {
			*catalog.Guide
			Named *catalog.Product
		}{g, s.find(g.Product)}
		s.render(w, r, http.StatusOK, "guide", view{Title: g.Title(), Page: "guides", Content: content})
		return
	}
	s.missing(w, r)
}

// landing is where ads lead: with ?gclid=…&utm_… in its address.
func (s *shop) landing(w http.ResponseWriter, r *http.Request) {
	s.render(w, r, http.StatusOK, "landing", view{Title: "Autumn sale – " + catalog.Shop, Page: "sale", Content: front{s.products[:4], nil}})
}

func (s *shop) missing(w http.ResponseWriter, r *http.Request) {
	s.render(w, r, http.StatusNotFound, "missing", view{Title: "Not found – " + catalog.Shop, Missing: true})
}

func (s *shop) newsletter(w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, "/newsletter", http.StatusSeeOther)
}

func (s *shop) subscribed(w http.ResponseWriter, r *http.Request) {
	s.render(w, r, http.StatusOK, "newsletter", view{Title: "Newsletter – " + catalog.Shop})
}

// money writes an amount in the shop's currency.
func money(m schema.Micros) string { return "€ " + m.String() }
