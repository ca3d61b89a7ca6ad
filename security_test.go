package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// asvs are the requirements of levels 1 and 2 of OWASP ASVS 5.0, by section: numbers and ranges.
const asvs = `1.1: 1-2; 1.2: 1-9; 1.3: 1-11; 1.4: 1-3; 1.5: 1-2; 2.1: 1-3; 2.2: 1-3; 2.3: 1-4; 2.4: 1; 3.2: 1-2; 3.3: 1-4; 3.4: 1-6; 3.5: 1-5; 3.7: 1-2;
4.1: 1-3; 4.2: 1; 4.3: 1-2; 4.4: 1-4; 5.1: 1; 5.2: 1-3; 5.3: 1-2; 5.4: 1-3; 6.1: 1-3; 6.2: 1-12; 6.3: 1-4; 6.4: 1-4; 6.5: 1-5; 6.6: 1-3; 6.8: 1-4;
7.1: 1-3; 7.2: 1-4; 7.3: 1-2; 7.4: 1-5; 7.5: 1-2; 7.6: 1-2; 8.1: 1-2; 8.2: 1-3; 8.3: 1; 8.4: 1; 9.1: 1-3; 9.2: 1-4;
10.1: 1-2; 10.2: 1-2; 10.3: 1-4; 10.4: 1-11; 10.5: 1-5; 10.6: 1-2; 10.7: 1-3; 11.1: 1-2; 11.2: 1-3; 11.3: 1-3; 11.4: 1-4; 11.5: 1; 11.6: 1;
12.1: 1-3; 12.2: 1-2; 12.3: 1-4; 13.1: 1; 13.2: 1-5; 13.3: 1-2; 13.4: 1-5; 14.1: 1-2; 14.2: 1-4; 14.3: 1-3; 15.1: 1-3; 15.2: 1-3; 15.3: 1-7;
16.1: 1; 16.2: 1-5; 16.3: 1-4; 16.4: 1-3; 16.5: 1-3; 17.1: 1; 17.2: 1-4; 17.3: 1-2`

func requirements(t *testing.T) map[string]int {
	t.Helper()
	all := map[string]int{}
	for _, part := range strings.Split(strings.ReplaceAll(asvs, "\n", " "), "; ") {
		section, numbers, _ := strings.Cut(strings.TrimSpace(part), ": ")
		first, last := 1, 1
		if _, err := fmt.Sscanf(numbers, "%d-%d", &first, &last); err != nil {
			last = first
		}
		for n := first; n <= last; n++ {
			all[fmt.Sprintf("%s.%d", section, n)] = 0
		}
	}
	return all
}

var (
	securityRow = regexp.MustCompile(`(?m)^\| ([0-9]+\.[0-9]+\.[0-9]+) \| (.+?) \| (.+?) \| (.+) \|$`)
	quoted      = regexp.MustCompile("`([^`]+)`")
	testName    = regexp.MustCompile(`^(Test|Fuzz)[A-Z]\w*$`)
	pathName    = regexp.MustCompile(`^(admin|aggregator|collector|deploy|docs|e2e|internal|schema)/[\w./-]+$|^\.golangci\.yml$`)
)

// The table of requirements has each of them once, with a state that there is, and names files and tests
// that exist.
func TestSecurityTable(t *testing.T) {
	raw, err := os.ReadFile("docs/security.md")
	if err != nil {
		t.Fatal(err)
	}
	seen, states, tests := requirements(t), map[string]int{}, testsOfAll(t)
	for _, row := range securityRow.FindAllStringSubmatch(string(raw), -1) {
		number, state, where := row[1], row[3], row[4]
		if _, ok := seen[number]; !ok {
			t.Errorf("%s is no requirement of levels 1 and 2", number)
		}
		seen[number]++
		states[state]++
		if len(row[2]) < 4 || len(where) < 4 || state == "met" && !strings.Contains(where, " ") && !strings.Contains(where, "`") {
			t.Errorf("%s says too little: %s", number, row[0])
		}
		for _, q := range quoted.FindAllStringSubmatch(where, -1) {
			switch name := q[1]; {
			case testName.MatchString(name):
				if !tests[name] {
					t.Errorf("%s names %s, which there is not", number, name)
				}
			case pathName.MatchString(name):
				if _, err := os.Stat(name); err != nil {
					t.Errorf("%s: %v", number, err)
				}
			}
		}
	}
	for _, number := range slices.Sorted(maps.Keys(seen)) {
		if seen[number] != 1 {
			t.Errorf("%s stands there %d times", number, seen[number])
		}
	}
	sum := fmt.Sprintf("%d requirements: %d met, %d not applicable, %d open.", len(seen), states["met"], states["n/a"], states["open"])
	if states["met"]+states["n/a"]+states["open"] != len(seen) || !strings.Contains(string(raw), sum) {
		t.Errorf("the table does not say %q; states: %v", sum, states)
	}
}

// testsOfAll lists the tests of all packages.
func testsOfAll(t *testing.T) map[string]bool {
	t.Helper()
	declared := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	all := map[string]bool{}
	err := filepath.WalkDir(".", func(path string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && (entry.Name() == "node_modules" || entry.Name() == ".git") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, "_test.go") {
			return nil
		}
		raw, err := os.ReadFile(path)
		for _, found := range declared.FindAllStringSubmatch(string(raw), -1) {
			all[found[1]] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
