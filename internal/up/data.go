package up

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"noctra/internal/files"
	"noctra/internal/proc"
)

// formatVersion is the version of the data directory that this program writes. It grows when
// an older program could no longer read what a newer one leaves there.
const formatVersion = 1

// Data is a data directory that belongs to this process until Close.
type Data struct {
	Dir  string // absolute
	lock *os.File
}

// OpenData makes the directory where it is missing, and takes it. A directory that another
// process has, or that a newer program has written, is refused.
func OpenData(dir string) (*Data, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("--data: %w", err)
	}
	if err := os.MkdirAll(abs, 0o700); err != nil {
		return nil, fmt.Errorf("--data: make %q: %w; give a folder that can be written", abs, err)
	}
	lock, err := proc.Lock(filepath.Join(abs, "lock"))
	if errors.Is(err, proc.ErrLocked) {
		return nil, fmt.Errorf("--data: %q is in use by %s: stop that one, or give another folder", abs, owner(abs))
	}
	if err != nil {
		return nil, fmt.Errorf("--data: %w", err)
	}
	d := &Data{Dir: abs, lock: lock}
	if err := d.checkVersion(); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

// Path returns the path of something in the directory.
func (d *Data) Path(parts ...string) string {
	return filepath.Join(append([]string{d.Dir}, parts...)...)
}

// Close gives the directory back.
func (d *Data) Close() error { return d.lock.Close() }

func (d *Data) checkVersion() error {
	path := d.Path("version")
	raw, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return files.Replace(path, []byte(strconv.Itoa(formatVersion)+"\n"))
	}
	if err != nil {
		return fmt.Errorf("--data: read version: %w", err)
	}
	version, err := strconv.Atoi(strings.TrimSpace(string(raw)))
	if err != nil {
		return fmt.Errorf("--data: %q holds %q instead of a version number: give another folder", path, strings.TrimSpace(string(raw)))
	}
	if version > formatVersion {
		return fmt.Errorf("--data: %q was written by a newer noctra (format %d, this one knows %d): use that one, or give another folder", d.Dir, version, formatVersion)
	}
	return nil
}

func owner(dir string) string {
	raw, err := os.ReadFile(filepath.Join(dir, "lock"))
	pid := strings.TrimSpace(string(raw))
	if err != nil || pid == "" {
		return "another noctra"
	}
	return "another noctra (process " + pid + ")"
}
