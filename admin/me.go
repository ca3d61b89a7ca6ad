package admin

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// MeView is who is signed in.
type MeView struct {
	Account    AccountView     `json:"account"`
	Workspaces []WorkspaceView `json:"workspaces"`
	Sites      []SiteView      `json:"sites"`
	WithLeftOut
}

// AccountView is a person's login.
type AccountView struct {
	Name        string     `json:"name" example:"Acme"`
	Email       string     `json:"email" example:"mara@acme.example"`
	DeleteAfter *time.Time `json:"delete_after,omitempty" doc:"When the account will be gone; until then it can be kept." example:"2026-03-08T09:30:00Z"`
}

// WorkspaceView is a workspace with the role in it.
type WorkspaceView struct {
	ID   string `json:"id" example:"17"`
	Name string `json:"name" example:"Acme"`
	Role string `json:"role" example:"owner"`

	SecondFactorNeeded bool `json:"second_factor_needed,omitempty" doc:"It demands a second factor that one does not have: one sees nothing of it until then." example:"false"`
}

type meOutput struct{ Body MeView }

type signOutOutput struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
}

func (s *Service) me(ctx context.Context, _ *struct{}) (*meOutput, error) {
	who := callerOf(ctx)
	account, err := s.store.Account(ctx, who.account)
	if err != nil {
		return nil, fmt.Errorf("read account: %w", err)
	}
	members, err := s.store.Memberships(ctx, who.account)
	if err != nil {
		return nil, fmt.Errorf("read memberships: %w", err)
	}
	body := MeView{Account: AccountView{Name: account.Name, Email: account.Email, DeleteAfter: account.DeleteAfter}, Workspaces: make([]WorkspaceView, len(members)), WithLeftOut: who.leftOut()}
	readable := caller{}
	for i, m := range members {
		body.Workspaces[i] = WorkspaceView{ID: strconv.FormatInt(m.WorkspaceID, 10), Name: m.Name, Role: m.Role, SecondFactorNeeded: slices.Contains(who.barred, m.WorkspaceID)}
		if readReports.allows(m.Role) && !body.Workspaces[i].SecondFactorNeeded {
			readable.workspaces = append(readable.workspaces, m.WorkspaceID)
		}
	}
	if body.Sites, err = s.sitesOf(ctx, readable); err != nil {
		return nil, err
	}
	return &meOutput{Body: body}, nil
}

func (s *Service) signOut(ctx context.Context, _ *struct{}) (*signOutOutput, error) {
	if err := s.people.accounts.SignOut(ctx, callerOf(ctx).person()); err != nil {
		return nil, err
	}
	gone := s.cookie("")
	gone.MaxAge = -1
	return &signOutOutput{SetCookie: *gone}, nil
}
