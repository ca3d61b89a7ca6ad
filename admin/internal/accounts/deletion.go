package accounts

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"noctra/admin/internal/audit"
	"noctra/admin/internal/store"
)

// putOff is how long a deletion waits whose account became the last owner of others meanwhile.
const putOff = 24 * time.Hour

// Delete plans the deletion of one's own account. Until it is done it can be taken back.
func (s *Service) Delete(ctx context.Context, c Caller, plain string) (after time.Time, err error) {
	if _, err := s.prove(ctx, c, plain); err != nil {
		return time.Time{}, err
	}
	after = s.now().Add(grace).UTC().Truncate(time.Second)
	err = s.transact(ctx, func(q *store.Queries) error {
		if err := s.checkOwned(ctx, q, c.Account); err != nil {
			return err
		}
		if err := q.ScheduleDeletion(ctx, store.ScheduleDeletionParams{ID: c.Account, DeleteAfter: &after}); err != nil {
			return fmt.Errorf("plan deletion: %w", err)
		}
		values := map[string]string{"DeleteAfter": after.Format("2 January 2006 at 15:04 UTC"), "Button": "Sign in"}
		return s.changed(ctx, q, c, change{template: "deletion_scheduled", action: "account.deletion_planned", values: values})
	})
	return after, err
}

// checkOwned refuses where others would be left without an owner.
// Members of the workspaces do not change until the transaction q ends: two owners who go at once
// take turns.
func (s *Service) checkOwned(ctx context.Context, q *store.Queries, account int64) error {
	if _, err := q.LockWorkspacesOf(ctx, account); err != nil {
		return fmt.Errorf("hold workspaces: %w", err)
	}
	rows, err := q.OwnedAlone(ctx, account)
	if err != nil {
		return fmt.Errorf("look for workspaces: %w", err)
	}
	if len(rows) == 0 {
		return nil
	}
	names := make([]string, len(rows))
	for i, r := range rows {
		names[i] = r.Name
	}
	r := refuse(LastOwner, "You are the only owner of a workspace that others belong to; make one of them owner first, or remove them: "+strings.Join(names, ", ")+".")
	for _, row := range rows {
		r.Fields = append(r.Fields, Field{"workspaces", row.Name})
	}
	return r
}

// Keep takes a planned deletion back.
func (s *Service) Keep(ctx context.Context, c Caller) error {
	return s.transact(ctx, func(q *store.Queries) error {
		n, err := q.KeepAccount(ctx, c.Account)
		if err != nil {
			return fmt.Errorf("keep account: %w", err)
		}
		if n == 0 {
			return refuse(Conflict, "No deletion is planned.")
		}
		return s.changed(ctx, q, c, change{template: "deletion_taken_back", action: "account.kept"})
	})
}

// DeleteDue deletes the accounts whose time is over, and returns how many.
func (s *Service) DeleteDue(ctx context.Context) (deleted int, err error) {
	for ctx.Err() == nil {
		found := false
		err := s.transact(ctx, func(q *store.Queries) error {
			now := s.now()
			row, err := q.AccountToDelete(ctx, &now)
			if none(err) {
				return nil
			}
			if err != nil {
				return fmt.Errorf("look for accounts to delete: %w", err)
			}
			found = true
			var last *Refusal
			err = s.checkOwned(ctx, q, row.ID)
			if err != nil && !errors.As(err, &last) {
				return err
			}
			if last != nil { // it became the last owner since
				later := now.Add(putOff)
				return q.ScheduleDeletion(ctx, store.ScheduleDeletionParams{ID: row.ID, DeleteAfter: &later})
			}
			deleted++
			return s.delete(ctx, q, person{row.ID, row.Email, row.Name})
		})
		if err != nil || !found {
			return deleted, err
		}
	}
	return deleted, ctx.Err()
}

// delete drops everything of a person. What they did stays in the audit, under a pseudonym.
func (s *Service) delete(ctx context.Context, q *store.Queries, who person) error {
	now := s.now()
	left, err := q.Memberships(ctx, who.id)
	if err != nil {
		return fmt.Errorf("delete account: %w", err)
	}
	found, err := q.KeptOfAccount(ctx, store.KeptOfAccountParams{AccountID: who.id, Email: who.email})
	if err != nil {
		return fmt.Errorf("delete account: %w", err)
	}
	steps := []func() error{
		func() error {
			return q.CloseWorkspacesOf(ctx, store.CloseWorkspacesOfParams{AccountID: who.id, Now: now})
		},
		func() error { return q.DropMembershipsOf(ctx, who.id) },
		func() error { return q.DropSignUpsFor(ctx, who.email) },
		func() error { return q.DropInvitationsFor(ctx, who.email) },
		func() error { return q.DropMailTo(ctx, store.DropMailToParams{AccountID: who.id, Email: who.email}) },
		func() error { return q.ForgetAttempts(ctx, ofEmail("sign-in", who.email, 0).bucket()) },
		func() error { return q.ForgetRequester(ctx, &who.id) },
		func() error { return q.DropAccount(ctx, who.id) },
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return fmt.Errorf("delete account: %w", err)
		}
	}
	if err := s.receipt(ctx, q, who, found); err != nil {
		return err
	}
	for _, m := range left {
		gone := audit.Entry{Workspace: m.WorkspaceID, Account: who.id, Action: "member.deleted", Before: map[string]any{"account_id": who.id, "role": m.Role}}
		if err := audit.Add(ctx, q, now, gone); err != nil {
			return err
		}
	}
	if err := s.note(ctx, q, entry{account: who.id, action: "account.deleted", details: map[string]any{"found": rowsOf(found)}}); err != nil {
		return err
	}
	if _, err := q.ForgetAuditedPerson(ctx, store.ForgetAuditedPersonParams{Account: who.id, At: now.UTC()}); err != nil {
		return fmt.Errorf("take account out of the audit: %w", err)
	}
	return nil
}

// receipt looks again for what was found of a deleted account, and mails what that was: nothing else of
// it is kept.
func (s *Service) receipt(ctx context.Context, q *store.Queries, who person, found []store.KeptOfAccountRow) error {
	left, err := q.KeptOfAccount(ctx, store.KeptOfAccountParams{AccountID: who.id, Email: who.email})
	if err != nil {
		return fmt.Errorf("look for a deleted account again: %w", err)
	}
	if len(left) > 0 {
		return fmt.Errorf("delete account: something of it is left in %v", rowsOf(left))
	}
	lines := make([]string, len(found))
	for i, f := range found {
		lines[i] = fmt.Sprintf("%s: %d", f.Place, f.Rows)
	}
	return s.tell(ctx, q, person{0, who.email, who.name}, notice{template: "account_deleted", values: map[string]string{"Found": strings.Join(lines, "\n"), "At": s.now().UTC().Format("2 Jan 2006 15:04:05 UTC")}})
}

func rowsOf(found []store.KeptOfAccountRow) map[string]int64 {
	rows := make(map[string]int64, len(found))
	for _, f := range found {
		rows[f.Place] = f.Rows
	}
	return rows
}

// Tidy drops what is over: links, ceremonies, browsers that were not seen for long, old attempts.
func (s *Service) Tidy(ctx context.Context) error {
	now := s.now()
	err := s.q.DropOldCredentials(ctx, store.DropOldCredentialsParams{
		Now: now, Before: now.Add(-linkMemory), DeviceBefore: now.Add(-deviceLife), AttemptsBefore: now.Add(-attemptsLife),
	})
	if err != nil {
		return fmt.Errorf("tidy credentials: %w", err)
	}
	return nil
}
