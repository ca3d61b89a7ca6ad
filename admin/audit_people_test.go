package admin

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"noctra/admin/internal/audit"
)

// Somebody who is deleted is nowhere in the audit, neither in entries of today nor in those from before
// people lay apart. What they did stays, under one pseudonym, and the chains are whole.
func TestErasedFromAudit(t *testing.T) {
	m := startTeam(t)
	const jon, typed, address, theirs = "jon@canary.example", "typed by jon-canary", "198.51.100.77", "198.51.100.78"
	client := m.join(jon, "analyst")
	m.wants("role", m.setRole(m.owner, jon, "admin"), 200, "")
	var key NewKey
	workspace := strings.TrimPrefix(m.path, "/api/v1/workspaces/")
	decode(t, m.ask(client, "POST", "/api/v1/api-keys", j("name", typed, "workspace_id", workspace)), 201, &key)
	m.wants("site", m.ask(client, "POST", "/api/v1/sites", j("workspace_id", workspace, "name", typed, "hostnames", []string{"shop.example"}, "time_zone", "UTC", "currency", "EUR")), 201, "")
	var account, mara, chain int64
	m.scan(`SELECT (SELECT id FROM accounts WHERE email = $1), (SELECT id FROM accounts WHERE email = 'mara@acme.example'), $2::text::bigint`, []any{jon, workspace}, &account, &mara, &chain)
	m.sql(`INSERT INTO audit (at, workspace_id, account_id, action, address, details, after) VALUES (now(), $1, $2, 'api_key.created', $3, '{}', jsonb_build_object('name', $4::text, 'key_id', 3)),
		(now(), NULL, $2, 'sign_in.done', $3, '{"method": "password"}', NULL), (now(), $1, $5, 'member.role_changed', $6, '{}', jsonb_build_array(jsonb_build_object('account_id', $2::bigint, 'role', 'admin')))`,
		chain, account, address, typed+` with "quotes", {}`, mara, theirs)
	refused := func(who int64) {
		t.Helper()
		if _, err := m.pool.Exec(t.Context(), `SELECT forget_audited_person($1, now())`, who); err == nil || !strings.Contains(err.Error(), "is not deleted") {
			t.Errorf("somebody who is there is forgotten: %v", err)
		}
	}
	refused(account)
	entries := m.entries("&account_id=" + strconv.FormatInt(account, 10))
	if diff := cmp.Diff([]string{"api_key.created", "site.created", "api_key.created", "member.joined"}, actions(entries)); diff != "" || !strings.Contains(string(entries[1].After), typed) || entries[1].Address == "" || entries[0].Address != address {
		t.Fatalf("%s\n%+v", diff, entries)
	}

	m.wants("delete", m.send(client, "/delete", j("password", goodPassword)), 202, "")
	m.offset.move(8 * 24 * time.Hour)
	m.tidy(t.Context())
	m.owner = m.signedInAs("mara@acme.example", goodPassword)
	refused(mara)
	found := regexp.MustCompile(`jon-canary|canary\.example|` + regexp.QuoteMeta(address) + `\b|"(account_id|owner)": ?"?` + strconv.FormatInt(account, 10) + `\b`)
	for _, table := range []string{"audit", "audit_people", "audit_private"} {
		var all string
		m.scan(`SELECT string_agg(to_jsonb(x)::text, E'\n') FROM `+table+` x`, nil, &all)
		if at := found.FindString(all); at != "" {
			t.Errorf("%s has %q", table, at)
		}
	}
	var named string
	for _, format := range []string{"json", "csv"} {
		file := m.ask(m.owner, "GET", m.path+"/audit/export?format="+format, "").body
		if at := found.FindString(file); at != "" || !strings.Contains(file, audit.ErasedText) || !strings.Contains(file, theirs) {
			t.Errorf("%s has %q:\n%s", format, at, file)
		}
		for _, name := range regexp.MustCompile(`erased person [0-9a-f]{8}`).FindAllString(file, -1) {
			if named == "" {
				named = name
			}
			if name != named {
				t.Errorf("one person is %q and %q", named, name)
			}
		}
	}
	if named == "" {
		t.Error("who did it has no name any more")
	}
	verify := func(want audit.Report) {
		t.Helper()
		report, err := VerifyAudit(t.Context(), m.config, "")
		if err != nil || report.Forgotten != 1 || !cmp.Equal(report.Gaps, want.Gaps) || len(report.Strangers) != len(want.Strangers) {
			t.Errorf("%+v, %v", report, err)
		}
	}
	verify(audit.Report{})
	m.tampered(chain, verify)
}

// tampered takes somebody who is not erased out of the audit, one way after the other.
func (m team) tampered(chain int64, verify func(audit.Report)) {
	m.t.Helper()
	var seq int64
	m.scan(`SELECT max(seq) FROM audit_private WHERE chain = $1`, []any{chain}, &seq)
	gap := audit.Report{Gaps: []audit.Place{{Chain: chain, Seq: seq}}}
	m.sql(`UPDATE audit_private SET address = '10.0.0.1' WHERE chain = $1 AND seq = $2`, chain, seq)
	verify(gap)
	m.sql(`DELETE FROM audit_private WHERE chain = $1 AND seq = $2`, chain, seq)
	verify(gap)
	m.sql(`UPDATE audit_people SET account_id = account_id + 1000 WHERE account_id = (SELECT min(account_id) FROM audit_people)`)
	gap.Strangers = []string{"one"}
	verify(gap)
	m.sql(`ALTER TABLE audit DISABLE TRIGGER audit_append_only`)
	m.sql(`UPDATE audit SET redacted = true, action = 'x' WHERE chain = $1 AND seq = 1`, chain)
	gap.Gaps = append([]audit.Place{{Chain: chain, Seq: 1}}, gap.Gaps...)
	verify(gap)
}

// scan reads a row of Postgres.
func (r *rig) scan(query string, args []any, into ...any) {
	r.t.Helper()
	if err := r.pool.QueryRow(r.t.Context(), query, args...).Scan(into...); err != nil {
		r.t.Fatalf("%.60s: %v", query, err)
	}
}
