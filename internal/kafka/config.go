// Package kafka opens Kafka by configuration: addresses, TLS and SASL become the clients of
// kafka-go, and topics are made and checked.
//
// It neither produces nor consumes; the collector and the aggregator do that with what is
// opened here. It does not know what a message holds.
package kafka

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"noctra/internal/tlsconf"
)

// Embedded stands in place of brokers for the product's own.
const Embedded = "embedded:0"

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
// a plain connection without a login, for a broker on this machine.
type Config struct {
	Brokers      []string `name:"kafka" help:"Kafka brokers to start from, host:port." placeholder:"HOST:PORT,…" default:"${kafka_default}"`
	TLS          bool     `name:"kafka-tls" help:"Speak TLS to Kafka; brokers on other machines need it, or --kafka-plain."`
	Plain        bool     `name:"kafka-plain" help:"Speak to Kafka on other machines without TLS, where everything between is trusted."`
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
	errs = append(errs, c.checkTLS())
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

// checkTLS lets nothing leave this machine in the clear unless that is asked for.
func (c Config) checkTLS() error {
	if c.TLS && c.Plain {
		return errors.New("--kafka-plain: leave it out, or --kafka-tls")
	}
	if c.CAFile != "" && !c.TLS {
		return errors.New("--kafka-ca-file needs --kafka-tls")
	}
	if c.TLS || slices.Equal(c.Brokers, []string{Embedded}) {
		return nil
	}
	for _, b := range c.Brokers {
		if host, _, err := net.SplitHostPort(b); err == nil && host != "" {
			if err := c.mayBePlain(host); err != nil {
				return err
			}
		}
	}
	return nil
}

// mayBePlain refuses to speak without TLS to another machine.
func (c Config) mayBePlain(host string) error {
	if c.Plain || !tlsconf.Elsewhere(host) {
		return nil
	}
	return fmt.Errorf("--kafka: %q is another machine: give --kafka-tls, with --kafka-ca-file for an authority of your own, or --kafka-plain where everything between is trusted", host)
}

// Client returns a client for requests to any broker of the cluster. It keeps connections
// open; CloseIdleConnections of its Transport ends them.
func (c Config) Client() (*kafkago.Client, error) {
	dial, login, err := c.security()
	if err != nil {
		return nil, err
	}
	transport := &kafkago.Transport{
		Dial:        dial,
		DialTimeout: dialTimeout,
		IdleTimeout: idleTimeout,
		MetadataTTL: metadataTTL,
		ClientID:    "noctra",
		SASL:        login,
	}
	return &kafkago.Client{Addr: kafkago.TCP(c.Brokers...), Timeout: requestTimeout, Transport: transport}, nil
}

// Dialer returns what kafkago.ConsumerGroup and the like need to connect.
func (c Config) Dialer() (*kafkago.Dialer, error) {
	dial, login, err := c.security()
	if err != nil {
		return nil, err
	}
	return &kafkago.Dialer{ClientID: "noctra", Timeout: dialTimeout, DialFunc: dial, SASLMechanism: login}, nil
}
