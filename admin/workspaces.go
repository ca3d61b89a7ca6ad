package admin

import (
	"context"
	"strconv"
	"strings"
	"time"

	"noctra/admin/internal/workspaces"
)

// OwnWorkspaceView is a workspace as one of its members sees it.
type OwnWorkspaceView struct {
	ID        string    `json:"id" example:"17"`
	Name      string    `json:"name" example:"Acme"`
	Role      string    `json:"role" enum:"owner,admin,analyst,campaign_manager,billing" doc:"One's own role." example:"owner"`
	CreatedAt time.Time `json:"created_at" example:"2026-03-01T09:30:00Z"`

	SecondFactor bool `json:"second_factor" doc:"Whether it demands a second factor of its members." example:"false"`

	EraseAfter *time.Time `json:"erase_after,omitempty" doc:"When it and everything in it will be erased; until then that can be taken back." example:"2026-03-08T09:30:00Z"`
}

// InWorkspace is the workspace that an address names.
type InWorkspace struct {
	WorkspaceID string `path:"workspace_id" maxLength:"20" example:"17"`
}

// number is the workspace of the address; the guard has read it before.
func (in InWorkspace) number() int64 {
	id, _ := strconv.ParseInt(in.WorkspaceID, 10, 64)
	return id
}

// InChange is what a change of something that others may change, too, has to bring.
type InChange struct {
	IfMatch string `header:"If-Match" maxLength:"200" doc:"The ETag of what is changed, as it was read. * for any." example:"\"9f86d081884c7d65\""`
}

// needed refuses a change without the state that it is based on.
func (in InChange) needed() error {
	if in.IfMatch == "" {
		return refuse(conditionNeeded, "Send If-Match with the ETag of what you read, so that nobody's change is lost.")
	}
	return nil
}

type workspaceOutput struct {
	ETag string `header:"ETag"`
	Body OwnWorkspaceView
}

type workspacesOutput struct {
	Body struct {
		Workspaces []OwnWorkspaceView `json:"workspaces"`
		NextCursor string             `json:"next_cursor,omitempty" doc:"There are more; ask for them with it." example:"YWZ0ZXIgMTc"`
		WithLeftOut
	}
}

type createWorkspaceInput struct {
	Body struct {
		Name string `json:"name" maxLength:"400" example:"Acme"`
	}
}

type renameWorkspaceInput struct {
	InWorkspace
	InChange
	Body struct {
		Name string `json:"name" maxLength:"400" example:"Acme Europe"`
	}
}

type transferInput struct {
	InWorkspace
	Body struct {
		AccountID string `json:"account_id" maxLength:"20" doc:"A member of the workspace." example:"42"`
	}
}

func viewWorkspace(w workspaces.Workspace) OwnWorkspaceView {
	return OwnWorkspaceView{ID: strconv.FormatInt(w.ID, 10), Name: w.Name, Role: w.Role, CreatedAt: w.CreatedAt, EraseAfter: w.EraseAfter, SecondFactor: w.SecondFactor}
}

func quoted(tag string) string { return `"` + tag + `"` }

func oneWorkspace(w workspaces.Workspace, err error) (*workspaceOutput, error) {
	if err != nil {
		return nil, err
	}
	return &workspaceOutput{ETag: quoted(w.Tag()), Body: viewWorkspace(w)}, nil
}

// cleanName reads a name out of a request.
func cleanName(raw string) (string, error) {
	name := strings.TrimSpace(raw)
	if why := checkName(name); why != "" {
		return "", &fault{kind: invalidRequest, detail: why, problems: []FieldProblem{{"name", why}}}
	}
	return name, nil
}

func (s *Service) listWorkspaces(ctx context.Context, in *InPage) (*workspacesOutput, error) {
	p, err := in.page()
	if err != nil {
		return nil, err
	}
	rows, err := s.people.teams.List(ctx, callerOf(ctx).account, p)
	if err != nil {
		return nil, err
	}
	out := &workspacesOutput{}
	out.Body.WithLeftOut = callerOf(ctx).leftOut()
	rows, out.Body.NextCursor = cutPage(*in, rows, func(w workspaces.Workspace) int64 { return w.ID })
	out.Body.Workspaces = viewsOf(rows, viewWorkspace)
	return out, nil
}

func (s *Service) createWorkspace(ctx context.Context, in *createWorkspaceInput) (*workspaceOutput, error) {
	name, err := cleanName(in.Body.Name)
	if err != nil {
		return nil, err
	}
	return oneWorkspace(s.people.teams.Create(ctx, callerOf(ctx).by(0), name))
}

func (s *Service) workspace(ctx context.Context, in *InWorkspace) (*workspaceOutput, error) {
	return oneWorkspace(s.people.teams.Get(ctx, callerOf(ctx).by(in.number())))
}

func (s *Service) renameWorkspace(ctx context.Context, in *renameWorkspaceInput) (*workspaceOutput, error) {
	if err := in.needed(); err != nil {
		return nil, err
	}
	name, err := cleanName(in.Body.Name)
	if err != nil {
		return nil, err
	}
	return oneWorkspace(s.people.teams.Rename(ctx, callerOf(ctx).by(in.number()), in.IfMatch, name))
}

func (s *Service) leaveWorkspace(ctx context.Context, in *InWorkspace) (*struct{}, error) {
	return nil, s.people.teams.Leave(ctx, callerOf(ctx).by(in.number()))
}

func (s *Service) transferWorkspace(ctx context.Context, in *transferInput) (*struct{}, error) {
	to, err := strconv.ParseInt(in.Body.AccountID, 10, 64)
	if err != nil {
		const why = "This is no account's number."
		return nil, &fault{kind: invalidRequest, detail: why, problems: []FieldProblem{{"account_id", why}}}
	}
	return nil, s.people.teams.Transfer(ctx, callerOf(ctx).by(in.number()), to)
}
