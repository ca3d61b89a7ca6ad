package main

import (
	"bytes"
	"strings"
	"testing"
)

// tool runs a command of an operator in this process, which has to succeed.
func tool(t *testing.T, args ...string) string {
	t.Helper()
	var out, errs bytes.Buffer
	if status := run(args, &out, &errs); status != 0 {
		t.Fatalf("%s: status %d\n%s", args, status, &errs)
	}
	return out.String()
}

// The commands that work on a running product: asking, making derived tables anew, signing in.
func TestTools(t *testing.T) {
	i, ready, _ := withShop(t)
	const page = `{"id":"p-1","type":"pageview","site":"nst_a","url":"https://shop.example/a"}`
	await(t, "the event is taken", func() bool { return strings.HasPrefix(post(t, ready.CollectorURL, page), "202") })
	const question = "SELECT path, count() AS n FROM events WHERE site_id = 911 GROUP BY path"
	await(t, "the event is stored", func() bool {
		return tool(t, "sql", "--data", i.data, "--format=csv", question) == "\"path\",\"n\"\n\"/a\",1\n"
	})
	contains(t, tool(t, "sql", "--data", i.data, "--format=json", question), `"n": 1`, `"rows": 1`)
	contains(t, tool(t, "sql", "--data", i.data, question), "/a │ 1")
	var out, errs bytes.Buffer
	if status := run([]string{"sql", "--data", i.data, "TRUNCATE TABLE events"}, &out, &errs); status == 0 || !strings.Contains(errs.String(), "clickhouse answers") {
		t.Errorf("a change as the reader: status %d, %s", status, &errs)
	}

	i.clickHouse("TRUNCATE TABLE touched", nil)
	tool(t, "rebuild", "--data", i.data, "--site=nst_a")
	var hours, visits uint64
	i.clickHouse("SELECT count() FROM touched WHERE site_id = 911", &hours)
	i.clickHouse("SELECT count() FROM visits WHERE site_id = 911 AND (day, gen) IN (SELECT day, max(gen) FROM slices WHERE site_id = 911 GROUP BY day)", &visits)
	if hours != 1 || visits != 1 {
		t.Errorf("after the rebuild: %d hours touched, %d visits; want one of each", hours, visits)
	}

	i.postgres(`INSERT INTO accounts (email, name) VALUES ('ada@shop.example', 'Ada')`, nil)
	if link := tool(t, "admin", "sign-in-link", "--data", i.data, "Ada@shop.example"); !strings.HasPrefix(link, ready.AdminURL+"/sign-in?token=") {
		t.Errorf("sign-in link %q", link)
	}
	errs.Reset()
	if status := run([]string{"admin", "sign-in-link", "--data", i.data, "nobody@shop.example"}, &out, &errs); status == 0 || !strings.Contains(errs.String(), `there is no account "nobody@shop.example"`) {
		t.Errorf("a link for nobody: status %d, %s", status, &errs)
	}
	contains(t, tool(t, "admin", "reset-second-factor", "--data", i.data, "ada@shop.example"), `of "Ada" is off already`)
	contains(t, tool(t, "admin", "create-workspace", "--data", i.data, "--owner=ada@shop.example", "Acme"), "would be made", "nothing was changed")
	made := strings.Fields(tool(t, "admin", "create-workspace", "--data", i.data, "--owner=ada@shop.example", "--yes", "Acme"))
	if len(made) != 4 {
		t.Fatalf("create-workspace: %v", made)
	}
	i.postgres(`INSERT INTO accounts (email, name) VALUES ('ben@shop.example', 'Ben')`, nil)
	contains(t, tool(t, "admin", "list-workspaces", "--data", i.data), "Acme", "1 members")
	contains(t, tool(t, "admin", "list-accounts", "--data", i.data), "ada@shop.example", "in 1 workspaces")
	contains(t, tool(t, "admin", "add-member", "--data", i.data, made[1], "ben@shop.example", "analyst"), "would be analyst")
	contains(t, tool(t, "admin", "add-member", "--data", i.data, "--yes", made[1], "ben@shop.example", "analyst"), "is analyst")
	contains(t, tool(t, "audit", "verify", "--data", i.data), "each follows from the one before", "anchors agree")
	contains(t, tool(t, "admin", "audit-verify", "--data", i.data), "each follows from the one before")
	contains(t, tool(t, "admin", "rotate-keys", "--data", i.data), "0 second factors", "nothing was changed")
	contains(t, tool(t, "admin", "rotate-keys", "--data", i.data, "--yes"), "are sealed under the new key")
	for args, want := range map[string]string{
		"rebuild --from=yesterday --data=" + i.data: `--from: "yesterday" is not a date`,
		"rebuild --site=nst_none --data=" + i.data:  `--site: there is no site "nst_none"`,
	} {
		errs.Reset()
		if status := run(strings.Fields(args), &out, &errs); status == 0 || !strings.Contains(errs.String(), want) {
			t.Errorf("%s: status %d, %s", args, status, &errs)
		}
	}
}
