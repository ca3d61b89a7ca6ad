package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// dashboard is what a test looks at of a dashboard of Grafana.
type dashboard struct {
	UID, Title string
	Templating struct {
		List []struct{ Name, Type string }
	}
	Panels []panel
}

type panel struct {
	ID          int
	Type, Title string
	GridPos     struct{ X, Y, W, H int }
	Targets     []struct {
		Expr       string
		Datasource struct{ UID string }
	}
}

// ofHistogram is what Prometheus adds to the name of a histogram.
var ofHistogram = regexp.MustCompile(`_(bucket|sum|count)$`)

// TestDashboardsNameWhatIsThere: a panel on a metric that is not there would stay empty.
func TestDashboardsNameWhatIsThere(t *testing.T) {
	files, err := filepath.Glob("deploy/grafana/dashboards/*.json")
	if err != nil || len(files) < 5 {
		t.Fatalf("%d dashboards, %v", len(files), err)
	}
	names, metric := described(t), regexp.MustCompile(`\bnoctra_[a-z0-9_]+`)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var d dashboard
		if err := json.Unmarshal(text, &d); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if d.UID+".json" != filepath.Base(file) || d.Title == "" || len(d.Templating.List) != 1 || d.Templating.List[0].Type != "datasource" {
			t.Errorf("%s is no dashboard that can be provisioned anywhere: %q, %q", file, d.UID, d.Title)
		}
		d.check(t)
		for _, p := range d.Panels {
			for _, target := range p.Targets {
				found := metric.FindAllString(target.Expr, -1)
				if len(found) == 0 || target.Datasource.UID != "${datasource}" || strings.Count(target.Expr, "(") != strings.Count(target.Expr, ")") {
					t.Errorf("%s, %s: %+v", d.UID, p.Title, target)
				}
				for _, name := range found {
					if !names[name] && !names[ofHistogram.ReplaceAllString(name, "")] {
						t.Errorf("%s, %s: there is no metric %s", d.UID, p.Title, name)
					}
				}
			}
		}
	}
}

// check sees that panels have names, numbers and places of their own.
func (d dashboard) check(t *testing.T) {
	t.Helper()
	ids, taken := map[int]bool{}, map[[2]int]string{}
	for _, p := range d.Panels {
		if p.Title == "" || ids[p.ID] || (p.Type == "row") != (len(p.Targets) == 0) {
			t.Errorf("%s: panel %d %q has no name, its number is taken, or it asks nothing", d.UID, p.ID, p.Title)
		}
		ids[p.ID] = true
		for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
			for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
				if other, ok := taken[[2]int{x, y}]; ok || x >= 24 {
					t.Fatalf("%s: %q lies on %q, or beside the page", d.UID, p.Title, other)
				}
				taken[[2]int{x, y}] = p.Title
			}
		}
	}
}

// Grafana finds the dashboards where docs/operations.md says that they are to be.
func TestDashboardsAreProvisioned(t *testing.T) {
	var file struct {
		Providers []struct {
			Type    string
			Options struct{ Path string }
		}
	}
	text, err := os.ReadFile("deploy/grafana/provisioning/dashboards/noctra.yaml")
	if err == nil {
		err = yaml.Unmarshal(text, &file)
	}
	if err != nil || len(file.Providers) != 1 || file.Providers[0].Type != "file" {
		t.Fatalf("%+v, %v", file, err)
	}
	page, err := os.ReadFile("docs/operations.md")
	if err != nil || !strings.Contains(string(page), "`"+file.Providers[0].Options.Path+"`") {
		t.Errorf("docs/operations.md does not name %s, %v", file.Providers[0].Options.Path, err)
	}
}
