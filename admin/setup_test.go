package admin

import (
	"errors"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// startEmpty runs a service without the demo, as somebody who installs it.
func startEmpty(t *testing.T) *rig {
	t.Helper()
	return start(t, func(c *Config) { c.DemoFile, c.FirstRunFile = "", filepath.Join(t.TempDir(), "first-run.json") })
}

// setUpAddress reads the link of the first-run file, without its host.
func (r *rig) setUpAddress() string {
	r.t.Helper()
	var file firstRun
	if ok, err := readSecretFile(r.config.FirstRunFile, &file); err != nil || !ok {
		r.t.Fatalf("first-run file: %v, %v", ok, err)
	}
	if !strings.HasPrefix(file.SetUpURL, "http://"+r.config.Addr+"/set-up?token=") {
		r.t.Fatalf("link %s", file.SetUpURL)
	}
	return "/set-up?token=" + tokenOf(file.SetUpURL)
}

func filled(secret string) url.Values {
	return url.Values{
		"token": {secret}, "person": {"Mara Lindt"}, "email": {"mara@acme.example"}, "workspace": {"Acme"},
		"name": {"Acme Shop"}, "hostnames": {"https://Shop.Acme.example/\n*.acme.example"}, "time_zone": {"Europe/Berlin"}, "currency": {"eur"},
	}
}

func (r *rig) post(client *http.Client, values url.Values, headers ...string) reply {
	r.t.Helper()
	return r.ask(client, "POST", "/set-up", values.Encode(), append([]string{"Content-Type", "application/x-www-form-urlencoded"}, headers...)...)
}

func TestSetUp(t *testing.T) {
	r := startEmpty(t)
	info, err := os.Stat(r.config.FirstRunFile)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("first-run file: %v, %v", info, err)
	}
	address := r.setUpAddress()
	secret := tokenOf(address)
	client := r.browser()
	page := r.ask(client, "GET", address, "")
	if page.status != 200 || !strings.Contains(page.body, "Set up Noctra") || page.header.Get("Cache-Control") != "no-store" || page.header.Get("Content-Security-Policy") != policy {
		t.Fatalf("%d %v", page.status, page.header)
	}
	if strings.Contains(page.body, "<style") || strings.Contains(page.body, "style=") || regexp.MustCompile(`<script[^>]*>[^<]`).MatchString(page.body) {
		t.Error("the page has what its policy refuses")
	}
	for _, header := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Origin", "http://evil.example"}, {"Origin", "null"}} {
		if a := r.post(client, filled(secret), header...); a.status != 403 || a.problem(t).Code != "cross_origin" {
			t.Errorf("from another site (%s): %d", header, a.status)
		}
	}
	if page.header.Get("Referrer-Policy") != "same-origin" {
		t.Error("browsers without Sec-Fetch-Site would send the form from nowhere")
	}
	done := r.post(client, filled(secret), "Origin", r.url)
	if done.status != 200 || !strings.Contains(done.body, "Acme Shop is ready") || !strings.Contains(done.body, "shop.acme.example") {
		t.Fatalf("%d %s", done.status, done.body)
	}
	apiKey := regexp.MustCompile(`nak_\w{43}`).FindString(done.body)
	siteKey := regexp.MustCompile(`nst_\w{20}`).FindString(done.body)
	serverKey := regexp.MustCompile(`nsk_\w{43}`).FindString(done.body)
	if apiKey == "" || siteKey == "" || serverKey == "" {
		t.Fatalf("keys %q %q %q", apiKey, siteKey, serverKey)
	}
	if a := r.ask(r.browser(), "POST", "/api/v1/query", pageviews(siteKey), "Authorization", "Bearer "+apiKey); a.status != 200 {
		t.Errorf("new API key: %d %s", a.status, a.body)
	}
	var me MeView
	decode(t, r.ask(client, "GET", "/api/v1/me", ""), 200, &me)
	if me.Account.Email != "mara@acme.example" || len(me.Sites) != 1 || me.Sites[0].TimeZone != "Europe/Berlin" || me.Sites[0].Currency != "EUR" {
		t.Errorf("%+v", me)
	}
}

func TestSetUpWorksOnce(t *testing.T) {
	r := startEmpty(t)
	address, client := r.setUpAddress(), r.browser()
	secret := tokenOf(address)
	if a := r.post(client, filled(secret)); a.status != 200 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if _, err := os.Stat(r.config.FirstRunFile); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the file is still there: %v", err)
	}
	for name, a := range map[string]reply{"page": r.ask(client, "GET", address, ""), "form": r.post(client, filled(secret))} {
		if a.status != 403 || !strings.Contains(a.body, "set up already") || strings.Contains(a.body, "nak_") {
			t.Errorf("%s again: %d", name, a.status)
		}
	}
	link, err := SignInLink(t.Context(), r.config, "Mara@Acme.example")
	if err != nil {
		t.Fatal(err)
	}
	if a := r.ask(r.browser(), "GET", "/sign-in?token="+tokenOf(link), ""); a.header.Get("Location") != "/" {
		t.Errorf("link for the new account: %v", a.header)
	}
	r.tidy(t.Context())
	if _, err := os.Stat(r.config.FirstRunFile); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the file came back: %v", err)
	}
}

func TestSetUpMistakes(t *testing.T) {
	r := startEmpty(t)
	secret := tokenOf(r.setUpAddress())
	for field, c := range map[string]struct{ value, says string }{
		"person":    {"", "A name is needed."},
		"email":     {"mara", "is no e-mail address"},
		"workspace": {strings.Repeat("x", 101), "at most 100 characters"},
		"name":      {"", "A name is needed."},
		"hostnames": {"shop acme!", "is no host name"},
		"time_zone": {"Berlin", "is no time zone"},
		"currency":  {"EURO", "is no currency"},
	} {
		values := filled(secret)
		values.Set(field, c.value)
		values.Set("unknown", `"><script>alert(1)</script>`)
		a := r.post(r.browser(), values)
		if a.status != 422 || strings.Count(a.body, `class="error"`) == 0 || !strings.Contains(a.body, c.says) || strings.Contains(a.body, "<script>alert") {
			t.Errorf("%s: %d, want %q", field, a.status, c.says)
		}
		if field != "email" && !strings.Contains(a.body, `value="mara@acme.example"`) {
			t.Errorf("%s: other values are gone", field)
		}
	}
	hostile := filled(secret)
	hostile.Set("name", `"><img src=x onerror=alert(1)>`)
	hostile.Set("currency", "")
	if a := r.post(r.browser(), hostile); strings.Contains(a.body, "<img src=x") {
		t.Error("a value became markup")
	}
	if a := r.post(r.browser(), filled("nothing")); a.status != 403 || !strings.Contains(a.body, "not known") {
		t.Errorf("without a token: %d", a.status)
	}
	var rows int
	if err := r.pool.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM accounts) + (SELECT count(*) FROM workspaces)`).Scan(&rows); err != nil || rows != 0 {
		t.Errorf("%d rows are left, %v", rows, err)
	}
}

func TestSetUpLinkLives(t *testing.T) {
	r := startEmpty(t)
	first := r.setUpAddress()
	r.tidy(t.Context())
	if again := r.setUpAddress(); again != first {
		t.Error("a good link was replaced")
	}
	r.offset.move(setUpLife - time.Hour)
	r.tidy(t.Context())
	second := r.setUpAddress()
	if second == first {
		t.Error("a link that ends was not replaced")
	}
	if a := r.ask(r.browser(), "GET", first, ""); a.status != 403 {
		t.Errorf("the old link: %d", a.status)
	}
	if a := r.ask(r.browser(), "GET", "/sign-in?token="+tokenOf(second), ""); a.header.Get("Location") != "/?sign_in=invalid" {
		t.Errorf("a set-up link signs in: %v", a.header)
	}
	if err := os.Remove(r.config.FirstRunFile); err != nil {
		t.Fatal(err)
	}
	r.tidy(t.Context())
	if r.setUpAddress() == second {
		t.Error("a lost link came back, though only its hash is kept")
	}
}

// The first account can be made at once by one person only.
func TestTwoSetUpAtOnce(t *testing.T) {
	r := startEmpty(t)
	secret := tokenOf(r.setUpAddress())
	answers := make(chan int, 4)
	for range cap(answers) {
		client := r.browser()
		go func() { answers <- r.post(client, filled(secret)).status }()
	}
	made := 0
	for range cap(answers) {
		if <-answers == 200 {
			made++
		}
	}
	if made != 1 {
		t.Errorf("%d were made", made)
	}
}
