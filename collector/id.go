package collector

import (
	"encoding/hex"
	"math/rand/v2"

	"noctra/schema"
)

// newID appends a UUIDv7 of that time, for an event that came without an id. It has to be
// unique, not secret.
func newID(b []byte, at schema.Millis) []byte { return appendUUID(b, at, rand.Uint64(), rand.Uint64()) }

// appendUUID appends the UUIDv7 of a time and 74 bits out of high and low.
func appendUUID(b []byte, at schema.Millis, high, low uint64) []byte {
	var u [16]byte
	for i := range 6 {
		u[i] = byte(at >> (40 - 8*i))
	}
	u[6], u[7] = 0x70|byte(high>>8)&0x0f, byte(high)
	for i := range 8 {
		u[8+i] = byte(low >> (8 * i))
	}
	u[8] = 0x80 | u[8]&0x3f
	for i, c := range u {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			b = append(b, '-')
		}
		b = hex.AppendEncode(b, []byte{c})
	}
	return b
}
