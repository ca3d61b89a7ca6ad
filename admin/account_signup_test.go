package admin

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"noctra/admin/internal/token"
)

func TestSignUp(t *testing.T) {
	r, box := startWithMail(t, nil)
	const email = "mara@acme.example"
	client := r.browser()
	r.wants("sign up", r.send(client, "/sign-up", j("name", " Mara Lindqvist ", "email", email, "password", goodPassword)), 202, "")
	secret := box.token(email, subjectVerify)
	r.wants("sign in before the address is proved", r.send(client, "/sign-in", j("email", email, "password", goodPassword)), 401, "wrong_credentials")
	r.wants("verify with another password", r.send(client, "/verify-email", j("token", secret, "password", "not the one I chose")), 422, "wrong_password")
	a := r.send(client, "/verify-email", j("token", secret, "password", goodPassword))
	r.wants("verify", a, 200, "")
	if !strings.Contains(a.body, `"next":"done"`) || len(a.header.Values("Set-Cookie")) != 2 {
		t.Errorf("%s %v", a.body, a.header)
	}
	r.wants("verify again", r.send(r.browser(), "/verify-email", j("token", secret, "password", goodPassword)), 410, "link_used")
	r.wants("verify with nothing", r.send(r.browser(), "/verify-email", j("token", token.New(""), "password", goodPassword)), 404, "link_invalid")
	var me MeView
	decode(t, r.ask(client, "GET", "/api/v1/me", ""), 200, &me)
	if me.Account.Name != "Mara Lindqvist" || len(me.Workspaces) != 1 || me.Workspaces[0].Role != "owner" || me.Workspaces[0].Name != "Mara Lindqvist’s workspace" || len(me.Sites) != 0 {
		t.Errorf("%+v", me)
	}
	a = r.ask(client, "POST", "/api/v1/sites", `{"name": "New", "hostnames": ["new.example"], "time_zone": "UTC", "currency": "EUR"}`)
	r.wants("a first site", a, 201, "")
}

// The same request for an address with and without an account: the same status, the same body, the same
// work. Only the mail differs.
func TestNoEnumeration(t *testing.T) {
	r, box := startWithMail(t, nil)
	const known, unknown = "mara@acme.example", "nobody@acme.example"
	r.joined(box, known)
	rows := func() (signUps, mails int) {
		err := r.pool.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM sign_ups), (SELECT count(*) FROM mail_outbox)`).Scan(&signUps, &mails)
		if err != nil {
			t.Fatal(err)
		}
		return signUps, mails
	}
	type trace struct {
		status         int
		body           string
		hashes         int64
		signUps, mails int
	}
	measure := func(path, body string) trace {
		t.Helper()
		hashes, s, m := r.people.hasher.Done(), 0, 0
		s, m = rows()
		a := r.send(r.browser(), path, body)
		s2, m2 := rows()
		return trace{a.status, a.body, r.people.hasher.Done() - hashes, s2 - s, m2 - m}
	}
	for path, body := range map[string]func(email string) string{
		"/sign-up":         func(email string) string { return j("name", "X Y", "email", email, "password", goodPassword) },
		"/forgot-password": func(email string) string { return j("email", email) },
		"/sign-in":         func(email string) string { return j("email", email, "password", "not my password at all") },
	} {
		a, b := measure(path, body(known)), measure(path, body(unknown))
		if a != b || a.status >= 500 {
			t.Errorf("%s tells an account: %+v, %+v", path, a, b)
		}
		if path != "/forgot-password" && a.hashes != 1 {
			t.Errorf("%s hashed %d times", path, a.hashes)
		}
	}
	if m := box.next(known, subjectAlready); strings.Contains(m.Text, "#token") {
		t.Errorf("a link: %s", m.Text)
	}
	box.next(known, subjectReset)
	box.next(unknown, subjectVerify)
	eventually(t, "all mail is decided", func() bool {
		var waiting int
		err := r.pool.QueryRow(t.Context(), `SELECT count(*) FROM mail_outbox WHERE sent_at IS NULL AND failed_at IS NULL`).Scan(&waiting)
		return err == nil && waiting == 0
	})
	for _, m := range box.ledger().Messages {
		if m.To[0] == unknown && m.Subject != subjectVerify {
			t.Errorf("mail to nobody: %s", m.Subject)
		}
	}
}

func TestSignUpRefusals(t *testing.T) {
	r, _ := startWithMail(t, nil)
	r.offset.stop() // no wait is over by itself
	form := func(name, email, password string) string {
		return j("name", name, "email", email, "password", password)
	}
	for what, body := range map[string]string{
		"no name":         form(" ", "a@acme.example", goodPassword),
		"no address":      form("Mara", "acme.example", goodPassword),
		"header in it":    form("Mara", "a@acme.example\r\nBcc: b@acme.example", goodPassword),
		"short password":  form("Mara", "a@acme.example", "kurz"),
		"common password": form("Mara", "a@acme.example", "password123456"),
		"own name":        form("Mara Lindqvist", "a@acme.example", "lindqvist and more"),
		"long password":   form("Mara", "a@acme.example", strings.Repeat("lange Worte ", 20)),
		"no fields":       `{}`,
	} {
		r.wants(what, r.send(r.browser(), "/sign-up", body), 422, "invalid_request")
	}
	r.wants("no JSON", r.send(r.browser(), "/sign-up", `{`), 400, "malformed_request")
	r.wants("another origin", r.send(r.browser(), "/sign-up", form("Mara", "a@acme.example", goodPassword), "Sec-Fetch-Site", "cross-site"), 403, "cross_origin")
	var made int
	if err := r.pool.QueryRow(t.Context(), `SELECT count(*) FROM sign_ups`).Scan(&made); err != nil || made != 0 {
		t.Errorf("%d sign-ups, %v", made, err)
	}
	for i := range freeMailsInTest {
		r.wants("many sign-ups", r.send(r.browser(), "/sign-up", form("Mara", "b@acme.example", goodPassword)), 202, "")
		_ = i
	}
	a := r.send(r.browser(), "/sign-up", form("Mara", "b@acme.example", goodPassword))
	r.wants("one too many", a, 429, "too_many_attempts")
	if a.header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
}

// freeMailsInTest is how many mails an address gets at once.
const freeMailsInTest = 3

func TestSignUpOff(t *testing.T) {
	r := start(t, nil) // no mail
	body := j("name", "Mara", "email", "a@acme.example", "password", goodPassword)
	r.wants("without mail", r.send(r.browser(), "/sign-up", body), 503, "mail_unavailable")
	r.wants("reset without mail", r.send(r.browser(), "/forgot-password", j("email", "a@acme.example")), 503, "mail_unavailable")
	r.wants("second factor without keys", r.send(r.signedIn(), "/totp", `{}`), 503, "secrets_unavailable")
	r.wants("passkey", r.send(r.signedIn(), "/passkeys/begin", `{}`), 409, "passkeys_unavailable") // its address is no name
	r.wants("sign in with a passkey", r.send(r.browser(), "/sign-in/passkey/begin", ""), 409, "passkeys_unavailable")
	closed, _ := startWithMail(t, func(c *Config) { c.SignUp = false })
	closed.wants("closed", closed.send(closed.browser(), "/sign-up", body), 403, "sign_up_closed")
}

// Of two who use a link at once one gets in, and links end.
func TestLinksOfSignUps(t *testing.T) {
	r, box := startWithMail(t, nil)
	const email, n = "mara@acme.example", 4
	r.wants("sign up", r.send(r.browser(), "/sign-up", j("name", "Mara", "email", email, "password", goodPassword)), 202, "")
	secret := box.token(email, subjectVerify)
	answers := make(chan reply, n)
	for range n {
		client := r.browser()
		go func() { answers <- r.send(client, "/verify-email", j("token", secret, "password", goodPassword)) }()
	}
	in := map[int]int{}
	for range n {
		in[(<-answers).status]++
	}
	if in[http.StatusOK] != 1 || in[http.StatusGone] != n-1 {
		t.Errorf("%v", in)
	}
	const late = "late@acme.example"
	r.wants("sign up", r.send(r.browser(), "/sign-up", j("name", "Mara", "email", late, "password", goodPassword)), 202, "")
	secret = box.token(late, subjectVerify)
	eventually(t, "the delivery is noted", func() bool {
		var sent int
		err := r.pool.QueryRow(t.Context(), `SELECT count(*) FROM mail_outbox WHERE sent_at IS NOT NULL AND content IS NULL`).Scan(&sent)
		return err == nil && sent == 2
	})
	r.offset.move(49 * time.Hour)
	r.wants("two days later", r.send(r.browser(), "/verify-email", j("token", secret, "password", goodPassword)), 410, "link_expired")
}
