// Package token makes the secrets that are handed out (keys, links, cookies) and the hashes under
// which they are kept.
//
// A secret has so much chance in it that a plain SHA-256 cannot be turned back; it needs no salt
// and no slow hash. The package stores nothing.
package token

import (
	"crypto/rand"
	"crypto/sha256"
	"strings"
)

// Prefixes of keys, so that a person and a scanner for leaked secrets know what they look at.
const (
	Site    = "nst_" // public, stands in pages
	Server  = "nsk_" // sends events
	API     = "nak_" // reads reports
	Signing = "nss_" // signs requests with events
)

const (
	alphabet     = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	secretLength = 43 // 256 bits
	publicLength = 20
)

// NewSite returns a new public key of a site.
func NewSite() string { return Site + random(publicLength) }

// New returns a new secret of 256 bits with the given prefix, which may be empty.
func New(prefix string) string { return prefix + random(secretLength) }

// Hash returns the SHA-256 of the whole secret.
func Hash(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}

// Looks reports whether s has the form of a secret with that prefix.
func Looks(s, prefix string) bool {
	rest, ok := strings.CutPrefix(s, prefix)
	return ok && len(rest) == secretLength && strings.Trim(rest, alphabet) == ""
}

// random returns n characters, each of the 62 as likely as any other.
func random(n int) string {
	const fair = 256 - 256%len(alphabet) // bytes from here on would favour the first characters
	out := make([]byte, 0, n)
	pool := make([]byte, 2*n)
	for len(out) < n {
		_, _ = rand.Read(pool) // never fails: the program ends instead
		for _, b := range pool {
			if int(b) < fair && len(out) < n {
				out = append(out, alphabet[int(b)%len(alphabet)])
			}
		}
	}
	return string(out)
}
