package admin

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"noctra/admin/internal/token"
)

// Files of copies of an erased workspace go with its rows; those of others stay.
func TestCopiesOfErasedWorkspace(t *testing.T) {
	r := start(t, nil)
	add := func(workspace, name string) string {
		file := token.New("")
		r.sql(`WITH w AS (INSERT INTO workspaces (name) SELECT $2 WHERE $1 = '' RETURNING id)
			INSERT INTO exports (account_id, workspace_id, state, file, size, sha256, created_at, expires_at)
			SELECT (SELECT min(id) FROM accounts), coalesce((SELECT id FROM w), nullif($1, '')::bigint), 'ready', $3, 2, decode(repeat('00', 32), 'hex'), now(), now() + interval '1 hour'`, workspace, name, file)
		path := filepath.Join(r.config.ExportsDir, file+".zip")
		if err := os.WriteFile(path, []byte("PK"), 0o600); err != nil {
			t.Fatal(err)
		}
		old := time.Now().Add(-2 * time.Hour) // no copy that is being written
		if err := os.Chtimes(path, old, old); err != nil {
			t.Fatal(err)
		}
		return path
	}
	stays, goes := add(r.demo().WorkspaceID, ""), add("", "Erased")
	r.sql(`DELETE FROM workspaces WHERE name = 'Erased'`) // as the end of its erasure does
	if err := r.exports.Tidy(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(goes); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the copy of an erased workspace is there: %v", err)
	}
	if _, err := os.Stat(stays); err != nil {
		t.Errorf("another copy is gone: %v", err)
	}
}
