package engines

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The engines of the product have on disk what they have answered for; only tests ask them not to wait.
func TestSynced(t *testing.T) {
	dir := t.TempDir()
	if err := EnsureSecrets(dir); err != nil {
		t.Fatal(err)
	}
	for _, unsynced := range []bool{false, true} {
		wait := "fsync=on"
		if unsynced {
			wait = "fsync=off"
		}
		command := Postgres{Programs: dir, Dir: dir, Unsynced: unsynced}.command(account{})
		if !slices.Contains(command.Args, wait) || !slices.Contains(command.Args, "synchronous_commit=on") {
			t.Errorf("unsynced %t: %q", unsynced, command.Args)
		}
		if err := (ClickHouse{Dir: dir, Secrets: dir, Unsynced: unsynced}).writeConfig(); err != nil {
			t.Fatal(err)
		}
		text := ""
		for _, name := range []string{"config.xml", "users.xml"} {
			raw, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			text += string(raw)
		}
		for line, want := range map[string]bool{
			"<fsync_after_insert>1<":   !unsynced,
			"<fsync_part_directory>1<": !unsynced,
			"<fsync_metadata>0<":       unsynced,
		} {
			if strings.Contains(text, line) != want {
				t.Errorf("unsynced %t: %s is there: %t", unsynced, line, !want)
			}
		}
	}
}
