package redact

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

const jwt = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"

// TestPathIsKept is the list of what must not be damaged.
func TestPathIsKept(t *testing.T) {
	for _, path := range []string{
		"/", "", "/about", "/orders/123456", "/orders/1234567", "/orders/10002345678", "/order/A-100234-B", "/2024/01/15/a-post", "/2024-01-15", "/20240115", "/blog/2024-01-15-ten-ways-to-run",
		"/p/iphone-15-pro-max-256gb-blue-titanium", "/p/SKU-12345-XL-RED", "/p/ABC123DEF456", "/p/4006381333931", "/dp/0306406152", "/dp/B08N5WRWNW", "/upc/012345678905", "/isbn/978-3-16-148410-0", "/p/AB-1234-5678-90",
		"/p/The-Best-10-Running-Shoes-Of-2024-Compared-And-Rated", "/p/iPhone15ProMax256GBBlueTitanium", "/p/bestrunningshoes2024forwomenandmen", "/watch/dQw4w9WgXcQ", "/users/550e8400-e29b-41d4-a716-446655440000",
		"/users/550E8400-E29B-41D4-A716-446655440000/orders", "/sessions/kubecon-2024-keynote-day-1", "/session/the-future-of-cloud-2024", "/verify/how-it-works-in-2024", "/caf%C3%A9/%E6%97%A5%E6%9C%AC", "/a%20b/c+d", "/@handle", "/@handle/posts", "/v1.2.3/docs", "/10.15.7/release-notes",
		"/c/123-456-789", "/c/12-34-56", "/p/123-456-7890-red", "/p/shirt-555-234-5678", "/track/1Z999AA10123456784", "/flights/LH-0123", "/zip/10115", "/time/12:30:00", "/t/1700000000", "/t/1700000000000",
		"/img/hero-1920x1080.jpg", "/assets/app.3f2a9c1b.js", "/geo/52.520008,13.404954", "/reset-password", "/invite/friends-of-noctra-2024", "/size/0.5-1.5-2.5", "/a=b", "/filter/color=red;size=42", "/year=2024/month=01", "/100%", "/%zz",
		"/store/0123", "/q/00123456", "/01.02.2024", "/01-02-2024-concert", "/call/us-today", "/mobile/1234567890", "/%E2%82%AC50", "/p/0000000000", "/deploy/2024.01.15.1200",
	} {
		if got := Path(path); got != path {
			t.Errorf("%s became %s", path, got)
		}
	}
}

func TestPathIsRedacted(t *testing.T) {
	for path, want := range map[string]string{
		"/u/jane.doe@example.com":                             "/u/[email]",
		"/u/jane.doe%40example.com/edit":                      "/u/[email]/edit",
		"/u/jane.doe%2540example.com":                         "/u/[email]",
		"/u/jane+tag@mail.example.co.uk":                      "/u/[email]",
		"/u/j%C3%BCrgen%40m%C3%BCller.de":                     "/u/[email]",
		"/u/for-jane@example.com,joe@example.org":             "/u/[email]%2C[email]",
		"/call/+14155552671":                                  "/call/[phone]",
		"/call/%2B4915112345678":                              "/call/[phone]",
		"/call/+49%20151%2012345678":                          "/call/[phone]",
		"/c/+44-20-7946-0958":                                 "/c/[phone]",
		"/c/004915112345678":                                  "/c/[phone]",
		"/c/01511234567":                                      "/c/[phone]",
		"/c/0170-1234567":                                     "/c/[phone]",
		"/c/555-234-5678":                                     "/c/[phone]",
		"/c/(555)%20234-5678":                                 "/c/[phone]",
		"/c/1-555-234-5678":                                   "/c/[phone]",
		"/tel/5552345678":                                     "/tel/[phone]",
		"/phone/5552345":                                      "/phone/[phone]",
		"/auth/" + jwt:                                        "/auth/[token]",
		"/x/" + jwt + "/y":                                    "/x/[token]/y",
		"/f/d41d8cd98f00b204e9800998ecf8427e":                 "/f/[token]",
		"/f/da39a3ee5e6b4b0d3255bfef95601890afd80709.zip":     "/f/[token].zip",
		"/s/aB3dE5gH7jK9mN1pQ3sT5vX7":                         "/s/[token]",
		"/s/aB3dE5gH-7jK9mN1p_Q3sT5vX7z":                      "/s/[token]",
		"/s/x9k2m4n6p8q1r3s5t7u9v2w4y6z8":                     "/s/[token]",
		"/pay/cs_test_a1b2c3d4e5f6g7h8i9":                     "/pay/[token]",
		"/k/sk_" + "live_abcdefghijklmnop":                    "/k/[token]",
		"/k/ghp_abcdefghijklmnopqrstuvwx":                     "/k/[token]",
		"/login;jsessionid=1A530637289A03B07199A44E8D531427":  "/login;jsessionid=[token]",
		"/cb/token=abcdef1234567890":                          "/cb/token=[token]",
		"/reset-password/3f2a9c1b8d7e6f5a4b3c":                "/reset-password/[token]",
		"/verify/550e8400-e29b-41d4-a716-446655440000":        "/verify/[token]",
		"/unsubscribe/a1B2c3D4e5F6g7H8":                       "/unsubscribe/[token]",
		"/u/jane@example.com/orders/123456/555-234-5678/a-b":  "/u/[email]/orders/123456/[phone]/a-b",
		"/u/%6A%61%6E%65%40%65%78%61%6D%70%6C%65%2E%63%6F%6D": "/u/[email]",
	} {
		got := Path(path)
		got = strings.NewReplacer("%3B", ";", "%3D", "=").Replace(got)
		if got != want {
			t.Errorf("%s\n got %s\nwant %s", path, got, want)
		}
	}
}

func TestText(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "Shop": "Shop", "Order 123456 confirmed": "Order 123456 confirmed", "Order #10023456789": "Order #10023456789",
		"Sale from 01.02.2024 12:30 to 2024-02-15": "Sale from 01.02.2024 12:30 to 2024-02-15", "100 % cotton = great @ home": "100 % cotton = great @ home",
		"Nike Air Max 90 (2024) - 129.99 EUR": "Nike Air Max 90 (2024) - 129.99 EUR", "1.234.567,89 visitors": "1.234.567,89 visitors", "10 000 000 things": "10 000 000 things",
		"ISO 9001:2015": "ISO 9001:2015", "978-3-16-148410-0": "978-3-16-148410-0", "Size 42 43 44 45 46 47": "Size 42 43 44 45 46 47",
		"Donaudampfschifffahrtsgesellschaft 2": "Donaudampfschifffahrtsgesellschaft 2",
		"Hello jane@example.com!":              "Hello [email]!",
		"Call +1 (415) 555-2671 now":           "Call [phone] now",
		"Call (415) 555-2671, or 0170 1234567": "Call [phone], or [phone]",
		"Tel. 030 / 1234":                      "Tel. 030 / 1234",
		"01 23 45 67 89":                       "[phone]",
		"Inbox (3) - jane.doe@example.co.uk":   "Inbox (3) - [email]",
		"token=abcdef1234567890 is yours":      "token=[token] is yours",
		"Your key " + jwt:                      "Your key [token]",
		"phone=5552345678":                     "phone=[phone]",
		"@handle and jane@example.com":         "@handle and [email]",
		"日本語のページ 1234567":                      "日本語のページ 1234567",
	} {
		if got := Text(text); got != want {
			t.Errorf("%q\n got %q\nwant %q", text, got, want)
		}
	}
}

func TestURL(t *testing.T) {
	site := NewPolicy(Options{Params: []string{"Q", "key", "phone", "page"}})
	hash := NewPolicy(Options{Hash: true})
	careful := NewPolicy(Options{DropClickIDs: true})
	for name, c := range map[string]struct {
		policy    *Policy
		raw, want string
	}{
		"plain":                         {site, "https://Shop.Example/p", "https://shop.example/p"},
		"no path":                       {site, "HTTPS://shop.example", "https://shop.example/"},
		"no path but a query":           {site, "https://shop.example?page=1", "https://shop.example/?page=1"},
		"user, port and dot":            {site, "http://user:secret@shop.example.:8080/", "http://shop.example:8080/"},
		"fragment is dropped":           {site, "https://shop.example/a?page=2#section", "https://shop.example/a?page=2"},
		"unknown parameters":            {site, "https://shop.example/a?x=1&email=a&page=2&y=3", "https://shop.example/a?page=2"},
		"all kept, in order":            {site, "https://shop.example/a?utm_source=b&q=c&gclid=Cj0KCQiA-abc_def", "https://shop.example/a?utm_source=b&q=c&gclid=Cj0KCQiA-abc_def"},
		"click ids look like secrets":   {site, "https://shop.example/a?fbclid=IwAR0aB3dE5gH7jK9mN1pQ3sT5vX7", "https://shop.example/a?fbclid=IwAR0aB3dE5gH7jK9mN1pQ3sT5vX7"},
		"nonsense under a click id":     {site, "https://shop.example/a?gclid=jane%40example.com", "https://shop.example/a"},
		"no consent to click ids":       {careful, "https://shop.example/a?gclid=Cj0KCQiA-abc&utm_source=b", "https://shop.example/a?utm_source=b"},
		"none kept":                     {careful, "https://shop.example/a?page=2&q=x", "https://shop.example/a"},
		"empty ones":                    {site, "https://shop.example/a?&&page=&q&=1&", "https://shop.example/a"},
		"first dropped":                 {site, "https://shop.example/a?x=1&page=2", "https://shop.example/a?page=2"},
		"last dropped":                  {site, "https://shop.example/a?page=2&x=1", "https://shop.example/a?page=2"},
		"an address in a value":         {site, "https://shop.example/a?q=jane%40example.com&page=1", "https://shop.example/a?q=[email]&page=1"},
		"words and an address":          {site, "https://shop.example/a?q=mail+to+jane%2Btag@example.com", "https://shop.example/a?q=[email]"},
		"a phone in a campaign":         {site, "https://shop.example/a?utm_campaign=call+%2B14155552671", "https://shop.example/a?utm_campaign=call+[phone]"},
		"a phone by name":               {site, "https://shop.example/a?phone=5552345678", "https://shop.example/a?phone=[phone]"},
		"a secret by name":              {site, "https://shop.example/a?key=abcdef1234567890", "https://shop.example/a?key=[token]"},
		"a short key":                   {site, "https://shop.example/a?key=summer", "https://shop.example/a?key=summer"},
		"a secret in a value":           {site, "https://shop.example/a?q=" + jwt, "https://shop.example/a?q=[token]"},
		"umlauts stay as they are":      {site, "https://shop.example/a?q=gr%C3%BC%C3%9Fe+2024", "https://shop.example/a?q=gr%C3%BC%C3%9Fe+2024"},
		"upper case names":              {site, "https://shop.example/a?UTM_SOURCE=x&PAGE=2", "https://shop.example/a?UTM_SOURCE=x&PAGE=2"},
		"hash routing":                  {hash, "https://shop.example/#/cart/jane@example.com?x=1&utm_source=b", "https://shop.example/#/cart/[email]?utm_source=b"},
		"hash routing without query":    {hash, "https://shop.example/a?x=1#/cart", "https://shop.example/a#/cart"},
		"hash routing, all dropped":     {hash, "https://shop.example/#/cart?x=1", "https://shop.example/#/cart"},
		"IPv6":                          {site, "http://[2001:DB8::1]:80/a", "http://[2001:db8::1]:80/a"},
		"localhost":                     {site, "http://localhost:4321/a", "http://localhost:4321/a"},
		"international name":            {site, "https://MÜNCHEN.example/ä", "https://münchen.example/ä"},
		"a question mark in the query":  {site, "https://shop.example/a?page=1?2", "https://shop.example/a?page=1?2"},
		"an address in the path":        {site, "https://shop.example/u/jane%40example.com?page=1", "https://shop.example/u/[email]?page=1"},
		"brackets of a name that stays": {site, "https://shop.example/a?q=x[1]", "https://shop.example/a?q=x[1]"},
	} {
		t.Run(name, func(t *testing.T) {
			parts, err := c.policy.URL(c.raw)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, parts.String()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestURLIsRefused(t *testing.T) {
	p := NewPolicy(Options{})
	for raw, want := range map[string]error{
		"": ErrScheme, "shop.example/a": ErrScheme, "javascript:alert(1)": ErrScheme, "ftp://shop.example/": ErrScheme, "//shop.example/": ErrScheme,
		"https://": ErrHost, "https:///a": ErrHost, "https://<b>/": ErrHost, "https://../": ErrHost, "https://a..b/": ErrHost, "http://[::": ErrHost, "http://[1.2.3.4]/": ErrHost, "http://a:b:1/": ErrHost, "http://[x]/": ErrHost, "https://shop.example:99x/": ErrHost, "https://" + strings.Repeat("a", 254): ErrHost,
		"https://shop.example/a b": ErrText, "https://shop.example/\x00": ErrText, "https://shop.example/\n": ErrText, "https://shop.example/\xff": ErrText,
	} {
		if parts, err := p.URL(raw); !errors.Is(err, want) {
			t.Errorf("%q: got %+v, %v, want %v", raw, parts, err, want)
		}
	}
}

func TestNothingIsAllocatedWhenNothingIsFound(t *testing.T) {
	p := NewPolicy(Options{Params: []string{"page"}})
	for _, raw := range []string{"https://shop.example/products/red-shoes-42", "https://shop.example/a?page=2&utm_source=news#top"} {
		if n := testing.AllocsPerRun(100, func() {
			if _, err := p.URL(raw); err != nil {
				t.Fatal(err)
			}
			Text("Red shoes, size 42 | Shop")
		}); n != 0 {
			t.Errorf("%s: %g allocations", raw, n)
		}
	}
}

func FuzzURL(f *testing.F) {
	for _, seed := range []string{"https://shop.example/u/jane%40example.com?q=%2B14155552671#/x?utm_source=a", "http://[::1]:1/%%?&=&", "https://a/" + jwt, "https://a/%25%32%35"} {
		f.Add(seed)
	}
	p := NewPolicy(Options{Params: []string{"q", "key"}, Hash: true})
	f.Fuzz(func(t *testing.T, raw string) {
		parts, err := p.URL(raw)
		if err != nil {
			return
		}
		if !utf8.ValidString(parts.String()) || !strings.HasPrefix(parts.Path, "/") {
			t.Errorf("%q became %+v", raw, parts)
		}
		if emailForm.MatchString(decode(parts.Path)) {
			t.Errorf("%q keeps an address in %q", raw, parts.Path)
		}
		again, err := p.URL(parts.String())
		if err != nil {
			t.Fatalf("%q became %q, which is refused: %v", raw, parts.String(), err)
		}
		if again.Host != parts.Host {
			t.Errorf("%q: host %q became %q", raw, parts.Host, again.Host)
		}
	})
}

func FuzzText(f *testing.F) {
	f.Add("Call +1 (415) 555-2671 or jane@example.com, token=abcdef1234567890")
	f.Add("((((((((0000000000" + jwt)
	f.Fuzz(func(t *testing.T, text string) {
		got := Text(text)
		if utf8.ValidString(text) && !utf8.ValidString(got) {
			t.Errorf("%q became %q", text, got)
		}
		if emailForm.MatchString(got) {
			t.Errorf("%q keeps an address: %q", text, got)
		}
		if len(got) > 2*len(text)+16 {
			t.Errorf("%d bytes became %d", len(text), len(got))
		}
	})
}

func BenchmarkURL(b *testing.B) {
	p := NewPolicy(Options{Params: []string{"page"}})
	for name, raw := range map[string]string{
		"clean":    "https://shop.example/products/red-shoes-42",
		"campaign": "https://shop.example/p?utm_source=news&utm_medium=email&utm_campaign=may&gclid=Cj0KCQiA-abcdef_ghijkl",
		"dropping": "https://shop.example/p?a=1&b=2&utm_source=news",
		"escaped":  "https://shop.example/caf%C3%A9/gr%C3%BC%C3%9Fe",
		"redacted": "https://shop.example/u/jane%40example.com",
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := p.URL(raw); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkText(b *testing.B) {
	for name, text := range map[string]string{
		"clean": "Red shoes, size 42 | Shop", "date": "Sale until 2024-02-15, 10 000 things", "address": "Inbox - jane@example.com",
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Text(text)
			}
		})
	}
}
