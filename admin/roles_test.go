package admin

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"noctra/admin/internal/workspaces"
)

var update = flag.Bool("update", false, "write docs/roles.md anew")

// docs/roles.md says what the table of permissions says, and which routes need which.
func TestRolesPage(t *testing.T) {
	const file = "../docs/roles.md"
	page := rolesPage((&Service{}).routes())
	if *update {
		if err := os.WriteFile(file, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(have), page); diff != "" {
		t.Errorf("%s is old; make roles writes it anew:\n%s", file, diff)
	}
}

func rolesPage(routes []route) string {
	var out strings.Builder
	out.WriteString("# What each role may do\n\nMade by `make roles` of `admin/permissions.go` and the tables of routes; a test walks every route with every role.\n\n")
	out.WriteString("A person's role holds in one workspace. What belongs to another workspace is as if it did not exist (404). Only owners make\nand unmake owners, and the last owner of a workspace stays.\n\n")
	out.WriteString("| | " + strings.ReplaceAll(strings.Join(workspaces.Roles(), " | "), "_", " ") + " | API key |\n|---" + strings.Repeat("|---", len(workspaces.Roles())+1) + "|\n")
	tick := func(yes bool) string {
		if yes {
			return " | yes"
		}
		return " | "
	}
	for p := readReports; p <= readAudit; p++ {
		out.WriteString("| " + grants[p].what)
		for _, role := range workspaces.Roles() {
			out.WriteString(tick(p.allows(role)))
		}
		out.WriteString(tick(grants[p].keys) + " |\n")
	}
	out.WriteString("\n## Routes\n\n| route | needs |\n|---|---|\n")
	for p := beforeSignIn; p <= readAudit; p++ {
		for _, r := range routes {
			if r.need == p {
				_, _ = fmt.Fprintf(&out, "| `%s %s` | %s |\n", r.method, r.path, strings.ReplaceAll(grants[p].name, "_", " "))
			}
		}
	}
	return out.String()
}
