package admin

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestSignInByPassword(t *testing.T) {
	r, box := startWithMail(t, nil)
	const email = "mara@acme.example"
	client := r.joined(box, email)
	r.wants("wrong", r.send(r.browser(), "/sign-in", j("email", email, "password", "something else")), 401, "wrong_credentials")
	r.wants("nobody", r.send(r.browser(), "/sign-in", j("email", "x@acme.example", "password", goodPassword)), 401, "wrong_credentials")
	r.wants("no password", r.send(r.browser(), "/sign-in", j("email", email, "password", "")), 401, "wrong_credentials")
	r.wants("an account that never had one", r.send(r.browser(), "/sign-in", j("email", demoEmail, "password", "")), 401, "wrong_credentials")

	a := r.send(client, "/sign-in", j("email", " MARA@acme.example ", "password", "vier Worte am Stu\u0308ck"), "User-Agent", "Known/1")
	r.wants("other case, the same letters in two pieces, a browser that is known", a, 200, "")
	if cookies := a.header.Values("Set-Cookie"); len(cookies) != 1 || !strings.Contains(cookies[0], "HttpOnly; SameSite=Lax") {
		t.Errorf("cookies %v", cookies)
	}
	other := r.browser()
	r.wants("a new browser", r.send(other, "/sign-in", j("email", email, "password", goodPassword), "User-Agent", "Curious<script>/2"), 200, "")
	if m := box.next(email, "A new browser signed in"); !strings.Contains(m.Text, "Curious<script>/2") || strings.Contains(m.HTML, "<script>") {
		t.Errorf("%s\n%s", m.Text, m.HTML)
	}
	var list struct{ Sessions []SessionView }
	decode(t, r.ask(other, "GET", "/api/v1/account/sessions", ""), 200, &list)
	if len(list.Sessions) != 2 { // the first of client ended when it signed in again
		t.Fatalf("%+v", list)
	}
	for _, s := range list.Sessions {
		if s.Address != "127.0.0.1" || s.Method != "password" || s.Current != strings.HasPrefix(s.UserAgent, "Curious") {
			t.Errorf("%+v", s)
		}
		if !s.Current {
			end := "/sessions/" + s.ID + "/end"
			r.offset.move(16 * time.Minute)
			r.wants("end without a password", r.send(other, end, `{}`), 422, "wrong_password")
			r.wants("with a wrong one", r.send(other, end, j("password", goodPassword+"!")), 422, "wrong_password")
			r.wants("all others without", r.send(other, "/sessions/end-others", `{}`), 422, "wrong_password")
			if got := r.me(client); got != 200 {
				t.Errorf("ended without a password: %d", got)
			}
			r.wants("end the other", r.send(other, end, j("password", goodPassword)), 204, "")
			r.wants("end it again", r.send(other, end, j("password", goodPassword)), 404, "not_found")
		} else {
			foreign := r.signedIn()
			r.wants("end a foreign one", r.send(foreign, "/sessions/"+s.ID+"/end", `{}`), 404, "not_found")
		}
	}
	if got := r.me(client); got != 401 {
		t.Errorf("ended: %d", got)
	}
	third := r.signedInAs(email, goodPassword)
	r.wants("end all others, just signed in", r.send(third, "/sessions/end-others", `{}`), 200, "")
	if r.me(other) != 401 || r.me(third) != 200 {
		t.Errorf("after ending all others: %d, %d", r.me(other), r.me(third))
	}
}

// A stranger who guesses makes others wait, and not for ever: browsers that were here before are let
// in at once, and the right password is, once the wait is over.
func TestGuessing(t *testing.T) {
	r, box := startWithMail(t, nil)
	const email = "mara@acme.example"
	r.offset.stop() // no wait is over by itself
	owner := r.joined(box, email)
	guess := func(password string) reply {
		return r.send(r.browser(), "/sign-in", j("email", email, "password", password))
	}
	for i := range 5 {
		r.wants("guess", guess("a wrong password "+string(rune('a'+i))), 401, "wrong_credentials")
	}
	hashes := r.people.hasher.Done()
	a := guess("yet another password")
	r.wants("one too many", a, 429, "too_many_attempts")
	if r.people.hasher.Done() != hashes || a.header.Get("Retry-After") == "" {
		t.Errorf("a guess too many was looked at: %v", a.header)
	}
	r.wants("the right one, while one has to wait", guess(goodPassword), 429, "too_many_attempts")
	r.wants("a browser that is known", r.send(owner, "/sign-in", j("email", email, "password", goodPassword)), 200, "")
	waits := []time.Duration{}
	for range 4 {
		r.offset.move(longestWaitInTest)
		r.wants("after the wait", guess("still wrong after all"), 401, "wrong_credentials")
		r.wants("and again", guess("still wrong after all"), 429, "too_many_attempts")
		var next time.Time
		if err := r.pool.QueryRow(t.Context(), `SELECT max(next_at) FROM attempts`).Scan(&next); err != nil {
			t.Fatal(err)
		}
		waits = append(waits, next.Sub(r.offset.now()).Round(time.Second))
	}
	for i := 1; i < len(waits); i++ {
		if waits[i] < waits[i-1]*3/2 {
			t.Errorf("waits %v do not grow", waits)
		}
	}
	r.offset.move(longestWaitInTest)
	r.wants("the right one after the wait", guess(goodPassword), 200, "")
	r.wants("all is forgotten", guess("wrong once more here"), 401, "wrong_credentials")
	r.wants("all is forgotten", guess(goodPassword), 200, "")
}

const longestWaitInTest = 15 * time.Minute

// One address that tries many accounts has to wait as well; an IPv6 network counts as one.
func TestGuessingFromOneAddress(t *testing.T) {
	r, _ := startWithMail(t, func(c *Config) { c.TrustedProxies = []string{"127.0.0.1"} })
	r.offset.stop() // no guess is forgotten meanwhile
	guess := func(n int, from string) int {
		a := r.send(r.browser(), "/sign-in", j("email", string(rune('a'+n))+"@acme.example", "password", "a wrong password"), "X-Forwarded-For", from)
		return a.status
	}
	for i := range 20 {
		if got := guess(i, "2001:db8::"+string(rune('a'+i%6))); got != 401 {
			t.Fatalf("guess %d: %d", i, got)
		}
	}
	if got := guess(21, "2001:db8::ffff:1"); got != 429 {
		t.Errorf("the same network: %d", got)
	}
	if got := guess(22, "203.0.113.7"); got != 401 {
		t.Errorf("another address: %d", got)
	}
}

func TestResetPassword(t *testing.T) {
	r, box := startWithMail(t, nil)
	const email, after = "mara@acme.example", "ganz andere Worte hier"
	client := r.joined(box, email)
	ask := func() string {
		r.wants("ask", r.send(r.browser(), "/forgot-password", j("email", strings.ToUpper(email))), 202, "")
		return box.token(email, subjectReset)
	}
	first, second := ask(), ask()
	stranger := r.browser()
	reset := func(client *http.Client, secret, password string) reply {
		return r.send(client, "/reset-password", j("token", secret, "password", password))
	}
	r.wants("a password that may not be", reset(stranger, second, "mara.mara.mara"), 422, "invalid_request")
	r.wants("reset", reset(stranger, second, after), 204, "")
	box.next(email, subjectChanged)
	r.wants("again", reset(r.browser(), second, "wieder andere Worte"), 410, "link_used")
	r.wants("by an older link", reset(r.browser(), first, "wieder andere Worte"), 410, "link_used")
	if got := r.me(client); got != 401 {
		t.Errorf("the session before: %d", got)
	}
	if r.me(stranger) != 401 || r.deviceOf(stranger) == "" {
		t.Error("a reset signs in, or does not remember the browser")
	}
	r.wants("the old password", r.send(r.browser(), "/sign-in", j("email", email, "password", goodPassword)), 401, "wrong_credentials")
	r.signedInAs(email, after)
	third := ask()
	eventually(t, "the delivery is noted", func() bool {
		var waiting int
		err := r.pool.QueryRow(t.Context(), `SELECT count(*) FROM mail_outbox WHERE sent_at IS NULL AND failed_at IS NULL`).Scan(&waiting)
		return err == nil && waiting == 0
	})
	r.offset.move(time.Hour + time.Minute)
	r.wants("too late", reset(r.browser(), third, "wieder andere Worte"), 410, "link_expired")
	r.wants("not a link for this", reset(r.browser(), tokenOf(r.demo().SignInURL), "wieder andere Worte"), 404, "link_invalid")
}

func TestChangePassword(t *testing.T) {
	r, box := startWithMail(t, nil)
	const email, after = "mara@acme.example", "ganz andere Worte hier"
	client, other := r.joined(box, email), r.signedInAs(email, goodPassword)
	change := func(before, after string) reply {
		return r.send(client, "/password", j("password", before, "new_password", after))
	}
	r.wants("not the old one", change("not the old password", after), 422, "wrong_password")
	r.wants("none", change("", after), 422, "wrong_password")
	r.wants("a bad new one", change(goodPassword, "passwordpassword"), 422, "invalid_request")
	r.wants("change", change(goodPassword, after), 204, "")
	box.next(email, subjectChanged)
	if r.me(client) != 200 || r.me(other) != 401 {
		t.Errorf("sessions: %d, %d", r.me(client), r.me(other))
	}
	r.signedInAs(email, after)

	demo := r.signedIn() // came by a link, has no password
	r.wants("a first one", r.send(demo, "/password", j("new_password", after)), 204, "")
	r.signedInAs(demoEmail, after)
	r.sql(`UPDATE accounts SET password_hash = NULL WHERE email = $1`, demoEmail)
	r.offset.move(16 * time.Minute)
	r.wants("later", r.send(demo, "/password", j("new_password", after)), 403, "proof_needed")

	// A hash of another cost is brought to today's when its owner signs in.
	old := "$argon2id$v=19$m=64,t=1,p=1$" + "c29tZXNhbHRzb21lc2FsdA$wZeUqErRQM9fr7+3IJVQyFsb5QPhYeqkXwNGZgBH/L4" // of the words below
	r.sql(`UPDATE accounts SET password_hash = $1 WHERE email = $2`, old, email)
	r.signedInAs(email, "correct horse battery")
	var hash string
	if err := r.pool.QueryRow(t.Context(), `SELECT password_hash FROM accounts WHERE email = $1`, email).Scan(&hash); err != nil || !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("%s, %v", hash, err)
	}
	r.signedInAs(email, "correct horse battery")
}
