package kafka_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"noctra/internal/kafka"
)

func TestValidate(t *testing.T) {
	ok := kafka.Config{Brokers: []string{"127.0.0.1:9092"}}
	check := func(name string, change func(*kafka.Config), want ...string) {
		t.Helper()
		c := ok
		change(&c)
		err := c.Validate()
		if len(want) == 0 && err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, w := range want {
			if err == nil || !strings.Contains(err.Error(), w) {
				t.Errorf("%s: error %v does not contain %q", name, err, w)
			}
		}
	}
	check("plain text", func(*kafka.Config) {})
	check("no broker", func(c *kafka.Config) { c.Brokers = nil }, "at least one broker")
	check("no port", func(c *kafka.Config) { c.Brokers = []string{"kafka"} }, `"kafka" is not host:port`)
	for _, elsewhere := range []string{"kafka:9092", "10.0.0.1:9092", "localhost.example:1", "[2001:db8::1]:9092"} {
		check(elsewhere, func(c *kafka.Config) { c.Brokers = append(c.Brokers, elsewhere) }, "is another machine", "--kafka-tls", "--kafka-plain")
		check(elsewhere+" with tls", func(c *kafka.Config) { c.Brokers, c.TLS = []string{elsewhere}, true })
		check(elsewhere+" as it is", func(c *kafka.Config) { c.Brokers, c.Plain = []string{elsewhere}, true })
	}
	for _, here := range []string{"localhost:9092", "127.0.0.3:1", "[::1]:9092", kafka.Embedded} {
		check(here, func(c *kafka.Config) { c.Brokers = []string{here} })
	}
	check("both", func(c *kafka.Config) { c.TLS, c.Plain = true, true }, "--kafka-plain: leave it out")
	check("ca without tls", func(c *kafka.Config) { c.CAFile = "ca.pem" }, "needs --kafka-tls")
	check("user without mechanism", func(c *kafka.Config) { c.User = "u" }, "need --kafka-mechanism")
	check("all at once", func(c *kafka.Config) { c.Brokers = []string{":1"}; c.Mechanism = "gssapi" }, "not host:port", `"gssapi" is none of`)
	check("scram", func(c *kafka.Config) { c.Mechanism, c.User, c.PasswordFile = "scram-sha-512", "u", "f" })
	check("scram without password", func(c *kafka.Config) { c.Mechanism, c.User = "scram-sha-512", "u" }, "needs --kafka-user and --kafka-password-file")
}

func TestClientSecurity(t *testing.T) {
	password := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(password, []byte("secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, mechanism := range []string{"plain", "scram-sha-256", "scram-sha-512"} {
		c := kafka.Config{Brokers: []string{"127.0.0.1:1"}, TLS: true, Mechanism: mechanism, User: "u", PasswordFile: password}
		if _, err := c.Client(); err != nil {
			t.Errorf("%s: %v", mechanism, err)
		}
		dialer, err := c.Dialer()
		if err != nil || dialer.DialFunc == nil || dialer.SASLMechanism == nil || !strings.EqualFold(dialer.SASLMechanism.Name(), mechanism) {
			t.Errorf("%s: dialer %+v, error %v", mechanism, dialer, err)
		}
	}
	c := kafka.Config{Brokers: []string{"127.0.0.1:1"}, TLS: true, CAFile: password}
	if _, err := c.Client(); err == nil || !strings.Contains(err.Error(), "no certificate") {
		t.Errorf("wrong CA file: %v", err)
	}
}
