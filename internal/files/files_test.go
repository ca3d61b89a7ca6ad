package files_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"noctra/internal/files"
)

func TestReplace(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.json")
	for _, content := range []string{"first", "second"} {
		if err := files.Replace(path, []byte(content)); err != nil {
			t.Fatal(err)
		}
		raw, err := os.ReadFile(path)
		info, statErr := os.Stat(path)
		if err != nil || statErr != nil || string(raw) != content || info.Mode().Perm() != 0o600 {
			t.Errorf("%q, mode %v, %v, %v; want %q and 0600", raw, info.Mode(), err, statErr, content)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "folder"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{filepath.Join(dir, "none", "a"), filepath.Join(dir, "folder")} {
		if err := files.Replace(bad, []byte("x")); err == nil {
			t.Errorf("%s was written", bad)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 2 {
		t.Errorf("drafts are left: %v, %v", left, err)
	}
}

func TestSweep(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a.json", ".a.json-123", ".a.json-9", ".b.json-1", "a.json-1"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := files.Sweep(filepath.Join(dir, "a.json")); err != nil {
		t.Fatal(err)
	}
	var left []string
	entries, err := os.ReadDir(dir)
	for _, entry := range entries {
		left = append(left, entry.Name())
	}
	if diff := cmp.Diff([]string{".b.json-1", "a.json", "a.json-1"}, left); diff != "" || err != nil {
		t.Error(diff, err)
	}
	if err := files.Sweep(filepath.Join(dir, "none", "a")); err == nil {
		t.Error("a folder that is not there was swept")
	}
}
