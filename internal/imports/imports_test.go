// Package imports holds the rule which package may import which; the linter has the same rule,
// and this test holds it where no linter runs.
package imports

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// services meet in Kafka, ClickHouse and Postgres, never in code.
var services = []string{"collector", "aggregator", "uploader", "admin"}

// problem says why a package in folder may not import path; empty where it may. Folders are
// relative to the repository.
func problem(folder, path string) string {
	top, _, _ := strings.Cut(folder, "/")
	own, inside := strings.CutPrefix(path, "noctra/")
	target, _, _ := strings.Cut(own, "/")
	switch {
	case top == "schema" && (inside && target != "schema" || !inside && strings.Contains(strings.Split(path, "/")[0], ".")):
		return "schema imports the standard library alone"
	case !inside:
		return ""
	case top == "internal" && target != "internal" && target != "schema":
		return "internal imports internal and schema alone"
	case slices.Contains(services, top) && slices.Contains(services, target) && top != target:
		return "services never import each other"
	default:
		return ""
	}
}

func TestImports(t *testing.T) {
	root := "../.."
	seen := 0
	err := filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && (entry.Name() == "node_modules" || entry.Name() == ".git" || entry.Name() == "data") {
			return filepath.SkipDir
		}
		if entry.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		source, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, source, parser.ImportsOnly)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, filepath.Dir(name))
		if err != nil {
			return err
		}
		for _, spec := range file.Imports {
			path, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			seen++
			if why := problem(filepath.ToSlash(rel), path); why != "" {
				t.Errorf("%s imports %q: %s", name, path, why)
			}
		}
		return nil
	})
	if err != nil || seen < 100 {
		t.Errorf("%d imports seen, error %v", seen, err)
	}
}

func TestProblem(t *testing.T) {
	check := func(folder, path string, refused bool) {
		t.Helper()
		if got := problem(folder, path) != ""; got != refused {
			t.Errorf("problem(%q, %q): refused %v, want %v", folder, path, got, refused)
		}
	}
	check("schema", "strings", false)
	check("schema", "github.com/google/uuid", true)
	check("schema", "noctra/internal/kafka", true)
	check("internal/kafka", "noctra/schema", false)
	check("internal/kafka", "noctra/admin", true)
	check("internal/kafka", "noctra/demo", true)
	check("collector/internal/geo", "noctra/collector/internal/device", false)
	check("collector", "noctra/admin/internal/report", true)
	check("bench", "noctra/collector", false)
	check("", "noctra/collector", false)
}
