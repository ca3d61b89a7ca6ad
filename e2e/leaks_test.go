package e2e

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/jackc/pgx/v5"
)

// find says which canaries are in what was put out somewhere; kept names those that may be there.
func (c *canaries) find(where string, text []byte, planted map[string]string, kept ...string) {
	c.t.Helper()
	for name, secret := range planted {
		if len(secret) < 6 {
			c.t.Fatalf("%s: the canary %q is too short to be found", name, secret)
		}
		at := bytes.Index(text, []byte(secret))
		if at < 0 || startsWithAny(name, kept) {
			continue
		}
		c.t.Errorf("%s has: %s\n%.300q", where, name, text[max(0, at-150):])
	}
}

func startsWithAny(name string, all []string) bool {
	for _, one := range all {
		if strings.HasPrefix(name, one) {
			return true
		}
	}
	return false
}

// inAnswers looks through what refusals, commands and private servers have said, and through what everybody
// on the machine sees of a process.
func (c *canaries) inAnswers() {
	c.find("a refusal or a command", []byte(c.answers.String()), c.secrets)
	c.find("a refusal or a command", []byte(c.answers.String()), c.people, "key of the site", "e-mail of a visitor") // told to who sent it
	for service, address := range c.p.ready.Metrics {
		for _, path := range []string{"/metrics", "/readyz", "/debug/pprof/cmdline"} {
			response, err := http.Get(strings.TrimSuffix(address, "/metrics") + path)
			if err != nil {
				c.t.Fatal(err)
			}
			var body bytes.Buffer
			_, err = body.ReadFrom(response.Body)
			_ = response.Body.Close()
			if err != nil {
				c.t.Fatal(err)
			}
			c.find(path+" of "+service, body.Bytes(), c.secrets)
			c.find(path+" of "+service, body.Bytes(), c.people)
		}
	}
	for name, pid := range c.p.ready.Pids {
		line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		if err != nil {
			continue // no Linux
		}
		c.find("the command line of "+name, line, c.secrets)
	}
}

// inDatabases looks through every row of Postgres and ClickHouse as text.
func (c *canaries) inDatabases() {
	ctx, cancel := context.WithTimeout(c.t.Context(), clientLimit)
	defer cancel()
	db, err := pgx.Connect(ctx, c.p.ready.Postgres)
	if err != nil {
		c.t.Fatal(err)
	}
	defer func() { _ = db.Close(ctx) }()
	rows, err := db.Query(ctx, `SELECT tablename FROM pg_tables WHERE schemaname = 'public'`)
	if err != nil {
		c.t.Fatal(err)
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(tables) < 15 {
		c.t.Fatalf("%d tables, %v", len(tables), err)
	}
	about := map[string]bool{"accounts": true, "sign_ups": true, "mailed_links": true, "mail_outbox": true, "invitations": true, "sites": true, "workspaces": true}
	for _, table := range tables {
		var text string
		if err := db.QueryRow(ctx, `SELECT coalesce(string_agg(t::text, E'\n'), '') FROM `+table+` t`).Scan(&text); err != nil {
			c.t.Fatalf("%s: %v", table, err)
		}
		c.find("table "+table, []byte(text), c.secrets)
		if !about[table] {
			c.find("table "+table, []byte(text), c.people)
		}
	}
	c.inClickHouse()
}

func (c *canaries) inClickHouse() {
	var tables []string
	err := c.p.sql("SELECT name FROM system.tables WHERE database = currentDatabase() AND engine NOT LIKE '%View'", func(line string) error { tables = append(tables, line); return nil })
	if err != nil || len(tables) < 4 {
		c.t.Fatalf("%d tables, %v", len(tables), err)
	}
	c.p.await("the events of the person's site", clientLimit, func() error {
		row, err := c.p.sqlRow("SELECT count() FROM events WHERE site_id = " + c.site)
		if err == nil && row[0] != "2" {
			err = fmt.Errorf("%s events", row[0])
		}
		return err
	})
	seen := 0
	for _, planted := range []map[string]string{c.secrets, c.people} {
		for name, secret := range planted {
			if name == "key of the site" {
				continue
			}
			for _, table := range tables {
				row, err := c.p.sqlRow(fmt.Sprintf("SELECT countIf(position(formatRow('TSV', *), '%s') > 0), count() FROM `%s`", secret, table))
				if err != nil {
					c.t.Fatalf("%s: %v", table, err)
				}
				if row[0] != "0" {
					c.t.Errorf("table %s of ClickHouse has: %s", table, name)
				}
				seen++
			}
		}
	}
	c.t.Logf("%d looks at %d tables of ClickHouse", seen, len(tables))
}

// inAudit looks through the exports of the person's workspace.
func (c *canaries) inAudit() {
	var all struct{ Workspaces []struct{ ID string } }
	c.get("workspaces", &all)
	for _, format := range []string{"csv", "json"} {
		status, body := c.send("GET", c.p.ready.AdminURL+"/api/v1/workspaces/"+all.Workspaces[0].ID+"/audit/export?format="+format, "")
		if status != 200 || !bytes.Contains(body, []byte("server_key")) {
			c.t.Fatalf("export: %d %.300s", status, body)
		}
		c.find("the audit as "+format, body, c.secrets)
		c.find("the audit as "+format, body, c.people)
		if format == "csv" {
			if _, err := csv.NewReader(bytes.NewReader(body)).ReadAll(); err != nil {
				c.t.Errorf("export: %v", err)
			}
		}
	}
}

// places are the parts of the data directory with what may be in them; everything else may have nothing.
var places = map[string]struct{ secrets, people bool }{
	"secrets":    {secrets: true}, // for their owner alone
	"ready.json": {secrets: true},
	"demo.json":  {secrets: true},
	"postgres":   {people: true}, // accounts, also in its log of changes
	"fakes":      {secrets: true, people: true},
}

// inFiles looks through the data directory of a product that was stopped: all logs, Kafka's messages, spools,
// private copies; and through what it has told the terminal.
func (c *canaries) inFiles() {
	c.find("the terminal", c.p.log.Bytes(), c.secrets, "demo's", "demo.json") // its links and keys are for whoever has started it
	c.find("the terminal", c.p.log.Bytes(), c.people)
	files, bytesRead := 0, 0
	err := filepath.WalkDir(c.p.data, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		rest, err := filepath.Rel(c.p.data, path)
		if err != nil {
			return err
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		files, bytesRead = files+1, bytesRead+len(raw)
		top, _, _ := strings.Cut(rest, string(filepath.Separator))
		may := places[top]
		if !may.secrets {
			c.find(rest, raw, c.secrets)
		}
		if !may.people {
			c.find(rest, raw, c.people, "key of the site", "user of a site")
		}
		return nil
	})
	if err != nil || files < 20 {
		c.t.Errorf("%d files, %v", files, err)
	}
	c.t.Logf("%d secrets in %d files, %d MB", len(c.secrets)+len(c.people), files, bytesRead>>20)
}
