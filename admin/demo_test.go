package admin

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"noctra/admin/internal/token"
)

// again starts another service on the same databases and files.
func (r *rig) again(change func(*Config)) *rig {
	r.t.Helper()
	if err := r.stop(); err != nil {
		r.t.Fatal(err)
	}
	return start(r.t, func(c *Config) {
		addr := c.Addr
		*c = r.config
		c.Addr = addr
		if change != nil {
			change(c)
		}
	})
}

// check uses each of the demo's keys.
func (r *rig) check(keys demoKeys) {
	r.t.Helper()
	if a := r.ask(r.browser(), "POST", "/api/v1/query", pageviews(keys.SiteKey), "Authorization", "Bearer "+keys.APIKey); a.status != 200 {
		r.t.Errorf("API key: %d %s", a.status, a.body)
	}
	if a := r.ask(r.browser(), "GET", "/sign-in?token="+tokenOf(keys.SignInURL), ""); a.header.Get("Location") != "/" {
		r.t.Errorf("link: sent to %q", a.header.Get("Location"))
	}
	var good int
	err := r.pool.QueryRow(r.t.Context(), `SELECT count(*) FROM server_keys WHERE key_hash = $1 AND revoked_at IS NULL AND site_ids::text = '{' || $2::text || '}'`,
		token.Hash(keys.ServerKey), keys.SiteID).Scan(&good)
	if err != nil || good != 1 {
		r.t.Errorf("server key: %d rows, %v", good, err)
	}
}

func TestDemo(t *testing.T) {
	r := start(t, nil)
	first := r.demo()
	r.check(first)
	if first.Hostname != "shop.noctra.example" || first.Currency != "EUR" || first.WorkspaceID == "" {
		t.Errorf("%+v", first)
	}
	info, err := os.Stat(r.config.DemoFile)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v, %v", info, err)
	}

	r = r.again(func(c *Config) { c.PublicURL = "http://elsewhere.example:1" })
	second := r.demo()
	r.check(second)
	moved := first
	moved.SignInURL = strings.Replace(first.SignInURL, "http://127.0.0.1:0", "http://elsewhere.example:1", 1)
	if diff := cmp.Diff(moved, second); diff != "" {
		t.Errorf("after a restart: %s", diff)
	}

	if err := os.WriteFile(r.config.DemoFile, []byte("{half"), 0o600); err != nil {
		t.Fatal(err)
	}
	r = r.again(nil)
	third := r.demo()
	r.check(third)
	if third.SiteID != second.SiteID || third.SiteKey != second.SiteKey || third.APIKey == second.APIKey || third.ServerKey == second.ServerKey || third.SignInURL == second.SignInURL {
		t.Errorf("after the file was lost: %+v, before %+v", third, second)
	}
	if a := r.ask(r.browser(), "POST", "/api/v1/query", pageviews(third.SiteKey), "Authorization", "Bearer "+second.APIKey); a.status != 401 {
		t.Errorf("the lost key still works: %d", a.status)
	}
	r.sql(`UPDATE api_keys SET revoked_at = now()`)
	r.sql(`UPDATE server_keys SET revoked_at = now()`)
	r.sql(`DELETE FROM sign_in_links`)
	r = r.again(nil)
	fourth := r.demo()
	r.check(fourth)
	if fourth.APIKey == third.APIKey || fourth.ServerKey == third.ServerKey || fourth.SignInURL != third.SignInURL {
		t.Errorf("after Postgres was changed: %+v, before %+v", fourth, third)
	}
	var sites int
	if err := r.pool.QueryRow(t.Context(), `SELECT count(*) FROM sites`).Scan(&sites); err != nil || sites != 1 {
		t.Errorf("%d sites, %v", sites, err)
	}
}

// Postgres begins anew, the file does not: the keys that people have go on working.
func TestDemoOnEmptyPostgres(t *testing.T) {
	r := start(t, nil)
	before := r.demo()
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	next := start(t, func(c *Config) { c.DemoFile = r.config.DemoFile })
	next.check(before)
	if diff := cmp.Diff(before, next.demo()); diff != "" {
		t.Error(diff)
	}
}

// Without --demo-file the demo's reusable link is good for nothing, and the first account can be made.
func TestAfterTheDemo(t *testing.T) {
	r := start(t, nil)
	link := tokenOf(r.demo().SignInURL)
	r = r.again(func(c *Config) { c.DemoFile, c.FirstRunFile = "", filepath.Join(t.TempDir(), "first-run.json") })
	if a := r.ask(r.browser(), "GET", "/sign-in?token="+link, ""); a.header.Get("Location") != "/?sign_in=invalid" {
		t.Errorf("sent to %q", a.header.Get("Location"))
	}
	if a := r.post(r.browser(), filled(tokenOf(r.setUpAddress()))); a.status != 200 {
		t.Errorf("set-up: %d", a.status)
	}
}
