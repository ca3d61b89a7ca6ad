package admin

import (
	"strings"
	"testing"
)

// A workspace that demands a second factor is closed to members without one, at each of its routes; they
// are told what to do, may leave, and are let in as soon as they have one. Others come in as before.
func TestDemandedSecondFactor(t *testing.T) {
	m := startTeam(t)
	const jon, kim = "jon@acme.example", "kim@acme.example"
	admin := m.join(jon, "admin")
	acme := strings.TrimPrefix(m.path, "/api/v1/workspaces/")
	var site SiteView
	decode(t, m.ask(m.owner, "POST", "/api/v1/sites", j("workspace_id", acme, "name", "Shop", "hostnames", []string{"shop.example"}, "time_zone", "UTC", "currency", "EUR")), 201, &site)
	demand := func(required bool) reply {
		return m.ask(m.owner, "PUT", m.path+"/second-factor", j("required", required), "If-Match", "*")
	}
	m.wants("without one of one's own", demand(true), 403, "second_factor_needed")
	m.withTOTP(m.owner, goodPassword)
	m.wants("by an admin", m.ask(admin, "PUT", m.path+"/second-factor", j("required", true), "If-Match", "*"), 403, "forbidden")
	m.wants("of an old state", m.ask(m.owner, "PUT", m.path+"/second-factor", j("required", true), "If-Match", `"x"`), 412, "changed_meanwhile")
	m.wants("demand", demand(true), 200, "")

	closed := []string{m.path, m.path + "/members", m.path + "/audit", "/api/v1/sites/" + site.ID}
	for _, path := range closed {
		m.wants(path, m.ask(admin, "GET", path, ""), 403, "second_factor_needed")
		m.wants(path, m.ask(m.owner, "GET", path, ""), 200, "")
	}
	var me MeView
	decode(t, m.ask(admin, "GET", "/api/v1/me", ""), 200, &me)
	for _, w := range me.Workspaces { // the other one is their own
		if w.SecondFactorNeeded != (w.Name == "Acme") {
			t.Errorf("%+v", w)
		}
	}
	if len(me.Workspaces) != 2 || len(me.Sites) != 0 {
		t.Errorf("%+v", me)
	}
	m.wants("a site there", m.ask(admin, "POST", "/api/v1/sites", j("workspace_id", acme, "name", "Shop", "hostnames", []string{"shop.example"}, "time_zone", "UTC", "currency", "EUR")), 422, "invalid_request")
	var seen sitesOutput
	decode(t, m.ask(admin, "GET", "/api/v1/sites", ""), 200, &seen.Body)
	if len(seen.Body.Sites) != 0 {
		t.Errorf("%+v", seen.Body)
	}

	m.wants("invite", m.ask(m.owner, "POST", m.path+"/invitations", j("email", kim, "role", "analyst")), 201, "")
	mail := m.box.next(kim, subjectInvitation)
	var offer offerOutput
	link := tokenInMail.FindStringSubmatch(mail.Text)[1]
	decode(t, m.ask(m.browser(), "POST", "/api/v1/invitations/look", j("token", link)), 200, &offer.Body)
	if !offer.Body.SecondFactor || !strings.Contains(mail.Text, "demands a second factor") {
		t.Errorf("%+v, %s", offer.Body, mail.Text)
	}
	invited := m.browser()
	m.wants("join", m.ask(invited, "POST", "/api/v1/invitations/join", j("token", link, "name", "Kim", "password", goodPassword)), 200, "")
	m.wants("see", m.ask(invited, "GET", m.path, ""), 403, "second_factor_needed")
	m.wants("leave", m.ask(invited, "POST", m.path+"/leave", ""), 204, "")

	m.withTOTP(admin, goodPassword)
	m.wants("with two steps", m.ask(admin, "GET", m.path+"/members", ""), 200, "")
	m.wants("take it back", demand(false), 200, "")
	var noted int
	m.scan(`SELECT count(*) FROM audit WHERE action = 'workspace.second_factor'`, nil, &noted)
	if noted != 2 {
		t.Errorf("%d entries in the audit", noted)
	}
}
