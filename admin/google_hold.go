package admin

import (
	"context"
	"fmt"
	"time"

	"noctra/admin/internal/audit"
	"noctra/admin/internal/store"
)

// UploadsView says whether uploads of a workspace are on hold.
type UploadsView struct {
	Held   bool       `json:"held" example:"false"`
	HeldAt *time.Time `json:"held_at,omitempty" doc:"Since when nothing is sent to Google." example:"2026-03-01T09:30:00Z"`
}

type uploadsOutput struct{ Body UploadsView }

func viewUploads(heldAt *time.Time, err error) (*uploadsOutput, error) {
	if err != nil {
		return nil, err
	}
	return &uploadsOutput{Body: UploadsView{heldAt != nil, ofUTC(heldAt)}}, nil
}

func (s *Service) uploads(ctx context.Context, in *InWorkspace) (*uploadsOutput, error) {
	at, err := s.store.UploadsHeldAt(ctx, in.number())
	if err != nil {
		return nil, fmt.Errorf("look up hold of uploads: %w", err)
	}
	return viewUploads(at, nil)
}

func (s *Service) holdUploads(ctx context.Context, in *InWorkspace) (*uploadsOutput, error) {
	return viewUploads(s.setHold(ctx, in.number(), "uploads.held", func(q *store.Queries, now time.Time) (int64, error) {
		return q.HoldUploads(ctx, store.HoldUploadsParams{ID: in.number(), Now: &now})
	}))
}

func (s *Service) releaseUploads(ctx context.Context, in *InWorkspace) (*uploadsOutput, error) {
	return viewUploads(s.setHold(ctx, in.number(), "uploads.released", func(q *store.Queries, _ time.Time) (int64, error) {
		return q.ReleaseUploads(ctx, in.number())
	}))
}

// setHold holds or releases, and has everything that was not sent yet decided again. Doing it twice
// changes nothing.
func (s *Service) setHold(ctx context.Context, workspace int64, action string, set func(*store.Queries, time.Time) (int64, error)) (at *time.Time, err error) {
	err = store.Transact(ctx, s.pool, func(q *store.Queries) error {
		now := s.now()
		n, err := set(q, now)
		if err != nil {
			return fmt.Errorf("hold uploads: %w", err)
		}
		if at, err = q.UploadsHeldAt(ctx, workspace); err != nil {
			return fmt.Errorf("look up hold of uploads: %w", err)
		}
		if n == 0 {
			return nil
		}
		if err := holdDeciding(ctx, q, workspace); err != nil {
			return err
		}
		sales, err := q.DecideSalesOfWorkspace(ctx, store.DecideSalesOfWorkspaceParams{Now: &now, Workspace: workspace})
		if err != nil {
			return fmt.Errorf("decide sales again: %w", err)
		}
		e := callerOf(ctx).entry(workspace, action)
		e.Details = map[string]any{"sales": sales}
		return audit.Add(ctx, q, now, e)
	})
	return at, err
}
