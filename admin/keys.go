package admin

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"noctra/admin/internal/store"
	"noctra/admin/internal/token"
)

// mostKeys bounds how many good keys of a kind a workspace has.
const mostKeys = 1000

// NewKey is a key that was just made. It is never shown again.
type NewKey struct {
	ID  string `json:"id"`
	Key string `json:"key" doc:"The secret. It is shown this once; only its hash is kept."`
}

// KeyView is a key as lists show it, without its secret.
type KeyView struct {
	ID        string     `json:"id"`
	Name      string     `json:"name"`
	CreatedAt time.Time  `json:"created_at"`
	RevokedAt *time.Time `json:"revoked_at,omitempty"`
	ExpiresAt *time.Time `json:"expires_at,omitempty"`
}

type newKeyOutput struct{ Body NewKey }

type keysOutput struct {
	Body struct {
		Keys []KeyView `json:"keys"`
	}
}

type createServerKeyInput struct {
	ID   string `path:"id" doc:"A site's number or its public key." maxLength:"64"`
	Body struct {
		Name string `json:"name"`
	}
}

type serverKeyInput struct {
	ID    string `path:"id" doc:"A site's number or its public key." maxLength:"64"`
	KeyID int64  `path:"key_id"`
}

type createAPIKeyInput struct {
	Body struct {
		WorkspaceID string     `json:"workspace_id,omitempty" doc:"Needed by members of several workspaces."`
		Name        string     `json:"name"`
		ExpiresAt   *time.Time `json:"expires_at,omitempty" doc:"When it stops to be good; never by default."`
	}
}

type apiKeyInput struct {
	KeyID int64 `path:"key_id"`
}

func (s *Service) createServerKey(ctx context.Context, in *createServerKeyInput) (*newKeyOutput, error) {
	site, err := s.siteOf(ctx, callerOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	name := strings.TrimSpace(in.Body.Name)
	if why := checkName(name); why != "" {
		return nil, &fault{kind: invalidRequest, detail: why, problems: []FieldProblem{{"name", why}}}
	}
	count, err := s.store.CountServerKeys(ctx, int64(site.Workspace))
	if err != nil {
		return nil, fmt.Errorf("count server keys: %w", err)
	}
	if count >= mostKeys {
		return nil, refuse(conflict, fmt.Sprintf("A workspace has at most %d server keys; revoke one.", mostKeys))
	}
	return newKey(token.Server, func(hash []byte) (int64, error) {
		return s.store.AddServerKey(ctx, store.AddServerKeyParams{
			WorkspaceID: int64(site.Workspace), Name: name, KeyHash: hash, SiteIds: []int64{int64(site.ID)}, CreatedAt: s.now(),
		})
	})
}

// newKey makes a secret and lets add keep its hash.
func newKey(prefix string, add func(hash []byte) (int64, error)) (*newKeyOutput, error) {
	secret := token.New(prefix)
	id, err := add(token.Hash(secret))
	if err != nil {
		return nil, fmt.Errorf("add key: %w", err)
	}
	return &newKeyOutput{Body: NewKey{ID: strconv.FormatInt(id, 10), Key: secret}}, nil
}

func (s *Service) listServerKeys(ctx context.Context, in *siteInput) (*keysOutput, error) {
	site, err := s.siteOf(ctx, callerOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	rows, err := s.store.ServerKeysOf(ctx, store.ServerKeysOfParams{WorkspaceID: int64(site.Workspace), Site: int64(site.ID)})
	if err != nil {
		return nil, fmt.Errorf("list server keys: %w", err)
	}
	out := &keysOutput{}
	out.Body.Keys = make([]KeyView, len(rows))
	for i, r := range rows {
		out.Body.Keys[i] = KeyView{ID: strconv.FormatInt(r.ID, 10), Name: r.Name, CreatedAt: r.CreatedAt.UTC(), RevokedAt: r.RevokedAt}
	}
	return out, nil
}

func (s *Service) revokeServerKey(ctx context.Context, in *serverKeyInput) (*struct{}, error) {
	site, err := s.siteOf(ctx, callerOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	n, err := s.store.RevokeServerKey(ctx, store.RevokeServerKeyParams{ID: in.KeyID, WorkspaceID: int64(site.Workspace), Site: int64(site.ID), Now: s.now()})
	return revoked(n, err)
}

// revoked is the answer of a revocation that changed n keys.
func revoked(n int64, err error) (*struct{}, error) {
	if err != nil {
		return nil, fmt.Errorf("revoke key: %w", err)
	}
	if n == 0 {
		return nil, refuse(notFound, "There is no such key, it is not yours, or it is revoked already.")
	}
	return &struct{}{}, nil
}

func (s *Service) createAPIKey(ctx context.Context, in *createAPIKeyInput) (*newKeyOutput, error) {
	var problems []FieldProblem
	workspace, problem := workspaceOf(callerOf(ctx), in.Body.WorkspaceID)
	if problem != nil {
		problems = append(problems, *problem)
	}
	name := strings.TrimSpace(in.Body.Name)
	if why := checkName(name); why != "" {
		problems = append(problems, FieldProblem{"name", why})
	}
	if at := in.Body.ExpiresAt; at != nil && !at.After(s.now()) {
		problems = append(problems, FieldProblem{"expires_at", "This moment is over; take a later one."})
	}
	if len(problems) > 0 {
		return nil, &fault{kind: invalidRequest, detail: "The key is not as it has to be; errors says where.", problems: problems}
	}
	count, err := s.store.CountAPIKeys(ctx, workspace)
	if err != nil {
		return nil, fmt.Errorf("count API keys: %w", err)
	}
	if count >= mostKeys {
		return nil, refuse(conflict, fmt.Sprintf("A workspace has at most %d API keys; revoke one.", mostKeys))
	}
	return newKey(token.API, func(hash []byte) (int64, error) {
		return s.store.AddAPIKey(ctx, store.AddAPIKeyParams{WorkspaceID: workspace, Name: name, KeyHash: hash, CreatedAt: s.now(), ExpiresAt: in.Body.ExpiresAt})
	})
}

func (s *Service) listAPIKeys(ctx context.Context, _ *struct{}) (*keysOutput, error) {
	rows, err := s.store.APIKeysOf(ctx, callerOf(ctx).workspaces)
	if err != nil {
		return nil, fmt.Errorf("list API keys: %w", err)
	}
	out := &keysOutput{}
	out.Body.Keys = make([]KeyView, len(rows))
	for i, r := range rows {
		out.Body.Keys[i] = KeyView{ID: strconv.FormatInt(r.ID, 10), Name: r.Name, CreatedAt: r.CreatedAt.UTC(), RevokedAt: r.RevokedAt, ExpiresAt: r.ExpiresAt}
	}
	return out, nil
}

func (s *Service) revokeAPIKey(ctx context.Context, in *apiKeyInput) (*struct{}, error) {
	n, err := s.store.RevokeAPIKey(ctx, store.RevokeAPIKeyParams{ID: in.KeyID, Workspaces: callerOf(ctx).workspaces, Now: s.now()})
	return revoked(n, err)
}
