// Package files replaces files as a whole.
//
// It knows paths and bytes; what stands in a file, and who may need it, is its caller's.
package files

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"noctra/internal/failpoint"
)

// Replace writes content to path in one step, for this user alone (0600), and syncs it: whoever
// reads sees the old file or the new one, also after a crash. On an error the old one is as it was.
func Replace(path string, content []byte) error {
	draft, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*") // 0600
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
