// Package files replaces files as a whole.
//
// It knows paths and bytes; what stands in a file, and who may need it, is its caller's.
package files

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"noctra/internal/failpoint"
)

// Replace writes content to path in one step, for this user alone (0600), and syncs it: whoever
// reads sees the old file or the new one, also after a crash. On an error the old one is as it was.
func Replace(path string, content []byte) error {
	draft, err := os.CreateTemp(filepath.Dir(path), draftOf(path)+"*") // 0600
	if err != nil {
		return fmt.Errorf("write %q: %w", path, err)
	}
	_, err = draft.Write(content)
	err = errors.Join(err, draft.Sync(), draft.Close())
	if err == nil {
		err = failpoint.Err(failpoint.FilesRename)
	}
	if err == nil {
		err = os.Rename(draft.Name(), path)
	}
	if err != nil {
		_ = os.Remove(draft.Name())
		return fmt.Errorf("write %q: %w", path, err)
	}
	return nil
}

// draftOf is how names of drafts of path begin.
func draftOf(path string) string { return "." + filepath.Base(path) + "-" }

// Sweep removes drafts of path that a crash has left. It is for a process that alone writes there,
// before it does.
func Sweep(path string) error {
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return fmt.Errorf("sweep drafts of %q: %w", path, err)
	}
	for _, entry := range entries {
		if !strings.HasPrefix(entry.Name(), draftOf(path)) || !entry.Type().IsRegular() {
			continue
		}
		if err := os.Remove(filepath.Join(filepath.Dir(path), entry.Name())); err != nil {
			return fmt.Errorf("sweep drafts of %q: %w", path, err)
		}
	}
	return nil
}
