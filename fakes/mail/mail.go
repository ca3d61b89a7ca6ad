// Package mail stands in for a mail relay and for everybody's mailbox: it takes any mail over SMTP
// on loopback, keeps it on disk, and shows it in an inbox page.
//
// Like a mailbox it files a message that arrives twice (same Message-ID, same recipients) once, and
// counts the copies. It delivers nothing. Faults are drawn once for a message, at the end of DATA, or
// at /connect, /mail, /rcpt and /data where an order names one of these.
package mail

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"time"

	"github.com/emersion/go-smtp"

	"noctra/fakes"
)

// Config is the fake's settings.
type Config struct {
	Dir      string `name:"fake-dir" help:"Folder in which mail is kept." placeholder:"DIR" required:""`
	SMTPAddr string `name:"fake-smtp-addr" help:"Address that takes mail." placeholder:"HOST:PORT" default:"127.0.0.1:0"`
	HTTPAddr string `name:"fake-addr" help:"Address of the inbox page, the ledger and the faults." placeholder:"HOST:PORT" default:"127.0.0.1:0"`
}

// Validate reports everything that is wrong with c, joined.
func (c Config) Validate() error {
	var errs []error
	for flag, addr := range map[string]string{"fake-smtp-addr": c.SMTPAddr, "fake-addr": c.HTTPAddr} {
		host, _, err := net.SplitHostPort(addr)
		if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsLoopback() {
			errs = append(errs, fmt.Errorf("--%s: %q is not host:port on loopback; a fake is for this machine alone", flag, addr))
		}
	}
	return errors.Join(errs...)
}

const (
	largest   = 10 << 20
	mostRcpts = 100
	timeout   = time.Minute
	closeTime = 2 * time.Second
)

// Service is the fake.
type Service struct {
	log    *slog.Logger
	box    *box
	faults fakes.Faults

	smtp         *smtp.Server
	http         *http.Server
	smtpListener net.Listener
	httpListener net.Listener
}

// New opens the mailbox and listens.
func New(config Config, log *slog.Logger) (*Service, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	s := &Service{log: log}
	var err error
	if s.box, err = openBox(filepath.Join(config.Dir, "messages.jsonl")); err != nil {
		return nil, err
	}
	if s.smtpListener, err = net.Listen("tcp", config.SMTPAddr); err != nil {
		return nil, errors.Join(fmt.Errorf("--fake-smtp-addr: %w", err), s.box.close())
	}
	if s.httpListener, err = net.Listen("tcp", config.HTTPAddr); err != nil {
		return nil, errors.Join(fmt.Errorf("--fake-addr: %w", err), s.smtpListener.Close(), s.box.close())
	}
	s.smtp = smtp.NewServer(smtp.BackendFunc(s.session))
	s.smtp.Domain, s.smtp.MaxMessageBytes, s.smtp.MaxRecipients = "mail.noctra.example", largest, mostRcpts
	s.smtp.ReadTimeout, s.smtp.WriteTimeout = timeout, timeout
	s.smtp.EnableSMTPUTF8 = true
	quiet := slog.NewLogLogger(log.Handler(), slog.LevelDebug)
	s.smtp.ErrorLog = quiet
	s.http = &http.Server{Handler: fakes.Local(s.pages()), ReadHeaderTimeout: timeout, ErrorLog: quiet}
	return s, nil
}

// SMTPAddr and URL say where the fake is.
func (s *Service) SMTPAddr() string { return s.smtpListener.Addr().String() }

// URL is where the inbox page is.
func (s *Service) URL() string { return "http://" + s.httpListener.Addr().String() }

// Ready is nil: what listens takes mail.
func (s *Service) Ready() error { return nil }

// Run takes mail until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	s.log.Info("mail is taken", "smtp_addr", s.SMTPAddr(), "url", s.URL())
	ended := make(chan error, 2)
	go func() { ended <- s.smtp.Serve(s.smtpListener) }()
	go func() { ended <- s.http.Serve(s.httpListener) }()
	var err error
	left := 2
	select {
	case err = <-ended:
		left = 1
	case <-ctx.Done():
	}
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTime)
	defer cancel()
	if s.smtp.Shutdown(closing) != nil {
		_ = s.smtp.Close() // what still talks is cut off
	}
	_ = s.smtpListener.Close() // also where Serve had not begun yet
	if s.http.Shutdown(closing) != nil {
		_ = s.http.Close()
	}
	for range left {
		err = errors.Join(err, <-ended)
	}
	if ctx.Err() != nil { // they say that they were closed
		err = nil
	}
	return errors.Join(err, s.box.close())
}
