package admin

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"noctra/admin/internal/token"
)

// decode reads a JSON answer of that status.
func decode(t testing.TB, a reply, status int, into any) {
	t.Helper()
	if a.status != status {
		t.Fatalf("%d %s, want %d", a.status, a.body, status)
	}
	if err := json.Unmarshal([]byte(a.body), into); err != nil {
		t.Fatalf("%s: %v", a.body, err)
	}
}

func TestSignInLinks(t *testing.T) {
	r := start(t, nil)
	use := func(link string) string {
		a := r.ask(r.browser(), "GET", link, "")
		if a.status != http.StatusSeeOther || a.header.Get("Cache-Control") != "no-store" || a.header.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("%d %v", a.status, a.header)
		}
		return a.header.Get("Location")
	}
	expect := func(what, link, want string) {
		t.Helper()
		if got := use(link); got != want {
			t.Errorf("%s: sent to %q, want %q", what, got, want)
		}
	}
	mine := func(address string) string { return "/sign-in?token=" + url.QueryEscape(tokenOf(address)) }
	once, err := SignInLink(t.Context(), r.config, strings.ToUpper(demoEmail))
	if err != nil {
		t.Fatal(err)
	}
	if a := r.ask(r.browser(), "HEAD", mine(once), ""); a.status != 200 || a.header.Get("Set-Cookie") != "" {
		t.Errorf("HEAD: %d %v", a.status, a.header)
	}
	expect("once", mine(once), "/")
	expect("again", mine(once), "/?sign_in=used")
	expect("unknown", "/sign-in?token="+token.New(""), "/?sign_in=invalid")
	expect("none", "/sign-in", "/?sign_in=invalid")
	expect("hostile", "/sign-in?token=%00%27%22<script>", "/?sign_in=invalid")
	late, err := SignInLink(t.Context(), r.config, demoEmail)
	if err != nil {
		t.Fatal(err)
	}
	r.offset.move(linkLife + time.Minute)
	expect("late", mine(late), "/?sign_in=expired")
	for range 2 {
		expect("the demo's", mine(r.demo().SignInURL), "/")
	}
	if _, err := SignInLink(t.Context(), r.config, "nobody@noctra.example"); err == nil {
		t.Error("a link for nobody")
	}
	if strings.Contains(r.log.String(), tokenOf(once)) {
		t.Error("the log has a token")
	}
}

func TestTwoUseALinkAtOnce(t *testing.T) {
	r := start(t, nil)
	link, err := SignInLink(t.Context(), r.config, demoEmail)
	if err != nil {
		t.Fatal(err)
	}
	const n = 8
	places := make(chan string, n)
	for range n {
		client := r.browser()
		go func() { places <- r.ask(client, "GET", "/sign-in?token="+tokenOf(link), "").header.Get("Location") }()
	}
	in := 0
	for range n {
		if <-places == "/" {
			in++
		}
	}
	if in != 1 {
		t.Errorf("%d of %d got in", in, n)
	}
}

func TestCookie(t *testing.T) {
	for public, want := range map[string]string{
		"":                       "noctra_session_0=; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax",
		"http://intranet":        "noctra_session=; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax",
		"http://intranet:9000":   "noctra_session_9000=; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax",
		"https://noctra.example": "__Host-noctra=; Path=/; Max-Age=2592000; HttpOnly; Secure; SameSite=Lax",
	} {
		r := start(t, func(c *Config) { c.PublicURL = public })
		a := r.ask(r.browser(), "GET", "/sign-in?token="+tokenOf(r.demo().SignInURL), "")
		name, rest, _ := strings.Cut(a.header.Get("Set-Cookie"), "=")
		_, attributes, _ := strings.Cut(rest, ";")
		if got := name + "=;" + attributes; got != want {
			t.Errorf("%q: cookie %s, want %s", public, got, want)
		}
		hsts := ""
		if strings.HasPrefix(public, "https") {
			hsts = "max-age=31536000; includeSubDomains"
		}
		if got := a.header.Get("Strict-Transport-Security"); got != hsts {
			t.Errorf("%q: Strict-Transport-Security %q", public, got)
		}
	}
}

func TestSessionEnds(t *testing.T) {
	r := start(t, func(c *Config) { c.SessionIdle, c.SessionMax = time.Hour, 3*time.Hour })
	me := func(client *http.Client) int { return r.ask(client, "GET", "/api/v1/me", "").status }
	used, idle := r.signedIn(), r.signedIn()
	for step := range 3 { // used all the time, it lives on
		r.offset.move(50 * time.Minute)
		if got := me(used); got != 200 {
			t.Fatalf("step %d: %d", step, got)
		}
	}
	if got := me(idle); got != 401 {
		t.Errorf("idle: %d", got)
	}
	r.offset.move(50 * time.Minute)
	if got := me(used); got != 401 {
		t.Errorf("after the absolute end: %d", got)
	}
	r.tidy(t.Context())
	var left int
	if err := r.pool.QueryRow(t.Context(), `SELECT count(*) FROM sessions`).Scan(&left); err != nil || left != 0 {
		t.Errorf("%d sessions left, %v", left, err)
	}
}

func TestSignOutAndRotation(t *testing.T) {
	r := start(t, nil)
	client := r.signedIn()
	base, err := url.Parse(r.url)
	if err != nil {
		t.Fatal(err)
	}
	before := client.Jar.Cookies(base)[0].Value
	r.ask(client, "GET", "/sign-in?token="+tokenOf(r.demo().SignInURL), "")
	after := client.Jar.Cookies(base)[0].Value
	if a := r.ask(r.browser(), "GET", "/api/v1/me", "", "Cookie", "noctra_session_0="+before); before == after || a.status != 401 {
		t.Errorf("the session before: %d", a.status)
	}
	a := r.ask(client, "POST", "/api/v1/sign-out", "")
	if a.status != 204 || !strings.Contains(a.header.Get("Set-Cookie"), "Max-Age=0") {
		t.Errorf("sign out: %d %s", a.status, a.header.Get("Set-Cookie"))
	}
	if a := r.ask(r.browser(), "GET", "/api/v1/me", "", "Cookie", "noctra_session_0="+after); a.status != 401 {
		t.Errorf("replayed cookie: %d", a.status)
	}
}

func TestCrossOrigin(t *testing.T) {
	r := start(t, nil)
	client := r.signedIn()
	for name, c := range map[string]struct {
		headers []string
		refused bool
	}{
		"same origin":         {[]string{"Sec-Fetch-Site", "same-origin"}, false},
		"no browser":          {nil, false},
		"cross site":          {[]string{"Sec-Fetch-Site", "cross-site"}, true},
		"same site":           {[]string{"Sec-Fetch-Site", "same-site"}, true},
		"old browser":         {[]string{"Origin", "https://evil.example"}, true},
		"old browser, own":    {[]string{"Origin", r.url}, false},
		"sandboxed document":  {[]string{"Origin", "null"}, true},
		"form of another one": {[]string{"Sec-Fetch-Site", "cross-site", "Content-Type", "text/plain"}, true},
	} {
		a := r.ask(client, "POST", "/api/v1/query", pageviews(r.demo().SiteID), c.headers...)
		if (a.status == 403) != c.refused || c.refused && a.problem(t).Code != "cross_origin" {
			t.Errorf("%s: %d", name, a.status)
		}
	}
}
