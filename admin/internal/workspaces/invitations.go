package workspaces

import (
	"context"
	"fmt"
	"strings"
	"time"

	"noctra/admin/internal/accounts"
	"noctra/admin/internal/audit"
	"noctra/admin/internal/mailer"
	"noctra/admin/internal/store"
	"noctra/admin/internal/token"
)

// InvitationLife is how long the link of an invitation is good.
const InvitationLife = 7 * 24 * time.Hour

const (
	mostInvitations = 200 // of a workspace in a day
	resendAfter     = time.Minute
)

// Invitation is somebody who was asked to join and has not.
type Invitation struct {
	ID        int64
	Email     string
	Role      string
	CreatedAt time.Time
	SentAt    time.Time
	ExpiresAt time.Time
}

// Invite sends an invitation. Whether the address has an account makes no difference, in the answer or
// in its time: the mail says the same.
func (s *Service) Invite(ctx context.Context, by By, email, role string) (Invitation, error) {
	if err := s.mayInvite(by, role); err != nil {
		return Invitation{}, err
	}
	now := s.now().UTC().Truncate(time.Microsecond)
	i := Invitation{Email: email, Role: role, CreatedAt: now, SentAt: now, ExpiresAt: now.Add(InvitationLife)}
	err := s.change(ctx, &by, func(q *store.Queries) error {
		if err := s.checkInvited(ctx, q, by, email); err != nil {
			return err
		}
		secret := token.New("")
		var err error
		i.ID, err = q.AddInvitation(ctx, store.AddInvitationParams{
			WorkspaceID: by.Workspace, Email: email, Role: role, TokenHash: token.Hash(secret), InvitedBy: &by.Account, ExpiresAt: i.ExpiresAt, Now: now,
		})
		if err != nil {
			return fmt.Errorf("add invitation: %w", err)
		}
		if err := s.send(ctx, q, by, i, secret); err != nil {
			return err
		}
		return s.note(ctx, q, by, audit.Entry{Action: "invitation.sent", After: invitationState(i)})
	})
	if err == nil {
		s.deps.Orders.Nudge()
	}
	return i, err
}

func (s *Service) mayInvite(by By, role string) error {
	if s.deps.Orders == nil {
		return refuse(accounts.MailOff, "This Noctra sends no mail, so nobody can be invited; ask whoever runs it.")
	}
	return checkRole(by, role)
}

// invitationState is what the audit says: not the address, which is a person's.
func invitationState(i Invitation) map[string]any {
	return map[string]any{"invitation_id": i.ID, "role": i.Role}
}

// checkInvited refuses who is a member or invited already, which the caller can see in lists, and too many.
func (s *Service) checkInvited(ctx context.Context, q *store.Queries, by By, email string) error {
	_, err := q.MemberByEmail(ctx, store.MemberByEmailParams{WorkspaceID: by.Workspace, Email: email})
	if err == nil {
		return refuse(AlreadyMember, "This person is a member already.")
	}
	if !none(err) {
		return fmt.Errorf("look for member: %w", err)
	}
	_, err = q.OpenInvitationFor(ctx, store.OpenInvitationForParams{WorkspaceID: by.Workspace, Email: email})
	if err == nil {
		return refuse(accounts.Conflict, "This address is invited already; send it again, or revoke it.")
	}
	if !none(err) {
		return fmt.Errorf("look for invitation: %w", err)
	}
	count, err := q.CountInvitations(ctx, store.CountInvitationsParams{WorkspaceID: by.Workspace, Since: s.now().Add(-24 * time.Hour)})
	if err != nil {
		return fmt.Errorf("count invitations: %w", err)
	}
	if count >= mostInvitations {
		r := refuse(accounts.TooMany, fmt.Sprintf("A workspace sends at most %d invitations a day.", mostInvitations))
		r.Wait = time.Hour
		return r
	}
	return nil
}

func (s *Service) send(ctx context.Context, q *store.Queries, by By, i Invitation, secret string) error {
	w, err := q.Workspace(ctx, by.Workspace)
	if err != nil {
		return fmt.Errorf("read workspace: %w", err)
	}
	u := s.deps.URL.JoinPath("/invitation")
	u.Fragment = "token=" + secret
	values := map[string]string{"Workspace": w.Name, "Role": strings.ReplaceAll(i.Role, "_", " "), "Link": u.String(), "Life": "a week", "Button": "Join"}
	if w.SecondFactor {
		values["SecondFactor"] = "yes"
	}
	_, err = s.deps.Orders.Add(ctx, q, mailer.Order{Kind: "invitation", To: i.Email, Content: &mailer.Content{Template: "invitation", Values: values}})
	return err
}

// Invitations returns those that are open.
func (s *Service) Invitations(ctx context.Context, by By, p Page) ([]Invitation, error) {
	rows, err := store.On(ctx, s.deps.Pool).InvitationsOf(ctx, store.InvitationsOfParams{WorkspaceID: by.Workspace, After: p.After, Most: int32(p.Most)})
	if err != nil {
		return nil, fmt.Errorf("list invitations: %w", err)
	}
	all := make([]Invitation, len(rows))
	for i, r := range rows {
		all[i] = Invitation{r.ID, r.Email, r.Role, r.CreatedAt.UTC(), r.SentAt.UTC(), r.ExpiresAt.UTC()}
	}
	return all, nil
}

// open reads an invitation that nobody has accepted or revoked, and holds it.
func (s *Service) open(ctx context.Context, q *store.Queries, by By, id int64) (Invitation, error) {
	r, err := q.InvitationForUpdate(ctx, store.InvitationForUpdateParams{WorkspaceID: by.Workspace, ID: id})
	if none(err) || err == nil && (r.AcceptedAt != nil || r.RevokedAt != nil) {
		return Invitation{}, refuse(accounts.NotFound, "There is no such invitation, or it is open no more.")
	}
	if err != nil {
		return Invitation{}, fmt.Errorf("read invitation: %w", err)
	}
	return Invitation{r.ID, r.Email, r.Role, r.CreatedAt.UTC(), r.SentAt.UTC(), r.ExpiresAt.UTC()}, nil
}

// Resend sends an invitation again, with another link; the one before is good no more.
func (s *Service) Resend(ctx context.Context, by By, id int64) (Invitation, error) {
	var i Invitation
	err := s.change(ctx, &by, func(q *store.Queries) (err error) {
		if i, err = s.open(ctx, q, by, id); err != nil {
			return err
		}
		if err := s.mayInvite(by, i.Role); err != nil {
			return err
		}
		now := s.now().UTC().Truncate(time.Microsecond)
		if wait := i.SentAt.Add(resendAfter).Sub(now); wait > 0 {
			r := refuse(accounts.TooMany, "This invitation was sent less than a minute ago.")
			r.Wait = wait
			return r
		}
		secret := token.New("")
		i.SentAt, i.ExpiresAt = now, now.Add(InvitationLife)
		if err := q.SendInvitation(ctx, store.SendInvitationParams{ID: id, TokenHash: token.Hash(secret), Now: now, ExpiresAt: i.ExpiresAt}); err != nil {
			return fmt.Errorf("send invitation: %w", err)
		}
		if err := s.send(ctx, q, by, i, secret); err != nil {
			return err
		}
		return s.note(ctx, q, by, audit.Entry{Action: "invitation.sent_again", After: invitationState(i)})
	})
	if err == nil {
		s.deps.Orders.Nudge()
	}
	return i, err
}

// Revoke takes an invitation back.
func (s *Service) Revoke(ctx context.Context, by By, id int64) error {
	return s.change(ctx, &by, func(q *store.Queries) error {
		i, err := s.open(ctx, q, by, id)
		if err != nil {
			return err
		}
		if i.Role == Owner && by.Role != Owner {
			return refuse(Forbidden, "Only an owner makes or unmakes owners.")
		}
		if err := q.RevokeInvitation(ctx, store.RevokeInvitationParams{ID: id, Now: s.now()}); err != nil {
			return fmt.Errorf("revoke invitation: %w", err)
		}
		return s.note(ctx, q, by, audit.Entry{Action: "invitation.revoked", Before: invitationState(i)})
	})
}
