package admin

import (
	"strings"
	"testing"
	"time"
)

// A workspace is deleted by an owner who gives its name, after seven days in which that can be taken
// back. Every owner is told of both, once.
func TestWorkspaceDeletion(t *testing.T) {
	m := startTeam(t)
	const mara, jon, kim = "mara@acme.example", "jon@acme.example", "kim@acme.example"
	second := m.join(jon, "owner")
	admin := m.join(kim, "admin")
	m.wants("an admin", m.ask(admin, "POST", m.path+"/delete", j("workspace_name", "Acme")), 403, "forbidden")
	m.wants("another name", m.ask(m.owner, "POST", m.path+"/delete", j("workspace_name", "acme")), 422, "invalid_request")
	m.wants("nothing planned", m.ask(m.owner, "POST", m.path+"/keep", ""), 409, "conflict")
	before := m.ask(m.owner, "GET", m.path, "").header.Get("ETag")

	var planned deleteWorkspaceOutput
	decode(t, m.ask(m.owner, "POST", m.path+"/delete", j("workspace_name", "Acme")), 202, &planned.Body)
	if wait := time.Until(planned.Body.EraseAfter); wait < 167*time.Hour || wait > 169*time.Hour {
		t.Errorf("gone in %s", wait)
	}
	var again deleteWorkspaceOutput
	decode(t, m.ask(second, "POST", m.path+"/delete", j("workspace_name", "Acme")), 202, &again.Body)
	if !again.Body.EraseAfter.Equal(planned.Body.EraseAfter) {
		t.Errorf("planned again for %s, was %s", again.Body.EraseAfter, planned.Body.EraseAfter)
	}
	for _, email := range []string{mara, jon} {
		if mail := m.box.next(email, "A workspace will be deleted"); !strings.Contains(mail.Text, "Acme") {
			t.Errorf("%s", mail.Text)
		}
	}
	a := m.ask(admin, "GET", m.path, "")
	if !strings.Contains(a.body, `"erase_after"`) || a.header.Get("ETag") == before {
		t.Errorf("%s %s", a.header.Get("ETag"), a.body)
	}

	m.wants("an admin keeps", m.ask(admin, "POST", m.path+"/keep", ""), 403, "forbidden")
	m.wants("keep", m.ask(second, "POST", m.path+"/keep", ""), 204, "")
	for _, email := range []string{mara, jon} {
		m.box.next(email, "A workspace stays")
	}
	if a := m.ask(admin, "GET", m.path, ""); strings.Contains(a.body, "erase_after") || a.header.Get("ETag") != before {
		t.Errorf("kept: %s", a.body)
	}
	for _, mail := range m.box.ledger().Messages {
		if mail.To[0] == kim && strings.HasPrefix(mail.Subject, "A workspace") {
			t.Errorf("%s was told", kim)
		}
	}
	decode(t, m.ask(m.owner, "POST", m.path+"/delete", j("workspace_name", "Acme")), 202, &planned.Body)
	m.sql(`UPDATE workspaces SET erase_after = now() - interval '1 second' WHERE erase_after IS NOT NULL`)
	m.wants("too late", m.ask(m.owner, "POST", m.path+"/keep", ""), 409, "conflict")
}

// Where strangers cannot sign up, whoever was invited can: the mailed link proves the address.
func TestJoinByInvitation(t *testing.T) {
	r, box := startWithMail(t, func(c *Config) { c.SignUp = false })
	owner, workspace := r.signedIn(), "/api/v1/workspaces/"+r.demo().WorkspaceID
	const jon = "jon@acme.example"
	r.wants("a stranger", r.send(r.browser(), "/sign-up", j("name", "Jon", "email", jon, "password", goodPassword)), 403, "sign_up_closed")
	r.wants("invite", r.ask(owner, "POST", workspace+"/invitations", j("email", jon, "role", "analyst")), 201, "")
	link := box.token(jon, subjectInvitation)
	join := func(pairs ...any) reply {
		return r.ask(r.browser(), "POST", "/api/v1/invitations/join", j(append([]any{"token", link, "name", "Jon Berg", "password", goodPassword}, pairs...)...))
	}
	r.wants("no name", join("name", " "), 422, "invalid_request")
	r.wants("a bad password", join("password", "password123456"), 422, "invalid_request")
	r.wants("another link", join("token", strings.Repeat("x", 43)), 404, "link_invalid")

	client := r.browser()
	r.wants("join", r.ask(client, "POST", "/api/v1/invitations/join", j("token", link, "name", "Jon Berg", "password", goodPassword)), 200, "")
	var me MeView
	decode(t, r.ask(client, "GET", "/api/v1/me", ""), 200, &me)
	if me.Account.Email != jon || len(me.Workspaces) != 1 || me.Workspaces[0].ID != r.demo().WorkspaceID || me.Workspaces[0].Role != "analyst" {
		t.Errorf("%+v", me)
	}
	r.wants("again", join(), 410, "link_used")
	r.signedInAs(jon, goodPassword)

	r.wants("remove", r.ask(client, "POST", workspace+"/leave", ""), 204, "")
	r.wants("invite again", r.ask(owner, "POST", workspace+"/invitations", j("email", jon, "role", "admin")), 201, "")
	link = box.token(jon, subjectInvitation)
	r.wants("who has an account", join(), 409, "conflict")
	r.wants("accepts", r.ask(client, "POST", "/api/v1/invitations/accept", j("token", link)), 200, "")
}
