package erasure

import (
	"context"
	"errors"
	"fmt"
	"time"

	"noctra/admin/internal/audit"
	"noctra/admin/internal/store"
)

// planEvery is how often it is looked for sites and workspaces whose time of grace is over.
const planEvery = 15 * time.Second

// Plan requests the erasure of sites and workspaces whose deletion can be taken back no more. Of
// several services one does it at a time.
func (r *Runner) Plan(ctx context.Context) error {
	now := r.deps.Now()
	return store.Transact(ctx, r.deps.Pool, func(q *store.Queries) error {
		if err := q.TakeErasureTurns(ctx); err != nil {
			return fmt.Errorf("plan erasures: %w", err)
		}
		sites, err := q.SitesDue(ctx, now)
		if err != nil {
			return fmt.Errorf("look for sites to erase: %w", err)
		}
		workspaces, err := q.WorkspacesDue(ctx, now)
		if err != nil {
			return fmt.Errorf("look for workspaces to erase: %w", err)
		}
		due := make([]Request, 0, len(sites)+len(workspaces))
		for _, s := range sites {
			due = append(due, Request{Workspace: s.WorkspaceID, Site: s.ID})
		}
		for _, id := range workspaces {
			due = append(due, Request{Workspace: id})
		}
		for _, request := range due {
			if err := plan(ctx, q, now, request); err != nil {
				return err
			}
		}
		return nil
	})
}

func plan(ctx context.Context, q *store.Queries, now time.Time, request Request) error {
	id, err := Add(ctx, q, now, request)
	if errors.Is(err, ErrOpen) {
		return nil
	}
	if err != nil {
		return err
	}
	details := map[string]any{"erasure_id": id, "scope": request.Scope()}
	return audit.Add(ctx, q, now, audit.Entry{Workspace: request.Workspace, Action: "erasure.due", Details: details})
}
