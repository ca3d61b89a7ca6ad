// Package postgres opens Postgres by configuration and keeps its schema with goose.
//
// It knows no table but goose's own record of migrations; queries belong to the services.
package postgres

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"noctra/internal/secrets"
	"noctra/internal/tlsconf"
)

const (
	connectTimeout = 5 * time.Second
	connectionAge  = time.Hour
	healthPeriod   = 15 * time.Second
)

// Config says where Postgres is.
type Config struct {
	URL          string `name:"postgres" help:"Postgres, postgres://user@host:5432/database; over TLS with a certificate that is checked, unless it is on this machine or the address ends in ?sslmode=disable (sslrootcert=FILE names an authority of one's own)." placeholder:"URL" default:"${postgres_default}"`
	PasswordFile string `name:"postgres-password-file" help:"File with the password, instead of one in the address." placeholder:"FILE"`
}

// verifyFull is TLS with a certificate that is for this host and that a trusted authority has signed.
const verifyFull = "verify-full"

// elsewhere reports whether an address leads to another machine and says nothing of TLS.
func elsewhere(u *url.URL) bool {
	q := u.Query()
	host := u.Hostname()
	if named := q.Get("host"); named != "" {
		host = named
	}
	return !q.Has("sslmode") && leavesMachine(host)
}

// leavesMachine reports whether a host is another machine; sockets and no host at all are none.
func leavesMachine(host string) bool {
	return host != "" && !strings.HasPrefix(host, "/") && tlsconf.Elsewhere(host)
}

// Validate reports everything that is wrong with c, joined. It never repeats the password.
func (c Config) Validate() error {
	u, err := url.Parse(c.URL)
	if err != nil {
		return errors.New("--postgres: the address does not parse; give postgres://user@host:5432/database")
	}
	var errs []error
	if u.Scheme != "postgres" && u.Scheme != "postgresql" {
		errs = append(errs, fmt.Errorf("--postgres: %q does not begin with postgres://", u.Redacted()))
	}
	if strings.Trim(u.Path, "/") == "" {
		errs = append(errs, fmt.Errorf("--postgres: %q names no database", u.Redacted()))
	}
	switch mode := u.Query().Get("sslmode"); mode {
	case "", "disable", verifyFull:
	default:
		errs = append(errs, fmt.Errorf("--postgres: with sslmode=%s nobody checks who answers; use sslmode=%s, with sslrootcert=FILE for an authority of your own, or sslmode=disable", mode, verifyFull))
	}
	if _, has := u.User.Password(); has && c.PasswordFile != "" {
		errs = append(errs, errors.New("--postgres-password-file: --postgres has a password already; leave one of them out"))
	}
	return errors.Join(errs...)
}

// Resolve returns the address with the password from the file in it, and with TLS where it leads to
// another machine and says nothing of that. It is a secret.
func (c Config) Resolve() (string, error) {
	if err := c.Validate(); err != nil {
		return "", err
	}
	u, err := url.Parse(c.URL)
	if err != nil {
		return "", errors.New("--postgres: the address does not parse")
	}
	if c.PasswordFile == "" && !elsewhere(u) {
		return c.URL, nil
	}
	if elsewhere(u) {
		q := u.Query()
		q.Set("sslmode", verifyFull)
		u.RawQuery = q.Encode()
	}
	if c.PasswordFile != "" {
		password, err := secrets.ReadFile(c.PasswordFile)
		if err != nil {
			return "", fmt.Errorf("--postgres-password-file: %w", err)
		}
		u.User = url.UserPassword(u.User.Username(), password)
	}
	return u.String(), nil
}

// Open returns a pool whose connections are made when they are first used, so that a server
// that is away shows in the first query. The caller closes it.
func (c Config) Open(ctx context.Context) (*pgxpool.Pool, error) {
	address, err := c.Resolve()
	if err != nil {
		return nil, err
	}
	config, err := pgxpool.ParseConfig(address)
	if err != nil {
		return nil, fmt.Errorf("--postgres: %q is no address that Postgres takes", secrets.MaskURL(c.URL))
	}
	if err := checkHosts(&config.ConnConfig.Config, address); err != nil {
		return nil, err
	}
	if c.PasswordFile != "" {
		config.BeforeConnect = readAgain(secrets.NewFile(c.PasswordFile))
	}
	config.ConnConfig.ConnectTimeout = connectTimeout
	config.MaxConnLifetime = connectionAge
	config.HealthCheckPeriod = healthPeriod
	if _, ok := config.ConnConfig.RuntimeParams["application_name"]; !ok {
		config.ConnConfig.RuntimeParams["application_name"] = "noctra"
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("open postgres: %w", err)
	}
	return pool, nil
}

// checkHosts refuses a host on another machine that the environment names and not the address: nothing there
// would ask for TLS.
func checkHosts(config *pgconn.Config, address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Query().Has("sslmode") {
		return nil //nolint:nilerr // what does not parse was refused before
	}
	hosts := []string{config.Host}
	for _, f := range config.Fallbacks {
		hosts = append(hosts, f.Host)
	}
	for _, host := range hosts {
		if leavesMachine(host) {
			return fmt.Errorf("--postgres: %q comes from PGHOST or a service file: name it in the address, so that it is reached over TLS", host)
		}
	}
	return nil
}

// readAgain has each new connection log in with what the password's file has at that moment.
func readAgain(file *secrets.File) func(context.Context, *pgx.ConnConfig) error {
	return func(_ context.Context, config *pgx.ConnConfig) (err error) {
		if config.Password, err = file.Read(); err != nil {
			return fmt.Errorf("--postgres-password-file: %w", err)
		}
		return nil
	}
}

// explain makes one sentence of an error whose cause is that the server cannot be reached, or not over TLS.
func (c Config) explain(err error) error {
	var connect *pgconn.ConnectError
	var network *net.OpError
	u, parseErr := url.Parse(c.URL)
	if parseErr != nil || !errors.As(err, &connect) {
		return err
	}
	const plain = "an address with ?sslmode=disable"
	if strings.Contains(err.Error(), "server refused TLS connection") {
		return fmt.Errorf("%s does not speak TLS: switch it on there, or give %s where everything between is trusted: %w", u.Host, plain, err)
	}
	if !errors.As(err, &network) {
		return tlsconf.Explain(err, u.Host, tlsconf.Settings{CA: "sslrootcert=FILE in the address", Plain: plain})
	}
	return fmt.Errorf("%s does not answer: %w; start it, or give another address", u.Host, network.Err)
}
