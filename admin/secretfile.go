package admin

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"noctra/internal/files"
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
func writeSecretFile(name string, content any) error {
	raw, err := json.MarshalIndent(content, "", "  ")
	if err != nil {
		return fmt.Errorf("write %q: %w", name, err)
	}
	return files.Replace(name, append(raw, '\n'))
}

// removeFile removes a file; one that is not there is as well.
func removeFile(name string) error {
	if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove %q: %w", name, err)
	}
	return nil
}
