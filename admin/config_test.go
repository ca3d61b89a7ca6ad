package admin

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestValidate(t *testing.T) {
	good := defaults(t)
	if err := good.Validate(); err != nil {
		t.Fatalf("the defaults: %v", err)
	}
	bad := good
	bad.Addr, bad.PublicURL, bad.CollectorURL = "nowhere", "ftp://x", "http://x/path"
	bad.Postgres.URL, bad.ClickHouse.Addr = "mysql://x/y", "x"
	bad.MaxQueryBytes, bad.QueryRate, bad.QueryConcurrency, bad.MaxStreams = 1, -1, 0, 0
	bad.QueryTimeout, bad.SessionIdle, bad.SessionMax = 0, time.Second, 0
	err := bad.Validate()
	for _, flag := range []string{
		"--admin-addr", "--admin-url", "--collector-url", "--postgres", "--clickhouse", "--max-query-bytes", "--query-rate",
		"--query-concurrency", "--max-streams", "--query-timeout", "--session-idle", "--session-max",
	} {
		if err == nil || !strings.Contains(err.Error(), flag+":") {
			t.Errorf("nothing of %s: %v", flag, err)
		}
	}
}

func TestLinks(t *testing.T) {
	c := Config{Addr: "127.0.0.1:8080", CollectorURL: "https://collect.example/"}
	if got := c.link("/sign-in", "a b"); got != "http://127.0.0.1:8080/sign-in?token=a+b" {
		t.Error(got)
	}
	c.PublicURL = "https://noctra.example/"
	if got := c.link("/set-up", "x") + " " + c.collectorURL(); got != "https://noctra.example/set-up#token=x https://collect.example" {
		t.Error(got)
	}
}

func TestRateLimitTokens(t *testing.T) {
	at := time.Unix(0, 0)
	l := newRateLimit(10, func() time.Time { return at })
	for i := range 20 {
		if wait := l.take("a"); wait != 0 {
			t.Fatalf("token %d: wait %s", i, wait)
		}
	}
	if wait := l.take("a"); wait != 100*time.Millisecond {
		t.Errorf("wait %s", wait)
	}
	if wait := l.take("b"); wait != 0 {
		t.Errorf("another name waits %s", wait)
	}
	at = at.Add(150 * time.Millisecond)
	if l.take("a") != 0 || l.take("a") == 0 {
		t.Error("one and a half tokens are not one")
	}
	at = at.Add(time.Hour)
	for i := range mostBuckets {
		l.take(strings.Repeat("x", 1+i%7) + time.Duration(i).String())
	}
	if len(l.buckets) > mostBuckets {
		t.Errorf("%d buckets", len(l.buckets))
	}
	if free := newRateLimit(0, time.Now); free.take("a") != 0 || len(free.buckets) != 0 {
		t.Error("no limit limits")
	}
}

func TestCleanHosts(t *testing.T) {
	check := func(given, want string, problems int) {
		t.Helper()
		hosts, why := cleanHosts(strings.Split(given, "|"))
		if diff := cmp.Diff(want, strings.Join(hosts, " ")); diff != "" || len(why) != problems {
			t.Errorf("%q: %q, %q", given, hosts, why)
		}
	}
	check("Shop.Example", "shop.example", 0)
	check("https://shop.example:8443/a?b#c| shop.example. |SHOP.example", "shop.example", 0)
	check("*.Bücher.example|localhost|127.0.0.1:8082", "*.xn--bcher-kva.example localhost 127.0.0.1", 0)
	check("", "", 1)
	check("a..b", "", 1)
	check("*|*.|-a.example|a b|"+strings.Repeat("a", 64)+".example", "", 5)
	check("good.example|<script>", "good.example", 1)
}

func FuzzCleanHost(f *testing.F) {
	for _, s := range []string{"shop.example", "https://a.b:1/c", "*.ü.example", "[::1]:80", "\x00", "xn--a"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		form := siteForm{Name: "x", Hostnames: []string{raw}, TimeZone: "UTC", Currency: "EUR"}
		if len(form.check()) > 0 {
			return
		}
		again, problems := cleanHosts(form.Hostnames)
		if len(problems) > 0 || cmp.Diff(form.Hostnames, again) != "" {
			t.Errorf("%q became %q, and that %q", raw, form.Hostnames, again)
		}
	})
}

func FuzzCheckEmail(f *testing.F) {
	for _, s := range []string{"mara@acme.example", "a@b", "Mara <a@b>", "a b@c", "@", "ü@ü"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if checkEmail(s) == "" && (strings.Count(s, "@") != 1 || strings.ContainsAny(s, " \t\n\x00")) {
			t.Errorf("%q passed", s)
		}
	})
}
