package admin

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"noctra/admin/internal/audit"
	"noctra/admin/internal/store"
)

// entries reads the audit of a workspace, all pages of it.
func (m team) entries(query string) (all []AuditEntryView) {
	m.t.Helper()
	for cursor := ""; ; {
		var out auditOutput
		decode(m.t, m.ask(m.owner, "GET", m.path+"/audit?limit=3"+query+cursor, ""), 200, &out.Body)
		all = append(all, out.Body.Entries...)
		if out.Body.NextCursor == "" {
			return all
		}
		cursor = "&cursor=" + out.Body.NextCursor
	}
}

func actions(all []AuditEntryView) (names []string) {
	for _, e := range all {
		names = append(names, e.Action)
	}
	return names
}

// What happens in a workspace is in its audit: who, what, from where, before and after; it is found,
// taken away as a file, and neither secrets nor addresses of people are in it.
func TestAuditOfWorkspace(t *testing.T) {
	m := startTeam(t)
	const jon = "jon@acme.example"
	analyst := m.join(jon, "analyst")
	m.wants("role", m.setRole(m.owner, jon, "billing"), 200, "")
	m.wants("refused", m.setRole(analyst, jon, "owner"), 403, "forbidden")
	m.wants("refused again", m.setRole(analyst, jon, "owner"), 403, "forbidden")
	workspace := strings.TrimPrefix(m.path, "/api/v1/workspaces/")
	var key NewKey
	decode(t, m.ask(m.owner, "POST", "/api/v1/api-keys", j("name", "=HYPERLINK(1)", "workspace_id", workspace)), 201, &key)
	for range 2 {
		m.wants("a key's use", m.ask(m.browser(), "GET", "/api/v1/sites", "", "Authorization", "Bearer "+key.Key), 200, "")
	}
	m.wants("revoke", m.ask(m.owner, "DELETE", "/api/v1/api-keys/"+key.ID, ""), 204, "")
	want := []string{"api_key.revoked", "api_key.first_used", "api_key.created", "access.refused", "member.role_changed", "member.joined", "invitation.sent", "workspace.created"}
	all := m.entries("")
	if diff := cmp.Diff(want, actions(all)); diff != "" {
		t.Fatal(diff)
	}
	changed := all[4]
	if changed.Address != "127.0.0.1" || changed.AccountID == "" || !strings.Contains(string(changed.Before), "analyst") || !strings.Contains(string(changed.After), "billing") {
		t.Errorf("%+v", changed)
	}
	if diff := cmp.Diff(want[:3], actions(m.entries("&action=api_key"))); diff != "" {
		t.Error(diff)
	}
	if got := m.entries("&to=2020-01-01T00:00:00Z"); len(got) != 0 {
		t.Errorf("%+v", got)
	}
	if got := m.entries("&account_id=" + all[5].AccountID); len(got) != 2 {
		t.Errorf("what Jon did: %v", actions(got))
	}
	about := "account_id:" + all[5].AccountID
	for query, most := range map[string]int{"&about=" + about: 2, "&about=" + about + "&search=BILLING": 1, "&search=no+such+text": 0, "&search=%00%ff": len(want), "&about=site_id:0": 0} {
		if got := m.entries(query); len(got) > most || most > 0 && len(got) == 0 {
			t.Errorf("%s: %v", query, actions(got))
		}
	}
	if a := m.ask(m.owner, "GET", m.path+"/audit?about=site_id", ""); a.status != 422 {
		t.Errorf("about nothing: %d %s", a.status, a.body)
	}
	file := m.ask(m.owner, "GET", m.path+"/audit/export?action=api_key", "")
	rows, err := csv.NewReader(strings.NewReader(file.body)).ReadAll()
	if err != nil || len(rows) != 4 || !strings.HasPrefix(file.header.Get("Content-Disposition"), "attachment;") {
		t.Errorf("%v, %v, %s", rows, err, file.header.Get("Content-Disposition"))
	}
	var exported []AuditEntryView
	decode(t, m.ask(m.owner, "GET", m.path+"/audit/export?format=json", ""), 200, &exported)
	if got := actions(exported); len(got) != len(want)+2 || got[0] != "audit.exported" {
		t.Errorf("%v", got)
	}
	raw, err := json.Marshal(exported)
	if err != nil || strings.Contains(string(raw), key.Key) || strings.Contains(string(raw), "@acme.example") {
		t.Errorf("a secret or an address is in the audit, or %v", err)
	}
}

func TestHarmlessCells(t *testing.T) {
	for cell, want := range map[string]string{"=1": "'=1", "+1": "'+1", "-1": "'-1", "@x": "'@x", "\tx": "'\tx", "a=1": "a=1", "": ""} {
		if got := harmless(cell); got != want {
			t.Errorf("%q: %q, want %q", cell, got, want)
		}
	}
}

// Chains of workspaces do not fork under load, and what was taken off their ends shows by the anchors.
func TestAuditChains(t *testing.T) {
	r := start(t, nil)
	chains := []int64{0, 1001, 1002}
	var group sync.WaitGroup
	for _, chain := range chains {
		for range 5 {
			group.Go(func() {
				for range 10 {
					err := store.Transact(t.Context(), r.pool, func(q *store.Queries) error {
						return audit.Add(t.Context(), q, r.now(), audit.Entry{Workspace: chain, Action: "test.done", Operator: "tester", After: []int{1}})
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
	}
	group.Wait()
	heads, digest, err := audit.Heads(t.Context(), r.store, r.now())
	if err != nil || len(digest) != 64 {
		t.Fatal(digest, err)
	}
	var lines strings.Builder
	for _, h := range heads {
		raw, err := json.Marshal(h)
		if err != nil {
			t.Fatal(err)
		}
		lines.Write(append(raw, '\n'))
		if h.Chain > 1000 && h.Seq != 50 {
			t.Errorf("%+v", h)
		}
	}
	anchors := filepath.Join(t.TempDir(), "anchors.jsonl")
	if err := os.WriteFile(anchors, []byte(lines.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	verify := func() audit.Report {
		t.Helper()
		report, err := VerifyAudit(t.Context(), r.config, anchors)
		if err != nil {
			t.Fatal(err)
		}
		return report
	}
	if report := verify(); !report.Whole() || report.Anchors != len(heads) || report.Entries < 150 {
		t.Fatalf("%+v", report)
	}
	r.sql(`ALTER TABLE audit DISABLE TRIGGER audit_append_only`)
	r.sql(`DELETE FROM audit WHERE chain = 1001 AND seq > 48`)
	if report := verify(); len(report.Gaps) != 0 || !cmp.Equal(report.Lost, []audit.Place{{Chain: 1001, Seq: 50}}) {
		t.Errorf("taken off the end: %+v", report)
	}
	r.sql(`UPDATE audit SET after = '[2]' WHERE chain = 1002 AND seq = 7`)
	if report := verify(); !cmp.Equal(report.Gaps, []audit.Place{{Chain: 1002, Seq: 7}}) {
		t.Errorf("changed: %+v", report)
	}
}
