package admin

import (
	"strings"
	"testing"

	"noctra/admin/internal/requests"
)

// Requests about the installation itself are an operator's: they are listed, shown, answered and refused
// by commands that try first, and those of workspaces are not among them.
func TestOperatorsRequests(t *testing.T) {
	r, box := startWithMail(t, nil)
	const mia, kim = "mia@shopper.example", "kim@shopper.example"
	for email, host := range map[string]string{mia: "", kim: "nowhere.example", "jon@shopper.example": "shop.noctra.example"} {
		r.wants("ask", r.ask(r.browser(), "POST", "/api/v1/privacy/requests", j("kind", "access", "hostname", host, "email", email, "text", "All of it.")), 202, "")
		r.wants("confirm", r.ask(r.browser(), "POST", "/api/v1/privacy/requests/confirm", j("token", box.token(email, "Confirm your request about your data"))), 200, "")
	}
	list := func(all bool) map[string]RequestLine {
		t.Helper()
		lines, err := ListRequests(t.Context(), r.config, all)
		if err != nil {
			t.Fatal(err)
		}
		by := map[string]RequestLine{}
		for _, l := range lines {
			by[l.Email] = l
		}
		return by
	}
	open := list(false)
	if len(open) != 2 || open[mia].Text != "All of it." || open[kim].Hostname != "nowhere.example" || open[mia].Due.Sub(open[mia].Asked) < requests.DueAfter {
		t.Fatalf("%+v", open)
	}
	answer := func(a RequestAnswer, apply bool, want string) {
		t.Helper()
		l, err := AnswerRequest(t.Context(), r.config, a, apply)
		if got := l.State; err != nil || got != want {
			t.Errorf("%+v: %s, %v", a, got, err)
		}
	}
	told := RequestAnswer{ID: open[mia].ID, Text: "Here is all of it.", Mail: true}
	answer(told, false, "done")
	if len(list(false)) != 2 {
		t.Error("a try closed it")
	}
	answer(told, true, "done")
	if m := box.next(mia, "Your request about your data was answered"); !strings.Contains(m.Text, told.Text) {
		t.Errorf("%s", m.Text)
	}
	answer(RequestAnswer{ID: open[kim].ID, Refuse: true, Text: "That is no site of ours."}, true, "refused")
	if n := r.mailRows(`recipient = $1 AND kind = 'request_closed'`, kim); n != 0 {
		t.Errorf("%d mails to somebody who was told already", n)
	}
	for _, a := range []RequestAnswer{told, {ID: open[mia].ID}, {ID: 4711, Text: "x"}} {
		if _, err := AnswerRequest(t.Context(), r.config, a, true); err == nil {
			t.Errorf("%+v went through", a)
		}
	}
	if len(list(false)) != 0 || len(list(true)) != 2 {
		t.Errorf("open %v, all %v", list(false), list(true))
	}
	shown, err := ShowRequest(t.Context(), r.config, open[kim].ID)
	if err != nil || len(shown.History) != 2 || shown.History[1].State != "refused" || !strings.HasPrefix(shown.History[1].By, "operator ") {
		t.Errorf("%+v, %v", shown, err)
	}
	var noted int
	r.scan(`SELECT count(*) FROM audit WHERE chain = 0 AND operator IS NOT NULL AND action IN ('privacy_request.handled', 'privacy_request.read')`, nil, &noted)
	if noted != 3 {
		t.Errorf("%d entries in the audit", noted)
	}
}
