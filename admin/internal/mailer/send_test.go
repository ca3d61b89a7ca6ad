package mailer

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// relay is an SMTP server with TLS and a password.
type relay struct {
	mail   chan string
	secure chan bool
}

// NewSession implements smtp.Backend.
func (r *relay) NewSession(c *smtp.Conn) (smtp.Session, error) { return &talk{relay: r, conn: c}, nil }

type talk struct {
	relay *relay
	conn  *smtp.Conn
	known bool
}

func (t *talk) AuthMechanisms() []string { return []string{sasl.Plain} }

func (t *talk) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != "noctra" || password != "pass word" {
			return errors.New("no")
		}
		t.known = true
		return nil
	}), nil
}

func (t *talk) Reset()        {}
func (t *talk) Logout() error { return nil }

func (t *talk) Mail(string, *smtp.MailOptions) error {
	if !t.known {
		return smtp.ErrAuthRequired
	}
	return nil
}

func (t *talk) Rcpt(to string, _ *smtp.RcptOptions) error {
	switch {
	case strings.HasPrefix(to, "nobody"):
		return &smtp.SMTPError{Code: 550, Message: "no such mailbox"}
	case strings.HasPrefix(to, "full"):
		return &smtp.SMTPError{Code: 552, Message: "full"}
	}
	return nil
}

func (t *talk) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	_, secure := t.conn.TLSConnectionState()
	t.relay.secure <- secure
	t.relay.mail <- string(raw)
	return err
}

// certificate makes a certificate for 127.0.0.1 and a file that vouches for it.
func certificate(t *testing.T) (tls.Certificate, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	form := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "relay"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, form, form, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, file
}

// serve runs a relay; full says that TLS begins at once.
func serve(t *testing.T, cert *tls.Certificate, full bool) (*relay, string) {
	t.Helper()
	r := &relay{mail: make(chan string, 1), secure: make(chan bool, 1)}
	server := smtp.NewServer(r)
	server.AllowInsecureAuth = true
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	if cert != nil {
		server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{*cert}, MinVersion: tls.VersionTLS12}
		if full {
			listener = tls.NewListener(listener, server.TLSConfig)
		}
	}
	ended := make(chan struct{})
	go func() { defer close(ended); _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = listener.Close(); _ = server.Close(); <-ended })
	return r, address
}

func TestSendProtected(t *testing.T) {
	cert, vouched := certificate(t)
	password := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(password, []byte("pass word\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	letter := Letter{MessageID: "1@noctra.example", To: "mara@acme.example", Date: time.Now(), Subject: "Grüße", Text: "Text\n", HTML: "<p>Text</p>"}
	send := func(c Config, to string) error {
		c.From, c.User, c.PasswordFile = "Noctra <noctra@noctra.example>", "noctra", password
		if err := c.Validate(); err != nil {
			t.Fatal(err)
		}
		relay, err := NewRelay(c)
		if err != nil {
			t.Fatal(err)
		}
		letter := letter
		letter.To = to
		ctx, cancel := context.WithTimeout(t.Context(), sendTimeout)
		defer cancel()
		return relay.Send(ctx, letter)
	}
	for kind, full := range map[string]bool{startTLS: false, fullTLS: true} {
		r, address := serve(t, &cert, full)
		if err := send(Config{Addr: address, TLS: kind, CAFile: vouched}, letter.To); err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		if raw := <-r.mail; !<-r.secure || !strings.Contains(raw, "Message-ID: <1@noctra.example>") || !strings.Contains(raw, "Auto-Submitted: auto-generated") {
			t.Errorf("%s: %s", kind, raw)
		}
		var final refusedForGood
		if err := send(Config{Addr: address, TLS: kind, CAFile: vouched}, "nobody@acme.example"); !errors.As(err, &final) || strings.Contains(err.Error(), "acme") {
			t.Errorf("unknown mailbox: %v", err)
		}
		if err := send(Config{Addr: address, TLS: kind, CAFile: vouched}, "full@acme.example"); err == nil || errors.As(err, &final) {
			t.Errorf("full mailbox: %v", err)
		}
		if err := send(Config{Addr: address, TLS: kind}, letter.To); err == nil {
			t.Errorf("%s: a certificate of nobody was believed", kind)
		}
	}
	r, address := serve(t, nil, false)
	if err := send(Config{Addr: address, TLS: startTLS}, letter.To); err == nil {
		t.Error("a relay without STARTTLS got a password")
	}
	if err := send(Config{Addr: address, TLS: plain}, letter.To); err != nil || <-r.secure {
		t.Errorf("without TLS on loopback: %v", err)
	}
}

func TestConfig(t *testing.T) {
	check := func(c Config, want string) {
		t.Helper()
		if err := c.Validate(); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", c, err, want)
		}
	}
	good := Config{Addr: "smtp.example.com:587", From: "Noctra <noctra@example.com>", TLS: "starttls"}
	check(Config{TLS: "starttls"}, "")
	check(good, "")
	with := func(change func(*Config)) Config { c := good; change(&c); return c }
	check(with(func(c *Config) { c.TLS = "ssl" }), "--mail-tls")
	check(with(func(c *Config) { c.Addr = "smtp" }), "--mail-addr")
	check(with(func(c *Config) { c.From = "noctra" }), "--mail-from")
	check(with(func(c *Config) { c.User = "x" }), "--mail-user")
	check(with(func(c *Config) { c.User, c.PasswordFile, c.TLS = "x", "y", "none" }), "--mail-tls")
	if _, err := NewRelay(with(func(c *Config) { c.CAFile = "/nowhere" })); err == nil {
		t.Error("a file that is not there was taken")
	}
}

// Every template says something in both forms, and none leaves a gap.
func TestTemplates(t *testing.T) {
	entries, err := files.ReadDir("templates")
	if err != nil || len(entries) < 15 {
		t.Fatalf("%d templates, %v", len(entries), err)
	}
	values := map[string]string{}
	for _, name := range []string{"Name", "At", "From", "Life", "NewEmail", "OldEmail", "Left", "Passkey", "Agent", "DeleteAfter", "Workspace", "Role",
		"Of", "ID", "Kind", "Host", "State", "Due", "Days", "Note", "Text", "EraseAfter", "Reason", "Found", "Factor"} {
		values[name] = "<" + name + ">"
	}
	values["Link"] = "https://noctra.example/x#token=1"
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), ".txt")
		if !ok {
			continue
		}
		l, err := render(Content{Template: name, Values: values})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if l.Subject == "" || strings.Contains(l.Subject, "<") || !strings.HasPrefix(l.Text, "Hello") || strings.Contains(l.HTML, "<Name>") {
			t.Errorf("%s: %+v", name, l)
		}
		if strings.Contains(l.Text, values["Link"]) != strings.Contains(l.HTML, `href="`+values["Link"]+`"`) {
			t.Errorf("%s: the link is not in both forms", name)
		}
	}
	if _, err := render(Content{Template: "verify_email"}); err == nil {
		t.Error("a letter with gaps was written")
	}
}

func TestDelay(t *testing.T) {
	last := time.Duration(0)
	for n := range 30 {
		d := delay(n + 1)
		if d < last || d > longDelay || d < firstDelay {
			t.Errorf("attempt %d: %s after %s", n+1, d, last)
		}
		last = d
	}
	if last != longDelay {
		t.Errorf("ends at %s", last)
	}
}
