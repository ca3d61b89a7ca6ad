package failpoint

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var use = regexp.MustCompile(`failpoint\.(Hit|Err|Planted)\(failpoint\.(\w+)\)`)

// named reads which constant has which name.
func named(t *testing.T) map[string]string {
	t.Helper()
	source, err := os.ReadFile("points.go")
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^\t(\w+) +(?:Point|Bug) += "([^"]+)"$`).FindAllStringSubmatch(string(source), -1) {
		names[m[1]] = m[2]
	}
	return names
}

// TestEveryPointIsInTheCode: what the lists name can happen, and what returns an error is asked for it.
func TestEveryPointIsInTheCode(t *testing.T) {
	names, found := named(t), map[string]string{} // name → how it is called
	err := filepath.WalkDir("../..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && (entry.Name() == "node_modules" || entry.Name() == ".git" || entry.Name() == "data") {
			return filepath.SkipDir
		}
		if entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		source, err := os.ReadFile(path)
		for _, m := range use.FindAllStringSubmatch(string(source), -1) {
			found[names[m[2]]] = m[1]
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	listed := 0
	for _, p := range Points() {
		want := map[bool]string{false: "Hit", true: "Err"}[p.Fails]
		if got := found[string(p.Point)]; got != want {
			t.Errorf("point %s is called by %q, want %q", p.Point, got, want)
		}
		listed++
	}
	for _, m := range Mistakes() {
		if found[string(m.Bug)] != "Planted" {
			t.Errorf("the bug %s is nowhere in the code", m.Bug)
		}
		listed++
	}
	if listed != len(names) {
		t.Errorf("%d names are listed, %d are declared", listed, len(names))
	}
}
