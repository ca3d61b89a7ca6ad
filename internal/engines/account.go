package engines

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// otherID is the user and group that Postgres runs as when this program runs as root: `nobody`
// on every common system, and it needs no entry there.
const otherID = 65534

// account is who Postgres runs as: this user, or another one when this user is root, whom
// Postgres refuses.
type account struct {
	other bool
	// caps lets the other user pass folders that are closed to it, 0 where none is.
	caps uintptr
}

// newAccount finds out who Postgres runs as, and whether it reaches programs and data.
func newAccount(programs, data string) (account, error) {
	if os.Geteuid() != 0 {
		return account{}, nil
	}
	who := account{other: true}
	closed := closedFolder(programs)
	if closed == "" {
		closed = closedFolder(data)
	}
	if closed == "" {
		return who, nil
	}
	caps, err := passCapability()
	if err != nil {
		return account{}, fmt.Errorf("postgres does not run as root, and user %d may not enter %q (%w): "+
			"run `chmod o+x %s`, or start noctra as an ordinary user, or use another folder", otherID, closed, err, closed)
	}
	who.caps = caps
	return who, nil
}

// closedFolder returns the first folder on the way to path that others may not enter.
func closedFolder(path string) string {
	path, err := filepath.Abs(path)
	if err != nil {
		return ""
	}
	closed := ""
	for dir := path; ; dir = filepath.Dir(dir) {
		if info, err := os.Stat(dir); err == nil && info.Mode().Perm()&0o001 == 0 {
			closed = dir
		}
		if dir == filepath.Dir(dir) {
			return closed
		}
	}
}

// own gives path and all below it to the account.
func (a account) own(path string) error {
	if !a.other {
		return nil
	}
	return filepath.WalkDir(path, func(name string, _ fs.DirEntry, err error) error {
		if err != nil {
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			return fmt.Errorf("give postgres its data directory: %w", err)
		}
		var stat syscall.Stat_t
		if err := syscall.Lstat(name, &stat); err == nil && stat.Uid == otherID {
			return nil
		}
		if err := os.Lchown(name, otherID, otherID); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("give postgres its data directory: %w", err)
		}
		return nil
	})
}
