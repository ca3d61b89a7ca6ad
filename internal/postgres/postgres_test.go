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
