package identity

import (
	"encoding/binary"
	"net/netip"

	"noctra/internal/pseudonym"
	"noctra/schema"
)

// Salt is the secret of one local day, or of one site.
type Salt = pseudonym.Salt

// SaltOf reads the first 16 bytes of secret.
func SaltOf(secret []byte) (s Salt, ok bool) { return pseudonym.SaltOf(secret) }

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
	return schema.VisitorID(salt.Sum(b)), b
}

// Keys hash ids that a site gives. They are made from the site's identity key.
type Keys = pseudonym.Keys

// KeysOf returns the hashes of a site. Without a key of 16 bytes or more they know nobody.
func KeysOf(identityKey []byte) Keys { return pseudonym.KeysOf(identityKey) }
