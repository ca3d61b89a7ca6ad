package identity

import (
	"encoding/binary"
	"net/netip"

	"github.com/dchest/siphash"

	"noctra/schema"
)

// Salt is the secret of one local day, or of one site.
type Salt struct{ k0, k1 uint64 }

// SaltOf reads the first 16 bytes of secret.
func SaltOf(secret []byte) (s Salt, ok bool) {
	if len(secret) < 16 {
		return s, false
	}
	return Salt{binary.LittleEndian.Uint64(secret), binary.LittleEndian.Uint64(secret[8:])}, true
}

// Daily returns the pseudonym of who uses that agent at that address on the site, for as long as
// the salt holds. It is never 0. scratch is working memory; it is returned for the next call.
func Daily(salt Salt, site schema.SiteID, addr netip.Addr, agent string, scratch []byte) (schema.VisitorID, []byte) {
	b := binary.LittleEndian.AppendUint64(scratch[:0], uint64(site))
	if addr.IsValid() {
		full := addr.As16()
		b = append(b, full[:]...)
	}
	b = append(b, 0)
	b = append(b, agent...)
	return schema.VisitorID(never0(siphash.Hash(salt.k0, salt.k1, b))), b
}

// What a site's key is used for; a word before the value keeps the uses apart.
const (
	useVisitor = 'v'
	useUser    = 'u'
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

// Visitor hashes a first-party id.
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
	return never0(siphash.Hash(k.salt.k0, k.salt.k1, b)), b
}

// never0: 0 stands for nobody.
func never0(sum uint64) uint64 {
	if sum == 0 {
		return 1
	}
	return sum
}
