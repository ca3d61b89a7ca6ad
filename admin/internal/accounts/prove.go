package accounts

import (
	"context"
	"fmt"

	"noctra/admin/internal/store"
)

// prove makes sure that whoever changes how one signs in knows the password. Where the account has
// none yet, a sign-in of the last quarter of an hour stands for it.
func (s *Service) prove(ctx context.Context, c Caller, plain string) (person, error) {
	row, err := s.q.Credentials(ctx, c.Account)
	if err != nil {
		return person{}, fmt.Errorf("read account: %w", err)
	}
	who := person{row.ID, row.Email, row.Name}
	if row.PasswordHash == nil {
		fresh, err := s.fresh(ctx, c)
		if err == nil && !fresh {
			err = refuse(ProofNeeded, "Your account has no password yet, so sign in again and do this within a quarter of an hour.")
		}
		return who, err
	}
	if plain == "" {
		return who, wrong(WrongPassword, "password", "Your password is needed.")
	}
	own := ofAccount("proof", c.Account)
	if err := s.attempt(ctx, own); err != nil {
		return who, err
	}
	fits, _, err := s.deps.Hasher.Check(ctx, *row.PasswordHash, plain)
	if err != nil {
		return who, hashing(err)
	}
	if !fits {
		return who, wrong(WrongPassword, "password", "This is not your password.")
	}
	return who, s.succeeded(ctx, s.q, own)
}

// proveFresh makes sure that it is still the person who signed in: by a sign-in of the last quarter of an
// hour, in whatever way, or else by the password.
func (s *Service) proveFresh(ctx context.Context, c Caller, plain string) error {
	if plain == "" {
		if fresh, err := s.fresh(ctx, c); err != nil || fresh {
			return err
		}
	}
	_, err := s.prove(ctx, c, plain)
	return err
}

// fresh reports whether the caller's session began within the last quarter of an hour.
func (s *Service) fresh(ctx context.Context, c Caller) (bool, error) {
	session, err := s.q.Session(ctx, c.Session)
	if err != nil {
		return false, fmt.Errorf("look up session: %w", err)
	}
	return s.now().Sub(session.CreatedAt) <= proofLife, nil
}

// change is something that a person did to their account and is told of.
type change struct {
	template string // empty: no mail
	action   string
	values   map[string]string
	details  map[string]any
}

// changed tells the owner and notes it.
func (s *Service) changed(ctx context.Context, q *store.Queries, c Caller, ch change) error {
	if ch.template != "" {
		who, err := s.person(ctx, q, c.Account)
		if err != nil {
			return err
		}
		if err := s.tell(ctx, q, who, notice{template: ch.template, visit: c.Visit, values: ch.values}); err != nil {
			return err
		}
	}
	return s.note(ctx, q, entry{account: c.Account, action: ch.action, visit: c.Visit, details: ch.details})
}
