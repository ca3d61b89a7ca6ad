package collector

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"noctra/collector/internal/producer"
	"noctra/internal/testenv"
	"noctra/schema"
)

// one posts a body of one event and returns it as it was stored.
func (r *rig) one(t *testing.T, body string, headers ...string) schema.Event {
	t.Helper()
	if a := r.call(t, "POST", "/v1/events", body, headers...); a.Status != 202 {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	events := r.sink.take(t)
	if len(events) != 1 {
		t.Fatalf("%d events stored", len(events))
	}
	return events[0]
}

func TestBrowserEvent(t *testing.T) {
	r := start(t, func(c *Config) {
		c.TrustedProxies = []string{"127.0.0.1"}
		c.GeoFiles = []string{testenv.CountryFile(t)}
	})
	got := r.one(t, `{"id":"e1","type":"pageview","site":"`+shopKey+`","url":"https://SHOP.noctra.example:443/p/anna@example.org?utm_source=Mail&secret=1&color=red&gclid=Cj0KCQiA-abc_123#x",
		"referrer":"https://www.google.com/search?q=private","title":"Hello anna@example.org","screen":"1920x1080","time_zone":"Europe/Berlin","user_id":"u1",
		"props":{"url":"https://x.example/a?token=abc","n":1},"occurred_at":"2026-11-24T11:59:00Z"}`,
		"X-Forwarded-For", "6.6.6.6, 8.8.8.8", "Accept-Language", "de-DE,de;q=0.9")
	if got.Visitor == 0 {
		t.Error("no visitor")
	}
	got.Visitor = 0
	want := schema.Event{
		ID: "e1", Site: 7, Workspace: 1, Kind: schema.KindPageview, Via: schema.ViaBrowser,
		OccurredAt: schema.MillisOf(fixedNow) - 60_000, ReceivedAt: schema.MillisOf(fixedNow), VisitorKind: schema.VisitorDaily,
		Hostname: "shop.noctra.example", Path: "/p/[email]", Query: "utm_source=Mail&color=red&gclid=Cj0KCQiA-abc_123", Title: "Hello [email]",
		Referrer: "google.com/search", Source: "Mail", Channel: "Paid Other", UTMSource: "Mail",
		ClickIDs: []schema.ClickID{{Kind: "gclid", Value: "Cj0KCQiA-abc_123"}}, Country: "US",
		Browser: "Firefox", BrowserVersion: "145.0", OS: "Linux", Device: "desktop", Screen: "1920x1080", Language: "de-DE", TimeZone: "Europe/Berlin",
		Props: []schema.Prop{{Key: "url", Value: "https://x.example/a"}, {Key: "n", Value: "1"}},
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty(), cmpopts.IgnoreFields(schema.Event{}, "Source", "Channel")); diff != "" {
		t.Error(diff)
	}
}

func TestConsentAndClicks(t *testing.T) {
	r := start(t, nil)
	body := func(consent string) string {
		return `{"type":"pageview","site":"` + shopKey + `","url":"https://shop.noctra.example/?gclid=Cj0KCQiA-abc_123","fbclid":"fb-1234567890","consent":{"ad_user_data":"` + consent + `"}}`
	}
	denied, granted := r.one(t, body("denied")), r.one(t, body("granted"))
	if len(denied.ClickIDs) != 0 || strings.Contains(denied.Query, "gclid") {
		t.Errorf("denied: %v, %q", denied.ClickIDs, denied.Query)
	}
	if len(granted.ClickIDs) != 2 {
		t.Errorf("granted: %v", granted.ClickIDs)
	}
	if granted.ID == "" || !schema.ValidID(granted.ID) || granted.ID == denied.ID || granted.ID[14] != '7' {
		t.Errorf("made ids: %q, %q", granted.ID, denied.ID)
	}
}

// With a server key the event's own address and agent make the visitor, and nothing else does.
func TestServerEvents(t *testing.T) {
	r := start(t, nil)
	server := []string{"Authorization", "Bearer " + wideKey, "User-Agent", "Go-http-client/1.1"}
	event := func(more string) schema.Event {
		t.Helper()
		return r.one(t, `{"type":"goal","name":"g","site":"`+shopKey+`"`+more+`}`, server...)
	}
	bare := event("")
	if bare.Visitor != 0 || bare.VisitorKind != schema.VisitorNone || len(bare.BotReasons) != 0 || bare.Browser != "" || bare.Via != schema.ViaServer {
		t.Errorf("bare: %+v", bare)
	}
	a := event(`,"ip":"203.0.113.7","user_agent":"` + firefox + `"`)
	b := event(`,"ip":"203.0.113.7","user_agent":"` + firefox + `","url":"https://app.example/x"`)
	c := event(`,"ip":"203.0.113.8","user_agent":"` + firefox + `"`)
	if a.Visitor == 0 || a.Visitor != b.Visitor || a.Visitor == c.Visitor || a.Browser != "Firefox" || len(a.BotReasons) != 0 {
		t.Errorf("%d %d %d %q %v", a.Visitor, b.Visitor, c.Visitor, a.Browser, a.BotReasons)
	}
	if b.Hostname != "app.example" {
		t.Errorf("hostname %q", b.Hostname)
	}
	if bot := event(`,"user_agent":"Googlebot/2.1 (+http://www.google.com/bot.html)"`); len(bot.BotReasons) != 1 {
		t.Errorf("bot: %v", bot.BotReasons)
	}
	browser := r.one(t, page, "User-Agent", "curl/8.0")
	if len(browser.BotReasons) != 1 {
		t.Errorf("a program with the public key: %v", browser.BotReasons)
	}
	spam := r.one(t, strings.Replace(page, `"url"`, `"referrer":"https://semalt.com/","url"`, 1))
	if diff := cmp.Diff([]string{"referrer_spam"}, spam.BotReasons); diff != "" {
		t.Error(diff)
	}
}

func TestIdentityModes(t *testing.T) {
	r := start(t, nil)
	event := func(site, host, more string) schema.Event {
		t.Helper()
		return r.one(t, `{"type":"pageview","site":"`+site+`","url":"https://`+host+`/"`+more+`}`)
	}
	shop := func(more string) schema.Event { return event(shopKey, "shop.noctra.example", more) }
	other := func(more string) schema.Event { return event(otherKey, "a.other.example", more) }
	if a, b := shop(`,"visitor_id":"v1"`), shop(`,"visitor_id":"v2"`); a.Visitor != b.Visitor || a.VisitorKind != schema.VisitorDaily {
		t.Error("cookieless: the sender's id made a visitor")
	}
	if e := shop(`,"user_id":"u"`); e.User != 0 {
		t.Error("cookieless: a user was kept without consent")
	}
	if e := shop(`,"user_id":"u","consent":{"analytics":"granted"}`); e.User == 0 {
		t.Error("cookieless: a user was not kept with consent")
	}
	a, b := other(`,"visitor_id":"v1"`), other(`,"visitor_id":"v2"`)
	if a.Visitor == b.Visitor || a.VisitorKind != schema.VisitorLasting {
		t.Error("consented: the first-party id made no visitor")
	}
	if e := other(`,"visitor_id":"v1","user_id":"u","consent":{"analytics":"denied"}`); e.VisitorKind != schema.VisitorDaily || e.User != 0 {
		t.Error("consented and denied: not as cookieless")
	}
	if e := other(`,"user_id":"u"`); e.User == 0 || e.VisitorKind != schema.VisitorDaily {
		t.Error("consented without an id of the visitor")
	}
	if s := shop(""); s.Visitor == other("").Visitor {
		t.Error("one visitor on two sites")
	}
	source := knownSites()
	source.Sites[0].IdentityMode = schema.IdentityOff
	r.sites.Restore(source)
	if e := shop(`,"visitor_id":"v","user_id":"u","consent":{"analytics":"granted"}`); e.Visitor != 0 || e.User != 0 {
		t.Error("off: somebody was recognised")
	}
}

func TestPixelEvent(t *testing.T) {
	r := start(t, nil)
	q := url.Values{"site": {shopKey}, "id": {"p1"}, "type": {"sale"}, "amount": {"12.50"}, "currency": {"usd"}, "order_id": {"o\"1\\"}, "url": {"https://shop.noctra.example/done?x=1"},
		"props.plan": {"pro"}, "consent.analytics": {"granted"}, "gclid": {"Cj0KCQiA-abc_123"}, "items": {`[{"id":"a","price":"12.5"}]`}, "occurred_at": {"1795521600000"}}
	if a := r.call(t, "GET", "/v1/pixel.gif?"+q.Encode(), ""); a.Status != 200 || a.Body != string(pixel) {
		t.Fatalf("%d %q %s", a.Status, a.Body, a.Header.Get(refusedHeader))
	}
	got := r.sink.take(t)[0]
	want := schema.Event{ID: "p1", Kind: schema.KindSale, Via: schema.ViaPixel, Amount: 12_500_000, Currency: "USD", OrderID: `o"1\`, Path: "/done",
		Props: []schema.Prop{{Key: "plan", Value: "pro"}}, ConsentAnalytics: schema.ConsentGranted, OccurredAt: schema.MillisOf(fixedNow),
		ClickIDs: []schema.ClickID{{Kind: "gclid", Value: "Cj0KCQiA-abc_123"}}, Items: []schema.Item{{ID: "a", Quantity: 1, Price: 12_500_000}}}
	some := schema.Event{ID: got.ID, Kind: got.Kind, Via: got.Via, Amount: got.Amount, Currency: got.Currency, OrderID: got.OrderID, Path: got.Path,
		Props: got.Props, ConsentAnalytics: got.ConsentAnalytics, OccurredAt: got.OccurredAt, ClickIDs: got.ClickIDs, Items: got.Items}
	if diff := cmp.Diff(want, some, cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
	if a := r.call(t, "GET", "/v1/pixel.gif?site="+shopKey, "", "Referer", "https://shop.noctra.example/mail"); a.Status != 200 {
		t.Fatalf("%d %s", a.Status, a.Header.Get(refusedHeader))
	}
	if e := r.sink.take(t)[0]; e.Path != "/mail" || e.Kind != schema.KindPageview {
		t.Errorf("%+v", e)
	}
	r.call(t, "HEAD", "/v1/pixel.gif?"+q.Encode(), "")
	if n := len(r.sink.take(t)); n != 0 {
		t.Errorf("HEAD made %d events", n)
	}
	r.conserved(t)
}

func TestScript(t *testing.T) {
	r := start(t, nil)
	get := func(path string, headers ...string) reply { t.Helper(); return r.call(t, "GET", path, "", headers...) }
	plain := get("/n.js", "Accept-Encoding", "identity")
	if plain.Status != 200 || plain.Body != string(r.scripts.newest.Body) || plain.Header.Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("plain: %d, %d bytes", plain.Status, len(plain.Body))
	}
	for encoding, body := range map[string][]byte{"gzip": r.scripts.newest.Gzip, "br": r.scripts.newest.Brotli} {
		if a := get("/n.js", "Accept-Encoding", encoding); a.Header.Get("Content-Encoding") != encoding || a.Body != string(body) {
			t.Errorf("%s: %q, %d bytes", encoding, a.Header.Get("Content-Encoding"), len(a.Body))
		}
	}
	if a := get("/n.js", "If-None-Match", plain.Header.Get("ETag")); a.Status != 304 || a.Body != "" {
		t.Errorf("known: %d", a.Status)
	}
	if a := r.call(t, "HEAD", "/n.js", ""); a.Status != 200 || a.Body != "" {
		t.Errorf("head: %d", a.Status)
	}
	frozen := get("/n-" + r.scripts.newest.Version + ".js")
	if frozen.Status != 200 || !strings.Contains(frozen.Header.Get("Cache-Control"), "immutable") {
		t.Errorf("frozen: %d %s", frozen.Status, frozen.Header.Get("Cache-Control"))
	}
}

// No answer is taken for something else than it says it is.
func TestNoSniffing(t *testing.T) {
	for hsts, want := range map[bool]string{false: "", true: "max-age=31536000; includeSubDomains"} {
		r := start(t, func(c *Config) { c.HSTS = hsts })
		for _, path := range []string{"/n.js", "/v1/pixel.gif", "/v1/events", "/healthz", "/readyz", "/nothing"} {
			if a := r.call(t, "GET", path, ""); a.Header.Get("X-Content-Type-Options") != "nosniff" || a.Header.Get("Strict-Transport-Security") != want {
				t.Errorf("%s: %d %v", path, a.Status, a.Header)
			}
		}
	}
}

// What cannot be stored is answered with 503, and a panic costs one request.
func TestFaults(t *testing.T) {
	r := start(t, nil)
	for cause, code := range map[error]string{producer.ErrFull: "overloaded", fmt.Errorf("x: %w", producer.ErrUnavailable): "kafka_unavailable", errors.New("other"): "kafka_unavailable"} {
		r.sink.fail(cause)
		a := r.call(t, "POST", "/v1/events", "["+page+`,{"type":"x","site":"`+shopKey+`"}]`)
		if a.Status != 503 || a.Accepted != 0 || a.Rejected[0].Code != code || a.Header.Get("Retry-After") != "1" {
			t.Errorf("%v: %d %s", cause, a.Status, a.Body)
		}
	}
	r.sink.fail(nil)
	r.conserved(t)
	r.sink.panics = true
	if a := r.call(t, "POST", "/v1/events", page); a.Status != 500 || a.Rejected[0].Code != "internal_error" {
		t.Errorf("panic: %d %s", a.Status, a.Body)
	}
	r.sink.panics = false
	if a := r.call(t, "POST", "/v1/events", page); a.Status != 202 {
		t.Errorf("after a panic: %d", a.Status)
	}
	if n := r.metric(t, "panics_total", ""); n != 1 {
		t.Errorf("%v panics counted", n)
	}
	r.conserved(t)
}

// The good events of a batch are stored, whatever stands between them.
func TestBadAmongGood(t *testing.T) {
	r := start(t, nil)
	bad := []string{`5`, `null`, `{"type":"x"}`, `{"title":"\u0000"}`, `{"a":[[[[[[[[[1]]]]]]]]]}`, `{"x":"` + strings.Repeat("y", 40<<10) + `"}`, `{"id":"` + strings.Repeat("z", 100) + `","type":"pageview"}`}
	var parts []string
	for i, b := range bad {
		parts = append(parts, b, strings.Replace(page, "e1", fmt.Sprint("good", i), 1))
	}
	a := r.call(t, "POST", "/v1/events?site="+shopKey, "["+strings.Join(parts, ",")+"]")
	if a.Status != 202 || a.Accepted != len(bad) || len(a.Rejected) != len(bad) {
		t.Fatalf("%d %.500s", a.Status, a.Body)
	}
	for i, rejected := range a.Rejected {
		if rejected.Index != 2*i || rejected.Code == "" || rejected.Message == "" || rejected.Field == "" {
			t.Errorf("%+v", rejected)
		}
	}
	for i, e := range r.sink.take(t) {
		if e.ID != fmt.Sprint("good", i) {
			t.Errorf("event %d is %q", i, e.ID)
		}
	}
	r.conserved(t)
}
