package accounts

import (
	"context"
	"fmt"

	"noctra/admin/internal/password"
	"noctra/admin/internal/store"
)

// SignUpInvited makes an account of an address that is proved already: whoever asks has the link that
// was mailed there. It works where strangers cannot sign up, too. In the transaction in which the
// account is made, join makes it a member; the account gets no workspace of its own.
func (s *Service) SignUpInvited(ctx context.Context, v Visit, f SignUpForm, join func(q *store.Queries, account int64) error) (Entered, error) {
	if why := password.Refuse(f.Password, password.Own(f.Name, f.Email)...); why != "" {
		return Entered{}, wrong(Invalid, "password", why)
	}
	if err := s.attempt(ctx, ofEmail("invitation", f.Email, freeGuesses)); err != nil {
		return Entered{}, err
	}
	hash, err := s.deps.Hasher.Hash(ctx, f.Password)
	if err != nil {
		return Entered{}, hashing(err)
	}
	var entered Entered
	err = s.transact(ctx, func(q *store.Queries) (err error) {
		now := s.now()
		if err := q.UseSignUps(ctx, store.UseSignUpsParams{Email: f.Email, Now: &now}); err != nil {
			return fmt.Errorf("use sign-up: %w", err)
		}
		account, err := q.AddPerson(ctx, store.AddPersonParams{Email: f.Email, Name: f.Name, PasswordHash: &hash, Now: &now})
		if none(err) {
			return refuse(Conflict, "This address has an account already; sign in to accept.")
		}
		if err != nil {
			return fmt.Errorf("add account: %w", err)
		}
		if err := join(q, account); err != nil {
			return err
		}
		if err := s.note(ctx, q, entry{account: account, action: "account.created", visit: v}); err != nil {
			return err
		}
		entered, err = s.enter(ctx, q, arrival{person: person{account, f.Email, f.Name}, visit: v, method: byPassword, first: true})
		return err
	})
	return entered, err
}
