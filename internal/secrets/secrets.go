// Package secrets reads secrets from files and masks them for printing.
//
// It knows no formats and keeps nothing: a secret is the content of a file without the line
// break at its end. Every driver package that takes a password by file reads it here.
package secrets

import (
	"fmt"
	"net/url"
	"os"
	"strings"
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
