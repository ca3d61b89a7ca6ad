package admin

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// readSecretFile reads JSON into content; ok is false where there is no file, or none that can be
// understood: it is then made anew.
func readSecretFile(name string, content any) (ok bool, err error) {
	raw, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read %q: %w", name, err)
	}
	return json.Unmarshal(raw, content) == nil, nil
}

// writeSecretFile replaces a file as a whole, for nobody else to read.
func writeSecretFile(name string, content any) (err error) {
	raw, err := json.MarshalIndent(content, "", "  ")
	if err != nil {
		return fmt.Errorf("write %q: %w", name, err)
	}
	draft, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".*") // mode 0600
	if err != nil {
		return fmt.Errorf("write %q: %w", name, err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(draft.Name())
			err = fmt.Errorf("write %q: %w", name, err)
		}
	}()
	_, err = draft.Write(append(raw, '\n'))
	if err = errors.Join(err, draft.Sync(), draft.Close()); err != nil {
		return err
	}
	return os.Rename(draft.Name(), name)
}

// removeFile removes a file; one that is not there is as well.
func removeFile(name string) error {
	if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove %q: %w", name, err)
	}
	return nil
}
