package tlsconf_test

import (
	"bytes"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"noctra/internal/tlsconf"
	"noctra/internal/tlsconf/tlstest"
)

func TestCheck(t *testing.T) {
	for _, f := range []tlsconf.Files{{CertFile: "c"}, {KeyFile: "k"}} {
		if err := f.Check("--admin-"); err == nil || !strings.Contains(err.Error(), "--admin-tls-cert-file, --admin-tls-key-file: give both") || !f.On() {
			t.Errorf("%+v: %v", f, err)
		}
	}
	both, none := tlsconf.Files{CertFile: "c", KeyFile: "k"}, tlsconf.Files{}
	if both.Check("") != nil || none.Check("") != nil || both.Scheme() != "https" || none.Scheme() != "http" {
		t.Error("both or neither")
	}
	if _, err := both.Open(slog.New(slog.DiscardHandler), time.Now); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("files that are not there: %v", err)
	}
}

// A certificate is served as its files are, and the one of before while they cannot be read or do not belong together.
func TestCertificateIsReadAgain(t *testing.T) {
	t.Parallel()
	ca, ends := tlstest.New(t), time.Now().Add(time.Hour)
	files := tlsconf.Files{CertFile: filepath.Join(t.TempDir(), "cert.pem"), KeyFile: filepath.Join(t.TempDir(), "key.pem")}
	tlstest.Write(t, files.CertFile, files.KeyFile, ca.Issue(t, "127.0.0.1", ends))
	clock := time.Now()
	var logged bytes.Buffer
	certificate, err := files.Open(slog.New(slog.NewTextHandler(&logged, nil)), func() time.Time { return clock })
	if err != nil {
		t.Fatal(err)
	}
	first := certificate.Current()
	served := func(want bool, what string) {
		t.Helper()
		if (certificate.Current() == first) != want {
			t.Errorf("%s: is the first one: %v", what, !want)
		}
	}
	second := ca.Issue(t, "127.0.0.1", ends)
	tlstest.Write(t, files.CertFile, filepath.Join(t.TempDir(), "elsewhere.pem"), second)
	served(true, "at once")
	clock = clock.Add(6 * time.Second)
	served(true, "with the key of before")
	clock = clock.Add(6 * time.Second)
	served(true, "still")
	if err := os.Remove(files.KeyFile); err != nil {
		t.Fatal(err)
	}
	clock = clock.Add(6 * time.Second)
	served(true, "without a key")
	tlstest.Write(t, files.CertFile, files.KeyFile, second)
	clock = clock.Add(6 * time.Second)
	served(false, "with both")
	if got := logged.String(); strings.Count(got, "not read again") != 1 || strings.Count(got, `msg="certificate read again"`) != 1 || strings.Contains(got, "PRIVATE") {
		t.Errorf("logged: %s", got)
	}
}

// A server answers over TLS to who trusts its authority, and nothing useful without TLS.
func TestListen(t *testing.T) {
	t.Parallel()
	ca := tlstest.New(t)
	files := tlsconf.Files{CertFile: filepath.Join(t.TempDir(), "cert.pem"), KeyFile: filepath.Join(t.TempDir(), "key.pem")}
	tlstest.Write(t, files.CertFile, files.KeyFile, ca.Issue(t, "127.0.0.1", time.Now().Add(time.Hour)))
	certificate, err := files.Open(slog.New(slog.DiscardHandler), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{ErrorLog: log.New(io.Discard, "", 0), ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Proto)
	})}
	go func() { _ = server.Serve(certificate.Listen(listener)) }()
	t.Cleanup(func() { _ = server.Close() })
	get := func(scheme, caFile string) (status int, body string, err error) {
		config, err := tlsconf.Client("--ca", caFile)
		if err != nil {
			t.Fatal(err)
		}
		client := &http.Client{Transport: &http.Transport{TLSClientConfig: config, DisableKeepAlives: true, ForceAttemptHTTP2: true}}
		answer, err := client.Get(scheme + "://" + listener.Addr().String())
		if err != nil {
			return 0, "", err
		}
		raw, err := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		return answer.StatusCode, string(raw), err
	}
	if status, body, err := get("https", ca.File); err != nil || status != 200 || body != "HTTP/1.1" {
		t.Errorf("over TLS: %d %q, %v", status, body, err)
	}
	if _, _, err := get("https", ""); err == nil {
		t.Error("a stranger's authority was trusted")
	}
	if status, body, err := get("http", ""); err != nil || status != 400 || !strings.Contains(body, "HTTPS") {
		t.Errorf("without TLS: %d %q, %v", status, body, err)
	}
}
