package admin

import (
	"strings"
	"testing"
	"time"

	"noctra/admin/internal/token"
)

func TestKeys(t *testing.T) {
	r := start(t, nil)
	owner, demo := r.signedIn(), r.demo()
	made := r.ask(owner, "POST", "/api/v1/api-keys", `{"name": "Excel", "expires_at": "`+time.Now().Add(time.Hour).Format(time.RFC3339)+`"}`)
	var key NewKey
	decode(t, made, 201, &key)
	if !token.Looks(key.Key, token.API) {
		t.Errorf("key %q", key.Key)
	}
	ask := func() reply {
		return r.ask(r.browser(), "POST", "/api/v1/query", pageviews(demo.SiteID), "Authorization", "Bearer "+key.Key)
	}
	if a := ask(); a.status != 200 {
		t.Fatalf("new key: %d %s", a.status, a.body)
	}
	list := r.ask(owner, "GET", "/api/v1/api-keys", "")
	if !strings.Contains(list.body, "Excel") || strings.Contains(list.body, key.Key) {
		t.Errorf("list: %s", list.body)
	}
	r.offset.move(2 * time.Hour)
	if a := ask(); a.status != 401 {
		t.Errorf("expired key: %d", a.status)
	}
	r.offset.move(-2 * time.Hour)
	if a := r.ask(owner, "DELETE", "/api/v1/api-keys/"+key.ID, ""); a.status != 204 || a.body != "" {
		t.Errorf("revoke: %d %q", a.status, a.body)
	}
	if a := ask(); a.status != 401 {
		t.Errorf("revoked key: %d", a.status)
	}
	for body, path := range map[string]string{`{"name": ""}`: "name", `{"name": "x", "expires_at": "2020-01-01T00:00:00Z"}`: "expires_at", `{"name": "x", "workspace_id": "77"}`: "workspace_id"} {
		a := r.ask(owner, "POST", "/api/v1/api-keys", body)
		if p := a.problem(t); a.status != 422 || len(p.Errors) != 1 || p.Errors[0].Path != path {
			t.Errorf("%s: %d %+v", body, a.status, p)
		}
	}
	var server NewKey
	decode(t, r.ask(owner, "POST", "/api/v1/sites/"+demo.SiteKey+"/server-keys", `{"name": "Back end"}`), 201, &server)
	if !token.Looks(server.Key, token.Server) {
		t.Errorf("server key %q", server.Key)
	}
	if a := r.ask(owner, "DELETE", "/api/v1/sites/"+demo.SiteID+"/server-keys/"+server.ID, ""); a.status != 204 {
		t.Errorf("revoke server key: %d %s", a.status, a.body)
	}
	if a := r.ask(owner, "GET", "/api/v1/sites/"+demo.SiteID+"/server-keys", ""); !strings.Contains(a.body, "Back end") || !strings.Contains(a.body, "revoked_at") {
		t.Errorf("server keys: %s", a.body)
	}
}

func TestSites(t *testing.T) {
	r := start(t, nil)
	owner := r.signedIn()
	var site SiteView
	decode(t, r.ask(owner, "POST", "/api/v1/sites", `{"name": " Blog ", "hostnames": ["HTTPS://Blog.Example/a", "*.blog.example", "münchen.example"], "time_zone": "Europe/Berlin", "currency": "chf", "query_params": ["color"]}`), 201, &site)
	if site.Name != "Blog" || strings.Join(site.Hostnames, " ") != "blog.example *.blog.example xn--mnchen-3ya.example" || site.Currency != "CHF" || site.IdentityMode != "cookieless" {
		t.Errorf("%+v", site)
	}
	if site.Snippet != `<script defer src="https://collect.noctra.example/n.js" data-site="`+site.PublicKey+`"></script>` {
		t.Errorf("snippet %s", site.Snippet)
	}
	a := r.ask(owner, "POST", "/api/v1/sites", `{"name": "", "hostnames": ["a b"], "time_zone": "Mars/Olympus", "currency": "XXX", "identity_mode": "all", "query_params": [""]}`)
	var paths []string
	for _, e := range a.problem(t).Errors {
		paths = append(paths, e.Path)
	}
	if got := strings.Join(paths, " "); a.status != 422 || got != "name hostnames time_zone currency identity_mode query_params[0]" {
		t.Errorf("%d %s", a.status, got)
	}
	var me MeView
	decode(t, r.ask(owner, "GET", "/api/v1/me", ""), 200, &me)
	if len(me.Sites) != 2 || me.Account.Email != demoEmail || me.Workspaces[0].Role != "owner" {
		t.Errorf("%+v", me)
	}
	for body, code := range map[string]string{
		`{"name": "x", "hostnames": [], "time_zone": "UTC", "currency": "EUR", "owner": 1}`: "invalid_request", `{"name": 1}`: "invalid_request", `{`: "malformed_request", "": "malformed_request",
	} {
		if p := r.ask(owner, "POST", "/api/v1/sites", body).problem(t); p.Code != code || strings.Contains(p.Detail, "body.") {
			t.Errorf("%s: %+v", body, p)
		}
	}
	if a := r.ask(owner, "POST", "/api/v1/sites", `{}`, "Content-Type", "application/xml"); a.status != 415 {
		t.Errorf("XML: %d %s", a.status, a.body)
	}
}
