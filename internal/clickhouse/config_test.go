package clickhouse_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"noctra/internal/clickhouse"
)

func TestValidate(t *testing.T) {
	check := func(c clickhouse.Config, want ...string) {
		t.Helper()
		if c.Database == "" {
			c.Database = "noctra"
		}
		err := c.Validate()
		if len(want) == 0 && err != nil {
			t.Errorf("%+v: %v", c, err)
		}
		for _, w := range want {
			if err == nil || !strings.Contains(err.Error(), w) {
				t.Errorf("%+v: error %v does not contain %q", c, err, w)
			}
		}
	}
	check(clickhouse.Config{Addr: "http://127.0.0.1:8123"})
	check(clickhouse.Config{Addr: "https://click"})
	check(clickhouse.Config{Addr: "127.0.0.1:8123"}, "--clickhouse:")
	check(clickhouse.Config{Addr: "tcp://u:hidden@h:9000", Database: "a b", Cluster: "c-d"}, "is not http://", "--clickhouse-database", "--clickhouse-cluster")
	check(clickhouse.Config{Addr: "http://localhost", CAFile: "ca.pem"}, "needs an https:// address")
	for _, elsewhere := range []string{"http://h", "http://h:1", "http://10.0.0.1", "http://0.0.0.0:8123", "http://[2001:db8::1]:8123", "http://localhost.example", "http://u:hidden@h"} {
		check(clickhouse.Config{Addr: elsewhere}, "is another machine", "--clickhouse-plain", "https://")
		check(clickhouse.Config{Addr: elsewhere, Plain: true})
		if _, err := (clickhouse.Config{Addr: elsewhere, Database: "d"}).Open(clickhouse.Reader); err == nil || strings.Contains(err.Error(), "hidden") {
			t.Errorf("%s: opened, or the password stands in the error: %v", elsewhere, err)
		}
	}
	for _, here := range []string{"http://localhost", "http://127.0.0.2:1", "http://[::1]:8123", clickhouse.Embedded} {
		check(clickhouse.Config{Addr: here})
	}
	if err := (clickhouse.Config{Addr: "tcp://u:hidden@h:9000"}).Validate(); strings.Contains(err.Error(), "hidden") {
		t.Errorf("the password stands in the error: %v", err)
	}
}

func TestURL(t *testing.T) {
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte("p@ss\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := clickhouse.Config{Addr: "http://h", Database: "noctra", ReaderUser: "r", ReaderPasswordFile: file}
	got, err := c.URL(clickhouse.Reader)
	if want := "http://r:p%40ss@h:8123/?database=noctra"; err != nil || got != want {
		t.Errorf("URL = %q, %v; want %q", got, err, want)
	}
	c.Addr = "http://all:one@h:1"
	got, err = c.URL(clickhouse.Writer)
	if want := "http://all:one@h:1/?database=noctra"; err != nil || got != want {
		t.Errorf("URL = %q, %v; want %q", got, err, want)
	}
}
