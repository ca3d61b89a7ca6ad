package clickhouse

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"

	clickhousego "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"noctra/internal/secrets"
	"noctra/internal/tlsconf"
)

const (
	dialTimeout    = 5 * time.Second
	answerTimeout  = 5 * time.Minute // first byte of an answer; contexts end a call sooner
	connectionAge  = time.Hour
	maxConnections = 16
	idleConns      = 4
)

// Open returns connections for role, made when they are first used: a server that is away
// shows in the first call. The caller closes it.
func (c Config) Open(role Role) (driver.Conn, error) {
	opts, err := c.options(role)
	if err != nil {
		return nil, err
	}
	conn, err := clickhousego.Open(opts)
	if err != nil {
		return nil, fmt.Errorf("open clickhouse as %s: %w", role, err)
	}
	return conn, nil
}

// URL returns the HTTP address with the login and the database of role, for programs of
// others. It holds the password.
func (c Config) URL(role Role) (string, error) {
	u, err := c.parseAddr()
	if err != nil {
		return "", err
	}
	user, password, err := c.login(role)
	if err != nil {
		return "", err
	}
	u.User = url.UserPassword(user, password)
	u.Path = "/"
	u.RawQuery = url.Values{"database": {c.Database}}.Encode()
	return u.String(), nil
}

// EnsureDatabase creates the database of c where it is missing, as the migrator.
func (c Config) EnsureDatabase(ctx context.Context) error {
	if err := c.Validate(); err != nil {
		return err
	}
	server := c
	server.Database = ""
	opts, err := server.options(Migrator)
	if err != nil {
		return err
	}
	conn, err := clickhousego.Open(opts)
	if err != nil {
		return fmt.Errorf("open clickhouse as migrator: %w", err)
	}
	defer func() { _ = conn.Close() }()
	if err := conn.Exec(ctx, "CREATE DATABASE IF NOT EXISTS `"+c.Database+"`"+onCluster(c.Cluster)); err != nil {
		return fmt.Errorf("create clickhouse database %q: %w", c.Database, c.Explain(err))
	}
	return nil
}

// Explain makes one sentence of an error whose cause is that the server cannot be reached.
func (c Config) Explain(err error) error {
	var network *net.OpError
	if !errors.As(err, &network) {
		return err
	}
	u, parseErr := c.parseAddr()
	if parseErr != nil {
		return err
	}
	return fmt.Errorf("%s does not answer: %w; start it, or give another address", u.Host, network.Err)
}

func (c Config) options(role Role) (*clickhousego.Options, error) {
	u, err := c.server()
	if err != nil {
		return nil, err
	}
	config, err := c.tlsConfig(u.Scheme)
	if err != nil {
		return nil, err
	}
	user, password, err := c.login(role)
	if err != nil {
		return nil, err
	}
	opts := &clickhousego.Options{
		Protocol:        clickhousego.HTTP,
		Addr:            []string{u.Host},
		Auth:            clickhousego.Auth{Database: c.Database, Username: user, Password: password},
		TLS:             config,
		DialTimeout:     dialTimeout,
		ReadTimeout:     answerTimeout,
		ConnMaxLifetime: connectionAge,
		MaxOpenConns:    maxConnections,
		MaxIdleConns:    idleConns,
		Compression:     &clickhousego.Compression{Method: clickhousego.CompressionLZ4},
		ClientInfo:      clickhousego.ClientInfo{Products: []struct{ Name, Version string }{{Name: "noctra", Version: role.String()}}},
	}
	if role != Reader {
		opts.Settings = ShardSettings()
	}
	file := secrets.NewFile(c.passwordFile(role))
	if u.User != nil {
		file = nil
	}
	opts.TransportFunc = func(t *http.Transport) (http.RoundTripper, error) {
		return transport{next: t, role: role, user: user, password: file, host: u.Host}, nil
	}
	return opts, nil
}

// ShardSettings are those on which reading and writing by Distributed tables relies; other tables
// pass them over. An insert is answered when every shard has its rows, of which a repetition under
// the same token adds what is missing; an answer without some shard's rows is an error; a shard that
// has nothing of a site is not asked; of replicas, those who write and read take the first that is
// there. Readers cannot set any: not to ask every shard belongs into their profile.
func ShardSettings() clickhousego.Settings {
	return clickhousego.Settings{
		"distributed_foreground_insert":      1,
		"parallel_distributed_insert_select": 0,
		"skip_unavailable_shards":            0,
		"optimize_skip_unused_shards":        1,
		"load_balancing":                     "in_order",
	}
}

func (c Config) login(role Role) (user, password string, err error) {
	u, err := c.parseAddr()
	if err != nil {
		return "", "", err
	}
	if u.User != nil {
		password, _ = u.User.Password()
		return u.User.Username(), password, nil
	}
	switch role {
	case Writer:
		user = c.WriterUser
	case Reader:
		user = c.ReaderUser
	case Migrator:
		user = c.MigratorUser
	default:
		return "", "", fmt.Errorf("open clickhouse: %v", role)
	}
	password, err = secrets.ReadFile(c.passwordFile(role))
	if err != nil {
		return "", "", fmt.Errorf("--clickhouse-%s-password-file: %w", role, err)
	}
	return user, password, nil
}

func (c Config) passwordFile(role Role) string {
	switch role {
	case Writer:
		return c.WriterPasswordFile
	case Reader:
		return c.ReaderPasswordFile
	case Migrator:
		return c.MigratorPasswordFile
	}
	return ""
}

func (c Config) tlsConfig(scheme string) (*tls.Config, error) {
	if scheme != "https" {
		return nil, nil //nolint:nilnil // plain HTTP, and clickhouse-go takes nil for it
	}
	return tlsconf.Client("--clickhouse-ca-file", c.CAFile)
}
