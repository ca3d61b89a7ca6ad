package mailer

import (
	"errors"
	"fmt"
	"net"
	"net/mail"
	"slices"
	"strconv"

	gomail "github.com/wneessen/go-mail"

	"noctra/internal/secrets"
	"noctra/internal/tlsconf"
)

// Ways to protect the connection to the relay.
const (
	plain    = "none"
	startTLS = "starttls"
	fullTLS  = "tls"
)

// Config says where mail goes. Without an address there is no mail, and nobody can sign up.
type Config struct {
	Addr         string `name:"mail-addr" help:"Mail relay that takes SMTP (default: no mail, and nobody can sign up)." placeholder:"HOST:PORT"`
	From         string `name:"mail-from" help:"Sender of mail, such as Noctra <noctra@example.com>." placeholder:"ADDRESS"`
	User         string `name:"mail-user" help:"User at the relay (default: none is named)." placeholder:"NAME"`
	PasswordFile string `name:"mail-password-file" help:"File with the password at the relay." placeholder:"FILE"`
	TLS          string `name:"mail-tls" help:"none, starttls (refused where the relay has none) or tls from the start." default:"starttls"`
	CAFile       string `name:"mail-ca-file" help:"Certificates that vouch for the relay, PEM (default: those of the machine)." placeholder:"FILE"`
}

// On reports whether mail can be sent.
func (c Config) On() bool { return c.Addr != "" }

// Validate reports everything that is wrong with c, joined.
func (c Config) Validate() error {
	var errs []error
	if !slices.Contains([]string{plain, startTLS, fullTLS}, c.TLS) {
		errs = append(errs, fmt.Errorf("--mail-tls: %q is none of none, starttls, tls", c.TLS))
	}
	if !c.On() {
		return errors.Join(errs...)
	}
	host, port, err := net.SplitHostPort(c.Addr)
	if number, portErr := strconv.Atoi(port); err != nil || host == "" || portErr != nil || number < 1 || number > 65535 {
		errs = append(errs, fmt.Errorf("--mail-addr: %q is not host:port", c.Addr))
	}
	if _, err := mail.ParseAddress(c.From); err != nil {
		errs = append(errs, fmt.Errorf("--mail-from: %q is no address; give one such as Noctra <noctra@example.com>", c.From))
	}
	if c.TLS == plain && c.User != "" && tlsconf.Elsewhere(host) {
		errs = append(errs, errors.New("--mail-tls: a password is not sent without TLS to another machine"))
	}
	if (c.User == "") != (c.PasswordFile == "") {
		errs = append(errs, errors.New("--mail-user: name a user and a --mail-password-file, or neither"))
	}
	return errors.Join(errs...)
}

// options are the relay's settings as go-mail takes them.
func (c Config) options() (host string, options []gomail.Option, err error) {
	host, port, err := net.SplitHostPort(c.Addr)
	if err != nil {
		return "", nil, fmt.Errorf("--mail-addr: %w", err)
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		return "", nil, fmt.Errorf("--mail-addr: %q is no port", port)
	}
	protect, err := tlsconf.Client("--mail-ca-file", c.CAFile)
	if err != nil {
		return "", nil, err
	}
	protect.ServerName = host
	options = []gomail.Option{gomail.WithPort(number), gomail.WithTimeout(sendTimeout), gomail.WithTLSConfig(protect)}
	switch c.TLS {
	case plain:
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS))
	case startTLS:
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	case fullTLS:
		options = append(options, gomail.WithSSL())
	}
	if c.User == "" {
		return host, options, nil
	}
	password, err := secrets.ReadFile(c.PasswordFile)
	if err != nil {
		return "", nil, fmt.Errorf("--mail-password-file: %w", err)
	}
	kind := gomail.SMTPAuthAutoDiscover
	if c.TLS == plain {
		kind = gomail.SMTPAuthPlainNoEnc
	}
	return host, append(options, gomail.WithSMTPAuth(kind), gomail.WithUsername(c.User), gomail.WithPassword(password)), nil
}
