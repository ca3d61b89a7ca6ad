// Package clickhouse opens ClickHouse by configuration, in one of three roles, and keeps its
// schema: migrations are applied, shown and checked.
//
// Everything goes over the HTTP protocol, in native blocks with LZ4: the embedded engine dies
// when a client of the native protocol is killed in the middle of an insert. The package knows
// no table but its own record of migrations.
package clickhouse

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"strings"

	"noctra/internal/tlsconf"
)

// Embedded stands in place of an address for the product's own server.
const Embedded = "http://embedded"

// Role is what a connection is for; each logs in as a user of its own.
type Role int

// Roles. The reader may only select, within limits that the server sets.
const (
	Writer Role = iota + 1
	Reader
	Migrator
)

// String names the role as in flags.
func (r Role) String() string {
	switch r {
	case Writer:
		return "writer"
	case Reader:
		return "reader"
	case Migrator:
		return "migrator"
	default:
		return "unknown role"
	}
}

// Config says where ClickHouse is and how each role logs in. Addr may carry a user and a
// password (http://user:password@host:8123); they are then used for every role.
type Config struct {
	Addr     string `name:"clickhouse" help:"ClickHouse over HTTP: https://, or http:// on this machine." placeholder:"URL" default:"${clickhouse_default}"`
	Plain    bool   `name:"clickhouse-plain" help:"Speak to ClickHouse on another machine without TLS, http://, where everything between is trusted."`
	Database string `name:"clickhouse-database" help:"ClickHouse database." placeholder:"NAME" default:"noctra"`
	Cluster  string `name:"clickhouse-cluster" help:"ClickHouse cluster to create tables on: replicated, and Distributed over its shards (default: a single server)." placeholder:"NAME"`
	CAFile   string `name:"clickhouse-ca-file" help:"PEM file with the certificate authorities that ClickHouse's certificate may come from (default: the system's)." placeholder:"FILE"`

	WriterUser           string `name:"clickhouse-writer-user" help:"ClickHouse user that inserts." placeholder:"NAME" default:"noctra_writer"`
	WriterPasswordFile   string `name:"clickhouse-writer-password-file" help:"File with that user's password." placeholder:"FILE"`
	ReaderUser           string `name:"clickhouse-reader-user" help:"ClickHouse user that answers reports; give it readonly=1 and limits." placeholder:"NAME" default:"noctra_reader"`
	ReaderPasswordFile   string `name:"clickhouse-reader-password-file" help:"File with that user's password." placeholder:"FILE"`
	MigratorUser         string `name:"clickhouse-migrator-user" help:"ClickHouse user that changes the schema." placeholder:"NAME" default:"noctra_migrator"`
	MigratorPasswordFile string `name:"clickhouse-migrator-password-file" help:"File with that user's password." placeholder:"FILE"`
}

var identifier = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,63}$`)

// Validate reports everything that is wrong with c, joined.
func (c Config) Validate() error {
	var errs []error
	if u, err := c.parseAddr(); err != nil {
		errs = append(errs, err)
	} else if c.Addr != Embedded {
		errs = append(errs, c.mayBePlain(u))
	}
	if !identifier.MatchString(c.Database) {
		errs = append(errs, fmt.Errorf("--clickhouse-database: %q is no name of letters, digits and underscores", c.Database))
	}
	if c.Cluster != "" && !identifier.MatchString(c.Cluster) {
		errs = append(errs, fmt.Errorf("--clickhouse-cluster: %q is no name of letters, digits and underscores", c.Cluster))
	}
	if c.CAFile != "" && !strings.HasPrefix(c.Addr, "https://") {
		errs = append(errs, errors.New("--clickhouse-ca-file needs an https:// address in --clickhouse"))
	}
	return errors.Join(errs...)
}

// parseAddr returns the address with an explicit port.
func (c Config) parseAddr() (*url.URL, error) {
	u, err := url.Parse(c.Addr)
	if err != nil {
		return nil, fmt.Errorf("--clickhouse: the address does not parse; give http://host:8123 or https://host:8443")
	}
	port := map[string]string{"http": "8123", "https": "8443"}[u.Scheme]
	if port == "" || u.Hostname() == "" {
		return nil, fmt.Errorf("--clickhouse: %q is not http://host:8123 or https://host:8443", u.Redacted())
	}
	if u.Port() == "" {
		u.Host = net.JoinHostPort(u.Hostname(), port)
	}
	return u, nil
}

// server returns the address of a server that may be spoken to.
func (c Config) server() (*url.URL, error) {
	u, err := c.parseAddr()
	if err == nil {
		err = c.mayBePlain(u)
	}
	return u, err
}

// mayBePlain refuses to speak without TLS to another machine.
func (c Config) mayBePlain(u *url.URL) error {
	if u.Scheme == "https" || c.Plain || !tlsconf.Elsewhere(u.Hostname()) {
		return nil
	}
	return fmt.Errorf("--clickhouse: %q is another machine: give https://, with --clickhouse-ca-file for an authority of your own, or --clickhouse-plain where everything between is trusted", u.Redacted())
}
