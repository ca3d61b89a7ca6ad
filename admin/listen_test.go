package admin

import (
	"bytes"
	"crypto/tls"
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"noctra/internal/ops"
	"noctra/internal/tlsconf"
	"noctra/internal/tlsconf/tlstest"
)

// With a certificate the service speaks TLS, and its links and cookies are those of https.
func TestListenTLS(t *testing.T) {
	t.Parallel()
	ca := tlstest.New(t)
	files := tlsconf.Files{CertFile: filepath.Join(t.TempDir(), "cert.pem"), KeyFile: filepath.Join(t.TempDir(), "key.pem")}
	tlstest.Write(t, files.CertFile, files.KeyFile, ca.Issue(t, "127.0.0.1", time.Now().Add(time.Hour)))
	s := &Service{config: Config{Addr: "127.0.0.1:0", TLS: files}, log: slog.New(slog.DiscardHandler)}
	if !s.secure() || s.cookieName() != "__Host-noctra" || !strings.HasPrefix(s.config.link("/set-up", "x"), "https://127.0.0.1:0/") {
		t.Errorf("cookie %s, link %s", s.cookieName(), s.config.link("/set-up", "x"))
	}
	listener, err := s.listen()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	go func() {
		if conn, err := listener.Accept(); err == nil {
			_ = conn.(*tls.Conn).Handshake()
		}
	}()
	config, err := tlsconf.Client("--ca", ca.File)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := tls.Dial("tcp", listener.Addr().String(), config)
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
	s.config.TLS.KeyFile += "x"
	if _, err := s.listen(); err == nil || !strings.HasPrefix(err.Error(), "--admin-tls-cert-file: ") {
		t.Errorf("a key that is not there: %v", err)
	}
}

// A service that other machines reach without TLS says so in its log and to who asks whether it is ready.
func TestExposed(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]bool{"": true, "http://noctra.example": true, "https://noctra.example": false} {
		var logged bytes.Buffer
		s := &Service{config: Config{Addr: ":0", PublicURL: url}, log: slog.New(slog.NewTextHandler(&logged, nil))}
		listener, err := s.listen()
		if err != nil {
			t.Fatal(err)
		}
		_ = listener.Close()
		var note ops.Note
		said := errors.As(s.note(), &note) && strings.Contains(string(note), "--admin-tls-cert-file")
		if said != want || strings.Contains(logged.String(), "without TLS") != want {
			t.Errorf("%q: %q, %s", url, note, logged.String())
		}
	}
}
