package admin

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"time"

	"noctra/admin/internal/mailer"
	"noctra/internal/address"
	"noctra/internal/clickhouse"
	"noctra/internal/googleauth"
	"noctra/internal/postgres"
	"noctra/internal/settings"
	"noctra/internal/tlsconf"
)

// Config is the admin service's settings. Every default stands in its tag.
type Config struct {
	Addr       string            `name:"admin-addr" help:"Address of the dashboard and the reports API." placeholder:"HOST:PORT" default:"127.0.0.1:8080"`
	TLS        tlsconf.Files     `embed:"" prefix:"admin-"`
	Postgres   postgres.Config   `embed:""`
	ClickHouse clickhouse.Config `embed:""`

	PublicURL      string   `name:"admin-url" help:"Where browsers reach the dashboard; https:// here makes cookies secure (default: http://, or https:// with a certificate, and --admin-addr)." placeholder:"URL"`
	CollectorURL   string   `name:"collector-url" help:"Where browsers reach the collector; stands in snippets." placeholder:"URL" default:"http://127.0.0.1:8081"`
	TrustedProxies []string `name:"trusted-proxies" help:"Networks of proxies whose X-Forwarded-For and Forwarded headers are believed." placeholder:"NETWORK,…"`

	Google              googleauth.Config `embed:""`
	Mail                mailer.Config     `embed:""`
	MasterKeyFile       string            `name:"master-key-file" help:"File of the keys under which second factors and waiting mail are sealed; made where it is missing (default: neither of both)." placeholder:"FILE"`
	SigningKeyFile      string            `name:"signing-key-file" help:"File of the keys under which signing secrets of server keys are sealed; collectors need it, too; made where it is missing (default: no signatures)." placeholder:"FILE"`
	SignUp              bool              `name:"sign-up" help:"Whether strangers may sign up, which also needs mail." negatable:"" default:"true"`
	PasswordConcurrency int               `name:"password-concurrency" help:"Passwords that are checked at a time; others wait (0: one for two cores)." default:"0"`

	ExportsDir   string `name:"exports-dir" help:"Directory of copies of accounts and workspaces, made where it is missing; share it among several admin services (default: nobody gets copies)." placeholder:"DIR"`
	SupportEmail string `name:"support-email" help:"Address that hears of every request about personal data, and stands on the page for them (default: only owners and admins of the workspace hear of it)." placeholder:"ADDRESS"`

	AuditAnchorFile string `name:"audit-anchor-file" help:"Add the ends of the audit to this file each hour, for noctra audit verify (default: only a digest in the log)." placeholder:"FILE"`

	DemoFile     string `name:"demo-file" help:"Make a demo site and write its keys into this file (default: no demo)." placeholder:"FILE"`
	FirstRunFile string `name:"first-run-file" help:"While there is no account, write the link that sets up the first one into this file (default: no link)." placeholder:"FILE"`

	MaxQueryBytes    int64         `name:"max-query-bytes" help:"Largest body of a report query." default:"262144"`
	QueryRate        int           `name:"query-rate" help:"Requests a second that one key, account or (before a sign-in) address may send, with bursts of twice as many; 0 for no limit." default:"1000"`
	QueryConcurrency int           `name:"query-concurrency" help:"Report queries that ClickHouse works on at a time; others wait." default:"8"`
	QueryTimeout     time.Duration `name:"query-timeout" help:"Time a report query may take, waiting included." default:"30s"`
	MaxStreams       int           `name:"max-streams" help:"Most live streams at a time." default:"2000"`
	CanaryEvery      time.Duration `name:"canary-every" help:"How often collectors send an event of their own, which is looked for to measure the delay of reports; missing for three times as long it is warned about; 0 for no look-out." default:"1m"`
	SessionIdle      time.Duration `name:"session-idle" help:"A sign-in ends when it was not used for so long." default:"168h"`
	SessionMax       time.Duration `name:"session-max" help:"A sign-in ends after so long, however much it is used." default:"720h"`
}

// Validate reports everything that is wrong with c, joined.
func (c Config) Validate() error {
	errs := []error{c.Postgres.Validate(), c.ClickHouse.Validate(), c.TLS.Check("--admin-")}
	if _, port, err := net.SplitHostPort(c.Addr); err != nil || port == "" {
		errs = append(errs, fmt.Errorf("--admin-addr: %q is not host:port", c.Addr))
	}
	if c.PublicURL != "" {
		errs = append(errs, checkURL("--admin-url", c.PublicURL))
	}
	errs = append(errs, checkURL("--collector-url", c.CollectorURL), c.Mail.Validate(), c.Google.Validate())
	if _, err := address.Parse(c.TrustedProxies); err != nil {
		errs = append(errs, fmt.Errorf("--trusted-proxies: %w", err))
	}
	if c.SupportEmail != "" && checkEmail(c.SupportEmail) != "" {
		errs = append(errs, fmt.Errorf("--support-email: %q is no e-mail address", c.SupportEmail))
	}
	if c.Mail.On() && c.MasterKeyFile == "" {
		errs = append(errs, errors.New("--master-key-file: mail needs it, because what waits is sealed"))
	}
	errs = append(errs,
		settings.Within("max-query-bytes", c.MaxQueryBytes, 1<<10, 16<<20),
		settings.Within("query-rate", c.QueryRate, 0, 1_000_000),
		settings.Within("query-concurrency", c.QueryConcurrency, 1, 1000),
		settings.Within("max-streams", c.MaxStreams, 1, 1_000_000),
		settings.Within("query-timeout", c.QueryTimeout, 100*time.Millisecond, 10*time.Minute),
		settings.Within("canary-every", c.CanaryEvery, 0, time.Hour),
		settings.Within("session-idle", c.SessionIdle, 5*time.Minute, 8760*time.Hour),
		settings.Within("password-concurrency", c.PasswordConcurrency, 0, 1000),
		settings.Within("session-max", c.SessionMax, 5*time.Minute, 8760*time.Hour),
	)
	return errors.Join(errs...)
}

// checkURL takes http:// and https:// with a host and nothing behind it.
func checkURL(flag, raw string) error {
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.Fragment != "" {
		return fmt.Errorf("%s: give http:// or https:// with a host and no path", flag)
	}
	return nil
}

// publicURL returns where browsers reach the service, without a slash at the end.
func (c Config) publicURL() *url.URL {
	raw := c.PublicURL
	if raw == "" {
		raw = c.TLS.Scheme() + "://" + c.Addr
	}
	u, err := url.Parse(raw)
	if err != nil {
		return &url.URL{Scheme: c.TLS.Scheme(), Host: c.Addr} // Validate has refused it already
	}
	return &url.URL{Scheme: u.Scheme, Host: u.Host}
}

func (c Config) collectorURL() string {
	u, err := url.Parse(c.CollectorURL)
	if err != nil {
		return c.CollectorURL
	}
	return u.Scheme + "://" + u.Host
}

// link returns an address of the service with a token in it. It is a secret. Over https the token stands behind the #,
// where no server and no proxy sees it, and a page posts it; over http, on a machine of one's own, also programs open it.
func (c Config) link(path, token string) string {
	u := c.publicURL().JoinPath(path)
	if u.Scheme == "https" {
		u.Fragment = url.Values{"token": {token}}.Encode()
		return u.String()
	}
	return c.openLink(path, token)
}

// openLink returns an address that a program opens by GET, with a token in it.
func (c Config) openLink(path, token string) string {
	u := c.publicURL().JoinPath(path)
	u.RawQuery = url.Values{"token": {token}}.Encode()
	return u.String()
}
