package requests

import (
	"context"
	"crypto/sha256"
	"fmt"
	"time"

	"noctra/admin/internal/audit"
	"noctra/admin/internal/store"
)

// Tag changes with the state of a request.
func Tag(r store.PrivacyRequest) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d %s %v", r.ID, r.State, r.ClosedAt))
	return fmt.Sprintf("%x", sum[:8])
}

// Of lists requests about a workspace below a number, the newest first; state may be empty.
func (s *Service) Of(ctx context.Context, p store.RequestsOfWorkspaceParams) ([]store.PrivacyRequest, error) {
	return s.q.RequestsOfWorkspace(ctx, p)
}

// From lists what an account asked for below a number, the newest first.
func (s *Service) From(ctx context.Context, account, below int64, most int32) ([]store.PrivacyRequest, error) {
	return s.q.RequestsOfAccount(ctx, store.RequestsOfAccountParams{AccountID: &account, Below: below, Most: most})
}

// Get returns a request of a workspace with its history.
func (s *Service) Get(ctx context.Context, workspace *int64, id int64) (r store.PrivacyRequest, steps []store.PrivacyRequestStep, err error) {
	err = store.Transact(ctx, s.deps.Pool, func(q *store.Queries) error {
		if r, err = find(ctx, q, workspace, id); err != nil {
			return err
		}
		if steps, err = q.RequestSteps(ctx, id); err != nil {
			return fmt.Errorf("read history of request: %w", err)
		}
		return nil
	})
	return r, steps, err
}

func find(ctx context.Context, q *store.Queries, workspace *int64, id int64) (store.PrivacyRequest, error) {
	r, err := q.RequestForChange(ctx, store.RequestForChangeParams{ID: id, WorkspaceID: workspace})
	if none(err) {
		return r, ErrUnknown
	}
	if err != nil {
		return r, fmt.Errorf("look up request: %w", err)
	}
	return r, nil
}

// Change is what becomes of a request.
type Change struct {
	State, Note string
	Match       string // the tag that it is based on, quoted; * for any
}

// Handle changes a request of e's workspace, and tells the person when it ends.
func (s *Service) Handle(ctx context.Context, id int64, c Change, e audit.Entry) (r store.PrivacyRequest, err error) {
	err = store.Transact(ctx, s.deps.Pool, func(q *store.Queries) error {
		workspace := &e.Workspace
		if e.Workspace == 0 {
			workspace = nil
		}
		before, err := find(ctx, q, workspace, id)
		if err != nil {
			return err
		}
		if c.Match != "*" && c.Match != `"`+Tag(before)+`"` {
			return ErrChanged
		}
		now := s.deps.Now()
		var closed *time.Time
		if c.State == "done" || c.State == "refused" {
			if closed = before.ClosedAt; closed == nil {
				closed = &now
			}
		}
		if r, err = q.SetRequest(ctx, store.SetRequestParams{ID: id, State: c.State, ClosedAt: closed}); err != nil {
			return fmt.Errorf("change request: %w", err)
		}
		step := store.AddRequestStepParams{RequestID: id, At: now, State: c.State, Note: c.Note}
		if e.Account != 0 {
			step.AccountID = &e.Account
		}
		if e.Operator != "" {
			step.Operator = &e.Operator
		}
		if err := q.AddRequestStep(ctx, step); err != nil {
			return fmt.Errorf("note change of request: %w", err)
		}
		if closed != nil && before.ClosedAt == nil {
			if err := s.send(ctx, q, letter{r.Email, "request_closed", r, c.Note}); err != nil {
				return err
			}
		}
		e.Action, e.Details = "privacy_request.handled", map[string]any{"request_id": id}
		e.Before, e.After = map[string]any{"state": before.State}, map[string]any{"state": r.State}
		return audit.Add(ctx, q, now, e)
	})
	s.nudge(err)
	return r, err
}

// Remind writes to those who handle requests whose date comes close: a week and a day before.
func (s *Service) Remind(ctx context.Context) (reminded int, err error) {
	for ctx.Err() == nil {
		found := false
		err := store.Transact(ctx, s.deps.Pool, func(q *store.Queries) error {
			now := s.deps.Now()
			r, err := q.RequestToRemind(ctx, store.RequestToRemindParams{LastDay: now.Add(24 * time.Hour), LastWeek: now.Add(7 * 24 * time.Hour)})
			if none(err) {
				return nil
			}
			if err != nil {
				return fmt.Errorf("look for requests that are due: %w", err)
			}
			found = true
			return s.tellHandlers(ctx, q, r, "request_due")
		})
		if err != nil || !found {
			return reminded, err
		}
		reminded++
	}
	return reminded, ctx.Err()
}

// Tidy forgets requests that nobody confirmed, and those that were closed long ago.
func (s *Service) Tidy(ctx context.Context) error {
	now := s.deps.Now()
	if _, err := s.q.DropOldRequests(ctx, store.DropOldRequestsParams{UnconfirmedBefore: now.Add(-UnconfirmedLife), ClosedBefore: now.Add(-ClosedLife)}); err != nil {
		return fmt.Errorf("tidy requests: %w", err)
	}
	return nil
}
