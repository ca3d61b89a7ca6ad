package shop

import (
	"encoding/json"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"noctra/demo/internal/catalog"
)

// traffic is a switch that only remembers.
type traffic struct{ state TrafficState }

func (t *traffic) State() TrafficState { return t.state }
func (t *traffic) SetPaused(paused bool) {
	t.state = TrafficRunning
	if paused {
		t.state = TrafficPaused
	}
}

// visitor is a browser without scripts.
type visitor struct {
	t      *testing.T
	client *http.Client
	base   string
}

func open(t *testing.T, state TrafficState) (*visitor, *traffic) {
	t.Helper()
	made := &traffic{state}
	handler, err := New(Config{
		SiteKey: "nst_test", CollectorURL: "http://127.0.0.1:8081", AdminURL: "http://127.0.0.1:8080",
		Now:     func() time.Time { return time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC) },
		Traffic: made, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := server.Client()
	client.Jar = jar
	return &visitor{t, client, server.URL}, made
}

func (v *visitor) do(method, path, contentType, body string) (*http.Response, string) {
	v.t.Helper()
	request, err := http.NewRequestWithContext(v.t.Context(), method, v.base+path, strings.NewReader(body))
	if err != nil {
		v.t.Fatal(err)
	}
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	response, err := v.client.Do(request)
	if err != nil {
		v.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	page, err := io.ReadAll(response.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	return response, string(page)
}

func (v *visitor) get(path string) (int, string) {
	v.t.Helper()
	response, page := v.do(http.MethodGet, path, "", "")
	return response.StatusCode, page
}

func (v *visitor) post(path string, form url.Values) (*http.Response, string) {
	v.t.Helper()
	return v.do(http.MethodPost, path, "application/x-www-form-urlencoded", form.Encode())
}

func TestEveryPageIsMeasuredUnderAStrictPolicy(t *testing.T) {
	v, _ := open(t, TrafficRunning)
	paths := map[string]int{
		"/": 200, "/products": 200, "/products?category=Pendants": 200, "/products?category=%3Cb%3E": 200, "/guides": 200, "/cart": 200,
		"/autumn-sale?gclid=Cj0KCQiA12345&utm_source=google": 200, "/newsletter": 200, "/nowhere": 404, "/products/none": 404, "/guides/none": 404, "/order/done?id=none": 404,
	}
	for _, p := range catalog.Products() {
		paths[p.Path()] = 200
	}
	for _, g := range catalog.Guides() {
		paths[g.Path()] = 200
	}
	inline := regexp.MustCompile(`(?i)<script(?:[^>]*)>[^<]+|\son\w+=|\sstyle=|javascript:|<b></h1>`)
	for path, status := range paths {
		response, page := v.do(http.MethodGet, path, "", "")
		if response.StatusCode != status {
			t.Errorf("%s: status %d, want %d", path, response.StatusCode, status)
		}
		tag := `<script defer src="http://127.0.0.1:8081/n.js" data-site="nst_test"`
		if status == 404 {
			tag += " data-404"
		}
		if !strings.Contains(page, tag+">") {
			t.Errorf("%s: no %s", path, tag)
		}
		if found := inline.FindString(page); found != "" {
			t.Errorf("%s: inline code or style %q", path, found)
		}
		policy := response.Header.Get("Content-Security-Policy")
		if !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
			t.Errorf("%s: policy %q", path, policy)
		}
	}
}

func TestPagesHaveTheTitlesOfTheMadeUpVisits(t *testing.T) {
	v, _ := open(t, TrafficRunning)
	for _, p := range catalog.Products() {
		if _, page := v.get(p.Path()); !strings.Contains(html.UnescapeString(page), "<title>"+p.Title()+"</title>") {
			t.Errorf("%s: title is not %q", p.Path(), p.Title())
		}
	}
}

var saleForm = regexp.MustCompile(`data-sale="([^"]+)"`)

func TestAnOrderReportsItsSaleOnce(t *testing.T) {
	v, _ := open(t, TrafficRunning)
	for _, do := range []url.Values{
		{"product": {"wick"}, "do": {"add"}}, {"product": {"pebble"}, "do": {"add"}},
		{"product": {"wick"}, "do": {"add"}}, {"product": {"pebble"}, "do": {"less"}},
	} {
		v.post("/cart", do)
	}
	if _, page := v.get("/cart"); !strings.Contains(page, "€ 49.80") || strings.Contains(page, "/products/pebble") {
		t.Error("the cart does not hold two candles")
	}
	response, page := v.post("/checkout", nil)
	if response.Request.URL.Path != "/order/done" {
		t.Fatalf("an order leads to %s", response.Request.URL)
	}
	found := saleForm.FindStringSubmatch(page)
	if found == nil {
		t.Fatal("the order's page reports no sale")
	}
	var got sale
	if err := json.Unmarshal([]byte(html.UnescapeString(found[1])), &got); err != nil {
		t.Fatal(err)
	}
	want := sale{OrderID: response.Request.URL.Query().Get("id"), Amount: "54.70", Currency: "EUR", Items: []saleItem{{"wick", "Wick", "Lanterns", 2, "24.90"}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if _, again := v.get(response.Request.URL.RequestURI()); saleForm.MatchString(again) {
		t.Error("the sale is reported a second time")
	}
	if _, after := v.get("/cart"); !strings.Contains(after, "Nothing in here yet") {
		t.Error("the cart is not empty after the order")
	}
}

func TestOrdersAreBounded(t *testing.T) {
	o := newOrders(time.Now)
	first := o.place(nil)
	seen := map[string]bool{}
	for range maxOrders {
		seen[o.place(nil)] = true
	}
	if _, _, ok := o.show(first); ok || len(o.known) != maxOrders || len(seen) != maxOrders {
		t.Errorf("%d orders known, %d ids, first still known: %v", len(o.known), len(seen), ok)
	}
}

func TestTrafficSwitch(t *testing.T) {
	const form = "application/x-www-form-urlencoded"
	cases := []struct {
		what, contentType, body string
		before, after           TrafficState
		status                  int
	}{
		{"form", form, "traffic=off", TrafficRunning, TrafficPaused, 200},
		{"form, back to the page", form, "traffic=off&back=/guides", TrafficRunning, TrafficPaused, 200},
		{"plain body", "text/plain", "off\n", TrafficRunning, TrafficPaused, 200},
		{"JSON string", "application/json", `"on"`, TrafficPaused, TrafficRunning, 200},
		{"nonsense", form, "traffic=maybe", TrafficRunning, TrafficRunning, 400},
		{"empty", "", "", TrafficRunning, TrafficRunning, 400},
		{"started without", form, "traffic=on", TrafficOff, TrafficOff, 409},
	}
	for _, c := range cases {
		t.Run(c.what, func(t *testing.T) {
			v, made := open(t, c.before)
			response, _ := v.do(http.MethodPost, "/_traffic", c.contentType, c.body)
			if response.StatusCode != c.status || made.state != c.after {
				t.Errorf("status %d, state %s", response.StatusCode, made.state)
			}
			if _, page := v.get("/_traffic"); !strings.Contains(page, string(c.after)) {
				t.Errorf("GET /_traffic: %s", page)
			}
		})
	}
}

func TestFormsOfOtherSitesAreRefused(t *testing.T) {
	v, made := open(t, TrafficRunning)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, v.base+"/_traffic", strings.NewReader("traffic=off"))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Sec-Fetch-Site", "cross-site")
	response, err := v.client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusForbidden || made.state != TrafficRunning {
		t.Errorf("status %d, state %s", response.StatusCode, made.state)
	}
}

func TestConsentIsRememberedAndTold(t *testing.T) {
	v, _ := open(t, TrafficRunning)
	if _, page := v.get("/"); !strings.Contains(page, `action="/consent"`) || strings.Contains(page, "data-consent") {
		t.Error("a new visitor is not asked")
	}
	response, page := v.post("/consent", url.Values{"answer": {"denied"}, "back": {"/guides"}})
	if response.Request.URL.Path != "/guides" || !strings.Contains(page, `data-consent="denied"`) || strings.Contains(page, `action="/consent"`) {
		t.Errorf("after the answer: %s", response.Request.URL)
	}
	for _, back := range []string{"//evil.example", "https://evil.example", `/\evil.example`, ""} {
		response, _ := v.post("/consent", url.Values{"answer": {"granted"}, "back": {back}})
		if response.Request.URL.Path != "/" || response.Request.URL.Host != strings.TrimPrefix(v.base, "http://") {
			t.Errorf("back=%q leads to %s", back, response.Request.URL)
		}
	}
}

func TestCartIgnoresWhatMakesNoSense(t *testing.T) {
	v, _ := open(t, TrafficRunning)
	if response, _ := v.post("/cart", url.Values{"product": {"gold"}, "do": {"add"}}); response.StatusCode != http.StatusBadRequest {
		t.Errorf("unknown product: status %d", response.StatusCode)
	}
	if response, _ := v.do(http.MethodPost, "/checkout", "", ""); response.Request.URL.Path != "/cart" {
		t.Errorf("checkout without a cart leads to %s", response.Request.URL)
	}
	s := &shop{products: catalog.Products()}
	for value, want := range map[string]int64{"": 0, "wick.2!dune.1": 3, "wick.200": 0, "wick.100": maxQuantity, "wick.-1": 0, "gold.1": 0, "wick": 0, "wick.1!wick.2": 3} {
		request := httptest.NewRequest(http.MethodGet, "/", nil)
		request.Header.Set("Cookie", cartCookie+"="+value)
		if got := s.cartOf(request).count(); got != want {
			t.Errorf("cookie %q: %d lamps, want %d", value, got, want)
		}
	}
}

func TestPlannerIsADownload(t *testing.T) {
	v, _ := open(t, TrafficRunning)
	response, body := v.do(http.MethodGet, "/files/light-planner.pdf", "", "")
	if response.Header.Get("Content-Type") != "application/pdf" || !strings.HasPrefix(body, "%PDF-") || !strings.HasSuffix(body, "%%EOF\n") {
		t.Errorf("%s %.20q", response.Header.Get("Content-Type"), body)
	}
}
