package admin

import (
	"slices"
	"strings"
	"testing"
)

// A workspace that demands a second factor is closed to members without one, at each of its routes; they
// are told what to do, may leave, and are let in as soon as they have one. Others come in as before.
func TestDemandedSecondFactor(t *testing.T) {
	m := startTeam(t)
	const mara, jon, kim = "mara@acme.example", "jon@acme.example", "kim@acme.example"
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
	if mail := m.box.next(jon, "A workspace asks for a second factor"); !strings.Contains(mail.Text, "You have none yet") || !strings.Contains(mail.Text, "/account\n") {
		t.Error(mail.Text)
	}
	if mail := m.box.next(mara, "A workspace asks for a second factor"); !strings.Contains(mail.Text, "nothing to do for you") {
		t.Error(mail.Text)
	}

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
	m.wants("a site there", m.ask(admin, "POST", "/api/v1/sites", j("workspace_id", acme, "name", "Shop", "hostnames", []string{"shop.example"}, "time_zone", "UTC", "currency", "EUR")), 403, "second_factor_needed")
	var seen sitesOutput
	decode(t, m.ask(admin, "GET", "/api/v1/sites", ""), 200, &seen.Body)
	if len(seen.Body.Sites) != 0 {
		t.Errorf("%+v", seen.Body)
	}
	for _, path := range []string{"/api/v1/me", "/api/v1/workspaces", "/api/v1/sites", "/api/v1/api-keys", "/api/v1/erasures", "/api/v1/retention"} {
		var list WithLeftOut
		decode(t, m.ask(admin, "GET", path, ""), 200, &list)
		if want := []LeftOut{{acme, "second_factor_needed"}}; !slices.Equal(list.LeftOut, want) {
			t.Errorf("%s leaves out %+v", path, list.LeftOut)
		}
		if a := m.ask(m.owner, "GET", path, ""); strings.Contains(a.body, "left_out") {
			t.Errorf("%s leaves out something for who has a factor: %s", path, a.body)
		}
	}
	for _, path := range []string{"/api/v1/conversions?workspace_id=", "/api/v1/reconciliation?workspace_id=", "/api/v1/retention?workspace_id="} {
		m.wants(path, m.ask(admin, "GET", path+acme, ""), 403, "second_factor_needed")
	}
	m.wants("a key there", m.ask(admin, "POST", "/api/v1/api-keys", j("workspace_id", acme, "name", "Weekly")), 403, "second_factor_needed")
	m.wants("an erasure there", m.ask(admin, "POST", "/api/v1/erasures", j("workspace_id", acme, "subject", map[string]string{"user_id": "u-1"})), 403, "second_factor_needed")

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
	m.wants("once more", demand(false), 200, "") // changes nothing, so nobody is told
	for _, to := range []string{jon, mara} {
		if mail := m.box.next(to, "A workspace no longer asks for a second factor"); !strings.Contains(mail.Text, "stays on") {
			t.Error(mail.Text)
		}
	}
	var noted int
	m.scan(`SELECT count(*) FROM audit WHERE action = 'workspace.second_factor'`, nil, &noted)
	if noted != 2 {
		t.Errorf("%d entries in the audit", noted)
	}
}
