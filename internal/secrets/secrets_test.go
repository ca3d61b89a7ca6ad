package secrets_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"noctra/internal/secrets"
)

func TestReadFile(t *testing.T) {
	write := func(content string) string {
		path := filepath.Join(t.TempDir(), "secret")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	check := func(path, want, wantErr string) {
		t.Helper()
		got, err := secrets.ReadFile(path)
		if wantErr == "" && err != nil || wantErr != "" && (err == nil || !strings.Contains(err.Error(), wantErr)) {
			t.Fatalf("ReadFile(%q): error %v, want %q", path, err, wantErr)
		}
		if got != want {
			t.Errorf("ReadFile(%q) = %q, want %q", path, got, want)
		}
	}
	check("", "", "")
	check(write("s3cret\n"), "s3cret", "")
	check(write(" spaces count \r\n"), " spaces count ", "")
	check(write("\n"), "", "it is empty")
	check(write(strings.Repeat("x", 70<<10)), "", "more than")
	check(filepath.Join(t.TempDir(), "absent"), "", "no such file")
}

func TestMaskURL(t *testing.T) {
	for raw, want := range map[string]string{
		"postgres://noctra:s3cret@db:5432/noctra?x=1": "postgres://noctra:***@db:5432/noctra?x=1",
		"postgres://noctra@db/noctra":                 "postgres://noctra@db/noctra",
		"http://127.0.0.1:8123":                       "http://127.0.0.1:8123",
		"not a url %":                                 "not a url %",
	} {
		if got := secrets.MaskURL(raw); got != want {
			t.Errorf("MaskURL(%q) = %q, want %q", raw, got, want)
		}
	}
}

// A secret is what its file has, and what it had last while the file is being replaced.
func TestFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret")
	file := secrets.NewFile(path)
	if _, err := file.Read(); err == nil {
		t.Error("no file, and no error")
	}
	for _, step := range []struct{ content, want string }{{"one\n", "one"}, {"", "one"}, {"two", "two"}, {strings.Repeat("x", 70<<10), "two"}, {"three", "three"}} {
		if err := os.WriteFile(path, []byte(step.content), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := file.Read(); err != nil || got != step.want {
			t.Errorf("%.10q: %q, %v", step.content, got, err)
		}
	}
	if got, err := secrets.NewFile("").Read(); err != nil || got != "" {
		t.Errorf("no path: %q, %v", got, err)
	}
}
