package admin

import (
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
)

// Over https a printed link has its secret behind the #, and is used when a page posts it; opening it changes nothing.
func TestLinksArePosted(t *testing.T) {
	t.Parallel()
	const public = "https://noctra.example"
	r := start(t, func(c *Config) { c.PublicURL = public })
	link, err := SignInLink(t.Context(), r.config, demoEmail)
	if err != nil {
		t.Fatal(err)
	}
	secret, found := strings.CutPrefix(link, public+"/sign-in#token=")
	if !found {
		t.Fatalf("printed: %s", link)
	}
	page := r.ask(r.browser(), "GET", "/sign-in", "")
	if page.status != 200 || !strings.Contains(page.body, `<form method="post" action="/sign-in">`) || !strings.Contains(page.body, `src="/privacy.js"`) || page.header.Get("Set-Cookie") != "" || page.header.Get("Cache-Control") != "no-store" {
		t.Errorf("%d %v %s", page.status, page.header, page.body)
	}
	for range 2 { // as a scanner may, or who has a link of an earlier version
		a := r.ask(r.browser(), "GET", "/sign-in?token="+secret, "")
		if a.status != http.StatusSeeOther || a.header.Get("Location") != link || a.header.Get("Set-Cookie") != "" || a.header.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("opened with the secret in its address: %d %v", a.status, a.header)
		}
	}
	if a := r.ask(r.browser(), "GET", "/sign-in?token=%0d%0aX:+y", ""); a.status != 200 || a.header.Get("Location") != "" {
		t.Errorf("what is no secret: %d %v", a.status, a.header)
	}
	post := func(secret string, headers ...string) reply {
		return r.ask(r.browser(), "POST", "/sign-in", url.Values{"token": {secret}}.Encode(), append([]string{"Content-Type", "application/x-www-form-urlencoded"}, headers...)...)
	}
	if a := post(secret, "Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"); a.status != 403 || a.header.Get("Set-Cookie") != "" {
		t.Errorf("posted by a page of another site: %d", a.status)
	}
	for i, want := range []string{"/", "/?sign_in=used"} {
		a := post(secret)
		if a.status != http.StatusSeeOther || a.header.Get("Location") != want || strings.HasPrefix(a.header.Get("Set-Cookie"), "__Host-noctra=") != (i == 0) {
			t.Errorf("posted: %d %v, want %s", a.status, a.header, want)
		}
	}
	if a := post("nothing"); a.header.Get("Location") != "/?sign_in=invalid" {
		t.Errorf("nothing known: %d %v", a.status, a.header)
	}
	if strings.Contains(r.log.String(), secret) {
		t.Error("the log has a token")
	}
	demo := r.demo().SignInURL // which programs open
	if a := r.ask(r.browser(), "GET", "/sign-in?token="+tokenOf(demo), ""); !strings.HasPrefix(demo, public+"/sign-in?token=") || a.header.Get("Location") != "/" {
		t.Errorf("the demo's %s: %d %v", demo, a.status, a.header)
	}
}

// The link of the first start is posted, too, before its form shows.
func TestSetUpLinkIsPosted(t *testing.T) {
	t.Parallel()
	r := start(t, func(c *Config) {
		c.PublicURL, c.DemoFile, c.FirstRunFile = "https://noctra.example", "", filepath.Join(t.TempDir(), "first-run.json")
	})
	var file firstRun
	if ok, err := readSecretFile(r.config.FirstRunFile, &file); err != nil || !ok || !strings.HasPrefix(file.SetUpURL, "https://noctra.example/set-up#token=") {
		t.Fatalf("%v, %v: %s", ok, err, file.SetUpURL)
	}
	secret := tokenOf(file.SetUpURL)
	if a := r.ask(r.browser(), "GET", "/set-up", ""); a.status != 200 || !strings.Contains(a.body, `action="/set-up"`) || strings.Contains(a.body, "hostnames") {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := r.ask(r.browser(), "GET", "/set-up?token="+secret, ""); a.header.Get("Location") != file.SetUpURL {
		t.Errorf("%d %v", a.status, a.header)
	}
	if a := r.post(r.browser(), url.Values{"token": {"x"}}); a.status != 403 {
		t.Errorf("nothing known: %d", a.status)
	}
	if a := r.post(r.browser(), url.Values{"token": {secret}}); a.status != 200 || !strings.Contains(a.body, "hostnames") || strings.Contains(a.body, `role="alert"`) {
		t.Errorf("its form: %d %s", a.status, a.body)
	}
	if a := r.post(r.browser(), filled(secret)); a.status != 200 || !strings.Contains(a.body, "is ready") {
		t.Errorf("filled in: %d %s", a.status, a.body)
	}
	again := r.again(func(*Config) {})
	if a := again.post(again.browser(), url.Values{"token": {secret}}); a.status != 403 {
		t.Errorf("used: %d", a.status)
	}
}
