package admin

import (
	"context"
	"errors"
	"time"

	"noctra/admin/internal/erasure"
	"noctra/admin/internal/report"
)

// mostLooks bounds how many look at once for what would be erased: each may read all events of a site.
const mostLooks = 2

// ErasurePreviewView is what an erasure would find. Nothing was changed.
type ErasurePreviewView struct {
	Scope string          `json:"scope" enum:"visitor,site,workspace" example:"visitor"`
	Found []erasure.Found `json:"found" nullable:"false" doc:"Where what would be found, in the places that the receipt will have; those without a row are left out. In Postgres up to 100,000 rows of a table are counted, and those of a person's first 100,000 events. What arrives until the erasure is found by it, too."`
}

type erasurePreviewOutput struct{ Body ErasurePreviewView }

type previewEraseInput struct {
	Body struct {
		WorkspaceID string     `json:"workspace_id,omitempty" maxLength:"20" doc:"Needed by members of several workspaces." example:"17"`
		SiteID      string     `json:"site_id,omitempty" maxLength:"64" doc:"One site; without it all sites of the workspace." example:"3"`
		Subject     *InSubject `json:"subject,omitempty" doc:"Whose events would be erased; exactly one field. Without it the site itself, or the workspace."`
	}
}

// previewErase looks for what an erasure would find, for as long as a question may take.
func (s *Service) previewErase(ctx context.Context, in *previewEraseInput) (*erasurePreviewOutput, error) {
	asked := &eraseInput{}
	asked.Body.WorkspaceID, asked.Body.SiteID, asked.Body.Subject = in.Body.WorkspaceID, in.Body.SiteID, in.Body.Subject
	r, _, err := s.eraseRequest(ctx, asked)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, s.config.QueryTimeout)
	defer cancel()
	leave, err := s.looks.enter(ctx)
	if err != nil {
		return nil, &fault{kind: busy, detail: "Others are looking, too; try again in a moment.", wait: time.Second, cause: err}
	}
	defer leave()
	found, err := erasure.Look(ctx, s.pool, s.writer, r)
	if err != nil {
		return nil, ofErasure(err)
	}
	out := &erasurePreviewOutput{Body: ErasurePreviewView{Scope: r.Scope(), Found: []erasure.Found{}}}
	for _, f := range found {
		if f.Rows > 0 {
			out.Body.Found = append(out.Body.Found, f)
		}
	}
	return out, nil
}

// ofErasure gives refusals of package erasure their public answers.
func ofErasure(err error) error {
	switch {
	case errors.Is(err, erasure.ErrSubject):
		return wrongField("subject", "This names nobody.")
	case errors.Is(err, erasure.ErrNoSites):
		return refuse(conflict, "The workspace has no site.")
	case errors.Is(err, erasure.ErrOpen):
		return refuse(conflict, "It is being erased already.")
	case errors.Is(err, erasure.ErrLook):
		return ofReport(report.Classify(err))
	}
	return err
}
