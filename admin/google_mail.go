package admin

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"

	"noctra/admin/internal/mailer"
	"noctra/admin/internal/store"
)

// tellOwners mails the owners once about each problem of a connection, and once when it is over. Without
// mail the dashboard alone says it.
func (s *Service) tellOwners(ctx context.Context) {
	if s.people.outbox == nil {
		return
	}
	asking, cancel := context.WithTimeout(ctx, googleWork)
	defer cancel()
	told := 0
	err := pgx.BeginFunc(asking, s.pool, func(tx pgx.Tx) error {
		q := s.store.WithTx(tx)
		rows, err := q.ConnectionsToTell(asking)
		if err != nil {
			return fmt.Errorf("look for problems of connections: %w", err)
		}
		for _, row := range rows {
			err = errors.Join(err, s.tell(asking, q, row))
		}
		told = len(rows)
		return err
	})
	if err != nil && ctx.Err() == nil {
		s.metrics.jobErrors.WithLabelValues("google").Inc()
		s.quiet.Warn("owners not told of connections to google", "error", err.Error())
		return
	}
	if told > 0 {
		s.people.outbox.Nudge()
	}
}

// tell orders the mails about one connection.
func (s *Service) tell(ctx context.Context, q *store.Queries, row store.GoogleConnection) error {
	owners, err := q.OwnersOfWorkspace(ctx, row.WorkspaceID)
	if err != nil {
		return fmt.Errorf("list owners: %w", err)
	}
	content := mailer.Content{Template: "google_works_again", Values: map[string]string{
		"Name": row.CustomerName, "Link": s.config.publicURL().JoinPath("workspaces", strconv.FormatInt(row.WorkspaceID, 10), "google").String(), "Button": "Look at the connection",
	}}
	told := store.SetToldParams{ID: row.ID}
	if row.Problem != nil {
		now := s.now()
		if row.ProblemAt.After(now) { // by another clock
			now = *row.ProblemAt
		}
		told.ToldAt = &now
		content.Template = "google_problem"
		content.Values["Reason"] = sentence(*row.Problem)
	}
	if content.Values["Name"] == "" {
		content.Values["Name"] = "Google Ads"
	}
	for _, owner := range owners {
		if _, err := s.people.outbox.Add(ctx, q, mailer.Order{Kind: content.Template, To: owner.Email, Account: owner.ID, Content: &content}); err != nil {
			return err
		}
	}
	return q.SetTold(ctx, told)
}
