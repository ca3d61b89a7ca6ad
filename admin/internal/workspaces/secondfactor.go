package workspaces

import (
	"context"
	"fmt"

	"noctra/admin/internal/audit"
	"noctra/admin/internal/store"
)

// SecondFactorNeeded is the code for whoever needs a second factor first.
const SecondFactorNeeded = "second_factor_needed"

// DemandSecondFactor says whether members need a second factor to see anything of the workspace. Whoever
// demands it has to have one, so that nobody shuts themselves out. The state has to be the one that the
// caller saw, if want is not empty.
func (s *Service) DemandSecondFactor(ctx context.Context, by By, want string, required bool) (Workspace, error) {
	var w Workspace
	err := s.change(ctx, &by, func(q *store.Queries) error {
		row, err := q.Workspace(ctx, by.Workspace)
		if err != nil {
			return fmt.Errorf("read workspace: %w", err)
		}
		w = Workspace{row.ID, row.Name, row.CreatedAt.UTC(), by.Role, row.EraseAfter, row.SecondFactor}
		if err := matches(want, w.Tag()); err != nil || w.SecondFactor == required {
			return err
		}
		if required && !by.SecondFactor {
			return refuse(SecondFactorNeeded, "Turn two-step sign-in on in your own account first, or sign in with a passkey; then demand it of others.")
		}
		if err := q.DemandSecondFactor(ctx, store.DemandSecondFactorParams{ID: w.ID, SecondFactor: required}); err != nil {
			return fmt.Errorf("demand second factor: %w", err)
		}
		before := w.SecondFactor
		w.SecondFactor = required
		return s.note(ctx, q, by, audit.Entry{Action: "workspace.second_factor", Before: map[string]any{"required": before}, After: map[string]any{"required": required}})
	})
	return w, err
}
