package admin

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"noctra/fakes/mail"
	"noctra/internal/testenv"
)

// mailbox is a mail fake that runs beside a service.
type mailbox struct {
	*mail.Service
	t    testing.TB
	seen map[int]bool
}

func openMailbox(t testing.TB) *mailbox { return openMailboxAt(t, "127.0.0.1:0") }

func openMailboxAt(t testing.TB, address string) *mailbox {
	t.Helper()
	s, err := mail.New(mail.Config{Dir: t.TempDir(), SMTPAddr: address, HTTPAddr: "127.0.0.1:0"}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	testenv.Serve(t, s.Run)
	return &mailbox{Service: s, t: t, seen: map[int]bool{}}
}

// startWithMail runs a service with the demo, mail and master keys; change may alter its settings.
func startWithMail(t testing.TB, change func(*Config)) (*rig, *mailbox) {
	t.Helper()
	box := openMailbox(t)
	r := start(t, func(c *Config) {
		c.Mail.Addr, c.Mail.TLS, c.Mail.From = box.SMTPAddr(), "none", "Noctra <noctra@noctra.example>"
		c.MasterKeyFile = filepath.Join(t.TempDir(), "master-keys.json")
		if change != nil {
			change(c)
		}
	})
	return r, box
}

func (b *mailbox) ledger() mail.Ledger {
	b.t.Helper()
	request, err := http.NewRequestWithContext(b.t.Context(), "GET", b.URL()+"/_ledger", nil)
	if err != nil {
		b.t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	var l mail.Ledger
	if err := json.NewDecoder(response.Body).Decode(&l); err != nil {
		b.t.Fatal(err)
	}
	return l
}

func (b *mailbox) faults(list string) {
	b.t.Helper()
	response, err := http.Post(b.URL()+"/_faults", "application/json", strings.NewReader(list))
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if body, _ := io.ReadAll(response.Body); response.StatusCode != 200 {
		b.t.Fatalf("faults: %s", body)
	}
}

// next waits for the next mail to an address with that subject, each once.
func (b *mailbox) next(to, subject string) mail.Message {
	b.t.Helper()
	var found mail.Message
	eventually(b.t, fmt.Sprintf("mail %q to %s", subject, to), func() bool {
		for _, m := range b.ledger().Messages {
			if m.State == "accepted" && !b.seen[m.ID] && strings.EqualFold(m.To[0], to) && m.Subject == subject {
				b.seen[m.ID] = true
				found = m
				return true
			}
		}
		return false
	})
	return found
}

var tokenInMail = regexp.MustCompile(`#token=([A-Za-z0-9]{43})`)

// token waits for the next such mail and returns the token in its link.
func (b *mailbox) token(to, subject string) string {
	b.t.Helper()
	m := b.next(to, subject)
	found := tokenInMail.FindStringSubmatch(m.Text)
	if found == nil || !strings.Contains(m.HTML, "#token="+found[1]) {
		b.t.Fatalf("no link in both forms of: %s", m.Text)
	}
	return found[1]
}

// Subjects of mail.
const (
	subjectVerify  = "Confirm your address for Noctra"
	subjectAlready = "You already have an account at Noctra"
	subjectReset   = "Choose a new password for Noctra"
	subjectChanged = "Your password was changed"
)

const goodPassword = "vier Worte am Stück"

// j writes a JSON object out of names and values.
func j(pairs ...any) string {
	m := map[string]any{}
	for i := 0; i+1 < len(pairs); i += 2 {
		m[pairs[i].(string)] = pairs[i+1]
	}
	raw, err := json.Marshal(m)
	if err != nil {
		panic(err)
	}
	return string(raw)
}

// send sends JSON to a route under /api/v1/account.
func (r *rig) send(client *http.Client, path, body string, headers ...string) reply {
	r.t.Helper()
	return r.ask(client, "POST", "/api/v1/account"+path, body, headers...)
}

// wants checks status and, for a problem, the code.
func (r *rig) wants(what string, a reply, status int, code string) {
	r.t.Helper()
	if a.status != status {
		r.t.Errorf("%s: %d %s, want %d %s", what, a.status, a.body, status, code)
		return
	}
	if code != "" {
		if p := a.problem(r.t); p.Code != code {
			r.t.Errorf("%s: %s, want %s", what, p.Code, code)
		}
	}
}

// joined signs somebody up and returns their browser.
func (r *rig) joined(box *mailbox, email string) *http.Client {
	r.t.Helper()
	client := r.browser()
	r.wants("sign up", r.send(client, "/sign-up", j("name", "Mara Lindqvist", "email", email, "password", goodPassword)), 202, "")
	r.wants("verify", r.send(client, "/verify-email", j("token", box.token(email, subjectVerify), "password", goodPassword)), 200, "")
	return client
}

// signedInAs signs in with a password in a browser of its own.
func (r *rig) signedInAs(email, password string) *http.Client {
	r.t.Helper()
	client := r.browser()
	r.wants("sign in", r.send(client, "/sign-in", j("email", email, "password", password)), 200, "")
	return client
}

// me is the status of a question that needs a session.
func (r *rig) me(client *http.Client) int { return r.ask(client, "GET", "/api/v1/me", "").status }

// deviceOf is the cookie by which a browser is known.
func (r *rig) deviceOf(client *http.Client) string {
	u, err := url.Parse(r.url)
	if err != nil {
		r.t.Fatal(err)
	}
	for _, c := range client.Jar.Cookies(u) {
		if strings.Contains(c.Name, "device") {
			return c.Value
		}
	}
	return ""
}
