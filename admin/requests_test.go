package admin

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

// Somebody asks, confirms the address, is heard of by whoever handles it, and gets an answer in time or a
// reason; until the address is confirmed nobody hears of it.
func TestRequests(t *testing.T) {
	const jon, support = "jon@shopper.example", "help@noctra.example"
	r, box := startWithMail(t, func(c *Config) { c.SupportEmail = support })
	owner, demo := r.signedIn(), r.demo()
	path := "/api/v1/workspaces/" + demo.WorkspaceID + "/requests"
	ask := func(host string) {
		r.wants("ask", r.ask(r.browser(), "POST", "/api/v1/privacy/requests", j("kind", "erasure", "hostname", host, "email", jon, "text", "Erase order 12.")), 202, "")
	}
	ask("SHOP.noctra.example")
	link := box.token(jon, "Confirm your request about your data")
	all := func() (list []RequestView) {
		var out requestsOutput
		decode(t, r.ask(owner, "GET", path, ""), 200, &out.Body)
		return out.Body.Requests
	}
	if n := len(all()); n != 0 {
		t.Errorf("%d requests before the address is confirmed", n)
	}
	for range 2 {
		r.wants("confirm", r.ask(r.browser(), "POST", "/api/v1/privacy/requests/confirm", j("token", link)), 200, "")
	}
	for _, to := range []string{support, demoEmail} {
		box.next(to, "Somebody asks about their data")
	}
	box.next(jon, "Your request about your data")
	list := all()
	if len(list) != 1 || list[0].SiteID != demo.SiteID || list[0].DueAt == nil || list[0].DueAt.Sub(*list[0].VerifiedAt) != 30*24*time.Hour {
		t.Fatalf("%+v", list)
	}
	one := path + "/" + list[0].ID
	read := r.ask(owner, "GET", one, "")
	change := func(tag, body string) reply { return r.ask(owner, "PATCH", one, body, "If-Match", tag) }
	r.wants("work", change(read.header.Get("ETag"), j("state", "in_progress", "note", "Looking.")), 200, "")
	r.wants("work twice", change(read.header.Get("ETag"), j("state", "waiting")), 412, "changed_meanwhile")
	r.offset.move(24 * 24 * time.Hour)
	for n, want := range []int{1, 0} {
		if got, err := r.requests.Remind(t.Context()); err != nil || got != want {
			t.Errorf("reminders %d: %d, %v", n, got, err)
		}
	}
	box.next(support, "A request about data is due soon")
	r.offset.move(-24 * 24 * time.Hour)
	r.wants("refuse without a reason", change("*", j("state", "refused")), 422, "invalid_request")
	r.wants("refuse", change("*", j("state", "refused", "note", "There is no such order.")), 200, "")
	if m := box.next(jon, "Your request about your data was answered"); !strings.Contains(m.Text, "There is no such order.") {
		t.Errorf("%s", m.Text)
	}
	var ended RequestView
	decode(t, r.ask(owner, "GET", one, ""), 200, &ended)
	var states []string
	for _, s := range ended.History {
		states = append(states, s.State)
	}
	if got := strings.Join(states, " "); got != "open in_progress refused" || ended.ClosedAt == nil {
		t.Errorf("%s, closed %v", got, ended.ClosedAt)
	}
	var own RequestView
	decode(t, r.ask(owner, "POST", "/api/v1/account/requests", j("kind", "access", "text", "All of it.")), 201, &own)
	if own.Email != demoEmail || own.DueAt == nil || len(all()) != 1 { // about the installation itself
		t.Errorf("%+v", own)
	}
}

// The page asks by a form, says what is wrong, and confirms by a button.
func TestRequestPage(t *testing.T) {
	r, box := startWithMail(t, nil)
	form := func(path string, pairs ...string) reply {
		values := url.Values{}
		for i := 0; i+1 < len(pairs); i += 2 {
			values.Set(pairs[i], pairs[i+1])
		}
		return r.ask(r.browser(), "POST", path, values.Encode(), "Content-Type", "application/x-www-form-urlencoded", "Origin", r.config.publicURL().String())
	}
	if a := r.ask(r.browser(), "GET", "/privacy/request?site=shop.example", ""); a.status != 200 || !strings.Contains(a.body, `value="shop.example"`) {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := form("/privacy/request", "kind", "access", "email", "<script>", "text", ""); a.status != 422 || strings.Contains(a.body, "<script>") || strings.Count(a.body, `class="error"`) != 2 {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := form("/privacy/request", "kind", "access", "email", "mia@shopper.example", "text", "Mine."); a.status != 202 {
		t.Errorf("%d %s", a.status, a.body)
	}
	m := box.next("mia@shopper.example", "Confirm your request about your data")
	link := regexp.MustCompile(`/privacy/confirm#token=(\w{43})`).FindStringSubmatch(m.Text)
	if a := r.ask(r.browser(), "GET", "/privacy/confirm", ""); a.status != 200 || link == nil {
		t.Fatalf("%d, link %v", a.status, link)
	}
	if a := form("/privacy/confirm", "token", link[1]); a.status != 200 || !strings.Contains(a.body, "has arrived") {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := form("/privacy/confirm", "token", "x"); a.status != 404 {
		t.Errorf("%d", a.status)
	}
	for range requestRate {
		form("/privacy/request", "kind", "access", "email", "mia@shopper.example", "text", "Mine.")
	}
	if a := form("/privacy/request", "kind", "access", "email", "mia@shopper.example", "text", "Mine."); a.status != 429 {
		t.Errorf("an address that asks all the time: %d", a.status)
	}
	if n := len(box.ledger().Messages); n > 5 {
		t.Errorf("%d mails", n)
	}
}
