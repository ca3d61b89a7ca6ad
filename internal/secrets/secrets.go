// Package secrets reads secrets from files and masks them for printing.
//
// It knows no formats: a secret is the content of a file without the line break at its end. Every
// driver package that takes a password by file reads it here, anew for each login, so that whoever
// replaces the file (a vault's agent, a person) has changed the password.
package secrets

import (
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
)

// maxBytes bounds a secret file, so that a wrong path to something large is noticed.
const maxBytes = 64 << 10

// ReadFile returns the secret in the file at path, without line breaks at its end. An empty
// path gives an empty secret; an empty file is an error, since it is hardly ever meant.
func ReadFile(path string) (string, error) {
	if path == "" {
		return "", nil
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("read secret file: %w", err)
	}
	if len(raw) > maxBytes {
		return "", fmt.Errorf("read secret file %q: %d bytes are more than the %d a secret may have", path, len(raw), maxBytes)
	}
	secret := strings.TrimRight(string(raw), "\r\n")
	if secret == "" {
		return "", fmt.Errorf("read secret file %q: it is empty", path)
	}
	return secret, nil
}

// File is a secret that may be replaced while it is used.
type File struct {
	path string
	mu   sync.Mutex
	last string // what was read last, for moments in which the file is being replaced
}

// NewFile names the file; nothing is read yet. An empty path stands for an empty secret.
func NewFile(path string) *File { return &File{path: path} }

// Read returns what the file has now, or, where it cannot be read, what it had when it last could.
func (f *File) Read() (string, error) {
	secret, err := ReadFile(f.path)
	f.mu.Lock()
	defer f.mu.Unlock()
	if err != nil && f.last != "" {
		return f.last, nil
	}
	f.last = secret
	return secret, err
}

// MaskURL returns raw with the password in it replaced by stars. What is no URL, or has no
// password, comes back as it is.
func MaskURL(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.User == nil {
		return raw
	}
	password, ok := u.User.Password()
	if !ok || password == "" {
		return raw
	}
	user := u.User.Username()
	u.User = nil
	return strings.Replace(u.String(), "://", "://"+url.User(user).String()+":***@", 1)
}
