package admin

import (
	"context"
	"fmt"

	"noctra/admin/internal/accounts"
	"noctra/admin/internal/store"
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

// resealSigning seals signing secrets anew and returns how many it was. Collectors open them with the
// file of signing keys, and need its new key before they are started again.
func resealSigning(ctx context.Context, q *store.Queries, rewrap rewrapper) (n int, err error) {
	rows, err := q.SealedSigningSecrets(ctx)
	if err != nil {
		return 0, fmt.Errorf("read signing secrets: %w", err)
	}
	for _, r := range rows {
		sealed, changed, err := rewrap(r.SigningSecret, schema.SigningSecretPlace([32]byte(r.KeyHash)))
		if err != nil {
			return n, fmt.Errorf("signing secret of server key %d: %w", r.ID, err)
		}
		if !changed {
			continue
		}
		if err := q.ReplaceSigningSecret(ctx, store.ReplaceSigningSecretParams{ID: r.ID, SigningSecret: sealed}); err != nil {
			return n, fmt.Errorf("keep signing secret of server key %d: %w", r.ID, err)
		}
		n++
	}
	return n, nil
}
