package workspaces

import (
	"context"
	"fmt"
	"maps"
	"time"

	"noctra/admin/internal/accounts"
	"noctra/admin/internal/audit"
	"noctra/admin/internal/mailer"
	"noctra/admin/internal/store"
)

// grace is how long a planned deletion can be taken back.
const grace = 7 * 24 * time.Hour

const timeInMail = "2 January 2006 at 15:04 UTC"

// PlanDeletion makes the workspace, and everything in it, be erased after the grace time. Whoever asks
// has to give its name, so that nobody deletes another one than they think. Every owner is told. What
// is planned already stays as it is.
func (s *Service) PlanDeletion(ctx context.Context, by By, name string) (after time.Time, err error) {
	err = s.change(ctx, &by, func(q *store.Queries) error {
		w, err := q.Workspace(ctx, by.Workspace)
		if err != nil {
			return fmt.Errorf("read workspace: %w", err)
		}
		if name != w.Name {
			return wrong("workspace_name", "This is not the name of the workspace; give it to the letter.")
		}
		if w.EraseAfter != nil {
			after = w.EraseAfter.UTC()
			return nil
		}
		after = s.now().Add(grace).UTC().Truncate(time.Second)
		if err := q.PlanErasure(ctx, store.PlanErasureParams{ID: w.ID, EraseAfter: after}); err != nil {
			return fmt.Errorf("plan deletion of workspace: %w", err)
		}
		if err := s.tellOwners(ctx, q, by, "workspace_deletion_planned", map[string]string{"EraseAfter": after.Format(timeInMail)}); err != nil {
			return err
		}
		return s.note(ctx, q, by, audit.Entry{Action: "workspace.deletion_planned", After: map[string]any{"erase_after": after}})
	})
	s.nudge(err)
	return after, err
}

// Keep takes a planned deletion back. Every owner is told.
func (s *Service) Keep(ctx context.Context, by By) error {
	err := s.change(ctx, &by, func(q *store.Queries) error {
		w, err := q.Workspace(ctx, by.Workspace)
		if err != nil {
			return fmt.Errorf("read workspace: %w", err)
		}
		switch {
		case w.EraseAfter == nil:
			return refuse(accounts.Conflict, "No deletion of this workspace is planned.")
		case !w.EraseAfter.After(s.now()):
			return refuse(accounts.Conflict, "The time to take it back is over; the workspace is being erased.")
		}
		if err := q.TakeErasureBack(ctx, w.ID); err != nil {
			return fmt.Errorf("take deletion of workspace back: %w", err)
		}
		if err := s.tellOwners(ctx, q, by, "workspace_kept", nil); err != nil {
			return err
		}
		return s.note(ctx, q, by, audit.Entry{Action: "workspace.kept", Before: map[string]any{"erase_after": w.EraseAfter.UTC()}})
	})
	s.nudge(err)
	return err
}

// tellOwners orders mail to every owner; without mail it does nothing.
func (s *Service) tellOwners(ctx context.Context, q *store.Queries, by By, template string, values map[string]string) error {
	if s.deps.Orders == nil {
		return nil
	}
	w, err := q.Workspace(ctx, by.Workspace)
	if err != nil {
		return fmt.Errorf("read workspace: %w", err)
	}
	owners, err := q.OwnersOf(ctx, by.Workspace)
	if err != nil {
		return fmt.Errorf("list owners: %w", err)
	}
	for _, owner := range owners {
		all := map[string]string{"Name": owner.Name, "Workspace": w.Name, "At": s.now().UTC().Format(timeInMail), "Link": s.deps.URL.JoinPath("/").String(), "Button": "Open Noctra"}
		maps.Copy(all, values)
		_, err := s.deps.Orders.Add(ctx, q, mailer.Order{Kind: template, To: owner.Email, Account: owner.ID, Content: &mailer.Content{Template: template, Values: all}})
		if err != nil {
			return fmt.Errorf("tell owners: %w", err)
		}
	}
	return nil
}

// nudge has mail sent that a transaction ordered, unless that failed.
func (s *Service) nudge(err error) {
	if err == nil && s.deps.Orders != nil {
		s.deps.Orders.Nudge()
	}
}
