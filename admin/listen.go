package admin

import (
	"errors"
	"fmt"
	"net"
	"time"

	"noctra/internal/ops"
)

// unprotected is what is said of a service that other machines reach without TLS.
const unprotected = "pages are served to other machines without TLS: give --admin-tls-cert-file, or an https:// address in --admin-url where a proxy speaks it"

// exposed reports whether unprotected is true.
func (s *Service) exposed() bool { return s.config.TLS.Exposed(s.config.Addr, s.config.PublicURL) }

// listen binds the public address, with TLS where there is a certificate.
func (s *Service) listen() (net.Listener, error) {
	c := s.config
	listener, err := net.Listen("tcp", c.Addr)
	if err != nil {
		return nil, fmt.Errorf("--admin-addr: cannot listen on %s: %w; stop what uses it, or give another address", c.Addr, err)
	}
	if s.exposed() {
		s.log.Warn(unprotected, "admin_addr", c.Addr)
	}
	if !c.TLS.On() {
		return listener, nil
	}
	certificate, err := c.TLS.Open(s.log, time.Now)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("--admin-tls-cert-file: %w", err), listener.Close())
	}
	return certificate.Listen(listener), nil
}

// note says what is missing that keeps nobody from asking for reports, nil for nothing.
func (s *Service) note() error {
	missing := s.missingCanary()
	if !s.exposed() {
		return missing
	}
	var canary ops.Note
	if errors.As(missing, &canary) {
		return canary + "; " + unprotected
	}
	return ops.Note(unprotected)
}
