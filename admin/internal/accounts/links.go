package accounts

import (
	"context"
	"fmt"
	"time"

	"noctra/admin/internal/mailer"
	"noctra/admin/internal/store"
	"noctra/admin/internal/token"
)

// Purposes of mailed links, as Postgres has them.
const (
	forPassword = "reset_password"
	forEmail    = "change_email"
)

// judge says why a link may not be used.
func judge(expires time.Time, used *time.Time, now time.Time) error {
	switch {
	case used != nil:
		return refuse(LinkUsed, "This link was used already.")
	case !expires.After(now):
		return refuse(LinkExpired, "This link has expired; ask for another.")
	}
	return nil
}

// useLink takes a mailed link, in the transaction q; all others of its account and purpose end with
// it. Of two who use one at once, one is first.
func (s *Service) useLink(ctx context.Context, q *store.Queries, secret, purpose string) (store.MailedLinkForUseRow, error) {
	unknown := refuse(LinkInvalid, "This link is not known.")
	if !token.Looks(secret, "") {
		return store.MailedLinkForUseRow{}, unknown
	}
	found, err := q.MailedLinkForUse(ctx, token.Hash(secret))
	if none(err) || err == nil && found.Purpose != purpose {
		return found, unknown
	}
	if err != nil {
		return found, fmt.Errorf("look up link: %w", err)
	}
	now := s.now()
	if err := judge(found.ExpiresAt, found.UsedAt, now); err != nil {
		return found, err
	}
	return found, s.endLinks(ctx, q, found.AccountID, purpose)
}

// endLinks makes the links of an account useless.
func (s *Service) endLinks(ctx context.Context, q *store.Queries, account int64, purposes ...string) error {
	now := s.now()
	for _, p := range purposes {
		if err := q.UseMailedLinks(ctx, store.UseMailedLinksParams{AccountID: account, Purpose: p, Now: &now}); err != nil {
			return fmt.Errorf("end links: %w", err)
		}
	}
	return nil
}

// Write implements mailer.Writer: what was left open is decided here, where nobody waits who could
// learn from the time it takes.
func (s *Service) Write(ctx context.Context, q *store.Queries, o mailer.Open) (mailer.Content, error) {
	switch o.Kind {
	case mailSignUp:
		return s.writeSignUp(ctx, q, o)
	case mailReset:
		return s.writeReset(ctx, q, o)
	}
	return mailer.Content{}, mailer.ErrNothing
}

func (s *Service) writeSignUp(ctx context.Context, q *store.Queries, o mailer.Open) (mailer.Content, error) {
	email, err := q.SignUpForMail(ctx, o.Subject)
	if none(err) {
		return mailer.Content{}, mailer.ErrNothing
	}
	if err != nil {
		return mailer.Content{}, fmt.Errorf("look up sign-up: %w", err)
	}
	owner, err := q.CredentialsByEmail(ctx, email)
	if err == nil {
		return mailer.Content{Template: "already_signed_up", To: owner.Email, Values: map[string]string{"Name": owner.Name, "Link": s.link("/", ""), "Button": "Sign in"}}, nil
	}
	if !none(err) {
		return mailer.Content{}, fmt.Errorf("look up account: %w", err)
	}
	secret := token.New("")
	err = q.NameSignUp(ctx, store.NameSignUpParams{ID: o.Subject, TokenHash: token.Hash(secret), ExpiresAt: s.now().Add(signUpLife)})
	if err != nil {
		return mailer.Content{}, fmt.Errorf("make link: %w", err)
	}
	return mailer.Content{Template: "verify_email", Values: map[string]string{"Link": s.link("/verify-email", secret), "Life": "two days", "Button": "Confirm address"}}, nil
}

func (s *Service) writeReset(ctx context.Context, q *store.Queries, o mailer.Open) (mailer.Content, error) {
	owner, err := q.CredentialsByEmail(ctx, o.To)
	if none(err) {
		return mailer.Content{}, mailer.ErrNothing
	}
	if err != nil {
		return mailer.Content{}, fmt.Errorf("look up account: %w", err)
	}
	secret := token.New("")
	err = s.addLink(ctx, q, mailedLink{secret: secret, account: owner.ID, purpose: forPassword, email: owner.Email, message: o.MessageID, life: resetLife})
	if err != nil {
		return mailer.Content{}, err
	}
	return mailer.Content{Template: "reset_password", To: owner.Email, Values: map[string]string{
		"Name": owner.Name, "Link": s.link("/reset-password", secret), "Life": "an hour", "Button": "Choose a new password",
	}}, nil
}

type mailedLink struct {
	secret, purpose, email, message string
	account                         int64
	life                            time.Duration
}

func (s *Service) addLink(ctx context.Context, q *store.Queries, l mailedLink) error {
	now := s.now()
	err := q.AddMailedLink(ctx, store.AddMailedLinkParams{
		TokenHash: token.Hash(l.secret), AccountID: l.account, Purpose: l.purpose, Email: l.email, MessageID: &l.message, CreatedAt: now, ExpiresAt: now.Add(l.life),
	})
	if err != nil {
		return fmt.Errorf("make link: %w", err)
	}
	return nil
}

// Delivered implements mailer.Writer: a link lives from when its mail was delivered, however long the
// relay was away.
func (s *Service) Delivered(ctx context.Context, q *store.Queries, o mailer.Open) error {
	if o.Kind == mailSignUp {
		return q.ExtendSignUp(ctx, store.ExtendSignUpParams{ID: o.Subject, ExpiresAt: s.now().Add(signUpLife)})
	}
	return q.ExtendLinks(ctx, store.ExtendLinksParams{MessageID: &o.MessageID, Now: s.now()})
}
