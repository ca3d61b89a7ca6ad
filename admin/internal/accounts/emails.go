package accounts

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"

	"noctra/admin/internal/mailer"
	"noctra/admin/internal/store"
	"noctra/admin/internal/token"
)

// ChangeEmail begins a change: the new address gets a link, the old one is told. Nothing shows whether
// the new address has an account already; the link says so to whoever can read that mail.
func (s *Service) ChangeEmail(ctx context.Context, c Caller, email, plain string) error {
	if s.deps.Orders == nil {
		return refuse(MailOff, "This Noctra sends no mail, so addresses cannot be changed.")
	}
	who, err := s.prove(ctx, c, plain)
	if err != nil {
		return err
	}
	if who.email == email {
		return wrong(Invalid, "email", "This is your address already.")
	}
	if err := s.attempt(ctx, ofAccount("change of address", c.Account), ofEmail("change", email, freeMails)); err != nil {
		return err
	}
	return s.transact(ctx, func(q *store.Queries) error {
		if err := s.endLinks(ctx, q, c.Account, forEmail); err != nil {
			return err
		}
		secret := token.New("")
		message, err := s.deps.Orders.Add(ctx, q, mailer.Order{Kind: forEmail, To: email, Account: c.Account, Content: &mailer.Content{
			Template: "change_email", Values: map[string]string{"Name": who.name, "Link": s.link("/confirm-email", secret), "Life": "a day", "Button": "Confirm new address"},
		}})
		if err != nil {
			return err
		}
		err = s.addLink(ctx, q, mailedLink{secret: secret, account: c.Account, purpose: forEmail, email: email, message: message, life: emailLife})
		if err != nil {
			return err
		}
		return s.changed(ctx, q, c, change{template: "email_change_asked", action: "email.change_asked", values: map[string]string{"NewEmail": email}})
	})
}

// ConfirmEmail ends a change. Only the account that asked for it can: nobody hangs an address on an
// account of theirs by making its owner click.
func (s *Service) ConfirmEmail(ctx context.Context, c Caller, secret string) error {
	return s.transact(ctx, func(q *store.Queries) error {
		link, err := s.useLink(ctx, q, secret, forEmail)
		if err != nil {
			return err
		}
		if link.AccountID != c.Account {
			return refuse(LinkInvalid, "This link belongs to another account; sign in to that one first.")
		}
		who, err := s.person(ctx, q, c.Account)
		if err != nil {
			return err
		}
		n, err := q.SetEmail(ctx, store.SetEmailParams{ID: c.Account, Email: link.Email})
		var server *pgconn.PgError
		taken := errors.As(err, &server) && server.ConstraintName == "accounts_email"
		if taken || err == nil && n == 0 {
			return refuse(Conflict, "This address has an account of its own.")
		}
		if err != nil {
			return fmt.Errorf("change address: %w", err)
		}
		if err := s.endLinks(ctx, q, c.Account, forPassword); err != nil {
			return err
		}
		values := map[string]string{"NewEmail": link.Email, "OldEmail": who.email}
		for _, to := range []string{who.email, link.Email} {
			if err := s.tell(ctx, q, who, notice{template: "email_changed", visit: c.Visit, values: values, to: to}); err != nil {
				return err
			}
		}
		return s.note(ctx, q, entry{account: c.Account, action: "email.changed", visit: c.Visit})
	})
}

// KeepEmail takes a change back that was not confirmed yet.
func (s *Service) KeepEmail(ctx context.Context, c Caller) error {
	return s.transact(ctx, func(q *store.Queries) error {
		if err := s.endLinks(ctx, q, c.Account, forEmail); err != nil {
			return err
		}
		return s.note(ctx, q, entry{account: c.Account, action: "email.change_taken_back", visit: c.Visit})
	})
}
