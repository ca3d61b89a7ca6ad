package admin

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"noctra/admin/internal/token"
)

// unzip reads a copy and checks it against its manifest.
func unzip(t *testing.T, body string) map[string]string {
	t.Helper()
	archive, err := zip.NewReader(strings.NewReader(body), int64(len(body)))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, f := range archive.File {
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		raw, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		files[f.Name] = string(raw)
	}
	var manifest struct {
		Files []struct {
			Name, SHA256 string
			Rows, Bytes  int
		}
	}
	if err := json.Unmarshal([]byte(files["manifest.json"]), &manifest); err != nil || len(manifest.Files) != len(files)-1 {
		t.Fatalf("manifest: %v, %d of %d files", err, len(manifest.Files), len(files)-1)
	}
	for _, f := range manifest.Files {
		if sum := fmt.Sprintf("%x", sha256.Sum256([]byte(files[f.Name]))); sum != f.SHA256 || f.Bytes != len(files[f.Name]) {
			t.Errorf("%s: %s, the manifest says %s", f.Name, sum, f.SHA256)
		}
	}
	return files
}

// pathOf is an address without its host.
func pathOf(address string) string {
	_, rest, _ := strings.Cut(address, "/api/")
	return "/api/" + rest
}

// packedRows reads packed CSV.
func packedRows(t *testing.T, file string) [][]string {
	t.Helper()
	in, err := gzip.NewReader(strings.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(in).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// A copy of a workspace has everything of it and no secrets, comes by a link to whoever may have it, for
// a day, and goes after a week. One that was being made when the service was killed is made anew.
func TestWorkspaceExport(t *testing.T) {
	r, box := startWithMail(t, nil)
	owner, demo, at := r.signedIn(), r.demo(), time.Now().Add(-time.Hour)
	insertEvents(t, r.config, demo.SiteID, at, 5)
	insertEvents(t, r.config, "99", at, 3)
	r.sql(`INSERT INTO exports (account_id, workspace_id, attempts, lease_until, created_at)
		SELECT account_id, workspace_id, 1, now() - interval '1 second', now() FROM members WHERE workspace_id = $1::text::bigint`, demo.WorkspaceID)
	path := "/api/v1/workspaces/" + demo.WorkspaceID + "/exports"
	ready := func(path string) (found ExportView) {
		eventually(t, "the copy is ready", func() bool {
			var out exportsOutput
			decode(t, r.ask(owner, "GET", path, ""), 200, &out.Body)
			found = out.Body.Exports[0]
			return found.State == "ready"
		})
		return found
	}
	first := ready(path)
	link := regexp.MustCompile(`/api/v1/exports/file\?token=\w{43}`).FindString(box.next(demoEmail, "Your copy is ready").Text)
	loaded := r.ask(owner, "GET", link, "")
	if loaded.status != 200 || loaded.header.Get("Content-Type") != "application/zip" || fmt.Sprintf("%x", sha256.Sum256([]byte(loaded.body))) != first.SHA256 {
		t.Fatalf("%d %s", loaded.status, loaded.header)
	}
	files := unzip(t, loaded.body)
	month := fmt.Sprintf("events/site-%s/%s.csv.gz", demo.SiteID, at.UTC().Format("2006-01"))
	rows := packedRows(t, files[month])
	if len(rows) != 6 || !slices.Contains(rows[0], "event_id") || !slices.Contains(rows[0], "amount") || rows[1][0] != demo.SiteID {
		t.Errorf("%d rows, %v", len(rows), rows)
	}
	var all bytes.Buffer
	for name, content := range files {
		if strings.HasSuffix(name, ".gz") {
			content = fmt.Sprint(packedRows(t, content))
		}
		all.WriteString(content)
	}
	for _, secret := range r.secretsOf(demo) {
		if strings.Contains(all.String(), secret) {
			t.Errorf("a secret is in the copy: %s", secret)
		}
	}
	for _, part := range []string{demo.SiteKey, demoEmail, demoSite.Name} {
		if !strings.Contains(all.String(), part) {
			t.Errorf("%s is not in the copy", part)
		}
	}
	stranger := r.walker("", "")
	r.wants("somebody else's", r.ask(r.browser(), "GET", link, "", "Cookie", stranger.cookie), 404, "not_found")
	r.wants("nobody", r.ask(r.browser(), "GET", link, ""), 401, "signed_out")
	r.offset.move(25 * time.Hour)
	r.wants("a day later", r.ask(owner, "GET", link, ""), 404, "not_found")
	var again exportLinkOutput
	decode(t, r.ask(owner, "POST", path+"/"+first.ID+"/link", ""), 200, &again.Body)
	if a := r.ask(owner, "GET", pathOf(again.Body.URL), ""); a.status != 200 {
		t.Errorf("by a new link: %d", a.status)
	}
	r.wants("delete", r.ask(owner, "DELETE", path+"/"+first.ID, ""), 204, "")
	r.wants("deleted", r.ask(owner, "GET", pathOf(again.Body.URL), ""), 409, "conflict")
	if left, err := filepath.Glob(filepath.Join(r.config.ExportsDir, "*")); err != nil || len(left) != 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}

// secretsOf are what must not be in a copy.
func (r *rig) secretsOf(demo demoKeys) []string {
	r.t.Helper()
	secrets := []string{demo.ServerKey, demo.APIKey, tokenOf(demo.SignInURL)}
	rows, err := r.pool.Query(r.t.Context(), `SELECT encode(identity_key, 'hex') FROM sites UNION ALL SELECT encode(key_hash, 'hex') FROM server_keys
		UNION ALL SELECT encode(key_hash, 'hex') FROM api_keys UNION ALL SELECT encode(token_hash, 'hex') FROM sessions UNION ALL SELECT encode(passkey_handle, 'hex') FROM accounts`)
	if err != nil {
		r.t.Fatal(err)
	}
	for rows.Next() {
		var secret string
		if err := rows.Scan(&secret); err != nil {
			r.t.Fatal(err)
		}
		secrets = append(secrets, secret)
	}
	return secrets
}

// A copy that was given up says why in its list, without what only the log may have, and another one can
// be asked for.
func TestFailedExport(t *testing.T) {
	r := start(t, nil)
	owner, demo := r.signedIn(), r.demo()
	r.sql(`INSERT INTO exports (account_id, workspace_id, attempts, created_at) SELECT account_id, NULL, 5, now() - interval '1 minute' FROM members WHERE workspace_id = $1::text::bigint`, demo.WorkspaceID)
	list := func() []ExportView {
		var out exportsOutput
		decode(t, r.ask(owner, "GET", "/api/v1/account/exports", ""), 200, &out.Body)
		return out.Body.Exports
	}
	eventually(t, "it is given up", func() bool { return list()[0].State == "failed" })
	if x := list()[0]; x.Reason != "interrupted" || !strings.Contains(x.ReasonWords, "stopped each time") || x.EndedAt == nil {
		t.Errorf("%+v", x)
	}
	dir := r.config.ExportsDir
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir, nil, 0o600); err != nil { // a file where the directory should be
		t.Fatal(err)
	}
	r.wants("order", r.ask(owner, "POST", "/api/v1/account/export", ""), 201, "")
	eventually(t, "it is given up", func() bool {
		r.sql(`UPDATE exports SET attempts = greatest(attempts, 4), lease_until = NULL WHERE state = 'waiting'`) // no waiting between attempts
		return list()[0].State == "failed"
	})
	if x := list()[0]; x.Reason != "directory_unusable" || strings.Contains(x.ReasonWords, dir) {
		t.Errorf("%+v", x)
	}
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	r.wants("another", r.ask(owner, "POST", "/api/v1/account/export", ""), 201, "")
	eventually(t, "the copy is ready", func() bool { return list()[0].State == "ready" })
}

// A copy of an account is its owner's alone, and goes when its time is over.
func TestAccountExport(t *testing.T) {
	r := start(t, nil)
	owner := r.signedIn()
	r.wants("order", r.ask(owner, "POST", "/api/v1/account/export", ""), 201, "")
	var out exportsOutput
	eventually(t, "the copy is ready", func() bool {
		decode(t, r.ask(owner, "GET", "/api/v1/account/exports", ""), 200, &out.Body)
		return out.Body.Exports[0].State == "ready"
	})
	var link exportLinkOutput
	decode(t, r.ask(owner, "POST", "/api/v1/account/exports/"+out.Body.Exports[0].ID+"/link", ""), 200, &link.Body)
	files := unzip(t, r.ask(owner, "GET", pathOf(link.Body.URL), "").body)
	if !strings.Contains(files["account.json"], demoEmail) || !strings.Contains(files["audit.csv"], "account.export_ordered") || !strings.Contains(files["memberships.csv"], demoName) {
		t.Errorf("%v", files["account.json"])
	}
	stranger := r.walker(r.demo().WorkspaceID, "owner")
	r.wants("another owner of the workspace", r.ask(r.browser(), "GET", pathOf(link.Body.URL), "", "Cookie", stranger.cookie), 404, "not_found")
	r.offset.move(8 * 24 * time.Hour)
	names, err := filepath.Glob(filepath.Join(r.config.ExportsDir, "*.zip"))
	if err != nil || len(names) != 1 || !token.Looks(strings.TrimSuffix(filepath.Base(names[0]), ".zip"), "") {
		t.Fatalf("%v, %v", names, err)
	}
	if err := os.Chtimes(names[0], time.Now(), time.Now().Add(-2*time.Hour)); err != nil {
		t.Fatal(err)
	}
	if err := r.exports.Tidy(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(names[0]); !os.IsNotExist(err) {
		t.Errorf("the file is there after eight days: %v", err)
	}
}
