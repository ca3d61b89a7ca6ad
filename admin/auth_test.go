package admin

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"noctra/admin/internal/token"
)

// other is a workspace of somebody else, with everything in it.
type other struct {
	workspace, site, key string // ids of its own rows
	publicKey            string
	apiKey               string
}

// addOther makes a second workspace that the demo's account and key have no part in.
func (r *rig) addOther() other {
	r.t.Helper()
	o := other{publicKey: token.NewSite(), apiKey: token.New(token.API)}
	err := r.pool.QueryRow(r.t.Context(), `WITH w AS (INSERT INTO workspaces (name) VALUES ('Other') RETURNING id),
		s AS (INSERT INTO sites (workspace_id, public_key, name, hostnames, time_zone, currency, identity_key)
			SELECT id, $1, 'Other', '{other.example}', 'UTC', 'EUR', decode(repeat('00', 32), 'hex') FROM w RETURNING id),
		k AS (INSERT INTO server_keys (workspace_id, name, key_hash) SELECT id, 'Other', $2 FROM w RETURNING id),
		a AS (INSERT INTO api_keys (workspace_id, name, key_hash) SELECT id, 'Other', $3 FROM w RETURNING id)
		SELECT w.id::text, s.id::text, k.id::text FROM w, s, k, a`,
		o.publicKey, token.Hash(token.New(token.Server)), token.Hash(o.apiKey)).Scan(&o.workspace, &o.site, &o.key)
	if err != nil {
		r.t.Fatal(err)
	}
	return o
}

// addKey adds an API key of the demo's workspace.
func (r *rig) addKey(columns, values string) string {
	key := token.New(token.API)
	r.sql(`INSERT INTO api_keys (workspace_id, name, key_hash, created_at`+columns+`) VALUES ($1::text::bigint, 'x', $2, now() - interval '1 hour'`+values+`)`, r.demo().WorkspaceID, token.Hash(key))
	return key
}

// addMember signs in a member of the demo's workspace with that role.
func (r *rig) addMember(role string) *http.Client {
	r.t.Helper()
	link := token.New("")
	r.sql(`WITH a AS (INSERT INTO accounts (email, name) VALUES ($1, $2) RETURNING id), m AS (INSERT INTO members SELECT $3::text::bigint, id, $2 FROM a)
		INSERT INTO sign_in_links (token_hash, account_id, purpose, created_at, expires_at) SELECT $4, id, 'sign_in', now(), now() + interval '1 hour' FROM a`,
		role+"@noctra.example", role, r.demo().WorkspaceID, token.Hash(link))
	client := r.browser()
	if a := r.ask(client, "GET", "/sign-in?token="+link, ""); a.status != http.StatusSeeOther {
		r.t.Fatalf("sign in as %s: %d", role, a.status)
	}
	return client
}

// body is a request that a route takes, about a site.
func (c route) body(site string) string {
	switch c.name {
	case "query":
		return pageviews(site)
	case "create-site":
		return `{"name": "New", "hostnames": ["new.example"], "time_zone": "UTC", "currency": "EUR"}`
	case "create-server-key", "create-api-key":
		return `{"name": "New"}`
	}
	return ""
}

func (c route) address(site, key string) string {
	return strings.NewReplacer("{id}", site, "{key_id}", key).Replace(c.path)
}

// about says whether a route names a site.
func (c route) about() bool { return c.name == "query" || strings.Contains(c.path, "{id}") }

// refuses checks status and code of an answer.
func (c route) refuses(t *testing.T, what string, a reply, want Problem) {
	t.Helper()
	if p := a.problem(t); a.status != want.Status || p.Code != want.Code {
		t.Errorf("%s %s, %s: %d %s, want %d %s", c.method, c.path, what, a.status, p.Code, want.Status, want.Code)
	}
}

// Every route of the table, with every kind of caller. A route that is added is tried as well.
func TestWhoMayCall(t *testing.T) {
	r := start(t, nil)
	demo := r.demo()
	expired := r.addKey(", expires_at", ", now() - interval '1 minute'")
	revoked := r.addKey(", revoked_at", ", now()")
	analyst, owner := r.addMember("analyst"), r.signedIn()
	nobody := r.browser()
	check := func(c route, what string, a reply, status int, code string) {
		t.Helper()
		c.refuses(t, what, a, Problem{Status: status, Code: code})
	}
	for _, c := range r.routes() {
		if c.access == 0 {
			t.Errorf("%s %s has no access", c.method, c.path)
		}
		path, body := c.address(demo.SiteID, "1"), c.body(demo.SiteID)
		check(c, "nobody", r.ask(nobody, c.method, path, body), 401, "signed_out")
		check(c, "wrong cookie", r.ask(nobody, c.method, path, body, "Cookie", "noctra_session="+token.New("")), 401, "signed_out")
		for what, header := range map[string]string{
			"unknown key": "Bearer " + token.New(token.API), "expired key": "Bearer " + expired, "revoked key": "Bearer " + revoked,
			"server key": "Bearer " + demo.ServerKey, "password": "Basic YTpi", "half a key": "Bearer nak_1",
		} {
			a := r.ask(owner, c.method, path, body, "Authorization", header) // the cookie does not make it good
			check(c, what, a, 401, "invalid_key")
			if a.header.Get("WWW-Authenticate") == "" {
				t.Errorf("%s: no WWW-Authenticate", what)
			}
		}
		if c.access != withEither {
			check(c, "API key", r.ask(nobody, c.method, path, body, "Authorization", "Bearer "+demo.APIKey), 403, "session_needed")
		}
		if c.access == withOffice {
			check(c, "analyst", r.ask(analyst, c.method, path, body), 403, "forbidden")
		}
	}
}

// Sites of somebody else are like sites that do not exist, on every route that names one.
func TestForeignSites(t *testing.T) {
	r := start(t, nil)
	demo, foreign := r.demo(), r.addOther()
	billing, owner, nobody := r.addMember("billing"), r.signedIn(), r.browser()
	check := func(c route, what string, a reply) {
		t.Helper()
		c.refuses(t, what, a, Problem{Status: 404, Code: "not_found"})
	}
	for _, c := range r.routes() {
		if !c.about() {
			continue
		}
		for _, site := range []string{foreign.site, foreign.publicKey, "0", "x", "+" + demo.SiteID} {
			path, body := c.address(site, foreign.key), c.body(site)
			check(c, "foreign site by session", r.ask(owner, c.method, path, body))
			if c.access == withEither {
				check(c, "foreign site by key", r.ask(nobody, c.method, path, body, "Authorization", "Bearer "+demo.APIKey))
				check(c, "site by billing", r.ask(billing, c.method, c.address(demo.SiteID, ""), c.body(demo.SiteID)))
			}
		}
	}
	if a := r.ask(owner, "DELETE", "/api/v1/sites/"+demo.SiteID+"/server-keys/"+foreign.key, ""); a.status != 404 {
		t.Errorf("revoke foreign server key: %d", a.status)
	}
	if a := r.ask(owner, "DELETE", "/api/v1/api-keys/999", ""); a.status != 404 {
		t.Errorf("revoke unknown API key: %d", a.status)
	}
}

// What the table says is what is served: nothing more under /api, and nothing undescribed.
func TestDescription(t *testing.T) {
	r := start(t, nil)
	a := r.ask(r.client, "GET", "/api/openapi.json", "")
	if a.status != 200 || !strings.Contains(a.body, `"openapi":"3.1.0"`) || strings.Contains(a.body, "ErrorModel") {
		t.Fatalf("%d %.200s", a.status, a.body)
	}
	for _, c := range r.routes() {
		if !strings.Contains(a.body, `"`+c.path+`"`) || !strings.Contains(a.body, `"operationId":"`+c.name+`"`) {
			t.Errorf("%s %s is not described", c.method, c.path)
		}
	}
	for _, path := range []string{"/api", "/api/", "/api/v1/nothing", "/api/v2/query", "/api/docs", "/api/v1/query/"} {
		if a := r.ask(r.client, "GET", path, ""); path != "/api" && (a.status != 404 || a.problem(t).Code != "not_found") {
			t.Errorf("%s: %d", path, a.status)
		}
	}
}

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
