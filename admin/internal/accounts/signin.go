package accounts

import (
	"context"
	"encoding/json"
	"fmt"

	"noctra/admin/internal/store"
	"noctra/admin/internal/token"
)

// Kinds of ceremonies, as Postgres has them.
const (
	secondFactor        = "second_factor"
	passkeyRegistration = "passkey_registration"
	passkeySignIn       = "passkey_sign_in"
)

// SignIn checks a password. The result is a session, or the name under which the second factor is
// asked for. An address without an account costs the same and is answered the same.
func (s *Service) SignIn(ctx context.Context, v Visit, email, plain string) (Entered, error) {
	found, err := s.q.CredentialsByEmail(ctx, email)
	if err != nil && !none(err) {
		return Entered{}, fmt.Errorf("look up account: %w", err)
	}
	own, err := s.guesses(ctx, v, found.ID, ofEmail("sign-in", email, freeGuesses))
	if err != nil {
		return Entered{}, err
	}
	client := ofClient("sign-in", v, freeOfClient)
	if err := s.attempt(ctx, client, own); err != nil {
		return Entered{}, err
	}
	hash := ""
	if found.PasswordHash != nil {
		hash = *found.PasswordHash
	}
	fits, renew, err := s.deps.Hasher.Check(ctx, hash, plain)
	if err != nil {
		return Entered{}, hashing(err)
	}
	if !fits {
		if err := s.note(ctx, s.q, entry{account: found.ID, action: "sign_in.refused", visit: v}); err != nil {
			return Entered{}, err
		}
		return Entered{}, refuse(WrongCredentials, "E-mail address or password is wrong.")
	}
	if renew {
		if err := s.rehash(ctx, found.ID, hash, plain); err != nil {
			return Entered{}, err
		}
	}
	var entered Entered
	err = s.transact(ctx, func(q *store.Queries) error {
		if err := s.succeeded(ctx, q, own, client); err != nil {
			return err
		}
		if found.HasTotp {
			entered.Ceremony, err = s.begin(ctx, q, opened{secondFactor, &found.ID, struct{}{}})
			return err
		}
		entered, err = s.enter(ctx, q, arrival{person: person{found.ID, found.Email, found.Name}, visit: v, method: byPassword})
		return err
	})
	return entered, err
}

// guesses chooses what is counted: a browser that has signed in before has guesses of its own, so
// that strangers who guess cannot keep the owner out.
func (s *Service) guesses(ctx context.Context, v Visit, account int64, otherwise limit) (limit, error) {
	if account == 0 || !token.Looks(v.Device, "") {
		return otherwise, nil
	}
	hash := token.Hash(v.Device)
	known, err := s.q.DeviceKnown(ctx, store.DeviceKnownParams{TokenHash: hash, AccountID: account})
	if err != nil {
		return otherwise, fmt.Errorf("look up device: %w", err)
	}
	if known.Own == 0 {
		return otherwise, nil
	}
	return ofToken(otherwise.name, hash), nil
}

// rehash brings a hash to today's cost, while the password is at hand.
func (s *Service) rehash(ctx context.Context, account int64, before, plain string) error {
	after, err := s.deps.Hasher.Hash(ctx, plain)
	if err != nil {
		return hashing(err)
	}
	if err := s.q.RehashPassword(ctx, store.RehashPasswordParams{ID: account, Before: &before, After: &after}); err != nil {
		return fmt.Errorf("renew hash of password: %w", err)
	}
	return nil
}

// opened is a ceremony that begins.
type opened struct {
	kind    string
	account *int64 // nil where nobody is known yet
	content any
}

// begin opens a ceremony and returns the secret under which it goes on.
func (s *Service) begin(ctx context.Context, q *store.Queries, c opened) (string, error) {
	raw, err := json.Marshal(c.content)
	if err != nil {
		return "", fmt.Errorf("begin %s: %w", c.kind, err)
	}
	secret := token.New("")
	err = q.AddCeremony(ctx, store.AddCeremonyParams{TokenHash: token.Hash(secret), Kind: c.kind, AccountID: c.account, Content: raw, ExpiresAt: s.now().Add(ceremonyLife)})
	if err != nil {
		return "", fmt.Errorf("begin %s: %w", c.kind, err)
	}
	return secret, nil
}

// ending names a ceremony that is to end; its content is read into content, unless that is nil.
type ending struct {
	kind, secret string
	content      any
}

// end takes a ceremony, once.
func (s *Service) end(ctx context.Context, q *store.Queries, c ending) (account int64, err error) {
	kind, secret, content := c.kind, c.secret, c.content
	over := refuse(CeremonyOver, "This took too long, or was done already; begin again.")
	if !token.Looks(secret, "") {
		return 0, over
	}
	row, err := q.EndCeremony(ctx, store.EndCeremonyParams{TokenHash: token.Hash(secret), Kind: kind, Now: s.now()})
	if none(err) {
		return 0, over
	}
	if err == nil && content != nil {
		err = json.Unmarshal(row.Content, content)
	}
	if err != nil {
		return 0, fmt.Errorf("end %s: %w", kind, err)
	}
	if row.AccountID != nil {
		account = *row.AccountID
	}
	return account, nil
}
