package clickhouse_test

import (
	"crypto/tls"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"noctra/internal/clickhouse"
	"noctra/internal/testenv"
	"noctra/internal/tlsconf/tlstest"
)

// serveTLS serves over TLS with a certificate, or without where there is none.
func serveTLS(t *testing.T, certificate *tls.Certificate, handler http.Handler) (addr string) {
	t.Helper()
	server := httptest.NewUnstartedServer(handler)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	t.Cleanup(server.Close)
	if certificate == nil {
		server.Start()
	} else {
		server.TLS = &tls.Config{Certificates: []tls.Certificate{*certificate}}
		server.StartTLS()
	}
	return "https://" + server.Listener.Addr().String()
}

// errorOf is that of a connection of a service, and of a query of a person; both have to be about the same.
func errorOf(t *testing.T, config clickhouse.Config) string {
	t.Helper()
	conn, err := config.Open(clickhouse.Reader)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	pinged := conn.Ping(t.Context())
	answer, asked := config.Raw(t.Context(), clickhouse.Reader, "SELECT 1", "CSV")
	if asked == nil {
		_ = answer.Close()
	}
	if pinged == nil && asked == nil {
		return ""
	}
	if pinged == nil || asked == nil {
		t.Errorf("a service: %v; a person: %v", pinged, asked)
		return ""
	}
	return pinged.Error() + "\n" + asked.Error()
}

// A server is spoken to over TLS if its certificate is for it, of a known authority, and valid.
func TestTLS(t *testing.T) {
	config := testenv.ClickHouseShards(t).On(0)
	behind, err := url.Parse(config.Addr)
	if err != nil {
		t.Fatal(err)
	}
	ours, others := tlstest.New(t), tlstest.New(t)
	later := time.Now().Add(time.Hour)
	check := func(name string, certificate *tls.Certificate, ca, want string) {
		t.Helper()
		c := config
		c.Addr, c.CAFile = serveTLS(t, certificate, httputil.NewSingleHostReverseProxy(behind)), ca
		got := errorOf(t, c)
		if want == "" && got != "" || strings.Count(got, want) != 2 && want != "" {
			t.Errorf("%s: %s, want %q twice", name, got, want)
		}
	}
	of := func(c tls.Certificate) *tls.Certificate { return &c }
	check("good", of(ours.Issue(t, "127.0.0.1", later)), ours.File, "")
	check("another name", of(ours.Issue(t, "clickhouse.example", later)), ours.File, "is for another name")
	check("another authority", of(others.Issue(t, "127.0.0.1", later)), ours.File, "name its authority with --clickhouse-ca-file")
	check("no authority", of(ours.Issue(t, "127.0.0.1", later)), "", "name its authority with --clickhouse-ca-file")
	check("expired", of(ours.Issue(t, "127.0.0.1", time.Now().Add(-time.Minute))), ours.File, "is not valid today")
	check("no TLS", nil, ours.File, "an http:// address with --clickhouse-plain")
}

// A password that was replaced in its file is what the next request logs in with, with TLS and without; where a server
// sends requests on to another address, it does not go.
func TestPasswordIsReadAgain(t *testing.T) {
	ca := tlstest.New(t)
	certificate := ca.Issue(t, "127.0.0.1", time.Now().Add(time.Hour))
	file := filepath.Join(t.TempDir(), "password")
	write := func(password string) {
		if err := os.WriteFile(file, []byte(password+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var mu sync.Mutex
	var seen []string
	seenOnes := func() string {
		mu.Lock()
		defer mu.Unlock()
		all := strings.Join(seen, " ")
		seen = nil
		return all
	}
	note := func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		mu.Lock()
		seen = append(seen, user+":"+password+r.Header.Get("X-ClickHouse-User")+":"+r.Header.Get("X-ClickHouse-Key"))
		mu.Unlock()
		w.WriteHeader(http.StatusTeapot)
	}
	secure := serveTLS(t, &certificate, http.HandlerFunc(note))
	plain := "http" + strings.TrimPrefix(serveTLS(t, nil, http.HandlerFunc(note)), "https")
	for addr, want := range map[string][2]string{secure: {":r:first", ":r:second"}, plain: {"r:first:", "r:second:"}} {
		write("first")
		c := clickhouse.Config{Addr: addr, Database: "d", ReaderUser: "r", ReaderPasswordFile: file}
		if addr == secure {
			c.CAFile = ca.File
		}
		conn, err := c.Open(clickhouse.Reader)
		if err != nil {
			t.Fatal(err)
		}
		for i, password := range []string{"first", "second"} {
			write(password)
			if err := conn.Ping(t.Context()); err == nil || seenOnes() != want[i] {
				t.Errorf("%s: %v, not with %q", addr, err, want[i])
			}
		}
		_ = conn.Close()
	}
	sent := serveTLS(t, &certificate, http.RedirectHandler(plain, http.StatusTemporaryRedirect))
	got := errorOf(t, clickhouse.Config{Addr: sent, Database: "d", ReaderUser: "r", ReaderPasswordFile: file, CAFile: ca.File})
	if strings.Count(got, "where its password must not go") != 2 || seenOnes() != "" {
		t.Errorf("sent on: %s", got)
	}
}
