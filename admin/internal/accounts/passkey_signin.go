package accounts

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"noctra/admin/internal/store"
)

// BeginPasskeySignIn begins a sign-in of whoever has a passkey for this Noctra; it names nobody.
func (s *Service) BeginPasskeySignIn(ctx context.Context, v Visit) (Step, error) {
	if err := s.passkeysOn(); err != nil {
		return Step{}, err
	}
	if err := s.attempt(ctx, ofClient("passkey", v, freeOfClient)); err != nil {
		return Step{}, err
	}
	options, session, err := s.webauthn.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return Step{}, fmt.Errorf("begin sign-in with a passkey: %w", err)
	}
	secret, err := s.begin(ctx, s.q, opened{passkeySignIn, nil, session})
	return Step{Ceremony: secret, Options: options.Response}, err
}

// PasskeySignIn ends it. A passkey whose authenticator knew its owner is two factors in one, so no
// other is asked for.
func (s *Service) PasskeySignIn(ctx context.Context, v Visit, ceremony string, response []byte) (Entered, error) {
	if err := s.passkeysOn(); err != nil {
		return Entered{}, err
	}
	var session webauthn.SessionData
	if _, err := s.end(ctx, s.q, ending{passkeySignIn, ceremony, &session}); err != nil { // also where it goes wrong
		return Entered{}, err
	}
	var entered Entered
	err := s.transact(ctx, func(q *store.Queries) error {
		h, key, err := s.checkPasskey(ctx, q, session, response)
		if err != nil {
			return err
		}
		raw, err := json.Marshal(key)
		if err != nil {
			return fmt.Errorf("use passkey: %w", err)
		}
		if err := q.UsePasskey(ctx, store.UsePasskeyParams{CredentialID: key.ID, Credential: raw, LastUsedAt: stamp(s.now())}); err != nil {
			return fmt.Errorf("use passkey: %w", err)
		}
		if err := q.GiveBackAttempt(ctx, ofClient("passkey", v, freeOfClient).bucket()); err != nil {
			return fmt.Errorf("use passkey: %w", err)
		}
		entered, err = s.enter(ctx, q, arrival{person: h.person, visit: v, method: byPasskey})
		return err
	})
	return entered, err
}

// checkPasskey finds whose passkey it is and checks the signature.
func (s *Service) checkPasskey(ctx context.Context, q *store.Queries, session webauthn.SessionData, response []byte) (*holder, *webauthn.Credential, error) {
	refused := refuse(WrongCredentials, "This passkey is not known here, or its answer does not fit.")
	parsed, err := protocol.ParseCredentialRequestResponseBytes(response)
	if err != nil {
		return nil, nil, refused
	}
	var broken error // Postgres, not the passkey
	find := func(_, handle []byte) (webauthn.User, error) {
		row, err := q.CredentialsByHandle(ctx, handle)
		if err != nil {
			if !none(err) {
				broken = fmt.Errorf("look up account: %w", err)
			}
			return nil, err
		}
		h, err := s.holder(ctx, q, row.ID)
		if err != nil {
			broken = err
		}
		return h, err
	}
	user, key, err := s.webauthn.ValidatePasskeyLogin(find, session, parsed)
	if broken != nil {
		return nil, nil, broken
	}
	if err != nil || key.Authenticator.CloneWarning {
		return nil, nil, refused
	}
	return user.(*holder), key, nil
}
