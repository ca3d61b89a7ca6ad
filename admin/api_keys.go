package admin

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"noctra/admin/internal/store"
	"noctra/admin/internal/token"
)

// APIKeyView is a key that reads.
type APIKeyView struct {
	KeyView
	WorkspaceID string   `json:"workspace_id" example:"17"`
	SiteIDs     []string `json:"site_ids" doc:"Sites that it reads; empty with all_sites." example:"[\"3\"]"`
	AllSites    bool     `json:"all_sites" doc:"It reads all sites of the workspace, also those to come." example:"false"`
	Scopes      []string `json:"scopes" doc:"reports: sites and their reports. ingestion: what became of events, and whether an installation works. conversions: conversions and what became of them at Google." example:"[\"reports\"]"`
}

type apiKeysOutput struct {
	Body struct {
		Keys       []APIKeyView `json:"keys"`
		NextCursor string       `json:"next_cursor,omitempty" doc:"There are more; ask for them with it." example:"YWZ0ZXIgMTc"`
		WithLeftOut
	}
}

type createAPIKeyInput struct {
	Body struct {
		WorkspaceID string     `json:"workspace_id,omitempty" doc:"Needed by members of several workspaces." example:"17"`
		Name        string     `json:"name" example:"Weekly report"`
		SiteIDs     []string   `json:"site_ids,omitempty" maxItems:"1000" doc:"Sites that it reads; all of the workspace by default." example:"[\"3\"]"`
		Scopes      []string   `json:"scopes,omitempty" maxItems:"10" doc:"reports: sites and their reports. ingestion: what became of events, and whether an installation works. conversions: conversions and what became of them at Google. All by default." example:"[\"reports\"]"`
		ExpiresAt   *time.Time `json:"expires_at,omitempty" doc:"When it stops to be good; never by default." example:"2027-03-01T09:30:00Z"`
	}
}

// InAPIKey is the key that an address names.
type InAPIKey struct {
	KeyID int64 `path:"key_id" example:"5"`
}

type changeAPIKeyInput struct {
	InAPIKey
	InChange
	Body struct {
		InKeyBasics
		Scopes []string `json:"scopes,omitempty" maxItems:"10" doc:"All scopes that the key has from now on; more of them than before only where one's role reads that." example:"[\"reports\"]"`
	}
}

type apiKeyOutput struct {
	ETag string `header:"ETag"`
	Body APIKeyView
}

type rotateAPIKeyInput struct {
	InAPIKey
	Body InRotation
}

func (s *Service) createAPIKey(ctx context.Context, in *createAPIKeyInput) (*newKeyOutput, error) {
	who := callerOf(ctx)
	if err := who.reach(in.Body.WorkspaceID); err != nil {
		return nil, err
	}
	workspace, problem := workspaceOf(who, in.Body.WorkspaceID)
	k := keySpec{workspace: workspace, name: strings.TrimSpace(in.Body.Name), expires: in.Body.ExpiresAt, scopes: in.Body.Scopes}
	problems := []*FieldProblem{problem, nameProblem(k.name), s.checkExpiry(k.expires), checkScopes(k.scopes)}
	if len(k.scopes) == 0 {
		k.scopes = scopes()
	}
	slices.Sort(k.scopes)
	k.scopes = slices.Compact(k.scopes)
	if problem == nil {
		var err error
		if k.sites, problem, err = s.siteIDs(ctx, workspace, in.Body.SiteIDs); err != nil {
			return nil, err
		}
		problems = append(problems, problem)
	}
	if err := keyProblems(problems); err != nil {
		return nil, err
	}
	return s.createKey(ctx, "api_key", k, s.addAPIKey)
}

// checkScopes returns what is wrong with the scopes of a key.
func checkScopes(asked []string) *FieldProblem {
	for i, scope := range asked {
		if !slices.Contains(scopes(), scope) {
			return &FieldProblem{fmt.Sprintf("scopes[%d]", i), "There is no such scope; there are " + strings.Join(scopes(), ", ") + "."}
		}
	}
	return nil
}

// addAPIKey makes the secret of a key and keeps its hash.
func (s *Service) addAPIKey(ctx context.Context, q *store.Queries, k keySpec) (NewKey, error) {
	count, err := q.CountAPIKeys(ctx, store.CountAPIKeysParams{WorkspaceID: k.workspace, Now: s.now()})
	if err != nil {
		return NewKey{}, fmt.Errorf("count keys: %w", err)
	}
	if count >= mostKeys {
		return NewKey{}, tooManyKeys("API keys")
	}
	secret, hash := newKeyHash(token.API)
	id, err := q.MakeAPIKey(ctx, store.MakeAPIKeyParams{
		WorkspaceID: k.workspace, Name: k.name, KeyHash: hash, CreatedAt: s.now(), CreatedBy: accountID(callerOf(ctx)),
		ExpiresAt: k.expires, Replaces: k.replaces, SiteIds: orEmpty(k.sites), Scopes: k.scopes,
	})
	if err != nil {
		return NewKey{}, fmt.Errorf("add key: %w", err)
	}
	return NewKey{ID: number(&id), Key: secret}, nil
}

func (s *Service) listAPIKeys(ctx context.Context, in *InPage) (*apiKeysOutput, error) {
	p, err := in.page()
	if err != nil {
		return nil, err
	}
	rows, err := s.store.APIKeysOf(ctx, store.APIKeysOfParams{Workspaces: callerOf(ctx).workspaces, After: p.After, Most: int32(p.Most)})
	if err != nil {
		return nil, fmt.Errorf("list API keys: %w", err)
	}
	out := &apiKeysOutput{}
	out.Body.WithLeftOut = callerOf(ctx).leftOut()
	rows, out.Body.NextCursor = cutPage(*in, rows, func(r store.APIKeysOfRow) int64 { return r.ID })
	out.Body.Keys = make([]APIKeyView, len(rows))
	for i, r := range rows {
		out.Body.Keys[i] = viewAPIKey(r, s.now())
	}
	return out, nil
}

func (s *Service) rotateAPIKey(ctx context.Context, in *rotateAPIKeyInput) (*rotatedKeyOutput, error) {
	out := &rotatedKeyOutput{}
	err := store.Transact(ctx, s.pool, func(q *store.Queries) error {
		key, err := q.LockAPIKey(ctx, store.LockAPIKeyParams{ID: in.KeyID, Workspaces: callerOf(ctx).workspaces})
		if err != nil {
			return keyError(err)
		}
		k := keySpec{workspace: key.WorkspaceID, name: key.Name, sites: key.SiteIds, scopes: key.Scopes, replaces: &key.ID}
		end := func(now time.Time) (*time.Time, error) {
			return q.EndAPIKey(ctx, store.EndAPIKeyParams{ID: key.ID, At: now.Add(time.Duration(in.Body.OverlapHours) * time.Hour)})
		}
		out.Body, err = s.rotateKey(ctx, q, oldKey{key.ID, key.CreatedAt, key.ExpiresAt, key.Replaced, end}, func(expires *time.Time) (NewKey, error) {
			k.expires = expires
			return s.addAPIKey(ctx, q, k)
		})
		if err != nil {
			return err
		}
		return s.noteRotation(ctx, q, "api_key", k, out.Body)
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (s *Service) revokeAPIKey(ctx context.Context, in *InAPIKey) (*struct{}, error) {
	return s.revoke(ctx, "api_key", in.KeyID, func(q *store.Queries) (int64, string, error) {
		row, err := q.RevokeAPIKey(ctx, store.RevokeAPIKeyParams{ID: in.KeyID, Workspaces: callerOf(ctx).workspaces, Now: s.now()})
		return row.WorkspaceID, row.Name, err
	})
}
