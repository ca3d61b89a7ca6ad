package workspaces

import (
	"context"
	"fmt"

	"noctra/admin/internal/audit"
	"noctra/admin/internal/mailer"
	"noctra/admin/internal/store"
)

// SecondFactorNeeded is the code for whoever needs a second factor first.
const SecondFactorNeeded = "second_factor_needed"

// DemandSecondFactor says whether members need a second factor to see anything of the workspace. Whoever
// demands it has to have one, so that nobody shuts themselves out. The state has to be the one that the
// caller saw, if want is not empty. Every member is told, and what there is for them to do.
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
		if err := s.tellMembers(ctx, q, w); err != nil {
			return err
		}
		return s.note(ctx, q, by, audit.Entry{Action: "workspace.second_factor", Before: map[string]any{"required": before}, After: map[string]any{"required": required}})
	})
	s.nudge(err)
	return w, err
}

// tellMembers orders mail to every member that a second factor is demanded, or no longer; without mail
// it does nothing.
func (s *Service) tellMembers(ctx context.Context, q *store.Queries, w Workspace) error {
	if s.deps.Orders == nil {
		return nil
	}
	members, err := q.FactorsOfMembers(ctx, w.ID)
	if err != nil {
		return fmt.Errorf("list members: %w", err)
	}
	template, path, button := "workspace_factor_released", "/", "Open Noctra"
	if w.SecondFactor {
		template, path, button = "workspace_factor_demanded", "/account", "Open your account"
	}
	for _, m := range members {
		values := map[string]string{
			"Name": m.Name, "Workspace": w.Name, "At": s.now().UTC().Format(timeInMail), "Factor": factorOf(m),
			"Link": s.deps.URL.JoinPath(path).String(), "Button": button,
		}
		_, err := s.deps.Orders.Add(ctx, q, mailer.Order{Kind: template, To: m.Email, Account: m.ID, Content: &mailer.Content{Template: template, Values: values}})
		if err != nil {
			return fmt.Errorf("tell members: %w", err)
		}
	}
	return nil
}

// factorOf is what a member has, in the words of the mail's template; empty for nothing.
func factorOf(m store.FactorsOfMembersRow) string {
	switch {
	case m.HasTotp:
		return "totp"
	case m.HasPasskey:
		return "passkey"
	}
	return ""
}
