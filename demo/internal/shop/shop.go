// Package shop is the demo shop: a few server-rendered pages with a cart and a checkout, measured
// by the real tracker under a strict content security policy.
//
// It takes no money and keeps no names. Orders live in memory, bounded; a cart is a cookie of the
// shop's own. What is measured is between the browser and the collector; the shop sends nothing.
package shop

import (
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"noctra/demo/internal/catalog"
)

//go:embed pages assets
var files embed.FS

// Config is what the shop needs to know.
type Config struct {
	SiteKey      string
	CollectorURL string
	AdminURL     string
	Now          func() time.Time
	Traffic      Traffic
	Log          *slog.Logger
}

// TrafficState says what the demo's own visitors do.
type TrafficState string

const (
	TrafficOff     TrafficState = "off" // the demo was started without them
	TrafficPaused  TrafficState = "paused"
	TrafficRunning TrafficState = "running"
)

// Traffic is the switch of the demo's own visitors.
type Traffic interface {
	State() TrafficState
	SetPaused(paused bool)
}

// shop answers the requests.
type shop struct {
	cfg      Config
	policy   string
	pages    map[string]*template.Template
	products []catalog.Product
	guides   []catalog.Guide
	orders   *orders
}

// New returns the shop's handler.
func New(cfg Config) (http.Handler, error) {
	collector, err := url.Parse(cfg.CollectorURL)
	if err != nil {
		return nil, fmt.Errorf("open the shop: %w", err)
	}
	origin := collector.Scheme + "://" + collector.Host
	s := &shop{
		cfg: cfg, products: catalog.Products(), guides: catalog.Guides(), orders: newOrders(cfg.Now),
		policy: "default-src 'none'; script-src 'self' " + origin + "; connect-src " + origin +
			"; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
	}
	if s.pages, err = s.parse(); err != nil {
		return nil, err
	}
	assets, err := fs.Sub(files, "assets")
	if err != nil {
		return nil, fmt.Errorf("open the shop: %w", err)
	}
	return s.secure(http.NewCrossOriginProtection().Handler(s.routes(assets))), nil
}

func (s *shop) routes(assets fs.FS) *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.home)
	mux.HandleFunc("GET /products", s.list)
	mux.HandleFunc("GET /products/{slug}", s.product)
	mux.HandleFunc("GET /guides", s.guideList)
	mux.HandleFunc("GET /guides/{slug}", s.guide)
	mux.HandleFunc("GET /autumn-sale", s.landing)
	mux.HandleFunc("GET /cart", s.showCart)
	mux.HandleFunc("POST /cart", s.changeCart)
	mux.HandleFunc("GET /checkout", s.checkout)
	mux.HandleFunc("POST /checkout", s.order)
	mux.HandleFunc("GET /order/done", s.done)
	mux.HandleFunc("POST /consent", s.consent)
	mux.HandleFunc("POST /newsletter", s.newsletter)
	mux.HandleFunc("GET /newsletter", s.subscribed)
	mux.HandleFunc("GET /_traffic", s.trafficState)
	mux.HandleFunc("POST /_traffic", s.switchTraffic)
	mux.HandleFunc("GET /files/light-planner.pdf", s.planner)
	mux.Handle("GET /assets/", http.StripPrefix("/assets/", http.FileServerFS(assets)))
	mux.HandleFunc("/", s.missing)
	return mux
}

// maxForm bounds the body of a request in bytes.
const maxForm = 16 << 10

func (s *shop) secure(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", s.policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "strict-origin-when-cross-origin")
		h.Set("Cache-Control", "no-store")
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		next.ServeHTTP(w, r)
	})
}

// parse reads the page templates; each is the base with one page's blocks.
func (s *shop) parse() (map[string]*template.Template, error) {
	base, err := template.New("base").Funcs(template.FuncMap{"money": money, "drawing": drawing}).ParseFS(files, "pages/base.html", "pages/parts.html")
	if err != nil {
		return nil, fmt.Errorf("read the shop's pages: %w", err)
	}
	names, err := fs.Glob(files, "pages/*.html")
	if err != nil {
		return nil, fmt.Errorf("read the shop's pages: %w", err)
	}
	pages := map[string]*template.Template{}
	for _, name := range names {
		page, err := template.Must(base.Clone()).ParseFS(files, name)
		if err != nil {
			return nil, fmt.Errorf("read the shop's page %s: %w", name, err)
		}
		pages[strings.TrimSuffix(strings.TrimPrefix(name, "pages/"), ".html")] = page
	}
	return pages, nil
}

// drawing is a picture of the shop's own, as part of the page.
func drawing(name string) (template.HTML, error) {
	svg, err := files.ReadFile("assets/drawings/" + name + ".svg")
	return template.HTML(svg), err //nolint:gosec // an embedded file
}
