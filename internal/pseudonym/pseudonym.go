// Package pseudonym turns what a site says of a person into numbers that only who has the site's
// identity key can make again: the ids of visitors and users that stand in events, and the hashes by
// which a person who is erased is kept out.
//
// Collectors make them of events, the admin service of what a request for erasure names; both have to
// come to the same. The package stores nothing and asks nobody.
package pseudonym

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"strings"
	"unicode"

	"github.com/dchest/siphash"

	"noctra/schema"
)

// Salt is a secret of 16 bytes: that of one local day, or of one site.
type Salt struct{ k0, k1 uint64 }

// SaltOf reads the first 16 bytes of secret.
func SaltOf(secret []byte) (s Salt, ok bool) {
	if len(secret) < 16 {
		return s, false
	}
	return Salt{binary.LittleEndian.Uint64(secret), binary.LittleEndian.Uint64(secret[8:])}, true
}

// Words are the two halves of the secret, as ClickHouse's sipHash64Keyed takes them.
func (s Salt) Words() (k0, k1 uint64) { return s.k0, s.k1 }

// Sum hashes b. It is never 0, which stands for nobody.
func (s Salt) Sum(b []byte) uint64 {
	if sum := siphash.Hash(s.k0, s.k1, b); sum != 0 {
		return sum
	}
	return 1
}

// What a key is used for; a letter before the value keeps the uses apart.
const (
	useVisitor = 'v'
	useUser    = 'u'
	useOrder   = 'o'
	useEmail   = 'e'
)

// Keys hash ids that a site gives. They are made from the site's identity key.
type Keys struct {
	salt Salt
	ok   bool
}

// KeysOf returns the hashes of a site. Without a key of 16 bytes or more they know nobody.
func KeysOf(identityKey []byte) Keys {
	salt, ok := SaltOf(identityKey)
	return Keys{salt, ok}
}

// Visitor hashes a first-party id. scratch is working memory; it is returned for the next call.
func (k Keys) Visitor(id string, scratch []byte) (schema.VisitorID, []byte) {
	sum, scratch := k.hash(useVisitor, id, scratch)
	return schema.VisitorID(sum), scratch
}

// User hashes the site's own id of a user.
func (k Keys) User(id string, scratch []byte) (schema.UserHash, []byte) {
	sum, scratch := k.hash(useUser, id, scratch)
	return schema.UserHash(sum), scratch
}

func (k Keys) hash(use byte, id string, scratch []byte) (uint64, []byte) {
	if !k.ok || id == "" {
		return 0, scratch
	}
	b := append(scratch[:0], use)
	b = append(b, id...)
	return k.salt.Sum(b), b
}

// ErasureKeys hash what names a person who is erased and is no pseudonym in events. Their secret comes
// from the site's identity key, and does not lead back to it: databases get it with a question.
type ErasureKeys struct{ keys Keys }

// ErasureKeysOf returns those of a site.
func ErasureKeysOf(identityKey []byte) ErasureKeys {
	if len(identityKey) < 16 {
		return ErasureKeys{}
	}
	sum := sha256.Sum256(append([]byte("noctra erasure "), identityKey...))
	return ErasureKeys{KeysOf(sum[:])}
}

// Order hashes an order id.
func (k ErasureKeys) Order(id string, scratch []byte) (uint64, []byte) {
	return k.keys.hash(useOrder, id, scratch)
}

// Email hashes the hash of an address, as Digest makes it.
func (k ErasureKeys) Email(hashed string, scratch []byte) (uint64, []byte) {
	return k.keys.hash(useEmail, hashed, scratch)
}

// OrderSQL and EmailSQL are the same in ClickHouse's words, over columns of the table events; the
// parameters k0 and k1 are Words.
const (
	OrderSQL = "(order_id != '' AND sipHash64Keyed((toUInt64({k0:UInt64}), toUInt64({k1:UInt64})), concat('o', order_id)) = {order:UInt64})"
	EmailSQL = "(email_hash != '' AND sipHash64Keyed((toUInt64({k0:UInt64}), toUInt64({k1:UInt64})), concat('e', email_hash)) = {email:UInt64})"
)

// Words are the secret for OrderSQL and EmailSQL.
func (k ErasureKeys) Words() (k0, k1 uint64) { return k.keys.salt.Words() }

// MaxPerson bounds what names a person, in bytes.
const MaxPerson = 256

// NormalEmail returns the form in which an address is hashed: trimmed, lower case, and for
// Google's own mail without the dots and the suffix of the local part.
func NormalEmail(email string) (string, bool) {
	email = strings.ToLower(strings.TrimSpace(email))
	local, domain, ok := strings.Cut(email, "@")
	if !ok || len(email) > MaxPerson || strings.ContainsRune(domain, '@') || strings.ContainsFunc(email, unicode.IsSpace) {
		return "", false
	}
	if domain == "gmail.com" || domain == "googlemail.com" {
		local, _, _ = strings.Cut(local, "+")
		local = strings.ReplaceAll(local, ".", "")
	}
	if local == "" || !strings.Contains(domain, ".") || strings.HasPrefix(domain, ".") || strings.HasSuffix(domain, ".") {
		return "", false
	}
	return local + "@" + domain, true
}

// Digest is how a normal address, or a phone number, stands in events: SHA-256 in hex.
func Digest(normal string) string {
	sum := sha256.Sum256([]byte(normal))
	return hex.EncodeToString(sum[:])
}
