package tlsconf_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"noctra/internal/tlsconf"
)

func TestElsewhere(t *testing.T) {
	for host, want := range map[string]bool{
		"localhost": false, "127.0.0.1": false, "127.8.9.1": false, "::1": false, "::ffff:127.0.0.1": false,
		"LOCALHOST": true, "localhost.": true, "localhost.example": true, "127.0.0.1.example": true, "10.0.0.1": true, "0.0.0.0": true, "::": true,
		"2130706433": true, "127.1": true, "kafka": true, "": true,
	} {
		if got := tlsconf.Elsewhere(host); got != want {
			t.Errorf("%q: %v", host, got)
		}
	}
	for addr, want := range map[string]bool{
		"127.0.0.1:1": false, "localhost:1": false, "[::1]:1": false,
		":1": true, "0.0.0.0:1": true, "[::]:1": true, "10.0.0.1:1": true, "name:1": true,
	} {
		if got := tlsconf.Beyond(addr); got != want {
			t.Errorf("listening on %q: %v", addr, got)
		}
	}
}

func TestClient(t *testing.T) {
	config, err := tlsconf.Client("--x-ca-file", "")
	if err != nil || config.RootCAs != nil || config.InsecureSkipVerify || config.MinVersion != tls.VersionTLS12 {
		t.Errorf("%+v, %v", config, err)
	}
	empty := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(empty, []byte("nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{empty: "no certificate in", empty + "x": "no such file"} {
		if _, err := tlsconf.Client("--x-ca-file", path); err == nil || !strings.HasPrefix(err.Error(), "--x-ca-file: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// What helps is said of errors of TLS alone; a broken connection is one while the handshake is made.
func TestExplain(t *testing.T) {
	s := tlsconf.Settings{CA: "--ca", Plain: "--plain"}
	for _, silent := range []error{io.EOF, fmt.Errorf("read: %w", os.ErrDeadlineExceeded), context.DeadlineExceeded} {
		if got := tlsconf.Explain(silent, "h:1", s); got != silent { //nolint:errorlint // the very same
			t.Errorf("%v became %v", silent, got)
		}
		if got := tlsconf.ExplainHandshake(silent, "h:1", s); !errors.Is(got, silent) || !strings.HasPrefix(got.Error(), "h:1 does not answer in TLS: switch it on there, or give --plain where") {
			t.Errorf("%v became %v", silent, got)
		}
	}
	if got := tlsconf.ExplainHandshake(errors.New("refused"), "h:1", s); got.Error() != "refused" {
		t.Error(got)
	}
	if got := tlsconf.Explain(nil, "h:1", s); got != nil {
		t.Error(got)
	}
}
