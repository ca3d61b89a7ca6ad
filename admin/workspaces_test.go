package admin

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

const subjectInvitation = "You are invited to a workspace on Noctra"

// team is a workspace with an owner, who came by mail.
type team struct {
	*rig
	box   *mailbox
	owner *http.Client
	path  string // of the workspace
}

func startTeam(t *testing.T) team {
	t.Helper()
	r, box := startWithMail(t, nil)
	owner := r.joined(box, "mara@acme.example")
	var made OwnWorkspaceView
	decode(t, r.ask(owner, "POST", "/api/v1/workspaces", j("name", " Acme ")), 201, &made)
	if made.Name != "Acme" || made.Role != "owner" {
		t.Fatalf("%+v", made)
	}
	return team{r, box, owner, "/api/v1/workspaces/" + made.ID}
}

// join makes somebody with that address a member and returns their browser.
func (m team) join(email, role string) *http.Client {
	m.t.Helper()
	var sent InvitationView
	decode(m.t, m.ask(m.owner, "POST", m.path+"/invitations", j("email", email, "role", role)), 201, &sent)
	link := m.box.token(email, subjectInvitation)
	client := m.joined(m.box, email)
	m.wants("accept", m.ask(client, "POST", "/api/v1/invitations/accept", j("token", link)), 200, "")
	return client
}

// members are the roles by address.
func (m team) members() map[string]MemberView {
	m.t.Helper()
	var out membersOutput
	decode(m.t, m.ask(m.owner, "GET", m.path+"/members", ""), 200, &out.Body)
	all := map[string]MemberView{}
	for _, member := range out.Body.Members {
		all[member.Email] = member
	}
	return all
}

func (m team) setRole(client *http.Client, email, role string) reply {
	m.t.Helper()
	return m.ask(client, "PATCH", m.path+"/members/"+m.members()[email].AccountID, j("role", role), "If-Match", "*")
}

func TestInvitation(t *testing.T) {
	m := startTeam(t)
	const jon = "jon@acme.example"
	var sent InvitationView
	decode(t, m.ask(m.owner, "POST", m.path+"/invitations", j("email", jon, "role", "analyst")), 201, &sent)
	first := m.box.token(jon, subjectInvitation)
	m.wants("again", m.ask(m.owner, "POST", m.path+"/invitations", j("email", "JON@acme.example", "role", "admin")), 409, "conflict")
	m.wants("a member", m.ask(m.owner, "POST", m.path+"/invitations", j("email", "mara@acme.example", "role", "admin")), 409, "already_member")
	m.wants("no role", m.ask(m.owner, "POST", m.path+"/invitations", j("email", "x@acme.example", "role", "king")), 422, "invalid_request")
	var offer offerOutput
	decode(t, m.ask(m.browser(), "POST", "/api/v1/invitations/look", j("token", first)), 200, &offer.Body)
	if offer.Body.Workspace != "Acme" || offer.Body.Email != jon || offer.Body.Role != "analyst" {
		t.Errorf("%+v", offer.Body)
	}
	stranger := m.joined(m.box, "eve@evil.example")
	m.wants("somebody else", m.ask(stranger, "POST", "/api/v1/invitations/accept", j("token", first)), 403, "other_address")
	m.wants("too soon", m.ask(m.owner, "POST", m.path+"/invitations/"+sent.ID+"/resend", ""), 429, "too_many_attempts")
	m.offset.move(2 * time.Minute)
	m.wants("resend", m.ask(m.owner, "POST", m.path+"/invitations/"+sent.ID+"/resend", ""), 200, "")
	second := m.box.token(jon, subjectInvitation)
	client := m.joined(m.box, jon)
	m.wants("the link before", m.ask(client, "POST", "/api/v1/invitations/accept", j("token", first)), 404, "link_invalid")

	codes := m.atOnce(4, func() reply { return m.ask(client, "POST", "/api/v1/invitations/accept", j("token", second)) })
	if codes[""] != 1 || codes["link_used"] != 3 {
		t.Errorf("accepted at once: %v", codes)
	}
	if got := m.members()[jon].Role; got != "analyst" {
		t.Errorf("role %q", got)
	}
	m.wants("members by an analyst", m.ask(client, "GET", m.path+"/members", ""), 403, "forbidden")

	decode(t, m.ask(m.owner, "POST", m.path+"/invitations", j("email", "kim@acme.example", "role", "billing")), 201, &sent)
	late := m.box.token("kim@acme.example", subjectInvitation)
	m.offset.move(6 * 24 * time.Hour)
	m.owner = m.signedInAs("mara@acme.example", goodPassword)
	m.offset.move(25 * time.Hour)
	m.wants("late", m.ask(m.browser(), "POST", "/api/v1/invitations/look", j("token", late)), 410, "link_expired")
	m.wants("revoke", m.ask(m.owner, "DELETE", m.path+"/invitations/"+sent.ID, ""), 204, "")
	m.wants("revoked", m.ask(m.browser(), "POST", "/api/v1/invitations/look", j("token", late)), 404, "link_invalid")
	m.wants("revoke again", m.ask(m.owner, "DELETE", m.path+"/invitations/"+sent.ID, ""), 404, "not_found")
}

// atOnce sends n requests at the same time and counts the codes of their answers.
func (m team) atOnce(n int, send func() reply) map[string]int {
	var group sync.WaitGroup
	codes := make(chan string, n)
	for range n {
		group.Go(func() { codes <- send().code() })
	}
	group.Wait()
	close(codes)
	counted := map[string]int{}
	for code := range codes {
		counted[code]++
	}
	return counted
}

// What depends on roles of others: owners are made and unmade by owners alone, and one always stays.
func TestOwners(t *testing.T) {
	m := startTeam(t)
	const mara, jon = "mara@acme.example", "jon@acme.example"
	admin := m.join(jon, "admin")
	m.wants("admin makes owner", m.setRole(admin, jon, "owner"), 403, "forbidden")
	m.wants("admin unmakes owner", m.setRole(admin, mara, "analyst"), 403, "forbidden")
	m.wants("admin removes owner", m.ask(admin, "DELETE", m.path+"/members/"+m.members()[mara].AccountID, ""), 403, "forbidden")
	m.wants("admin invites owner", m.ask(admin, "POST", m.path+"/invitations", j("email", "x@acme.example", "role", "owner")), 403, "forbidden")
	m.wants("admin transfers", m.ask(admin, "POST", m.path+"/transfer", j("account_id", m.members()[jon].AccountID)), 403, "forbidden")
	m.wants("last owner leaves", m.ask(m.owner, "POST", m.path+"/leave", ""), 409, "last_owner")
	m.wants("last owner steps down", m.setRole(m.owner, mara, "admin"), 409, "last_owner")
	m.wants("last owner removes oneself", m.ask(m.owner, "DELETE", m.path+"/members/"+m.members()[mara].AccountID, ""), 409, "last_owner")

	m.wants("two owners", m.setRole(m.owner, jon, "owner"), 200, "")
	turn := make(chan *http.Client, 2)
	turn <- m.owner
	turn <- admin
	codes := m.atOnce(2, func() reply { return m.ask(<-turn, "POST", m.path+"/leave", "") })
	if codes[""] != 1 || codes["last_owner"] != 1 {
		t.Errorf("two owners leave at once: %v", codes)
	}
	var owners int
	if err := m.pool.QueryRow(t.Context(), `SELECT count(*) FROM members WHERE workspace_id = $1::text::bigint AND role = 'owner'`, strings.TrimPrefix(m.path, "/api/v1/workspaces/")).Scan(&owners); err != nil || owners != 1 {
		t.Errorf("%d owners, %v", owners, err)
	}
}

func TestTransfer(t *testing.T) {
	m := startTeam(t)
	const mara, jon = "mara@acme.example", "jon@acme.example"
	heir := m.join(jon, "campaign_manager")
	m.wants("transfer", m.ask(m.owner, "POST", m.path+"/transfer", j("account_id", m.members()[jon].AccountID)), 204, "")
	now := m.members()
	if now[jon].Role != "owner" || now[mara].Role != "admin" {
		t.Errorf("%+v", now)
	}
	m.wants("leave", m.ask(m.owner, "POST", m.path+"/leave", ""), 204, "")
	m.wants("gone", m.ask(m.owner, "GET", m.path, ""), 404, "not_found")
	m.wants("the heir stays", m.ask(heir, "POST", m.path+"/leave", ""), 409, "last_owner")
}

// Changes name the state that they are based on.
func TestConditions(t *testing.T) {
	m := startTeam(t)
	a := m.ask(m.owner, "GET", m.path, "")
	tag := a.header.Get("ETag")
	m.wants("without", m.ask(m.owner, "PATCH", m.path, j("name", "B")), 428, "precondition_required")
	renamed := m.ask(m.owner, "PATCH", m.path, j("name", "B"), "If-Match", tag)
	if renamed.status != 200 || renamed.header.Get("ETag") == tag || tag == "" {
		t.Errorf("%d, %q after %q", renamed.status, renamed.header.Get("ETag"), tag)
	}
	m.wants("stale", m.ask(m.owner, "PATCH", m.path, j("name", "C"), "If-Match", tag), 412, "changed_meanwhile")
	next := renamed.header.Get("ETag")
	names := make(chan string, 3)
	names <- "D"
	names <- "E"
	names <- "F"
	codes := m.atOnce(3, func() reply { return m.ask(m.owner, "PATCH", m.path, j("name", <-names), "If-Match", next) })
	if codes[""] != 1 || codes["changed_meanwhile"] != 2 {
		t.Errorf("renamed at once: %v", codes)
	}
}
