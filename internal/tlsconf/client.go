// Package tlsconf says where a connection needs TLS, and makes its settings out of files: authorities
// for those who connect, a certificate that may be replaced while it is served for those who listen.
//
// It opens no connection. Drivers and servers put their settings together with it, so that all of them
// mean the same by "another machine", check certificates alike and name the setting that helps.
package tlsconf

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
)

// Elsewhere reports whether a host is another machine: what is neither localhost nor a loopback address. Names
// are not looked up, because what they mean may change.
func Elsewhere(host string) bool {
	ip := net.ParseIP(host)
	return host != "localhost" && (ip == nil || !ip.IsLoopback())
}

// Client returns settings that check the server's certificate: by the authorities in caFile (PEM), or by the
// system's where it is empty. flag names the file's setting in errors.
func Client(flag, caFile string) (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if caFile == "" {
		return config, nil
	}
	pem, err := os.ReadFile(caFile)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", flag, err)
	}
	config.RootCAs = x509.NewCertPool()
	if !config.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s: no certificate in %q", flag, caFile)
	}
	return config, nil
}

// Settings are those that help where TLS does not come about, as a person types them.
type Settings struct {
	CA    string // names authorities
	Plain string // does without TLS
}

// Explain makes one sentence of an error of a TLS handshake with the server at addr. Other errors come back as
// they are.
func Explain(err error, addr string, s Settings) error {
	var unknown x509.UnknownAuthorityError
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	var record tls.RecordHeaderError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &unknown):
		return fmt.Errorf("nobody who is trusted vouches for the certificate of %s: name its authority with %s: %w", addr, s.CA, err)
	case errors.As(err, &name):
		return fmt.Errorf("the certificate of %s is for another name: give an address that it is for: %w", addr, err)
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return fmt.Errorf("the certificate of %s is not valid today: renew it: %w", addr, err)
	case errors.As(err, &record), strings.Contains(err.Error(), "server gave HTTP response to HTTPS client"):
		return fmt.Errorf("%s does not speak TLS: switch it on there, or give %s where everything between is trusted: %w", addr, s.Plain, err)
	}
	return err
}

// ExplainHandshake is Explain for an error that is known to be of the handshake: who ends in the middle of it, or
// waits for more, hardly speaks TLS.
func ExplainHandshake(err error, addr string, s Settings) error {
	for _, silent := range []error{io.EOF, io.ErrUnexpectedEOF, syscall.ECONNRESET, context.DeadlineExceeded, os.ErrDeadlineExceeded} {
		if errors.Is(err, silent) {
			return fmt.Errorf("%s does not answer in TLS: switch it on there, or give %s where everything between is trusted: %w", addr, s.Plain, err)
		}
	}
	return Explain(err, addr, s)
}
