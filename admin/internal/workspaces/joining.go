package workspaces

import (
	"context"
	"fmt"
	"strings"

	"noctra/admin/internal/accounts"
	"noctra/admin/internal/audit"
	"noctra/admin/internal/store"
	"noctra/admin/internal/token"
)

// Offer is what an invitation says to whoever has its link.
type Offer struct {
	Workspace string
	Email     string
	Role      string

	SecondFactor bool // the workspace demands one
}

// Look reads an invitation by its link.
func (s *Service) Look(ctx context.Context, secret string) (Offer, error) {
	row, err := s.byLink(ctx, store.On(ctx, s.deps.Pool), secret)
	return Offer{row.Workspace, row.Email, row.Role, row.SecondFactor}, err
}

func (s *Service) byLink(ctx context.Context, q *store.Queries, secret string) (store.InvitationByTokenRow, error) {
	unknown := refuse(accounts.LinkInvalid, "This link is not known.")
	if !token.Looks(secret, "") {
		return store.InvitationByTokenRow{}, unknown
	}
	row, err := q.InvitationByToken(ctx, token.Hash(secret))
	switch {
	case none(err) || err == nil && row.RevokedAt != nil:
		return store.InvitationByTokenRow{}, unknown
	case err != nil:
		return row, fmt.Errorf("look up invitation: %w", err)
	case row.AcceptedAt != nil:
		return store.InvitationByTokenRow{}, refuse(accounts.LinkUsed, "This invitation was accepted already.")
	case !row.ExpiresAt.After(s.now()):
		return store.InvitationByTokenRow{}, refuse(accounts.LinkExpired, "This invitation has expired; ask for another.")
	}
	return row, nil
}

// Accept makes the person a member. The account has to be of the address that was invited, so that a
// link that went astray opens nothing.
func (s *Service) Accept(ctx context.Context, by By, secret string) (w Workspace, err error) {
	err = store.Transact(ctx, s.deps.Pool, func(q *store.Queries) (err error) {
		w, err = s.Join(ctx, q, by, secret)
		return err
	})
	return w, err
}

// Join is Accept in the transaction q.
func (s *Service) Join(ctx context.Context, q *store.Queries, by By, secret string) (Workspace, error) {
	found, err := s.byLink(ctx, q, secret)
	if err != nil {
		return Workspace{}, err
	}
	held, err := q.LockWorkspace(ctx, found.WorkspaceID) // as every change of members
	if err != nil {
		return Workspace{}, fmt.Errorf("hold workspace: %w", err)
	}
	if found, err = s.byLink(ctx, q, secret); err != nil { // somebody may have been faster
		return Workspace{}, err
	}
	if err := s.mayJoin(ctx, q, by, found); err != nil {
		return Workspace{}, err
	}
	now := s.now()
	if err := q.AcceptInvitation(ctx, store.AcceptInvitationParams{ID: found.ID, Now: now}); err != nil {
		return Workspace{}, fmt.Errorf("accept invitation: %w", err)
	}
	if err := q.AddMember(ctx, store.AddMemberParams{WorkspaceID: held.ID, AccountID: by.Account, Role: found.Role, CreatedAt: now}); err != nil {
		return Workspace{}, fmt.Errorf("add member: %w", err)
	}
	by.Workspace = held.ID
	err = s.note(ctx, q, by, audit.Entry{Action: "member.joined", Details: map[string]any{"invitation_id": found.ID}, After: memberState(by.Account, found.Role)})
	return Workspace{held.ID, held.Name, held.CreatedAt.UTC(), found.Role, held.EraseAfter, held.SecondFactor}, err
}

// mayJoin refuses an account of another address, and one that is a member already.
func (s *Service) mayJoin(ctx context.Context, q *store.Queries, by By, found store.InvitationByTokenRow) error {
	own, err := q.Account(ctx, by.Account)
	if err != nil {
		return fmt.Errorf("read account: %w", err)
	}
	if !strings.EqualFold(own.Email, found.Email) {
		return refuse(OtherAddress, "This invitation is for another address than that of your account.")
	}
	_, err = q.Member(ctx, store.MemberParams{WorkspaceID: found.WorkspaceID, AccountID: by.Account})
	if err == nil {
		return refuse(AlreadyMember, "You are a member already.")
	}
	if !none(err) {
		return fmt.Errorf("read member: %w", err)
	}
	return nil
}
