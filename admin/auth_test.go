package admin

import (
	"net/http"
	"strings"
	"testing"

	"noctra/admin/internal/token"
	"noctra/admin/internal/workspaces"
)

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
	case "create-server-key", "create-api-key", "rename-account", "create-workspace", "rename-workspace":
		return `{"name": "New"}`
	case "add-passkey":
		return `{"ceremony": "", "name": "New", "credential": {}}`
	case "change-password":
		return `{"new_password": "x"}`
	case "change-email":
		return `{"email": "x"}`
	case "confirm-email", "accept-invitation":
		return `{"token": ""}`
	case "confirm-totp":
		return `{"code": ""}`
	case "change-role":
		return `{"role": "analyst"}`
	case "invite":
		return `{"email": "a@b.example", "role": "analyst"}`
	case "transfer-workspace":
		return `{"account_id": "1"}`
	case "begin-totp", "remove-totp", "new-recovery-codes", "begin-passkey", "remove-passkey", "delete-account":
		return `{}`
	}
	return ""
}

func (c route) address(site, key string) string {
	return strings.NewReplacer("{id}", site, "{key_id}", key, "{session_id}", key, "{passkey_id}", key, "{workspace_id}", "1", "{account_id}", key, "{invitation_id}", key).Replace(c.path)
}

// refuses checks status and code of an answer.
func (c route) refuses(t *testing.T, what string, a reply, want Problem) {
	t.Helper()
	if p := a.problem(t); a.status != want.Status || p.Code != want.Code {
		t.Errorf("%s %s, %s: %d %s, want %d %s", c.method, c.path, what, a.status, p.Code, want.Status, want.Code)
	}
}

// Every route of the table, with credentials that are not good. What good ones may do: TestRoleWalk.
func TestWhoMayCall(t *testing.T) {
	r := start(t, nil)
	demo := r.demo()
	expired := r.addKey(", expires_at", ", now() - interval '1 minute'")
	revoked := r.addKey(", revoked_at", ", now()")
	owner := r.signedIn()
	nobody := r.browser()
	check := func(c route, what string, a reply, status int, code string) {
		t.Helper()
		c.refuses(t, what, a, Problem{Status: status, Code: code})
	}
	for _, c := range r.routes() {
		if c.need == 0 {
			t.Errorf("%s %s has no permission", c.method, c.path)
		}
		if c.need == beforeSignIn {
			continue // TestBeforeSignIn
		}
		path, body := c.address(demo.SiteID, "1"), c.body(demo.SiteID)
		check(c, "nobody", r.ask(nobody, c.method, path, body), 401, "signed_out")
		check(c, "wrong cookie", r.ask(nobody, c.method, path, body, "Cookie", "noctra_session_0="+token.New("")), 401, "signed_out")
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
	}
}

// A site of somebody else, and one that does not exist, are nowhere: whoever asks, and however it is named.
func TestForeignSites(t *testing.T) {
	r := start(t, nil)
	operations, schemas := r.described()
	w := walk{rig: r, schemas: schemas}
	foreign, own := r.scene("FOREIGN"), r.scene("OWN")
	owner, apiKey := r.walker(own.workspace, workspaces.Owner), r.addKeyTo(own)
	publicKey := ""
	if err := r.pool.QueryRow(t.Context(), `SELECT public_key FROM sites WHERE id = $1::text::bigint`, foreign.site).Scan(&publicKey); err != nil {
		t.Fatal(err)
	}
	tried := 0
	for _, op := range operations {
		if op.ID != "query" && !strings.Contains(op.path, "/sites/{id}") || strings.Contains(op.path, "{event_id}") {
			continue
		}
		for _, site := range []string{foreign.site, publicKey, "0", "x", "+" + own.site} {
			at := foreign
			at.site = site
			answers := map[string]reply{"session": w.send(op, at, "Cookie", owner.cookie)}
			if op.Permission == grants[readReports].name || op.Permission == grants[readIngestion].name {
				answers["key"] = w.send(op, at, "Authorization", "Bearer "+apiKey)
			}
			for by, a := range answers {
				tried++
				if a.status != 404 || op.method != "GET" && a.code() != "not_found" {
					t.Errorf("%s %s, site %q by %s: %d %s", op.method, op.path, site, by, a.status, a.body)
				}
			}
		}
	}
	if tried < 100 {
		t.Errorf("only %d requests", tried)
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

func TestWrongMethod(t *testing.T) {
	r := start(t, nil)
	for path, allow := range map[string]string{"/api/v1/query": "POST", "/api/v1/sites": "GET, HEAD, POST", "/api/v1/api-keys/7": "DELETE, GET, HEAD, PATCH", "/api/v1/me": "GET, HEAD"} {
		a := r.ask(r.client, "PUT", path, "")
		if p := a.problem(t); a.status != 405 || p.Code != "method_not_allowed" || a.header.Get("Allow") != allow {
			t.Errorf("%s: %d, Allow %q", path, a.status, a.header.Get("Allow"))
		}
	}
}
