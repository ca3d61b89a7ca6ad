package postgres_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"noctra/internal/postgres"
)

func TestResolve(t *testing.T) {
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte("p@ss\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	check := func(c postgres.Config, want, wantErr string) {
		t.Helper()
		got, err := c.Resolve()
		if wantErr != "" {
			if err == nil || !strings.Contains(err.Error(), wantErr) || strings.Contains(err.Error(), "hidden") {
				t.Errorf("%+v: error %v, want %q and no password", c, err, wantErr)
			}
			return
		}
		if err != nil || got != want {
			t.Errorf("%+v: %q, %v; want %q", c, got, err, want)
		}
	}
	check(postgres.Config{URL: "postgres://u:x@h/db"}, "postgres://u:x@h/db?sslmode=verify-full", "")
	check(postgres.Config{URL: "postgres://u@h:1/db", PasswordFile: file}, "postgres://u:p%40ss@h:1/db?sslmode=verify-full", "")
	for _, as := range []string{
		"postgres://u:x@127.0.0.1:1/db", "postgres://u:x@[::1]/db", "postgres://u:x@localhost/db", "postgres://u:x@/db?host=/run/postgresql",
		"postgres://u:x@h/db?sslmode=disable", "postgres://u:x@h/db?sslmode=verify-full&sslrootcert=ca.pem",
	} {
		check(postgres.Config{URL: as}, as, "")
	}
	check(postgres.Config{URL: "postgres://u:x@/db?host=h"}, "postgres://u:x@/db?host=h&sslmode=verify-full", "")
	for _, mode := range []string{"require", "prefer", "allow", "verify-ca"} {
		check(postgres.Config{URL: "postgres://u:hidden@h/db?sslmode=" + mode}, "", "nobody checks who answers")
	}
	check(postgres.Config{URL: "postgres://u:hidden@h/db", PasswordFile: file}, "", "leave one of them out")
	check(postgres.Config{URL: "mysql://u:hidden@h/db"}, "", "does not begin with postgres://")
	check(postgres.Config{URL: "postgres://u:hidden@h"}, "", "names no database")
	check(postgres.Config{URL: "postgres://u:hidden@h:x/db"}, "", "does not parse")
	check(postgres.Config{URL: "postgres://u@h/db", PasswordFile: file + "x"}, "", "no such file")
}

// A host on another machine that stands in the environment alone would be reached without TLS.
func TestHostOfTheEnvironment(t *testing.T) {
	t.Setenv("PGHOST", "db.example")
	for url, want := range map[string]string{"postgres:///noctra": "PGHOST", "postgres:///noctra?sslmode=disable": "", "postgres://127.0.0.1/noctra": ""} {
		pool, err := postgres.Config{URL: url}.Open(t.Context())
		if err == nil {
			pool.Close()
		}
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", url, err, want)
		}
	}
}

// Each new connection logs in with what the password's file has then.
func TestPasswordIsReadAgain(t *testing.T) {
	file := filepath.Join(t.TempDir(), "password")
	write := func(password string) {
		if err := os.WriteFile(file, []byte(password), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("first")
	pool, err := postgres.Config{URL: "postgres://u@127.0.0.1:1/db", PasswordFile: file}.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	for _, step := range [][2]string{{"first", "first"}, {"second", "second"}, {"", "second"}} {
		write(step[0])
		connection := pool.Config().ConnConfig
		if err := pool.Config().BeforeConnect(t.Context(), connection); err != nil || connection.Password != step[1] {
			t.Errorf("%q: logs in with %q, %v", step[0], connection.Password, err)
		}
	}
}
