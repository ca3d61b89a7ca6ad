package admin

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// roleLine is a permission as the pages explain it.
type roleLine struct {
	Name  string   `json:"name"`
	What  string   `json:"what"`
	Roles []string `json:"roles"`
}

// The pages explain roles, and show what one's role may do, by the same table as docs/roles.md.
func TestRolesPageOfWeb(t *testing.T) {
	const file = "web/src/roles/roles.json"
	var lines []roleLine
	for _, p := range slices.Sorted(maps.Keys(grants)) {
		if g := grants[p]; g.roles != nil {
			lines = append(lines, roleLine{g.name, g.what, g.roles})
		}
	}
	var want bytes.Buffer
	out := json.NewEncoder(&want)
	out.SetIndent("", "  ")
	if err := out.Encode(lines); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(file, want.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(have), want.String()); diff != "" {
		t.Errorf("%s is old; make roles writes it anew:\n%s", file, diff)
	}
}
