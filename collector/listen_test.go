package collector

import (
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"noctra/internal/tlsconf"
	"noctra/internal/tlsconf/tlstest"
)

// writeCertificate makes files of a certificate for this machine.
func writeCertificate(t *testing.T, ca *tlstest.Authority) tlsconf.Files {
	t.Helper()
	files := tlsconf.Files{CertFile: filepath.Join(t.TempDir(), "cert.pem"), KeyFile: filepath.Join(t.TempDir(), "key.pem")}
	tlstest.Write(t, files.CertFile, files.KeyFile, ca.Issue(t, "127.0.0.1", time.Now().Add(time.Hour)))
	return files
}

// With a certificate a collector takes events over TLS, its own canaries too, and nothing without.
func TestOverTLS(t *testing.T) {
	ca := tlstest.New(t)
	files := writeCertificate(t, ca)
	r := startWith(t, func(c *Config) { c.TLS, c.CanaryEvery = files, 20*time.Millisecond }, nil, nil)
	eventually(t, "a canary is accepted", func() bool { return r.metric(t, "canaries_total", "accepted") >= 1 })

	config, err := tlsconf.Client("--ca", ca.File)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: config, DisableKeepAlives: true}}
	post := func(scheme string) (int, error) {
		answer, err := client.Post(scheme+"://"+r.Addr()+"/v1/events", "application/json", strings.NewReader(page))
		if err != nil {
			return 0, err
		}
		return answer.StatusCode, answer.Body.Close()
	}
	if status, err := post("https"); err != nil || status != 202 {
		t.Errorf("over TLS: %d, %v", status, err)
	}
	if status, err := post("http"); err == nil {
		t.Errorf("without TLS: %d", status)
	}
}

// Who is turned away need not be answered: nobody waits for a handshake with them.
func TestTurnedAwayOverTLS(t *testing.T) {
	ca := tlstest.New(t)
	files := writeCertificate(t, ca)
	r := start(t, func(c *Config) { c.TLS, c.MaxConnections = files, 1 })
	config, err := tlsconf.Client("--ca", ca.File)
	if err != nil {
		t.Fatal(err)
	}
	first, err := tls.Dial("tcp", r.Addr(), config)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = first.Close() }()
	second, err := net.Dial("tcp", r.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = second.Close() }()
	if raw, err := io.ReadAll(second); len(raw) > 0 || err != nil && !strings.Contains(err.Error(), "reset") {
		t.Errorf("it got %q, %v", raw, err)
	}
}

// A canary goes to its own door alone.
func TestOwnDoor(t *testing.T) {
	ca := tlstest.New(t)
	files := writeCertificate(t, ca)
	r := start(t, func(c *Config) { c.TLS = files })
	certificate, err := writeCertificate(t, ca).Open(r.log, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	if conn, err := tls.Dial("tcp", r.Addr(), ownDoor(certificate)); err == nil || !strings.Contains(err.Error(), "somebody else") {
		t.Errorf("%v, %v", conn, err)
	}
}

// What other machines reach without TLS is said, unless somebody before the collector speaks it.
func TestExposed(t *testing.T) {
	files := tlsconf.Files{CertFile: "c", KeyFile: "k"}
	for name, tc := range map[string]struct {
		config Config
		want   bool
	}{
		"this machine":  {Config{Addr: "127.0.0.1:1"}, false},
		"everybody":     {Config{Addr: "0.0.0.0:1"}, true},
		"all addresses": {Config{Addr: ":1"}, true},
		"with TLS":      {Config{Addr: ":1", TLS: files}, false},
		"a proxy":       {Config{Addr: ":1", PublicURL: "https://c.example"}, false},
		"a plain proxy": {Config{Addr: ":1", PublicURL: "http://c.example"}, true},
		"hsts":          {Config{Addr: ":1", HSTS: true}, false},
	} {
		if got := (&Service{config: tc.config}).exposed(); got != tc.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	r := start(t, func(c *Config) { c.Addr = ":0" })
	if notes := strings.Join(r.notes(), "; "); !strings.Contains(notes, "--collector-tls-cert-file") {
		t.Errorf("/readyz says %q", notes)
	}
}
