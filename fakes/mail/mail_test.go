package mail_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/smtp"
	"strings"
	"testing"

	"noctra/fakes/mail"
)

// fake is a running one.
type fake struct {
	*mail.Service
	t     *testing.T
	end   context.CancelFunc
	ended chan error
}

func start(t *testing.T, dir string) *fake {
	t.Helper()
	s, err := mail.New(mail.Config{Dir: dir, SMTPAddr: "127.0.0.1:0", HTTPAddr: "127.0.0.1:0"}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	f := &fake{Service: s, t: t, end: cancel, ended: make(chan error, 1)}
	go func() { f.ended <- s.Run(ctx) }()
	t.Cleanup(f.stop)
	return f
}

func (f *fake) stop() {
	if f.end == nil {
		return
	}
	f.end()
	f.end = nil
	if err := <-f.ended; err != nil {
		f.t.Errorf("run: %v", err)
	}
}

func (f *fake) get(path string) (string, http.Header) {
	f.t.Helper()
	response, err := http.Get(f.URL() + path)
	if err != nil {
		f.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		f.t.Fatal(err)
	}
	return string(body), response.Header
}

func (f *fake) ledger() mail.Ledger {
	f.t.Helper()
	body, _ := f.get("/_ledger")
	var l mail.Ledger
	if err := json.Unmarshal([]byte(body), &l); err != nil {
		f.t.Fatal(err)
	}
	return l
}

func (f *fake) faults(list string) {
	f.t.Helper()
	response, err := http.Post(f.URL()+"/_faults", "application/json", strings.NewReader(list))
	if err != nil {
		f.t.Fatal(err)
	}
	_ = response.Body.Close()
	if response.StatusCode != 200 {
		f.t.Fatalf("faults: %d", response.StatusCode)
	}
}

func (f *fake) send(to, message string) error {
	return smtp.SendMail(f.SMTPAddr(), nil, "noctra@noctra.example", []string{to}, []byte(strings.ReplaceAll(message, "\n", "\r\n")))
}

const letter = `From: Noctra <noctra@noctra.example>
To: mara@acme.example
Date: Wed, 25 Nov 2026 10:00:00 +0000
Message-ID: <1@noctra.example>
Subject: =?UTF-8?q?Gr=C3=BC=C3=9Fe?=
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary=x

--x
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

Open https://noctra.example/a?b=3D1&c<script>
--x
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: base64

PHA+SGk8L3A+PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==
--x--
`

func TestMail(t *testing.T) {
	dir := t.TempDir()
	f := start(t, dir)
	for range 2 {
		if err := f.send("mara@acme.example", letter); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.send("nobody@acme.invalid", letter); err == nil || !strings.HasPrefix(err.Error(), "550") {
		t.Errorf("unknown mailbox: %v", err)
	}
	if err := f.send("mara@acme.example", "Subject: x\n\nNo From"); err == nil || !strings.HasPrefix(err.Error(), "554") {
		t.Errorf("no From: %v", err)
	}
	check := func() {
		t.Helper()
		l := f.ledger()
		if l.Totals != (mail.Totals{Accepted: 1, Refused: 2, Copies: 1}) || len(l.Messages) != 3 {
			t.Fatalf("%+v", l)
		}
		m := l.Messages[0]
		if m.Subject != "Grüße" || m.Copies != 2 || m.State != "accepted" || !strings.Contains(m.Text, "b=1&c<script>") || !strings.HasPrefix(m.HTML, "<p>Hi</p>") {
			t.Errorf("%+v", m)
		}
	}
	check()
	f.stop()
	f = start(t, dir)
	check() // it was on disk

	page, header := f.get("/messages/1")
	if !strings.Contains(page, `<a href="https://noctra.example/a?b=1&amp;c">`) || strings.Contains(page, "c<script>") {
		t.Errorf("page: %s", page)
	}
	if csp := header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "script-src") {
		t.Errorf("policy of the page: %s", csp)
	}
	if _, header := f.get("/messages/1/html"); !strings.Contains(header.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("policy of the message: %v", header)
	}
	if page, _ := f.get("/?to=MARA"); !strings.Contains(page, "Grüße") {
		t.Errorf("list: %s", page)
	}
	if page, _ := f.get("/?to=other"); strings.Contains(page, "Grüße") {
		t.Errorf("list of another: %s", page)
	}
}

func TestFaults(t *testing.T) {
	f := start(t, t.TempDir())
	try := func(order, want string, accepted int) {
		t.Helper()
		f.faults(order)
		err := f.send("mara@acme.example", strings.Replace(letter, "<1@", "<"+strings.Repeat("x", accepted+1)+order[:min(20, len(order))]+"@", 1))
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", order, err)
		}
		if got := f.ledger().Totals.Accepted; got != accepted {
			t.Errorf("%s: %d accepted, want %d", order, got, accepted)
		}
	}
	try(`[{"kind": "status", "status": 451, "count": 1}]`, "451", 0)
	try(`[{"kind": "status", "status": 421, "path": "/rcpt"}]`, "421", 0)
	try(`[{"kind": "status", "status": 550, "path": "/mail"}]`, "550", 0)
	try(`[{"kind": "drop_reply"}]`, "EOF", 1)
	try(`[{"kind": "garbage"}]`, "garbage", 2)
	try(`[]`, "", 3)
}
