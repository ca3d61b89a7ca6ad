package collector

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"noctra/schema"
)

// setUp gives the shop other settings.
func (r *rig) setUp(change func(s *schema.Site)) {
	known := knownSites()
	change(&known.Sites[0])
	r.sites.Restore(known)
}

var asServer = []string{"Authorization", "Bearer " + serverKey}

func TestExcluded(t *testing.T) {
	r := start(t, nil)
	const event = `{"type":"pageview","site":"` + shopKey + `","url":"https://shop.noctra.example/a"}`
	check := func(what, body, code, field string, headers ...string) {
		t.Helper()
		a := r.call(t, "POST", "/v1/events", body, headers...)
		switch {
		case code == "" && a.Status != 202:
			t.Errorf("%s: %d %s", what, a.Status, a.Body)
		case code != "" && (a.Status != 400 || len(a.Rejected) != 1 || a.Rejected[0].Code != code || a.Rejected[0].Field != field):
			t.Errorf("%s: %d %s", what, a.Status, a.Body)
		}
	}
	r.setUp(func(s *schema.Site) { s.ExcludedAddresses = []string{"127.0.0.0/8", "::1/128", "203.0.113.0/24"} })
	check("a browser's address", event, "excluded", "ip")
	check("whatever it says", strings.Replace(event, "pageview", "nothing", 1), "excluded", "ip")
	check("a server's own address", event, "", "", asServer...)
	check("an address that a server names", strings.Replace(event, `"url"`, `"ip":"203.0.113.5","url"`, 1), "excluded", "ip", asServer...)
	r.setUp(func(s *schema.Site) { s.ExcludedPaths = []string{"/admin/**", "/a"} })
	check("a page", event, "excluded", "url")
	check("a server's page", strings.Replace(event, "/a", "/admin/x", 1), "excluded", "url", asServer...)
	check("another page", strings.Replace(event, "/a", "/b", 1), "", "")
	check("something else wrong", strings.Replace(event, "pageview", "nothing", 1), "type_unknown", "type")
	if got := r.metric(t, "events_refused_total", "excluded"); got != 5 {
		t.Errorf("%v counted as excluded", got)
	}
	eventually(t, "they are in the ledger", func() bool {
		r.sink.mu.Lock()
		defer r.sink.mu.Unlock()
		n := uint64(0)
		for _, c := range r.sink.counts {
			for _, row := range c.Rows {
				if row.Reason == "excluded" && row.Site == 7 {
					n += row.N
				}
			}
		}
		return n == 5
	})
	if kept := r.letters.kept(); kept > 1 {
		t.Errorf("%d letters, of one event that was not excluded", kept)
	}
	r.conserved(t)
}

// kept is how many letters were posted.
func (l *letters) kept() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.queue)
}

func TestSalesFromBrowsers(t *testing.T) {
	r := start(t, nil)
	sale := func(id string) string {
		return `{"id":"` + id + `","type":"sale","site":"` + shopKey + `","order_id":"o-1","amount":"9.50"}`
	}
	check := func(mode schema.BrowserSales, id, want string, headers ...string) {
		t.Helper()
		r.setUp(func(s *schema.Site) { s.SalesFromBrowsers = mode })
		a := r.call(t, "POST", "/v1/events", sale(id), headers...)
		got := ""
		if a.Status == 202 {
			e := r.sink.take(t)[0]
			got = e.Kind.String() + " " + e.ID + " " + e.OrderID + " " + e.Amount.String() + " " + e.Currency
		} else if len(a.Rejected) == 1 {
			got = a.Rejected[0].Code + " " + a.Rejected[0].Field + " " + a.Rejected[0].ID
		}
		if got != want {
			t.Errorf("%s: %q, want %q", mode, got, want)
		}
	}
	check("", "s1", "sale s1 o-1 9.50 EUR")
	check(schema.BrowserSalesAccept, "s1", "sale s1 o-1 9.50 EUR")
	check(schema.BrowserSalesHold, "s1", "held_sale held:s1 o-1 9.50 EUR")
	check(schema.BrowserSalesHold, "s1", "sale s1 o-1 9.50 EUR", asServer...)
	check(schema.BrowserSalesHold, "s1", "held_sale held:s1 o-1 9.50 EUR", append(asServer, doorHeader, "browser")...)
	check(schema.BrowserSalesRefuse, "s1", "sale_from_browser type s1")
	check(schema.BrowserSalesRefuse, "s1", "sale s1 o-1 9.50 EUR", asServer...)

	r.setUp(func(s *schema.Site) { s.SalesFromBrowsers = schema.BrowserSalesHold })
	long := strings.Repeat("x", schema.MaxIDLength)
	first, second := r.one(t, sale(long)), r.one(t, sale(long))
	if first.ID != second.ID || !schema.ValidID(first.ID) || first.ID == r.one(t, sale(long[1:]+"y")).ID {
		t.Errorf("ids of held sales: %s, %s", first.ID, second.ID)
	}
	if a := r.call(t, "POST", "/v1/events", strings.Replace(sale("s2"), `"sale"`, `"held_sale"`, 1), asServer...); a.Status != 400 || a.Rejected[0].Code != "type_unknown" {
		t.Errorf("held_sale as a type: %d %s", a.Status, a.Body)
	}
}

func TestBotRules(t *testing.T) {
	r := start(t, nil)
	r.setUp(func(s *schema.Site) {
		s.BotRules = []schema.BotRule{
			{Kind: schema.BotByAgent, Value: "acmecheck/", Action: schema.BotMark}, {Kind: schema.BotByAgent, Value: "googlebot", Action: schema.BotAllow},
			{Kind: schema.BotByReferrer, Value: "*.spam.example", Action: schema.BotMark},
		}
	})
	check := func(agent, referrer string, want ...string) {
		t.Helper()
		e := r.one(t, `{"type":"pageview","site":"`+shopKey+`","url":"https://shop.noctra.example/","referrer":"`+referrer+`"}`, "User-Agent", agent)
		if diff := cmp.Diff(want, e.BotReasons); diff != "" {
			t.Errorf("%s from %q: %s", agent, referrer, diff)
		}
	}
	check(firefox, "")
	check(firefox+" AcmeCheck/2", "", "site_rule")
	check(firefox, "https://www.a.spam.example/x", "site_rule")
	check("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "https://a.spam.example/")
}

func TestConsentModes(t *testing.T) {
	r := start(t, nil)
	const none = "-"
	check := func(mode schema.ConsentMode, consent string, known, click bool) {
		t.Helper()
		r.setUp(func(s *schema.Site) { s.ConsentMode = mode })
		body := `{"type":"pageview","site":"` + shopKey + `","url":"https://shop.noctra.example/?gclid=Cj0KCQiA0123456789","user_id":"u1"`
		if consent != none {
			body += `,"consent":` + consent
		}
		e := r.one(t, body+"}")
		if (e.Visitor != 0) != known || (len(e.ClickIDs) == 1) != click || !click && strings.Contains(e.Query, "gclid") || !known && e.User != 0 {
			t.Errorf("%s, consent %s: visitor %d, user %d, click ids %v; want known %v, click id %v", mode, consent, e.Visitor, e.User, e.ClickIDs, known, click)
		}
	}
	const granted, denied, half = `{"analytics":"granted","ad_user_data":"granted"}`, `{"analytics":"denied","ad_user_data":"denied"}`, `{"ad_user_data":"granted"}`
	for _, mode := range []schema.ConsentMode{"", schema.ConsentUnsetAllows} {
		check(mode, none, true, true)
		check(mode, denied, true, false)
		check(mode, half, true, true)
	}
	check(schema.ConsentUnsetDenies, none, false, false)
	check(schema.ConsentUnsetDenies, granted, true, true)
	check(schema.ConsentUnsetDenies, denied, false, false)
	check(schema.ConsentUnsetDenies, half, true, true)
	check(schema.ConsentRequired, none, false, false)
	check(schema.ConsentRequired, granted, true, true)
	check(schema.ConsentRequired, half, false, true)
	check(schema.ConsentRequired, `{"analytics":"granted"}`, true, false)
}

// copyOfBefore is a private copy as a version wrote it that knew no such settings.
const copyOfBefore = `{"Version":1,"Written":"2026-11-24T12:00:00Z","Sites":{"Sites":[{"ID":7,"Workspace":1,"PublicKey":"` + shopKey + `","Name":"Shop",
	"Hostnames":["shop.noctra.example"],"TimeZone":"UTC","Currency":"EUR","IdentityMode":"cookieless","IdentityKey":"BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=","QueryParams":["color"],"Archived":false}],
	"Keys":null,"Layouts":null},"Salts":null}`

func TestCopyOfBefore(t *testing.T) {
	r := start(t, nil)
	c, err := decodeCopy([]byte(copyOfBefore))
	if err != nil {
		t.Fatal(err)
	}
	r.sites.Restore(c.Sites)
	if site := r.sites.Snapshot().Site(shopKey); site == nil || site.Rules != nil || site.ConsentMode.Strict() {
		t.Fatalf("%+v", site)
	}
	if e := r.one(t, `{"id":"s1","type":"sale","site":"`+shopKey+`","amount":"1"}`); e.Kind != schema.KindSale || e.Visitor == 0 || e.ID != "s1" {
		t.Errorf("%+v", e)
	}
}
