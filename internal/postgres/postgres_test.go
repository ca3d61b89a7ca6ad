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
	check(postgres.Config{URL: "postgres://u:x@h/db"}, "postgres://u:x@h/db", "")
	check(postgres.Config{URL: "postgres://u@h:1/db?sslmode=require", PasswordFile: file}, "postgres://u:p%40ss@h:1/db?sslmode=require", "")
	check(postgres.Config{URL: "postgres://u:hidden@h/db", PasswordFile: file}, "", "leave one of them out")
	check(postgres.Config{URL: "mysql://u:hidden@h/db"}, "", "does not begin with postgres://")
	check(postgres.Config{URL: "postgres://u:hidden@h"}, "", "names no database")
	check(postgres.Config{URL: "postgres://u:hidden@h:x/db"}, "", "does not parse")
	check(postgres.Config{URL: "postgres://u@h/db", PasswordFile: file + "x"}, "", "no such file")
}
