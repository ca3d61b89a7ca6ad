package rules

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"noctra/schema"
)

func TestNone(t *testing.T) {
	none := Compile(&schema.Site{})
	if none != nil || none.ExcludesAddress(netip.MustParseAddr("::1")) || none.ExcludesPath("/") || none.Judge(Visit{Agent: "x"}) != Silent {
		t.Error("a site without rules has some")
	}
	if n := testing.AllocsPerRun(100, func() { none.Judge(Visit{Agent: "Mozilla"}); none.ExcludesPath("/a") }); n != 0 {
		t.Errorf("%v allocations without rules", n)
	}
}

func TestExcludes(t *testing.T) {
	r := Compile(&schema.Site{
		ExcludedAddresses: []string{"203.0.113.0/24", "2001:db8::/32", "198.51.100.7/32", "broken"},
		ExcludedPaths:     []string{"/thanks", "/admin/**", "/*/edit", "/a(b", "/**/draft-*", "/p*"},
	})
	for addr, want := range map[string]bool{"203.0.113.255": true, "203.0.114.1": false, "2001:db8:1::1": true, "2001:db9::": false, "198.51.100.7": true, "198.51.100.8": false} {
		if r.ExcludesAddress(netip.MustParseAddr(addr)) != want {
			t.Errorf("%s: excluded %v", addr, !want)
		}
	}
	if r.ExcludesAddress(netip.Addr{}) {
		t.Error("no address is excluded")
	}
	for path, want := range map[string]bool{
		"/thanks": true, "/thanks/": false, "/admin/": true, "/admin/a/b": true, "/admin": false, "/x/edit": true, "/x/y/edit": false, "/edit": false,
		"/a(b": true, "/a/b/draft-1": true, "/a/draft-1/x": false, "/price": true, "/price/list": false, "/": false, "": false, "/x/edit\n": false,
	} {
		if r.ExcludesPath(path) != want {
			t.Errorf("%q: excluded %v", path, !want)
		}
	}
}

// A pattern that somebody made to be slow is not.
func TestGlobsAreLinear(t *testing.T) {
	r := Compile(&schema.Site{ExcludedPaths: []string{"/" + strings.Repeat("*a", 60) + "**b"}})
	path, begin := "/"+strings.Repeat("a", 2000), time.Now()
	for range 10 {
		if r.ExcludesPath(path) {
			t.Fatal("it matches")
		}
	}
	if took := time.Since(begin); took > 5*time.Second {
		t.Errorf("ten paths took %s", took)
	}
}

func TestJudge(t *testing.T) {
	r := Compile(&schema.Site{BotRules: []schema.BotRule{
		{Kind: "user_agent_contains", Value: "goodbot", Action: "allow"}, {Kind: "user_agent_contains", Value: "AcmeMonitor/", Action: "mark"},
		{Kind: "address", Value: "203.0.113.0/24", Action: "mark"}, {Kind: "referrer_host", Value: "*.spam.example", Action: "mark"}, {Kind: "referrer_host", Value: "www.junk.example", Action: "mark"},
		{Kind: "hostname", Value: "staging.example", Action: "mark"}, {Kind: "path", Value: "/wp-*", Action: "mark"}, {Kind: "weather", Value: "rain", Action: "mark"},
	}})
	for _, c := range []struct {
		visit Visit
		want  Verdict
	}{
		{Visit{}, Silent},
		{Visit{Agent: "Mozilla/5.0 ACMEMONITOR/2"}, Mark},
		{Visit{Agent: "GoodBot acmemonitor/"}, Allow},
		{Visit{Addr: netip.MustParseAddr("203.0.113.9")}, Mark},
		{Visit{Agent: "goodbot", Addr: netip.MustParseAddr("203.0.113.9")}, Allow},
		{Visit{Referrer: "a.b.spam.example/x"}, Mark},
		{Visit{Referrer: "spam.example"}, Silent},
		{Visit{Referrer: "evilspam.example"}, Silent},
		{Visit{Referrer: "junk.example/y"}, Mark},
		{Visit{Host: "staging.example", Path: "/"}, Mark},
		{Visit{Host: "a.staging.example", Path: "/"}, Silent},
		{Visit{Path: "/wp-login.php"}, Mark},
		{Visit{Path: "/wp-admin/x"}, Silent},
	} {
		if got := r.Judge(c.visit); got != c.want {
			t.Errorf("%+v: %d, want %d", c.visit, got, c.want)
		}
	}
}
