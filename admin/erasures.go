package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/jackc/pgx/v5"

	"noctra/admin/internal/audit"
	"noctra/admin/internal/erasure"
	"noctra/admin/internal/store"
	"noctra/admin/internal/workspaces"
)

// ErasureView is a request to erase, how far it is, and what was found.
type ErasureView struct {
	ID          string          `json:"id" example:"5"`
	WorkspaceID string          `json:"workspace_id" example:"17"`
	Scope       string          `json:"scope" enum:"visitor,site,workspace" example:"visitor"`
	SubjectKind string          `json:"subject_kind,omitempty" enum:"user_id,visitor_id,order_id,email" doc:"What named the person; the name itself is not kept." example:"user_id"`
	SiteIDs     []string        `json:"site_ids" nullable:"false" example:"[\"3\"]"`
	State       string          `json:"state" enum:"requested,keeping_out,erasing,checking,done,failed" doc:"failed: the last attempt failed, and another is made at next_try_at." example:"checking"`
	Step        string          `json:"step" enum:"requested,keeping_out,erasing,checking,done" doc:"What is worked on, also while it fails." example:"checking"`
	StateAt     time.Time       `json:"state_at" doc:"Since when." example:"2026-03-01T09:30:12Z"`
	Problem     string          `json:"problem,omitempty" doc:"Why it waits or fails." example:"A database does not answer; the log has more."`
	NextTryAt   *time.Time      `json:"next_try_at,omitempty" example:"2026-03-01T09:31:00Z"`
	RequestedBy string          `json:"requested_by,omitempty" doc:"The account; none where an operator did." example:"42"`
	RequestedAt time.Time       `json:"requested_at" example:"2026-03-01T09:30:00Z"`
	DoneAt      *time.Time      `json:"done_at,omitempty" example:"2026-03-01T09:30:55Z"`
	WatchedTo   *time.Time      `json:"watched_until,omitempty" doc:"Until then it is looked again now and then." example:"2026-04-01T09:30:55Z"`
	Receipt     erasure.Receipt `json:"receipt" doc:"What was found where, and when it was gone. It names nobody."`
}

type erasureOutput struct{ Body ErasureView }

type erasuresOutput struct {
	Body struct {
		Erasures   []ErasureView `json:"erasures" nullable:"false"`
		NextCursor string        `json:"next_cursor,omitempty" doc:"There are more; ask for them with it." example:"YWZ0ZXIgMTc"`
		WithLeftOut
	}
}

// InSubject names a person, by one of its fields.
type InSubject struct {
	UserID    string `json:"user_id,omitempty" maxLength:"256" doc:"As the site sends it." example:"u-1201"`
	VisitorID string `json:"visitor_id,omitempty" maxLength:"256" doc:"The first-party id, as the site sends it." example:"01J9ZK3V"`
	OrderID   string `json:"order_id,omitempty" maxLength:"200" example:"A-1043"`
	Email     string `json:"email,omitempty" maxLength:"256" format:"email" doc:"As it came with a sale." example:"jane@mail.example"`
}

// TransformSchema implements huma.SchemaTransformer: of the fields an example has one.
func (InSubject) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	s.Examples = []any{map[string]any{"user_id": "u-1201"}}
	return s
}

type eraseInput struct {
	Body struct {
		WorkspaceID string     `json:"workspace_id,omitempty" maxLength:"20" doc:"Needed by members of several workspaces." example:"17"`
		SiteID      string     `json:"site_id,omitempty" maxLength:"64" doc:"One site; without it all sites of the workspace." example:"3"`
		Subject     *InSubject `json:"subject,omitempty" doc:"Whose events are erased; exactly one field. Without it the site itself is erased, or the workspace."`
		Confirm     string     `json:"confirm,omitempty" maxLength:"400" doc:"Name of the site or workspace that is to be erased as a whole." example:"Acme shop"`
	}
}

type oneErasureInput struct {
	ErasureID string `path:"erasure_id" maxLength:"20" example:"5"`
}

// subject reads the one field that is set.
func (in *InSubject) subject() (*erasure.Subject, error) {
	var found []erasure.Subject
	for _, s := range []erasure.Subject{{Kind: erasure.UserID, Value: in.UserID}, {Kind: erasure.VisitorID, Value: in.VisitorID}, {Kind: erasure.OrderID, Value: in.OrderID}, {Kind: erasure.Email, Value: in.Email}} {
		if s.Value != "" {
			found = append(found, s)
		}
	}
	if len(found) != 1 {
		return nil, wrongField("subject", "Give exactly one of user_id, visitor_id, order_id and email.")
	}
	return &found[0], nil
}

func wrongField(path, why string) *fault {
	return &fault{kind: invalidRequest, detail: why, problems: []FieldProblem{{path, why}}}
}

// erase writes a request down; the job does it.
func (s *Service) erase(ctx context.Context, in *eraseInput) (*erasureOutput, error) {
	r, name, err := s.eraseRequest(ctx, in)
	if err != nil {
		return nil, err
	}
	if r.Subject == nil && strings.TrimSpace(in.Body.Confirm) != name {
		return nil, wrongField("confirm", "Give the name of what is to be erased, as it is shown.")
	}
	var row store.ErasureByIDRow
	err = store.Transact(ctx, s.pool, func(q *store.Queries) error {
		id, err := erasure.Add(ctx, q, s.now(), r)
		if err != nil {
			return err
		}
		if row, err = q.ErasureByID(ctx, id); err != nil {
			return fmt.Errorf("read new erasure: %w", err)
		}
		e := callerOf(ctx).entry(r.Workspace, "erasure.requested")
		e.Details = erasureDetails(row)
		return audit.Add(ctx, q, s.now(), e)
	})
	if err != nil {
		return nil, ofErasure(err)
	}
	return oneErasure(row)
}

func erasureDetails(row store.ErasureByIDRow) map[string]any {
	details := map[string]any{"erasure_id": row.Erasure.ID, "scope": row.Erasure.Scope, "sites": row.Sites}
	if row.Erasure.SubjectKind != nil {
		details["subject_kind"] = *row.Erasure.SubjectKind
	}
	return details
}

// eraseRequest reads what is asked for, and the name of the site or workspace that it is about.
func (s *Service) eraseRequest(ctx context.Context, in *eraseInput) (r erasure.Request, name string, err error) {
	who := callerOf(ctx)
	r.By = who.account
	if in.Body.Subject != nil {
		if r.Subject, err = in.Body.Subject.subject(); err != nil {
			return r, "", err
		}
	}
	if in.Body.SiteID != "" {
		site, err := s.siteOf(ctx, who, in.Body.SiteID)
		if err != nil {
			return r, "", err
		}
		r.Workspace, r.Site = int64(site.Workspace), int64(site.ID)
		return r, site.Name, nil
	}
	if err := who.reach(in.Body.WorkspaceID); err != nil {
		return r, "", err
	}
	workspace, problem := workspaceOf(who, in.Body.WorkspaceID)
	if problem != nil {
		return r, "", wrongField(problem.Path, problem.Message)
	}
	r.Workspace = workspace
	if r.Subject == nil && who.roles[workspace] != workspaces.Owner {
		return r, "", refuse(forbidden, "Only an owner erases a workspace.")
	}
	row, err := store.On(ctx, s.pool).Workspace(ctx, workspace)
	if err != nil {
		return r, "", fmt.Errorf("read workspace: %w", err)
	}
	return r, row.Name, nil
}

func (s *Service) listErasures(ctx context.Context, in *InPage) (*erasuresOutput, error) {
	p, err := in.page()
	if err != nil {
		return nil, err
	}
	rows, err := s.store.ErasurePage(ctx, store.ErasurePageParams{Workspaces: callerOf(ctx).workspaces, After: p.After, Most: int32(p.Most)})
	if err != nil {
		return nil, fmt.Errorf("list erasures: %w", err)
	}
	out := &erasuresOutput{}
	out.Body.WithLeftOut = callerOf(ctx).leftOut()
	rows, out.Body.NextCursor = cutPage(*in, rows, func(r store.ErasurePageRow) int64 { return r.Erasure.ID })
	out.Body.Erasures = make([]ErasureView, len(rows))
	for i, row := range rows {
		if out.Body.Erasures[i], err = viewErasure(row.Erasure, row.Sites); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (s *Service) oneErasure(ctx context.Context, in *oneErasureInput) (*erasureOutput, error) {
	missing := refuse(notFound, "There is no such erasure, or it is not yours.")
	id, err := strconv.ParseInt(in.ErasureID, 10, 64)
	if err != nil {
		return nil, missing
	}
	row, err := s.store.ErasureByID(ctx, id)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, missing
	}
	if err != nil {
		return nil, fmt.Errorf("read erasure: %w", err)
	}
	who := callerOf(ctx)
	if slices.Contains(who.workspaces, row.Erasure.WorkspaceID) {
		return oneErasure(row)
	}
	if err := who.reach(strconv.FormatInt(row.Erasure.WorkspaceID, 10)); err != nil {
		return nil, err
	}
	return nil, missing
}

func oneErasure(row store.ErasureByIDRow) (*erasureOutput, error) {
	view, err := viewErasure(row.Erasure, row.Sites)
	return &erasureOutput{Body: view}, err
}

func viewErasure(e store.Erasure, sites []int64) (ErasureView, error) {
	v := ErasureView{ID: strconv.FormatInt(e.ID, 10), WorkspaceID: strconv.FormatInt(e.WorkspaceID, 10), Scope: e.Scope, SiteIDs: []string{}, State: e.State, Step: e.State,
		StateAt: e.StateAt.UTC(), RequestedAt: e.RequestedAt.UTC(), DoneAt: inUTC(e.DoneAt), WatchedTo: inUTC(e.WatchUntil)}
	for _, id := range sites {
		v.SiteIDs = append(v.SiteIDs, strconv.FormatInt(id, 10))
	}
	if e.SubjectKind != nil {
		v.SubjectKind = *e.SubjectKind
	}
	if e.RequestedBy != nil {
		v.RequestedBy = strconv.FormatInt(*e.RequestedBy, 10)
	}
	if e.Problem != nil {
		v.Problem = *e.Problem
		v.NextTryAt = inUTC(&e.NextAt)
		if e.Attempts > 0 {
			v.State = "failed"
		}
	}
	if err := json.Unmarshal(e.Receipt, &v.Receipt); err != nil {
		return v, fmt.Errorf("read receipt of erasure %d: %w", e.ID, err)
	}
	if v.Receipt.Found == nil {
		v.Receipt.Found = []erasure.Found{}
	}
	return v, nil
}

func inUTC(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	u := t.UTC()
	return &u
}
