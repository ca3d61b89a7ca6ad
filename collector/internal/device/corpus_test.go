package device

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"testing"
)

// person is a line of testdata/humans_*.tsv; a dash is a field not labelled.
type person struct{ browser, os, class, source, ua string }

// machine is a line of testdata/bots_*.tsv.
type machine struct{ reason, source, ua string }

// share counts hits.
type share struct{ hit, of int }

func (s *share) add(hit bool) {
	s.of++
	if hit {
		s.hit++
	}
}

func (s share) percent() float64 { return 100 * float64(s.hit) / float64(max(s.of, 1)) }

func (s share) String() string { return fmt.Sprintf("%6.2f %% (%d of %d)", s.percent(), s.hit, s.of) }

func readLines(t testing.TB, name string, columns int) [][]string {
	t.Helper()
	f, err := os.Open("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	var lines [][]string
	for sc := bufio.NewScanner(f); sc.Scan(); {
		if strings.HasPrefix(sc.Text(), "#") {
			continue
		}
		parts := strings.SplitN(sc.Text(), "\t", columns)
		if len(parts) != columns {
			t.Fatalf("%s: %q has %d columns, want %d", name, sc.Text(), len(parts), columns)
		}
		lines = append(lines, parts)
	}
	return lines
}

func people(t testing.TB, set string) []person {
	var all []person
	for _, c := range readLines(t, "humans_"+set+".tsv", 5) {
		all = append(all, person{c[0], c[1], c[2], c[3], c[4]})
	}
	return all
}

func machines(t testing.TB, set string) []machine {
	var all []machine
	for _, c := range readLines(t, "bots_"+set+".tsv", 3) {
		all = append(all, machine{c[0], c[1], c[2]})
	}
	return all
}

// TestCorpus holds the accuracy that the product promises, on the lines that
// the tables were corrected with and on those that were held back.
func TestCorpus(t *testing.T) {
	for _, set := range []string{"dev", "holdout"} {
		var browsers, systems, classes, crawlers, reasons share
		taken := 0
		parser := NewParser(1000)
		for _, p := range people(t, set) {
			got := parser.Parse(p.ua)
			browsers.add(got.Browser == p.browser)
			systems.add(got.OS == p.os)
			if p.class != "-" {
				classes.add(got.Class == p.class)
			}
			if got.Bot != "" {
				taken++
				t.Errorf("%s: a person is taken for a bot (%s): %s", set, got.Bot, p.ua)
			}
			if testing.Verbose() && (got.Browser != p.browser || got.OS != p.os || p.class != "-" && got.Class != p.class) {
				t.Logf("%s: got %s|%s|%s want %s|%s|%s: %s", set, got.Browser, got.OS, got.Class, p.browser, p.os, p.class, p.ua)
			}
		}
		for _, m := range machines(t, set) {
			got := parser.Parse(m.ua)
			crawlers.add(got.Bot != "")
			reasons.add(got.Bot == m.reason)
			if testing.Verbose() && got.Bot == "" {
				t.Logf("%s: not known as a bot (%s): %s", set, m.reason, m.ua)
			}
		}
		t.Logf("%-8s browser %v, system %v, class %v, people taken for bots %d", set, browsers, systems, classes, taken)
		t.Logf("%-8s bots found %v, with the labelled reason %v", set, crawlers, reasons)
		for _, want := range []struct {
			what string
			got  share
			min  float64
		}{{"browser", browsers, 95}, {"system", systems, 97}, {"class", classes, 95}, {"bots", crawlers, 95}, {"bot reasons", reasons, 40}} {
			if want.got.percent() < want.min {
				t.Errorf("%s %s: %v, want at least %g %%", set, want.what, want.got, want.min)
			}
		}
	}
}
