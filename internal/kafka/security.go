package kafka

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"time"

	"github.com/segmentio/kafka-go/sasl"
	"github.com/segmentio/kafka-go/sasl/plain"
	"github.com/segmentio/kafka-go/sasl/scram"

	"noctra/internal/secrets"
	"noctra/internal/tlsconf"
)

// connectTimeout bounds a connection and its TLS handshake.
const connectTimeout = 3 * time.Second

// dial opens a connection to a broker, with TLS where the settings ask for it.
type dial = func(ctx context.Context, network, addr string) (net.Conn, error)

// security returns how to connect, and how to log in (nil: not at all).
func (c Config) security() (dial, sasl.Mechanism, error) {
	if err := c.Validate(); err != nil {
		return nil, nil, err
	}
	connect, err := c.dialer()
	if err != nil || c.Mechanism == "" {
		return connect, nil, err
	}
	l := login{config: c, password: secrets.NewFile(c.PasswordFile)}
	if _, err := l.mechanism(); err != nil {
		return nil, nil, err
	}
	return connect, l, nil
}

// dialer returns how brokers are reached: those that were named, and those that they name.
func (c Config) dialer() (dial, error) {
	direct := &net.Dialer{Timeout: connectTimeout}
	if !c.TLS {
		return func(ctx context.Context, network, addr string) (net.Conn, error) {
			host, _, err := net.SplitHostPort(addr)
			if err == nil {
				err = c.mayBePlain(host)
			}
			if err != nil {
				return nil, err
			}
			return direct.DialContext(ctx, network, addr)
		}, nil
	}
	config, err := tlsconf.Client("--kafka-ca-file", c.CAFile)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		return dialTLS(ctx, direct, config, network, addr)
	}, nil
}

// dialTLS makes the handshake at once, so that its errors can say what helps.
func dialTLS(ctx context.Context, direct *net.Dialer, config *tls.Config, network, addr string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("connect to kafka: %w", err)
	}
	conn, err := direct.DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	config = config.Clone()
	config.ServerName = host
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	secure := tls.Client(conn, config)
	if err := secure.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		return nil, tlsconf.ExplainHandshake(err, addr, tlsconf.Settings{CA: "--kafka-ca-file", Plain: "--kafka-plain in place of --kafka-tls"})
	}
	return secure, nil
}

// login logs in with what the password's file has at that moment: one that was replaced holds for the next
// connection.
type login struct {
	config   Config
	password *secrets.File
}

// Name implements sasl.Mechanism.
func (l login) Name() string {
	switch l.config.Mechanism {
	case "scram-sha-256":
		return scram.SHA256.Name()
	case "scram-sha-512":
		return scram.SHA512.Name()
	}
	return plain.Mechanism{}.Name()
}

// Start implements sasl.Mechanism.
func (l login) Start(ctx context.Context) (sasl.StateMachine, []byte, error) {
	mechanism, err := l.mechanism()
	if err != nil {
		return nil, nil, err
	}
	return mechanism.Start(ctx)
}

func (l login) mechanism() (mechanism sasl.Mechanism, err error) {
	password, err := l.password.Read()
	if err != nil {
		return nil, fmt.Errorf("--kafka-password-file: %w", err)
	}
	switch l.config.Mechanism {
	case "scram-sha-256":
		mechanism, err = scram.Mechanism(scram.SHA256, l.config.User, password)
	case "scram-sha-512":
		mechanism, err = scram.Mechanism(scram.SHA512, l.config.User, password)
	default:
		mechanism = plain.Mechanism{Username: l.config.User, Password: password}
	}
	if err != nil {
		return nil, fmt.Errorf("prepare kafka login of user %q: %w", l.config.User, err)
	}
	return mechanism, nil
}
