// Package envelope seals what must not be readable in a stolen database: each value under a key of
// its own (AES-256-GCM), that key under a master key from a file, both bound to the place where the
// value stands, so that a value copied into another row or column does not open.
//
// It stores nothing but the file of master keys (ring.go); sealed values are its callers'.
package envelope

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"
)

// A sealed value is: format, length of the key id, key id, wrapped key, content. The two last are a
// nonce, then the ciphertext with its tag.
const (
	format    = 1
	keySize   = 32
	nonceSize = 12
	tagSize   = 16
	wrapSize  = nonceSize + keySize + tagSize
)

// ErrDamaged is returned for what was not sealed here, stands in another place, or was changed.
var ErrDamaged = errors.New("the sealed value is damaged or stands in the wrong place")

// Seal encrypts plain for one place, such as "totp.secret:17", under the current master key.
func (r *Ring) Seal(plain []byte, place string) ([]byte, error) {
	id, master, err := r.current()
	if err != nil {
		return nil, fmt.Errorf("seal %s: %w", place, err)
	}
	key := make([]byte, keySize)
	_, _ = rand.Read(key) // never fails: the program ends instead
	out := append([]byte{format, byte(len(id))}, id...)
	out = append(out, encrypt(master, key, id+" "+place)...)
	return append(out, encrypt(key, plain, place)...), nil
}

// Unseal decrypts what Seal made for that place.
func (r *Ring) Unseal(sealed []byte, place string) ([]byte, error) {
	id, rest, err := split(sealed)
	if err != nil {
		return nil, fmt.Errorf("unseal %s: %w", place, err)
	}
	master, err := r.key(id)
	if err != nil {
		return nil, fmt.Errorf("unseal %s: %w", place, err)
	}
	key, err := decrypt(master, rest[:wrapSize], id+" "+place)
	if err != nil {
		return nil, fmt.Errorf("unseal %s: %w", place, err)
	}
	plain, err := decrypt(key, rest[wrapSize:], place)
	if err != nil {
		return nil, fmt.Errorf("unseal %s: %w", place, err)
	}
	return plain, nil
}

// Rewrap seals a value again where it is not under the current master key; changed says whether it
// was not.
func (r *Ring) Rewrap(sealed []byte, place string) (out []byte, changed bool, err error) {
	id, _, err := split(sealed)
	if err != nil {
		return nil, false, fmt.Errorf("rewrap %s: %w", place, err)
	}
	now, _, err := r.current()
	if err != nil || now == id {
		return sealed, false, err
	}
	plain, err := r.Unseal(sealed, place)
	if err != nil {
		return nil, false, err
	}
	out, err = r.Seal(plain, place)
	return out, err == nil, err
}

// split returns the id of the master key, and wrapped key with content.
func split(sealed []byte) (id string, rest []byte, err error) {
	if len(sealed) < 2 || sealed[0] != format {
		return "", nil, ErrDamaged
	}
	size := int(sealed[1])
	if len(sealed) < 2+size+wrapSize+nonceSize+tagSize {
		return "", nil, ErrDamaged
	}
	return string(sealed[2 : 2+size]), sealed[2+size:], nil
}

func encrypt(key, plain []byte, data string) []byte {
	nonce := make([]byte, nonceSize)
	_, _ = rand.Read(nonce)
	return gcm(key).Seal(nonce, nonce, plain, []byte(data))
}

func decrypt(key, sealed []byte, data string) ([]byte, error) {
	plain, err := gcm(key).Open(nil, sealed[:nonceSize], sealed[nonceSize:], []byte(data))
	if err != nil {
		return nil, ErrDamaged
	}
	return plain, nil
}

// gcm panics on a key of a wrong size, which the ring and split rule out.
func gcm(key []byte) cipher.AEAD {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic(err)
	}
	return aead
}
