package admin

import (
	"context"
	"strconv"
	"time"

	"noctra/admin/internal/workspaces"
)

// MemberView is a person in a workspace.
type MemberView struct {
	AccountID string    `json:"account_id" example:"42"`
	Name      string    `json:"name" example:"Mara Lindqvist"`
	Email     string    `json:"email" example:"mara@acme.example"`
	Role      string    `json:"role" enum:"owner,admin,analyst,campaign_manager,billing" example:"analyst"`
	CreatedAt time.Time `json:"created_at" doc:"Since when." example:"2026-03-01T09:30:00Z"`
	LastSeen  string    `json:"last_seen,omitempty" format:"date" doc:"The day, in UTC, on which a sign-in of theirs was used last; absent where they are signed in nowhere." example:"2026-03-02"`
}

// InvitationView is somebody who was asked to join and has not.
type InvitationView struct {
	ID        string    `json:"id" example:"7"`
	Email     string    `json:"email" example:"jon@acme.example"`
	Role      string    `json:"role" enum:"owner,admin,analyst,campaign_manager,billing" example:"analyst"`
	CreatedAt time.Time `json:"created_at" example:"2026-03-01T09:30:00Z"`
	SentAt    time.Time `json:"sent_at" example:"2026-03-01T09:30:00Z"`
	ExpiresAt time.Time `json:"expires_at" doc:"Afterwards it can be sent again." example:"2026-03-08T09:30:00Z"`
}

type listOfWorkspaceInput struct {
	InWorkspace
	InPage
}

// InMember is the member that an address names.
type InMember struct {
	InWorkspace
	AccountID int64 `path:"account_id" example:"42"`
}

type removeMemberInput struct {
	InMember
	InChange
}

type changeRoleInput struct {
	InMember
	InChange
	Body struct {
		Role string `json:"role" maxLength:"40" example:"analyst"`
	}
}

type memberOutput struct {
	ETag string `header:"ETag"`
	Body MemberView
}

type membersOutput struct {
	Body struct {
		Members    []MemberView `json:"members"`
		NextCursor string       `json:"next_cursor,omitempty" doc:"There are more; ask for them with it." example:"YWZ0ZXIgMTc"`
	}
}

type inviteInput struct {
	InWorkspace
	Body struct {
		Email string `json:"email" maxLength:"254" example:"jon@acme.example"`
		Role  string `json:"role" maxLength:"40" example:"analyst"`
	}
}

type invitationInput struct {
	InWorkspace
	InvitationID int64 `path:"invitation_id" example:"7"`
}

type invitationOutput struct{ Body InvitationView }

type invitationsOutput struct {
	Body struct {
		Invitations []InvitationView `json:"invitations"`
		NextCursor  string           `json:"next_cursor,omitempty" doc:"There are more; ask for them with it." example:"YWZ0ZXIgMTc"`
	}
}

type offerOutput struct {
	Body struct {
		Workspace string `json:"workspace" example:"Acme"`
		Email     string `json:"email" doc:"Sign in or up with this address to accept." example:"jon@acme.example"`
		Role      string `json:"role" enum:"owner,admin,analyst,campaign_manager,billing" example:"analyst"`

		SecondFactor bool `json:"second_factor" doc:"Whether the workspace demands a second factor of its members." example:"false"`
	}
}

func viewMember(m workspaces.Member) MemberView {
	v := MemberView{AccountID: strconv.FormatInt(m.Account, 10), Name: m.Name, Email: m.Email, Role: m.Role, CreatedAt: m.CreatedAt}
	if !m.LastSeen.IsZero() {
		v.LastSeen = m.LastSeen.Format(time.DateOnly)
	}
	return v
}

func viewInvitation(i workspaces.Invitation) InvitationView {
	return InvitationView{strconv.FormatInt(i.ID, 10), i.Email, i.Role, i.CreatedAt, i.SentAt, i.ExpiresAt}
}

func oneMember(m workspaces.Member, err error) (*memberOutput, error) {
	if err != nil {
		return nil, err
	}
	return &memberOutput{ETag: quoted(m.Tag()), Body: viewMember(m)}, nil
}

func oneInvitation(i workspaces.Invitation, err error) (*invitationOutput, error) {
	if err != nil {
		return nil, err
	}
	return &invitationOutput{Body: viewInvitation(i)}, nil
}

func (s *Service) listMembers(ctx context.Context, in *listOfWorkspaceInput) (*membersOutput, error) {
	p, err := in.page()
	if err != nil {
		return nil, err
	}
	rows, err := s.people.teams.Members(ctx, callerOf(ctx).by(in.number()), p)
	if err != nil {
		return nil, err
	}
	out := &membersOutput{}
	rows, out.Body.NextCursor = cutPage(in.InPage, rows, func(m workspaces.Member) int64 { return m.Account })
	out.Body.Members = viewsOf(rows, viewMember)
	return out, nil
}

func (s *Service) member(ctx context.Context, in *InMember) (*memberOutput, error) {
	return oneMember(s.people.teams.Member(ctx, callerOf(ctx).by(in.number()), in.AccountID))
}

func (s *Service) changeRole(ctx context.Context, in *changeRoleInput) (*memberOutput, error) {
	if err := in.needed(); err != nil {
		return nil, err
	}
	of := workspaces.Expected{Account: in.AccountID, Tag: in.IfMatch}
	return oneMember(s.people.teams.SetRole(ctx, callerOf(ctx).by(in.number()), of, in.Body.Role))
}

func (s *Service) removeMember(ctx context.Context, in *removeMemberInput) (*struct{}, error) {
	of := workspaces.Expected{Account: in.AccountID, Tag: in.IfMatch}
	return nil, s.people.teams.Remove(ctx, callerOf(ctx).by(in.number()), of)
}

func (s *Service) listInvitations(ctx context.Context, in *listOfWorkspaceInput) (*invitationsOutput, error) {
	p, err := in.page()
	if err != nil {
		return nil, err
	}
	rows, err := s.people.teams.Invitations(ctx, callerOf(ctx).by(in.number()), p)
	if err != nil {
		return nil, err
	}
	out := &invitationsOutput{}
	rows, out.Body.NextCursor = cutPage(in.InPage, rows, func(i workspaces.Invitation) int64 { return i.ID })
	out.Body.Invitations = viewsOf(rows, viewInvitation)
	return out, nil
}

func (s *Service) invite(ctx context.Context, in *inviteInput) (*invitationOutput, error) {
	email, err := emailOf(in.Body.Email)
	if err != nil {
		return nil, err
	}
	return oneInvitation(s.people.teams.Invite(ctx, callerOf(ctx).by(in.number()), email, in.Body.Role))
}

func (s *Service) resendInvitation(ctx context.Context, in *invitationInput) (*invitationOutput, error) {
	return oneInvitation(s.people.teams.Resend(ctx, callerOf(ctx).by(in.number()), in.InvitationID))
}

func (s *Service) revokeInvitation(ctx context.Context, in *invitationInput) (*struct{}, error) {
	return nil, s.people.teams.Revoke(ctx, callerOf(ctx).by(in.number()), in.InvitationID)
}

func (s *Service) lookAtInvitation(ctx context.Context, in *tokenInput) (*offerOutput, error) {
	offer, err := s.people.teams.Look(ctx, in.Body.Token)
	if err != nil {
		return nil, err
	}
	out := &offerOutput{}
	out.Body.Workspace, out.Body.Email, out.Body.Role = offer.Workspace, offer.Email, offer.Role
	out.Body.SecondFactor = offer.SecondFactor
	return out, nil
}

func (s *Service) acceptInvitation(ctx context.Context, in *tokenInput) (*workspaceOutput, error) {
	return oneWorkspace(s.people.teams.Accept(ctx, callerOf(ctx).by(0), in.Body.Token))
}
