package admin

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"noctra/admin/internal/audit"
	"noctra/admin/internal/store"
	"noctra/admin/internal/workspaces"
)

// tag names a state of the key; another state has another tag.
func (v APIKeyView) tag() string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%s\x00%v\x00%v\x00%v\x00%s", v.ID, v.Name, v.Scopes, unixOf(v.ExpiresAt), unixOf(v.RevokedAt), v.ReplacedBy))
	return hex.EncodeToString(sum[:8])
}

func (s *Service) apiKey(ctx context.Context, in *InAPIKey) (*apiKeyOutput, error) {
	return s.oneAPIKey(ctx, store.On(ctx, s.pool), in.KeyID)
}

func (s *Service) oneAPIKey(ctx context.Context, q *store.Queries, id int64) (*apiKeyOutput, error) {
	rows, err := q.APIKeysOf(ctx, store.APIKeysOfParams{Workspaces: callerOf(ctx).workspaces, After: id - 1, Most: 1})
	if err != nil {
		return nil, fmt.Errorf("look up API key: %w", err)
	}
	if len(rows) == 0 || rows[0].ID != id {
		return nil, refuse(notFound, "There is no such key, or it is not yours.")
	}
	view := viewAPIKey(rows[0], s.now())
	return &apiKeyOutput{ETag: quoted(view.tag()), Body: view}, nil
}

// changeAPIKey changes what was given; the rest stays.
func (s *Service) changeAPIKey(ctx context.Context, in *changeAPIKeyInput) (*apiKeyOutput, error) {
	if err := in.needed(); err != nil {
		return nil, err
	}
	var out *apiKeyOutput
	err := store.Transact(ctx, s.pool, func(q *store.Queries) error {
		key, err := q.LockAPIKey(ctx, store.LockAPIKeyParams{ID: in.KeyID, Workspaces: callerOf(ctx).workspaces})
		if err != nil {
			return keyError(err)
		}
		before, err := s.oneAPIKey(ctx, q, key.ID)
		if err != nil {
			return err
		}
		if in.IfMatch != "*" && in.IfMatch != before.ETag {
			return refuse(kind(workspaces.Changed), "Somebody has changed the key meanwhile; read it again.")
		}
		change, err := s.apiKeyChange(in, key, callerOf(ctx).roles[key.WorkspaceID])
		if err != nil {
			return err
		}
		if err := q.ChangeAPIKey(ctx, change); err != nil {
			return fmt.Errorf("change key: %w", err)
		}
		if out, err = s.oneAPIKey(ctx, q, key.ID); err != nil {
			return err
		}
		e := callerOf(ctx).entry(key.WorkspaceID, "api_key.changed")
		e.Before, e.After = apiKeyState(before.Body), apiKeyState(out.Body)
		return audit.Add(ctx, q, s.now(), e)
	})
	return out, err
}

func apiKeyState(v APIKeyView) map[string]any {
	return map[string]any{"key_id": v.ID, "name": v.Name, "scopes": v.Scopes, "expires_at": v.ExpiresAt}
}

// apiKeyChange is the key as somebody with that role wants it.
func (s *Service) apiKeyChange(in *changeAPIKeyInput, key store.LockAPIKeyRow, role string) (store.ChangeAPIKeyParams, error) {
	to := store.ChangeAPIKeyParams{ID: key.ID, Scopes: key.Scopes}
	var problems []*FieldProblem
	to.Name, to.ExpiresAt, problems = s.basics(in.Body.InKeyBasics, key.Name, key.ExpiresAt, key.Replaced)
	if in.Body.Scopes != nil {
		to.Scopes = slices.Compact(slices.Sorted(slices.Values(in.Body.Scopes)))
		problems = append(problems, checkScopes(in.Body.Scopes))
		if len(to.Scopes) == 0 {
			problems = append(problems, &FieldProblem{"scopes", "A key has a scope; revoke one that is not to read anything."})
		}
	}
	if err := keyProblems(problems); err != nil {
		return to, err
	}
	for _, scope := range to.Scopes {
		if !slices.Contains(key.Scopes, scope) && !mayGive(role, scope) {
			return to, refuse(forbidden, "Your role does not read what the scope "+scope+" is for.")
		}
	}
	return to, nil
}

// mayGive reports whether a role has everything that keys with a scope have.
func mayGive(role, scope string) bool {
	for need, g := range grants {
		if g.keys && g.scope == scope && !need.allows(role) {
			return false
		}
	}
	return true
}
