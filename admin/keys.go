package admin

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"noctra/admin/internal/audit"
	"noctra/admin/internal/store"
	"noctra/admin/internal/token"
)

// mostKeys bounds how many good keys of a kind a workspace has.
const mostKeys = 1000

// NewKey is a key that was just made. It is never shown again.
type NewKey struct {
	ID  string `json:"id" example:"5"`
	Key string `json:"key" doc:"The secret. It is shown this once; only its hash is kept." example:"nak_…"`
}

// KeyView is a key as lists show it, without its secret.
type KeyView struct {
	ID        string     `json:"id" example:"5"`
	Name      string     `json:"name" example:"Shop back end"`
	CreatedAt time.Time  `json:"created_at" example:"2026-03-01T09:30:00Z"`
	RevokedAt *time.Time `json:"revoked_at,omitempty" example:"2026-05-01T09:30:00Z"`
	ExpiresAt *time.Time `json:"expires_at,omitempty" example:"2027-03-01T09:30:00Z"`
}

type newKeyOutput struct{ Body NewKey }

type keysOutput struct {
	Body struct {
		Keys       []KeyView `json:"keys"`
		NextCursor string    `json:"next_cursor,omitempty" doc:"There are more; ask for them with it." example:"YWZ0ZXIgMTc"`
	}
}

type createServerKeyInput struct {
	ID   string `path:"id" doc:"A site's number or its public key." maxLength:"64" example:"3"`
	Body struct {
		Name string `json:"name" example:"Shop back end"`
	}
}

type serverKeyInput struct {
	ID    string `path:"id" doc:"A site's number or its public key." maxLength:"64" example:"3"`
	KeyID int64  `path:"key_id" example:"5"`
}

type createAPIKeyInput struct {
	Body struct {
		WorkspaceID string     `json:"workspace_id,omitempty" doc:"Needed by members of several workspaces." example:"17"`
		Name        string     `json:"name" example:"Weekly report"`
		ExpiresAt   *time.Time `json:"expires_at,omitempty" doc:"When it stops to be good; never by default." example:"2027-03-01T09:30:00Z"`
	}
}

type serverKeysInput struct {
	InSite
	InPage
}

type apiKeyInput struct {
	KeyID int64 `path:"key_id" example:"5"`
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
	workspace := int64(site.Workspace)
	return s.newKey(ctx, newKey{prefix: token.Server, workspace: workspace, count: (*store.Queries).CountServerKeys, after: map[string]any{"name": name, "site_id": int64(site.ID)},
		add: func(q *store.Queries, hash []byte) (int64, error) {
			return q.AddServerKey(ctx, store.AddServerKeyParams{WorkspaceID: workspace, Name: name, KeyHash: hash, SiteIds: []int64{int64(site.ID)}, CreatedAt: s.now()})
		}})
}

// newKey is a key that is to be made.
type newKey struct {
	prefix    string
	workspace int64
	count     func(*store.Queries, context.Context, int64) (int64, error)
	add       func(q *store.Queries, hash []byte) (int64, error)
	after     map[string]any // what the audit says of it
}

// kindOf names a key in the audit and in messages.
func kindOf(prefix string) (noun, words string) {
	if prefix == token.Server {
		return "server_key", "server keys"
	}
	return "api_key", "API keys"
}

// newKey makes a secret and keeps its hash.
func (s *Service) newKey(ctx context.Context, k newKey) (*newKeyOutput, error) {
	noun, words := kindOf(k.prefix)
	secret := token.New(k.prefix)
	var id int64
	err := store.Transact(ctx, s.pool, func(q *store.Queries) error {
		count, err := k.count(q, ctx, k.workspace)
		if err != nil {
			return fmt.Errorf("count keys: %w", err)
		}
		if count >= mostKeys {
			return refuse(conflict, fmt.Sprintf("A workspace has at most %d %s; revoke one.", mostKeys, words))
		}
		if id, err = k.add(q, token.Hash(secret)); err != nil {
			return fmt.Errorf("add key: %w", err)
		}
		e := callerOf(ctx).entry(k.workspace, noun+".created")
		k.after["key_id"] = id
		e.After = k.after
		return audit.Add(ctx, q, s.now(), e)
	})
	if err != nil {
		return nil, err
	}
	return &newKeyOutput{Body: NewKey{ID: strconv.FormatInt(id, 10), Key: secret}}, nil
}

func (s *Service) listServerKeys(ctx context.Context, in *serverKeysInput) (*keysOutput, error) {
	site, err := s.siteOf(ctx, callerOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	p, err := in.page()
	if err != nil {
		return nil, err
	}
	rows, err := s.store.ServerKeysOf(ctx, store.ServerKeysOfParams{WorkspaceID: int64(site.Workspace), Site: int64(site.ID), After: p.After, Most: int32(p.Most)})
	if err != nil {
		return nil, fmt.Errorf("list server keys: %w", err)
	}
	out := &keysOutput{}
	rows, out.Body.NextCursor = cutPage(in.InPage, rows, func(r store.ServerKeysOfRow) int64 { return r.ID })
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
	return s.revoke(ctx, "server_key", in.KeyID, func(q *store.Queries) (int64, string, error) {
		name, err := q.RevokeServerKey(ctx, store.RevokeServerKeyParams{ID: in.KeyID, WorkspaceID: int64(site.Workspace), Site: int64(site.ID), Now: s.now()})
		return int64(site.Workspace), name, err
	})
}

// revoke makes a key good no more; do returns its workspace and its name.
func (s *Service) revoke(ctx context.Context, noun string, id int64, do func(q *store.Queries) (int64, string, error)) (*struct{}, error) {
	err := store.Transact(ctx, s.pool, func(q *store.Queries) error {
		workspace, name, err := do(q)
		if errors.Is(err, pgx.ErrNoRows) {
			return refuse(notFound, "There is no such key, it is not yours, or it is revoked already.")
		}
		if err != nil {
			return fmt.Errorf("revoke key: %w", err)
		}
		e := callerOf(ctx).entry(workspace, noun+".revoked")
		e.Before = map[string]any{"key_id": id, "name": name}
		return audit.Add(ctx, q, s.now(), e)
	})
	return nil, err
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
	after := map[string]any{"name": name}
	if in.Body.ExpiresAt != nil {
		after["expires_at"] = in.Body.ExpiresAt.UTC()
	}
	return s.newKey(ctx, newKey{prefix: token.API, workspace: workspace, count: (*store.Queries).CountAPIKeys, after: after,
		add: func(q *store.Queries, hash []byte) (int64, error) {
			return q.AddAPIKey(ctx, store.AddAPIKeyParams{WorkspaceID: workspace, Name: name, KeyHash: hash, CreatedAt: s.now(), ExpiresAt: in.Body.ExpiresAt})
		}})
}

func (s *Service) listAPIKeys(ctx context.Context, in *InPage) (*keysOutput, error) {
	p, err := in.page()
	if err != nil {
		return nil, err
	}
	rows, err := s.store.APIKeysOf(ctx, store.APIKeysOfParams{Workspaces: callerOf(ctx).workspaces, After: p.After, Most: int32(p.Most)})
	if err != nil {
		return nil, fmt.Errorf("list API keys: %w", err)
	}
	out := &keysOutput{}
	rows, out.Body.NextCursor = cutPage(*in, rows, func(r store.APIKeysOfRow) int64 { return r.ID })
	out.Body.Keys = make([]KeyView, len(rows))
	for i, r := range rows {
		out.Body.Keys[i] = KeyView{ID: strconv.FormatInt(r.ID, 10), Name: r.Name, CreatedAt: r.CreatedAt.UTC(), RevokedAt: r.RevokedAt, ExpiresAt: r.ExpiresAt}
	}
	return out, nil
}

func (s *Service) revokeAPIKey(ctx context.Context, in *apiKeyInput) (*struct{}, error) {
	return s.revoke(ctx, "api_key", in.KeyID, func(q *store.Queries) (int64, string, error) {
		row, err := q.RevokeAPIKey(ctx, store.RevokeAPIKeyParams{ID: in.KeyID, Workspaces: callerOf(ctx).workspaces, Now: s.now()})
		return row.WorkspaceID, row.Name, err
	})
}
