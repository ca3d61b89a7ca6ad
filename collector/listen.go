package collector

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"noctra/internal/tlsconf"
)

// unprotected is what is said of a collector that other machines reach without TLS.
const unprotected = "events are taken from other machines without TLS: give --collector-tls-cert-file, or an https:// address in --collector-url where a proxy speaks it"

// exposed reports whether unprotected is true.
func (s *Service) exposed() bool {
	return !s.config.HSTS && s.config.TLS.Exposed(s.config.Addr, s.config.PublicURL)
}

// listen binds the public address, with TLS where there is a certificate.
func (s *Service) listen() error {
	c := s.config
	listener, err := net.Listen("tcp", c.Addr)
	if err != nil {
		return fmt.Errorf("--collector-addr: cannot listen on %s: %w; stop what uses it, or give another address", c.Addr, err)
	}
	if s.exposed() {
		s.log.Warn(unprotected, "collector_addr", c.Addr)
	}
	door, err := doorOf(listener.Addr())
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	s.listener.Listener, s.canary.url = listener, c.TLS.Scheme()+door
	if !c.TLS.On() {
		return nil
	}
	certificate, err := c.TLS.Open(s.log, time.Now)
	if err != nil {
		return errors.Join(fmt.Errorf("--collector-tls-cert-file: %w", err), listener.Close())
	}
	s.listener.Listener = certificate.Listen(listener)
	s.canary.client.Transport = &http.Transport{DisableKeepAlives: true, TLSClientConfig: ownDoor(certificate)}
	return nil
}

// ownDoor are settings of a client that speaks to this process alone, whatever its certificate is for: the server has to have
// the very certificate that is served here.
func ownDoor(served *tlsconf.Certificate) *tls.Config {
	return &tls.Config{
		MinVersion:         tls.VersionTLS12,
		InsecureSkipVerify: true, //nolint:gosec // VerifyConnection is stricter
		VerifyConnection: func(state tls.ConnectionState) error {
			if len(state.PeerCertificates) == 0 || !bytes.Equal(state.PeerCertificates[0].Raw, served.Current().Certificate[0]) {
				return errors.New("somebody else answers at the collector's address")
			}
			return nil
		},
	}
}
