package admin

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"noctra/internal/postgres"
	"noctra/internal/testenv"
	"noctra/schema"
)

// The service's user of Postgres does all its work and can add to the audit, and nothing else there.
func TestDatabaseUserOfService(t *testing.T) {
	anchors := filepath.Join(t.TempDir(), "anchors.jsonl")
	var owner postgres.Config
	r, box := startWithMail(t, func(c *Config) {
		c.ClickHouse = testenv.ClickHouse(t)
		owner, c.Postgres = testenv.PostgresService(t)
		c.AuditAnchorFile = anchors
	})
	m := team{rig: r, box: box, owner: r.joined(box, "mara@acme.example")}
	var made OwnWorkspaceView
	decode(t, m.ask(m.owner, "POST", "/api/v1/workspaces", j("name", "Acme"), "Idempotency-Key", "k"), 201, &made)
	m.path = "/api/v1/workspaces/" + made.ID
	m.join("jon@acme.example", "analyst")
	m.wants("site", m.ask(m.owner, "POST", "/api/v1/sites", j("workspace_id", made.ID, "name", "Shop", "hostnames", []string{"shop.example"}, "time_zone", "UTC", "currency", "EUR")), 201, "")
	r.tidy(t.Context())
	for _, change := range []string{
		`UPDATE audit SET action = 'x'`, `DELETE FROM audit`, `TRUNCATE audit`, `ALTER TABLE audit DISABLE TRIGGER ALL`, `DROP TRIGGER audit_chained ON audit`,
		`SET session_replication_role = replica`, `CREATE OR REPLACE FUNCTION chain_audit() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'`,
		`UPDATE audit_people SET account_id = NULL, salt = NULL, erased_at = now()`, `DELETE FROM audit_private`, `SELECT forget_audited_person(id, now()) FROM accounts`, `SELECT forget_audited_workspace(id) FROM workspaces`,
		`SET ROLE noctra`, `UPDATE goose_db_version SET version_id = 1`,
	} {
		if _, err := r.pool.Exec(t.Context(), change); err == nil || !strings.Contains(err.Error(), "42501") {
			t.Errorf("%s: %v, want no permission", change, err)
		}
	}
	if strings.Contains(r.log.String(), "can change the audit") {
		t.Error("a user who cannot change the audit is warned about")
	}
	r.anchorAudit(t.Context())
	report, err := VerifyAudit(t.Context(), Config{Postgres: owner}, anchors)
	if err != nil || !report.Whole() || report.Anchors == 0 {
		t.Errorf("%+v, %v", report, err)
	}
	before, err := os.Stat(anchors)
	r.anchorAudit(t.Context())
	after, err2 := os.Stat(anchors)
	if err != nil || err2 != nil || before.Size() != after.Size() {
		t.Errorf("anchors of chains that did not grow: %v, %v", err, err2)
	}
}

// A user who may make no roles migrates all the same: a role that is there gets its rights, one that is
// missing is asked for in the log.
func TestMigratorWithoutRoles(t *testing.T) {
	owner := testenv.EmptyPostgres(t)
	pool, err := owner.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	var database string
	if err := pool.QueryRow(t.Context(), `SELECT current_database()`).Scan(&database); err != nil {
		t.Fatal(err)
	}
	plain, missing := database+"_plain", database+"_missing"
	for _, statement := range []string{`CREATE ROLE ` + plain + ` LOGIN PASSWORD 'plain'`, `ALTER DATABASE ` + database + ` OWNER TO ` + plain, `ALTER SCHEMA public OWNER TO ` + plain} {
		if _, err := pool.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		back, err := owner.Open(context.Background())
		if err != nil {
			t.Error(err)
			return
		}
		defer back.Close()
		for _, statement := range []string{`REASSIGN OWNED BY ` + plain + ` TO noctra`, `DROP OWNED BY ` + plain, `DROP ROLE ` + plain} {
			if _, err := back.Exec(context.Background(), statement); err != nil {
				t.Error(err)
			}
		}
	})
	config := postgres.Config{URL: strings.Replace(owner.URL, "//noctra@", "//"+plain+":plain@", 1)}
	if err := postgres.Migrate(t.Context(), config, schema.Postgres(), postgres.MigrateOptions{}); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	give := func(role string) {
		t.Helper()
		g := postgres.Grants{Role: role, AppendOnly: []string{"audit"}, Log: slog.New(slog.NewTextHandler(&log, nil))}
		if err := postgres.Grant(t.Context(), config, g); err != nil {
			t.Fatal(err)
		}
	}
	give(missing)
	if !strings.Contains(log.String(), "CREATE ROLE") || !strings.Contains(log.String(), missing) {
		t.Errorf("log: %s", &log)
	}
	give("noctra_service")
	give("noctra_service") // a second time changes nothing
	var insert, update bool
	err = pool.QueryRow(t.Context(), `SELECT has_table_privilege('noctra_service', 'audit', 'INSERT'), has_table_privilege('noctra_service', 'audit', 'UPDATE')`).Scan(&insert, &update)
	if err != nil || !insert || update {
		t.Errorf("insert %v, update %v, %v", insert, update, err)
	}
}
