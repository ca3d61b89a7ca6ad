// Package totp makes and checks codes by time: RFC 6238 with SHA-1, six digits and steps of thirty
// seconds, which is what every authenticator app takes.
//
// It keeps nothing: that a code is used once per step is its caller's, by the step that Check returns.
package totp

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // RFC 6238; a MAC does not need collision resistance
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"net/url"
	"time"
)

const (
	seconds  = 30
	digits   = 6
	modulus  = 1_000_000
	skew     = 1 // steps that a clock may be off
	seedSize = 20
)

var encoding = base32.StdEncoding.WithPadding(base32.NoPadding)

// NewSeed returns 160 random bits.
func NewSeed() []byte {
	seed := make([]byte, seedSize)
	_, _ = rand.Read(seed) // never fails: the program ends instead
	return seed
}

// Text returns the seed as people type it.
func Text(seed []byte) string { return encoding.EncodeToString(seed) }

// URI returns what stands in the QR code for authenticator apps.
func URI(seed []byte, issuer, account string) string {
	values := url.Values{"secret": {Text(seed)}, "issuer": {issuer}, "algorithm": {"SHA1"}, "digits": {fmt.Sprint(digits)}, "period": {fmt.Sprint(seconds)}}
	return "otpauth://totp/" + url.PathEscape(issuer+":"+account) + "?" + values.Encode()
}

// Step returns the number of the step at that moment.
func Step(at time.Time) int64 { return at.Unix() / seconds }

// Code returns the code of a step.
func Code(seed []byte, step int64) string {
	mac := hmac.New(sha1.New, seed)
	_ = binary.Write(mac, binary.BigEndian, step) // a hash never fails
	sum := mac.Sum(nil)
	offset := sum[len(sum)-1] & 0x0f
	number := binary.BigEndian.Uint32(sum[offset:offset+4]) & 0x7fffffff
	return fmt.Sprintf("%0*d", digits, number%modulus)
}

// Check returns the step whose code it is: this one, the one before or the next, and later than after.
func Check(seed []byte, code string, at time.Time, after int64) (step int64, ok bool) {
	now := Step(at)
	for s := now - skew; s <= now+skew; s++ {
		if subtle.ConstantTimeCompare([]byte(Code(seed, s)), []byte(code)) == 1 && s > after {
			step, ok = s, true
		}
	}
	return step, ok
}
