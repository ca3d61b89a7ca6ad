package accounts

import (
	"context"
	"fmt"

	"noctra/admin/internal/mailer"
	"noctra/admin/internal/password"
	"noctra/admin/internal/store"
	"noctra/admin/internal/token"
)

// AskReset orders mail with a link to choose a new password. It does not even look whether the address
// has an account; that is decided when the mail is written.
func (s *Service) AskReset(ctx context.Context, v Visit, email string) error {
	if s.deps.Orders == nil {
		return refuse(MailOff, "This Noctra sends no mail; ask whoever runs it for a sign-in link.")
	}
	if err := s.attempt(ctx, ofClient("reset", v, freeOfClient), ofEmail("reset", email, freeMails)); err != nil {
		return err
	}
	return s.transact(ctx, func(q *store.Queries) error {
		_, err := s.deps.Orders.Add(ctx, q, mailer.Order{Kind: mailReset, To: email})
		return err
	})
}

// ResetPassword sets a new password by a mailed link, and ends all sign-ins. It opens none: whoever has
// a second factor needs it all the same. The browser is remembered, since it has read the mail.
func (s *Service) ResetPassword(ctx context.Context, v Visit, secret, plain string) (device string, err error) {
	owner, err := s.ofLink(ctx, secret)
	if err != nil {
		return "", err
	}
	if why := password.Refuse(plain, password.Own(owner.name, owner.email)...); why != "" {
		return "", wrong(Invalid, "password", why)
	}
	hash, err := s.deps.Hasher.Hash(ctx, plain)
	if err != nil {
		return "", hashing(err)
	}
	err = s.transact(ctx, func(q *store.Queries) error {
		if _, err := s.useLink(ctx, q, secret, forPassword); err != nil {
			return err
		}
		c := Caller{Account: owner.id, Visit: v}
		if err := s.setPassword(ctx, q, c, hash); err != nil {
			return err
		}
		if device, _, err = s.remember(ctx, q, owner.id, v); err != nil {
			return err
		}
		if err := s.succeeded(ctx, q, ofEmail("sign-in", owner.email, freeGuesses)); err != nil {
			return err
		}
		return s.changed(ctx, q, c, change{template: "password_changed", action: "password.reset"})
	})
	return device, err
}

// ofLink looks whose link to a new password it is, without using it.
func (s *Service) ofLink(ctx context.Context, secret string) (person, error) {
	unknown := refuse(LinkInvalid, "This link is not known.")
	if !token.Looks(secret, "") {
		return person{}, unknown
	}
	row, err := s.q.MailedLinkForUse(ctx, token.Hash(secret))
	if none(err) || err == nil && row.Purpose != forPassword {
		return person{}, unknown
	}
	if err != nil {
		return person{}, fmt.Errorf("look up link: %w", err)
	}
	if err := judge(row.ExpiresAt, row.UsedAt, s.now()); err != nil {
		return person{}, err
	}
	return s.person(ctx, s.q, row.AccountID)
}

// ChangePassword sets a new password, or the first one of an account that had none. All other sign-ins
// end, and this one is the new cookie that is returned.
func (s *Service) ChangePassword(ctx context.Context, c Caller, before, after string) (session string, err error) {
	who, err := s.prove(ctx, c, before)
	if err != nil {
		return "", err
	}
	if why := password.Refuse(after, password.Own(who.name, who.email)...); why != "" {
		return "", wrong(Invalid, "new_password", why)
	}
	hash, err := s.deps.Hasher.Hash(ctx, after)
	if err != nil {
		return "", hashing(err)
	}
	err = s.transact(ctx, func(q *store.Queries) error {
		if err := s.setPassword(ctx, q, c, hash); err != nil {
			return err
		}
		c.Visit.Session = "" // ended with the others
		if session, err = s.openSession(ctx, q, arrival{person: who, visit: c.Visit, method: byPassword}); err != nil {
			return err
		}
		return s.changed(ctx, q, c, change{template: "password_changed", action: "password.changed"})
	})
	return session, err
}

// setPassword sets a hash and ends everything that came before: sign-ins, also half done, and links.
func (s *Service) setPassword(ctx context.Context, q *store.Queries, c Caller, hash string) error {
	now := s.now()
	if err := q.SetPassword(ctx, store.SetPasswordParams{ID: c.Account, PasswordHash: &hash, PasswordChangedAt: &now}); err != nil {
		return fmt.Errorf("set password: %w", err)
	}
	if _, err := q.EndSessionsOf(ctx, store.EndSessionsOfParams{AccountID: c.Account, Keep: []byte{}}); err != nil {
		return fmt.Errorf("end sessions: %w", err)
	}
	if err := q.EndCeremoniesOf(ctx, &c.Account); err != nil {
		return fmt.Errorf("end sign-ins: %w", err)
	}
	return s.endLinks(ctx, q, c.Account, forPassword, forEmail)
}
