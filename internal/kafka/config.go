// Package kafka opens Kafka by configuration: addresses, TLS and SASL become the clients of
// kafka-go, and topics are made and checked.
//
// It neither produces nor consumes; the collector and the aggregator do that with what is
// opened here. It does not know what a message holds.
package kafka

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/sasl"
	"github.com/segmentio/kafka-go/sasl/plain"
	"github.com/segmentio/kafka-go/sasl/scram"

	"noctra/internal/secrets"
)

// EmbeddedCluster is the cluster id of the product's own broker. Its retention deletes nothing
// that the aggregator has not consumed, whatever the topics' settings say.
const EmbeddedCluster = "noctra"

const (
	dialTimeout    = 5 * time.Second
	requestTimeout = 10 * time.Second // a single request of Client, unless its context ends sooner
	idleTimeout    = 30 * time.Second
	metadataTTL    = 5 * time.Second
)

// Config says where Kafka is and how to log in. The zero value of every field but Brokers is
// a plain connection without a login.
type Config struct {
	Brokers      []string `name:"kafka" help:"Kafka brokers to start from, host:port." placeholder:"HOST:PORT,…" default:"${kafka_default}"`
	TLS          bool     `name:"kafka-tls" help:"Speak TLS to Kafka."`
	CAFile       string   `name:"kafka-ca-file" help:"PEM file with the certificate authorities that Kafka's certificate may come from (default: the system's)." placeholder:"FILE"`
	Mechanism    string   `name:"kafka-mechanism" help:"Login at Kafka: plain, scram-sha-256 or scram-sha-512 (default: none)." placeholder:"NAME"`
	User         string   `name:"kafka-user" help:"User name for the login at Kafka." placeholder:"NAME"`
	PasswordFile string   `name:"kafka-password-file" help:"File with the password for the login at Kafka." placeholder:"FILE"`
}

// Validate reports everything that is wrong with c, joined.
func (c Config) Validate() error {
	var errs []error
	if len(c.Brokers) == 0 {
		errs = append(errs, errors.New("--kafka: give at least one broker as host:port"))
	}
	for _, b := range c.Brokers {
		if host, port, err := net.SplitHostPort(b); err != nil || host == "" || port == "" {
			errs = append(errs, fmt.Errorf("--kafka: %q is not host:port", b))
		}
	}
	if c.CAFile != "" && !c.TLS {
		errs = append(errs, errors.New("--kafka-ca-file needs --kafka-tls"))
	}
	switch c.Mechanism {
	case "":
		if c.User != "" || c.PasswordFile != "" {
			errs = append(errs, errors.New("--kafka-user and --kafka-password-file need --kafka-mechanism"))
		}
	case "plain", "scram-sha-256", "scram-sha-512":
		if c.User == "" || c.PasswordFile == "" {
			errs = append(errs, fmt.Errorf("--kafka-mechanism %s needs --kafka-user and --kafka-password-file", c.Mechanism))
		}
	default:
		errs = append(errs, fmt.Errorf("--kafka-mechanism: %q is none of plain, scram-sha-256, scram-sha-512", c.Mechanism))
	}
	return errors.Join(errs...)
}

// Client returns a client for requests to any broker of the cluster. It keeps connections
// open; CloseIdleConnections of its Transport ends them.
func (c Config) Client() (*kafkago.Client, error) {
	config, mechanism, err := c.security()
	if err != nil {
		return nil, err
	}
	transport := &kafkago.Transport{
		DialTimeout: dialTimeout,
		IdleTimeout: idleTimeout,
		MetadataTTL: metadataTTL,
		ClientID:    "noctra",
		TLS:         config,
		SASL:        mechanism,
	}
	return &kafkago.Client{Addr: kafkago.TCP(c.Brokers...), Timeout: requestTimeout, Transport: transport}, nil
}

// Dialer returns what kafkago.ConsumerGroup and the like need to connect.
func (c Config) Dialer() (*kafkago.Dialer, error) {
	config, mechanism, err := c.security()
	if err != nil {
		return nil, err
	}
	return &kafkago.Dialer{ClientID: "noctra", Timeout: dialTimeout, TLS: config, SASLMechanism: mechanism}, nil
}

// security returns TLS settings (nil: none) and login (nil: none).
func (c Config) security() (*tls.Config, sasl.Mechanism, error) {
	if err := c.Validate(); err != nil {
		return nil, nil, err
	}
	config, err := c.tlsConfig()
	if err != nil {
		return nil, nil, err
	}
	password, err := secrets.ReadFile(c.PasswordFile)
	if err != nil {
		return nil, nil, fmt.Errorf("--kafka-password-file: %w", err)
	}
	var mechanism sasl.Mechanism
	switch c.Mechanism {
	case "plain":
		mechanism = plain.Mechanism{Username: c.User, Password: password}
	case "scram-sha-256":
		mechanism, err = scram.Mechanism(scram.SHA256, c.User, password)
	case "scram-sha-512":
		mechanism, err = scram.Mechanism(scram.SHA512, c.User, password)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("prepare kafka login of user %q: %w", c.User, err)
	}
	return config, mechanism, nil
}

func (c Config) tlsConfig() (*tls.Config, error) {
	if !c.TLS {
		return nil, nil //nolint:nilnil // no TLS is a valid setting, and kafka-go takes nil for it
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if c.CAFile == "" {
		return config, nil
	}
	pem, err := os.ReadFile(c.CAFile)
	if err != nil {
		return nil, fmt.Errorf("--kafka-ca-file: %w", err)
	}
	config.RootCAs = x509.NewCertPool()
	if !config.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("--kafka-ca-file: no certificate in %q", c.CAFile)
	}
	return config, nil
}
