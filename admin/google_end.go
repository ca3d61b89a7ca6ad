package admin

import (
	"context"
	"fmt"
	"time"

	"noctra/admin/internal/audit"
	"noctra/admin/internal/store"
)

const (
	revokeFor  = 24 * time.Hour // that a revocation is tried, before the token goes without it
	googleWork = 20 * time.Second
)

type disconnectInput struct {
	InConnection
	InChange
}

// disconnectGoogle ends a connection. What came from Google is deleted at once; only the sealed token
// stays until it is revoked there, which is tried now and, where Google is away, for a day.
func (s *Service) disconnectGoogle(ctx context.Context, in *disconnectInput) (*googleConnectionOutput, error) {
	var row store.GoogleConnection
	err := store.Transact(ctx, s.pool, func(q *store.Queries) error {
		before, err := q.LockConnectionOf(ctx, store.LockConnectionOfParams{ID: in.ConnectionID, WorkspaceID: in.number()})
		if err := noConnection(err); err != nil {
			return err
		}
		if err := (changeOf{before.ID, in.IfMatch}).seen(connectionTag(before)); err != nil {
			return err
		}
		row = before
		if before.State == "disconnected" { // once more: Google did not hear of it yet
			return nil
		}
		now := s.now()
		if row, err = q.Disconnect(ctx, store.DisconnectParams{ID: before.ID, Now: &now, LeftToRevoke: before.RefreshToken}); err != nil {
			return fmt.Errorf("disconnect: %w", err)
		}
		removed, err := s.endActions(ctx, q, before)
		if err != nil {
			return err
		}
		e := callerOf(ctx).entry(before.WorkspaceID, "google.disconnected")
		e.Before, e.After = connectionState(before), connectionState(row)
		e.Details = map[string]any{"conversion_actions_removed": removed, "deleted": []string{"access_token", "scopes", "customer_name", "customer_currency", "customer_zone", "abilities", "action_names"}}
		return audit.Add(ctx, q, now, e)
	})
	if err == nil && row.PurgedAt == nil {
		row, err = s.revokeNow(ctx, row)
	}
	return s.oneConnection(row, err)
}

// endActions removes what is sent by a connection; what was not sent yet is decided again, and held.
func (s *Service) endActions(ctx context.Context, q *store.Queries, connection store.GoogleConnection) (removed int, err error) {
	now := s.now()
	ids, err := q.ForgetActionNames(ctx, store.ForgetActionNamesParams{ConnectionID: connection.ID, Now: now})
	if err != nil {
		return 0, fmt.Errorf("end conversion actions: %w", err)
	}
	if err := holdDeciding(ctx, q, connection.WorkspaceID); err != nil {
		return 0, err
	}
	for _, id := range ids {
		if _, err := q.DecideSalesOfAction(ctx, store.DecideSalesOfActionParams{Now: &now, Action: id}); err != nil {
			return 0, fmt.Errorf("decide sales again: %w", err)
		}
	}
	return len(ids), nil
}

// revokeNow tries the revocation once; the job in the background goes on with it.
func (s *Service) revokeNow(ctx context.Context, row store.GoogleConnection) (store.GoogleConnection, error) {
	if err := s.revoke1(ctx, row); err != nil {
		s.quiet.Warn("consent not revoked at google, it is tried again", "connection_id", row.ID, "error", err.Error())
	}
	return s.connectionOf(ctx, row.WorkspaceID, row.ID)
}

// revoke1 revokes the token of a connection that has ended, and deletes it. After a day it is deleted
// even if Google never answered.
func (s *Service) revoke1(ctx context.Context, row store.GoogleConnection) error {
	revoked := s.takeBack(ctx, row)
	if revoked != nil && (row.DisconnectedAt == nil || s.now().Sub(*row.DisconnectedAt) < revokeFor) {
		return revoked
	}
	return store.Transact(ctx, s.pool, func(q *store.Queries) error {
		now := s.now()
		n, err := q.Purge(ctx, store.PurgeParams{ID: row.ID, Now: &now})
		if err != nil {
			return fmt.Errorf("purge connection: %w", err)
		}
		if n == 0 {
			return nil // another process was faster
		}
		e := audit.Entry{Workspace: row.WorkspaceID, Action: "google.purged", Details: map[string]any{"connection_id": row.ID, "revoked": revoked == nil, "deleted": []string{"refresh_token"}}}
		return audit.Add(ctx, q, now, e)
	})
}

func (s *Service) takeBack(ctx context.Context, row store.GoogleConnection) error {
	if row.RefreshToken == nil {
		return nil
	}
	if err := s.googleOn(); err != nil {
		return err
	}
	token, err := s.google.tokens.Refresher(row.RefreshToken, row.ID)
	if err != nil {
		return err
	}
	if err := s.google.client.Revoke(ctx, token); err != nil {
		return err
	}
	return s.noteAccess(ctx, row.ID, "revoke")
}

// tidyGoogle goes on with revocations, and drops consents that nobody came back from.
func (s *Service) tidyGoogle(ctx context.Context) {
	asking, cancel := context.WithTimeout(ctx, googleWork)
	defer cancel()
	rows, err := s.store.LeftToRevoke(asking)
	for _, row := range rows {
		if err := s.revoke1(asking, row); err != nil && ctx.Err() == nil {
			s.quiet.Warn("consent not revoked at google, it is tried again", "connection_id", row.ID, "error", err.Error())
		}
	}
	if err == nil {
		_, err = s.store.DropOldFlows(asking, s.now())
	}
	if err != nil && ctx.Err() == nil {
		s.metrics.jobErrors.WithLabelValues("google").Inc()
		s.quiet.Warn("connections to google not tidied", "error", err.Error())
	}
}
