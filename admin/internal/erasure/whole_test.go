package erasure

import (
	"fmt"
	"strings"
	"testing"

	"noctra/admin/internal/store"
)

// TestSiteAndWorkspace: a site goes from every table, the other one keeps everything; then the
// workspace goes with all that belongs to it.
func TestSiteAndWorkspace(t *testing.T) {
	r := filled(t)
	r.sql(`INSERT INTO server_keys (workspace_id, name, key_hash, site_ids) VALUES ($1, 'one', $2, $3), ($1, 'both', $4, $5)`,
		r.workspace, []byte(strings.Repeat("1", 32)), []int64{int64(r.site.ID)}, []byte(strings.Repeat("2", 32)), []int64{int64(r.site.ID), int64(r.control.ID)})
	r.sql(`WITH a AS (INSERT INTO accounts (email, name) VALUES ('owner@mail.example', 'Olga') RETURNING id) INSERT INTO members (workspace_id, account_id, role) SELECT $1, id, 'owner' FROM a`, r.workspace)
	r.exec(fmt.Sprintf("INSERT INTO partitions (topic, partition, audited, at, committed, high) VALUES ('noctra.events', %d, 40, now64(3) + INTERVAL 1 DAY, 71, 71)", r.site.ID))
	r.ledger()
	r.sql(`WITH a AS (INSERT INTO upload_attempts (connection_id, action_id, transport, kind, rows, state, started_at, lease_until)
			SELECT id, '1', 'data_manager', 'conversion', 2, 'final', now(), now() FROM google_connections RETURNING id)
		INSERT INTO upload_rows (attempt_id, number, conversion_id, adjustment_id, payload) SELECT a.id, row_number() OVER (), c.id, j.id, '{}' FROM a, conversions c JOIN adjustments j ON j.conversion_id = c.id`)
	other := r.reports(r.control)
	look := func(request Request) []Found {
		t.Helper()
		found, err := Look(t.Context(), r.pool, r.conn, request)
		if err != nil {
			t.Error(err)
		}
		return found
	}

	request := Request{Workspace: r.workspace, Site: int64(r.site.ID)}
	found := look(request)
	id := r.request(request)
	if _, err := Add(t.Context(), store.New(r.pool), r.now(), request); err == nil || !strings.Contains(err.Error(), ErrOpen.Error()) {
		t.Errorf("a second request: %v", err)
	}
	_, receipt := r.finish(id)
	r.promised(found, receipt)
	for _, table := range siteTables() {
		r.none(table, fmt.Sprintf("site_id = %d", r.site.ID))
	}
	if n := r.number(fmt.Sprintf("SELECT uniqExact(seq) FROM ingestion WHERE site_id = 0 AND source = 'noctra.events-%d'", r.site.ID)); n != 31 {
		t.Errorf("%d places are left for audits, want 31", n)
	}
	after := r.reports(r.control)
	for dimension, answer := range other {
		if after[dimension] != answer {
			t.Errorf("the other site's %s: %s, was %s", dimension, after[dimension], answer)
		}
	}
	var keys []int64
	r.scan(`SELECT site_ids FROM server_keys`, &keys)
	if len(keys) != 1 || keys[0] != int64(r.control.ID) || len(receipt.Found) < 4 {
		t.Errorf("keys of %v, receipt %+v", keys, receipt)
	}

	r.sql(`UPDATE workspaces SET erase_after = now() - interval '1 second'`)
	for range 2 { // another service finds nothing to plan
		if err := r.runner().Plan(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	var planned []int64
	r.scan(`SELECT array_agg(id) FROM erasures WHERE scope = 'workspace'`, &planned)
	if len(planned) != 1 {
		t.Fatalf("%d erasures are planned", len(planned))
	}
	found = look(Request{Workspace: r.workspace})
	_, receipt = r.finish(planned[0])
	r.promised(found, receipt)
	for _, table := range siteTables() {
		r.none(table, "site_id > 0")
	}
	for line := range strings.Lines(r.everything()) {
		table, _, _ := strings.Cut(line, " ")
		switch table {
		case "workspaces", "sites", "members", "server_keys", "api_keys", "invitations", "goals", "funnels":
			t.Errorf("left is %s", line)
		}
	}
}
