package admin

import (
	"context"
	"strings"
	"time"

	"noctra/admin/internal/accounts"
	"noctra/admin/internal/store"
	"noctra/admin/internal/workspaces"
)

type deleteWorkspaceInput struct {
	InWorkspace
	Body struct {
		WorkspaceName string `json:"workspace_name" maxLength:"400" doc:"The workspace's name, to the letter, so that nobody deletes another one than they think." example:"Acme"`
	}
}

type deleteWorkspaceOutput struct {
	Body struct {
		EraseAfter time.Time `json:"erase_after" doc:"Until then it can be taken back." example:"2026-03-08T09:30:00Z"`
	}
}

type joinInput struct {
	Body struct {
		Token    string `json:"token" maxLength:"64" doc:"From the link of the invitation, behind #token=." example:"k3Jd0aQx7LmZ2vYt9RbN5sWcE8uHfG1pTqXoVyI4BnM"`
		Name     string `json:"name" maxLength:"400" example:"Jon Berg"`
		Password string `json:"password" maxLength:"1024" doc:"12 to 128 characters, and on no list of common passwords." example:"a few words in a row"`
	}
}

func (s *Service) deleteWorkspace(ctx context.Context, in *deleteWorkspaceInput) (*deleteWorkspaceOutput, error) {
	after, err := s.people.teams.PlanDeletion(ctx, callerOf(ctx).by(in.number()), strings.TrimSpace(in.Body.WorkspaceName))
	if err != nil {
		return nil, err
	}
	out := &deleteWorkspaceOutput{}
	out.Body.EraseAfter = after
	return out, nil
}

func (s *Service) keepWorkspace(ctx context.Context, in *InWorkspace) (*struct{}, error) {
	return nil, s.people.teams.Keep(ctx, callerOf(ctx).by(in.number()))
}

// joinByInvitation makes an account for whoever has the mailed link, and makes it a member.
func (s *Service) joinByInvitation(ctx context.Context, in *joinInput) (*signInOutput, error) {
	name, err := cleanName(in.Body.Name)
	if err != nil {
		return nil, err
	}
	offer, err := s.people.teams.Look(ctx, in.Body.Token)
	if err != nil {
		return nil, err
	}
	visit := callerOf(ctx).visit
	form := accounts.SignUpForm{Name: name, Email: offer.Email, Password: in.Body.Password}
	e, err := s.people.accounts.SignUpInvited(ctx, visit, form, func(q *store.Queries, account int64) error {
		_, err := s.people.teams.Join(ctx, q, workspaces.By{Account: account, Address: visit.Address}, in.Body.Token)
		return err
	})
	return s.entered("invitation", e, err)
}
