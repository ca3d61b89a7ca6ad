package schema

import "encoding/hex"

// SigningSecretPlace is where the signing secret of a server key stands, for package envelope, by the
// SHA-256 of the key. Admin services seal it, collectors open it.
func SigningSecretPlace(keyHash [32]byte) string {
	return "server_keys.signing_secret:" + hex.EncodeToString(keyHash[:])
}
