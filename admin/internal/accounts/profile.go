package accounts

import (
	"context"
	"fmt"
	"time"

	"noctra/admin/internal/store"
)

// Profile is what a person sees of their login.
type Profile struct {
	Name, Email       string
	PendingEmail      string // a change that waits for its confirmation
	CreatedAt         time.Time
	HasPassword       bool
	PasswordChangedAt *time.Time
	TOTP              bool
	RecoveryCodesLeft int64
	Passkeys          int
	DeleteAfter       *time.Time
}

// Profile reads the account of whoever is signed in.
func (s *Service) Profile(ctx context.Context, c Caller) (Profile, error) {
	row, err := s.q.Credentials(ctx, c.Account)
	if err != nil {
		return Profile{}, fmt.Errorf("read account: %w", err)
	}
	p := Profile{
		Name: row.Name, Email: row.Email, CreatedAt: row.CreatedAt.UTC(), HasPassword: row.PasswordHash != nil,
		PasswordChangedAt: row.PasswordChangedAt, TOTP: row.HasTotp, DeleteAfter: row.DeleteAfter,
	}
	p.PendingEmail, err = s.q.PendingEmail(ctx, store.PendingEmailParams{AccountID: c.Account, Now: s.now()})
	if err != nil && !none(err) {
		return p, fmt.Errorf("look for a change of address: %w", err)
	}
	if p.RecoveryCodesLeft, err = s.q.RecoveryCodesLeft(ctx, c.Account); err != nil {
		return p, fmt.Errorf("count recovery codes: %w", err)
	}
	keys, err := s.q.Passkeys(ctx, c.Account)
	if err != nil {
		return p, fmt.Errorf("list passkeys: %w", err)
	}
	p.Passkeys = len(keys)
	return p, nil
}

// Rename changes the name.
func (s *Service) Rename(ctx context.Context, c Caller, name string) error {
	return s.transact(ctx, func(q *store.Queries) error {
		if err := q.SetName(ctx, store.SetNameParams{ID: c.Account, Name: name}); err != nil {
			return fmt.Errorf("change name: %w", err)
		}
		return s.note(ctx, q, entry{account: c.Account, action: "account.renamed", visit: c.Visit})
	})
}

// Sessions lists where the account is signed in, and which of them asks.
func (s *Service) Sessions(ctx context.Context, c Caller) (all []store.SessionsOfRow, current int64, err error) {
	now := s.now()
	all, err = s.q.SessionsOf(ctx, store.SessionsOfParams{AccountID: c.Account, Now: now, IdleSince: now.Add(-s.config.SessionIdle)})
	if err != nil {
		return nil, 0, fmt.Errorf("list sessions: %w", err)
	}
	mine, err := s.q.Session(ctx, c.Session)
	if err != nil {
		return nil, 0, fmt.Errorf("look up session: %w", err)
	}
	return all, mine.ID, nil
}

// EndSession ends one of the account's sessions, for the password or soon after signing in.
func (s *Service) EndSession(ctx context.Context, c Caller, id int64, plain string) error {
	if err := s.proveFresh(ctx, c, plain); err != nil {
		return err
	}
	return s.transact(ctx, func(q *store.Queries) error {
		n, err := q.EndSessionOf(ctx, store.EndSessionOfParams{ID: id, AccountID: c.Account})
		if err != nil {
			return fmt.Errorf("end session: %w", err)
		}
		if n == 0 {
			return refuse(NotFound, "There is no such sign-in, or it has ended.")
		}
		return s.note(ctx, q, entry{account: c.Account, action: "session.ended", visit: c.Visit})
	})
}

// EndOthers ends all sessions but the one that asks, for the password or soon after signing in.
func (s *Service) EndOthers(ctx context.Context, c Caller, plain string) (ended int64, err error) {
	if err := s.proveFresh(ctx, c, plain); err != nil {
		return 0, err
	}
	err = s.transact(ctx, func(q *store.Queries) error {
		if ended, err = q.EndSessionsOf(ctx, store.EndSessionsOfParams{AccountID: c.Account, Keep: c.Session}); err != nil {
			return fmt.Errorf("end sessions: %w", err)
		}
		return s.note(ctx, q, entry{account: c.Account, action: "sessions.ended", visit: c.Visit, details: map[string]any{"sessions": ended}})
	})
	return ended, err
}

// SignOut ends the session that asks.
func (s *Service) SignOut(ctx context.Context, c Caller) error {
	return s.transact(ctx, func(q *store.Queries) error {
		if _, err := q.EndSession(ctx, c.Session); err != nil {
			return fmt.Errorf("end session: %w", err)
		}
		return s.note(ctx, q, entry{account: c.Account, action: "sign_out.done", visit: c.Visit})
	})
}
