package admin

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// Whoever tries what is not theirs stands in the audit: of their own workspace, or, where it is nobody
// who is known, of the installation and without a name.
func TestRefusalsAreAudited(t *testing.T) {
	begun := time.Now().UTC().Format(time.DateOnly)
	m := startTeam(t)
	for range 2 {
		m.wants("a foreign workspace", m.ask(m.owner, "GET", "/api/v1/workspaces/"+m.demo().WorkspaceID+"/members", ""), 404, "not_found")
	}
	const guessed = "guessed@canary.example"
	m.wants("a guess", m.send(m.browser(), "/sign-in", j("email", guessed, "password", goodPassword)), 401, "wrong_credentials")
	seed, _ := m.withTOTP(m.owner, goodPassword)
	client := m.browser()
	m.wants("a wrong code", m.send(client, "/sign-in/second-factor", j("ceremony", m.halfIn(client, "mara@acme.example"), "code", m.wrongCode(seed))), 422, "wrong_code")
	jon := m.join("jon@acme.example", "analyst")
	m.sql(`DELETE FROM members m USING accounts a WHERE a.id = m.account_id AND a.email = 'jon@acme.example' AND m.workspace_id::text <> $1`, strings.TrimPrefix(m.path, "/api/v1/workspaces/"))
	m.wants("another's foreign workspace", m.ask(jon, "GET", "/api/v1/workspaces/"+m.demo().WorkspaceID, ""), 404, "not_found")
	if got := actions(m.entries("&action=access")); !slices.Equal(got, []string{"access.foreign"}) {
		t.Errorf("audit of the only workspace of somebody: %v", got)
	}
	var foreign, guesses, codes, named int
	m.scan(`SELECT count(*) FILTER (WHERE action = 'access.foreign' AND person IS NOT NULL), count(*) FILTER (WHERE action = 'sign_in.refused' AND person IS NULL),
		count(*) FILTER (WHERE action = 'second_factor.refused' AND person IS NOT NULL), count(*) FILTER (WHERE concat(audit, v) LIKE '%canary%')
		FROM audit LEFT JOIN audit_private v USING (chain, seq)`, nil, &foreign, &guesses, &codes, &named)
	if foreign != 2 || guesses != 1 || codes != 1 || named != 0 {
		t.Errorf("%d foreign workspaces, %d guesses, %d codes, %d with the address", foreign, guesses, codes, named)
	}
	for email, member := range m.members() {
		if member.LastSeen < begun || member.LastSeen > m.now().UTC().Format(time.DateOnly) {
			t.Errorf("%s was seen on %q", email, member.LastSeen)
		}
	}
}

// An API key's name, scopes and end change for whoever saw its state; what it reads changes at once.
func TestChangeAPIKey(t *testing.T) {
	r := start(t, nil)
	owner := r.signedIn()
	var key NewKey
	decode(t, r.ask(owner, "POST", "/api/v1/api-keys", `{"name": "Excel"}`), 201, &key)
	path := "/api/v1/api-keys/" + key.ID
	tag := r.ask(owner, "GET", path, "").header.Get("ETag")
	change := func(tag, body string) reply { return r.ask(owner, "PATCH", path, body, "If-Match", tag) }
	reads := func(status int, code string) {
		t.Helper()
		r.wants("reading", r.ask(r.browser(), "GET", "/api/v1/sites/"+r.demo().SiteID+"/ingestion", "", "Authorization", "Bearer "+key.Key), status, code)
	}
	reads(200, "")
	r.wants("without a tag", r.ask(owner, "PATCH", path, `{"name": "x"}`), 428, "precondition_required")
	r.wants("narrower", change(tag, `{"name": " Sheets ", "scopes": ["reports", "reports"]}`), 200, "")
	reads(403, "scope_needed")
	r.wants("an old tag", change(tag, `{"name": "x"}`), 412, "changed_meanwhile")
	for _, body := range []string{`{"scopes": []}`, `{"scopes": ["everything"]}`, `{"name": " "}`, `{"expires_at": "2020-01-01T00:00:00Z"}`} {
		r.wants(body, change("*", body), 422, "invalid_request")
	}
	r.wants("wider", change("*", `{"scopes": ["ingestion", "reports"]}`), 200, "")
	reads(200, "")
	var view APIKeyView
	decode(t, r.ask(owner, "GET", path, ""), 200, &view)
	if view.Name != "Sheets" || strings.Join(view.Scopes, " ") != "ingestion reports" || view.ExpiresAt != nil {
		t.Errorf("%+v", view)
	}
	r.wants("revoke", r.ask(owner, "DELETE", path, ""), 204, "")
	r.wants("revoked", change("*", `{"name": "x"}`), 404, "not_found")
	if got := r.audited("api_key"); got != "api_key.created api_key.first_used api_key.changed api_key.changed api_key.revoked" {
		t.Errorf("audit: %s", got)
	}
	if mayGive("billing", scopeReports) || !mayGive("analyst", scopeConversions) {
		t.Error("a role gives what it does not have, or not what it has")
	}
}
