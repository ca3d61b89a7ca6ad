package admin

import (
	"noctra/admin/internal/accounts"
	"noctra/admin/internal/token"
	"noctra/internal/envelope"
	"noctra/schema"
)

// openSigning opens the file of signing keys, which collectors read as well.
func (s *Service) openSigning() error {
	path := s.config.SigningKeyFile
	if path == "" {
		return nil
	}
	if err := envelope.Ensure(path); err != nil {
		return err
	}
	ring, err := envelope.Open(path)
	if err != nil {
		return err
	}
	s.signing = ring
	return nil
}

// newSigningSecret makes what requests with a key are signed with. Without a file of signing keys there
// is none, and no key whose requests have to be signed.
func (s *Service) newSigningSecret(hash []byte, signature string) (secret string, sealed []byte, err error) {
	if s.signing == nil {
		if signature == signatureRequired {
			return "", nil, refuse(kind(accounts.SecretsOff), "Signatures need a file of signing keys; ask whoever runs this Noctra.")
		}
		return "", nil, nil
	}
	secret = token.New(token.Signing)
	sealed, err = s.signing.Seal([]byte(secret), schema.SigningSecretPlace([32]byte(hash)))
	return secret, sealed, err
}
