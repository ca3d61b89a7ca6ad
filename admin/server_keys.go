package admin

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"noctra/admin/internal/audit"
	"noctra/admin/internal/store"
	"noctra/admin/internal/token"
	"noctra/admin/internal/workspaces"
)

// Whether requests with a server key have to be signed.
const (
	signatureOptional = "optional"
	signatureRequired = "required"
)

// scopeEvents is what server keys are for unless it is said.
const scopeEvents = "events"

// ServerKeyView is a key that sends events.
type ServerKeyView struct {
	KeyView
	SiteIDs   []string `json:"site_ids" doc:"Sites that it sends for; empty with all_sites." example:"[\"3\"]"`
	AllSites  bool     `json:"all_sites" doc:"It sends for all sites of the workspace, also those to come." example:"false"`
	Signature string   `json:"signature" enum:"optional,required" doc:"required: requests without a signature are refused." example:"optional"`
	CanSign   bool     `json:"can_sign" doc:"It has a signing secret." example:"true"`
	Scope     string   `json:"scope" enum:"events,postback" doc:"postback: it reports sales of partners, and nothing else." example:"events"`
}

// tag names a state of the key, its use aside.
func (v ServerKeyView) tag() string {
	v.FirstUsedAt, v.LastUsedAt, v.CreatedBy, v.State = nil, nil, nil, ""
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%s\x00%s\x00%v\x00%v\x00%s", v.ID, v.Name, v.Signature, unixOf(v.ExpiresAt), unixOf(v.RevokedAt), v.ReplacedBy))
	return hex.EncodeToString(sum[:8])
}

func unixOf(t *time.Time) int64 {
	if t == nil {
		return 0
	}
	return t.UnixMicro()
}

type serverKeysOutput struct {
	Body struct {
		Keys       []ServerKeyView `json:"keys"`
		NextCursor string          `json:"next_cursor,omitempty" doc:"There are more; ask for them with it." example:"YWZ0ZXIgMTc"`
	}
}

type serverKeyOutput struct {
	ETag string `header:"ETag"`
	Body ServerKeyView
}

type createServerKeyInput struct {
	InSite
	Body struct {
		Name      string     `json:"name" example:"Shop back end"`
		SiteIDs   []string   `json:"site_ids,omitempty" maxItems:"1000" doc:"Sites of the workspace that it sends for besides that of the address." example:"[\"3\"]"`
		AllSites  bool       `json:"all_sites,omitempty" doc:"It sends for all sites of the workspace, also those to come." example:"false"`
		ExpiresAt *time.Time `json:"expires_at,omitempty" doc:"When it stops to be good; never by default." example:"2027-03-01T09:30:00Z"`
		Signature string     `json:"signature,omitempty" enum:"optional,required" doc:"required: requests without a signature are refused. optional by default." example:"optional"`
		Scope     string     `json:"scope,omitempty" enum:"events,postback" doc:"postback: for addresses that partners call, and for nothing else. events by default." example:"events"`
	}
}

// InServerKey is the key that an address names.
type InServerKey struct {
	InSite
	KeyID int64 `path:"key_id" example:"5"`
}

type changeServerKeyInput struct {
	InServerKey
	InChange
	Body struct {
		InKeyBasics
		Signature *string `json:"signature,omitempty" enum:"optional,required" example:"optional"`
	}
}

type rotateServerKeyInput struct {
	InServerKey
	Body InRotation
}

type serverKeysInput struct {
	InSite
	InPage
}

func (s *Service) createServerKey(ctx context.Context, in *createServerKeyInput) (*newKeyOutput, error) {
	site, err := s.siteOf(ctx, callerOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	k := keySpec{workspace: int64(site.Workspace), name: strings.TrimSpace(in.Body.Name), expires: in.Body.ExpiresAt, signature: in.Body.Signature}
	if k.signature == "" {
		k.signature = signatureOptional
	}
	k.scopes = []string{scopeEvents}
	if in.Body.Scope != "" {
		k.scopes[0] = in.Body.Scope
	}
	sites, problem, err := s.siteIDs(ctx, k.workspace, in.Body.SiteIDs)
	if err != nil {
		return nil, err
	}
	if !in.Body.AllSites {
		k.sites = append(sites, int64(site.ID))
		slices.Sort(k.sites)
		k.sites = slices.Compact(k.sites)
	}
	if err := keyProblems([]*FieldProblem{nameProblem(k.name), problem, s.checkExpiry(k.expires)}); err != nil {
		return nil, err
	}
	return s.createKey(ctx, "server_key", k, s.addServerKey)
}

// addServerKey makes the secrets of a key and keeps the hash of the one, and the other sealed.
func (s *Service) addServerKey(ctx context.Context, q *store.Queries, k keySpec) (NewKey, error) {
	count, err := q.CountServerKeys(ctx, store.CountServerKeysParams{WorkspaceID: k.workspace, Now: s.now()})
	if err != nil {
		return NewKey{}, fmt.Errorf("count keys: %w", err)
	}
	if count >= mostKeys {
		return NewKey{}, tooManyKeys("server keys")
	}
	secret, hash := newKeyHash(token.Server)
	made := NewKey{Key: secret}
	var sealed []byte
	if made.SigningSecret, sealed, err = s.newSigningSecret(hash, k.signature); err != nil {
		return NewKey{}, err
	}
	id, err := q.MakeServerKey(ctx, store.MakeServerKeyParams{
		WorkspaceID: k.workspace, Name: k.name, KeyHash: hash, SiteIds: orEmpty(k.sites), CreatedAt: s.now(), CreatedBy: accountID(callerOf(ctx)),
		ExpiresAt: k.expires, Replaces: k.replaces, Signature: k.signature, SigningSecret: sealed, Scope: k.scopes[0],
	})
	if err != nil {
		return NewKey{}, fmt.Errorf("add key: %w", err)
	}
	made.ID = number(&id)
	return made, nil
}

func orEmpty(ids []int64) []int64 {
	if ids == nil {
		return []int64{}
	}
	return ids
}

func (s *Service) listServerKeys(ctx context.Context, in *serverKeysInput) (*serverKeysOutput, error) {
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
	out := &serverKeysOutput{}
	rows, out.Body.NextCursor = cutPage(in.InPage, rows, func(r store.ServerKeysOfRow) int64 { return r.ID })
	out.Body.Keys = make([]ServerKeyView, len(rows))
	for i, r := range rows {
		out.Body.Keys[i] = viewServerKey(r, s.now())
	}
	return out, nil
}

func (s *Service) serverKey(ctx context.Context, in *InServerKey) (*serverKeyOutput, error) {
	site, err := s.siteOf(ctx, callerOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return s.oneServerKey(ctx, store.On(ctx, s.pool), store.ServerKeysOfParams{WorkspaceID: int64(site.Workspace), Site: int64(site.ID), One: in.KeyID, Most: 1})
}

func (s *Service) oneServerKey(ctx context.Context, q *store.Queries, which store.ServerKeysOfParams) (*serverKeyOutput, error) {
	rows, err := q.ServerKeysOf(ctx, which)
	if err != nil {
		return nil, fmt.Errorf("look up server key: %w", err)
	}
	if len(rows) == 0 || which.One <= 0 {
		return nil, refuse(notFound, "There is no such key, or it is not yours.")
	}
	view := viewServerKey(rows[0], s.now())
	return &serverKeyOutput{ETag: quoted(view.tag()), Body: view}, nil
}

// changeServerKey changes what was given; the rest stays.
func (s *Service) changeServerKey(ctx context.Context, in *changeServerKeyInput) (*serverKeyOutput, error) {
	if err := in.needed(); err != nil {
		return nil, err
	}
	site, err := s.siteOf(ctx, callerOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	which := store.ServerKeysOfParams{WorkspaceID: int64(site.Workspace), Site: int64(site.ID), One: in.KeyID, Most: 1}
	var out *serverKeyOutput
	err = store.Transact(ctx, s.pool, func(q *store.Queries) error {
		key, err := q.LockServerKey(ctx, store.LockServerKeyParams{ID: in.KeyID, WorkspaceID: which.WorkspaceID, Site: which.Site})
		if err != nil {
			return keyError(err)
		}
		before, err := s.oneServerKey(ctx, q, which)
		if err != nil {
			return err
		}
		if in.IfMatch != "*" && in.IfMatch != before.ETag {
			return refuse(kind(workspaces.Changed), "Somebody has changed the key meanwhile; read it again.")
		}
		change, err := s.serverKeyChange(in, key)
		if err != nil {
			return err
		}
		if err := q.ChangeServerKey(ctx, change); err != nil {
			return fmt.Errorf("change key: %w", err)
		}
		if out, err = s.oneServerKey(ctx, q, which); err != nil {
			return err
		}
		e := callerOf(ctx).entry(which.WorkspaceID, "server_key.changed")
		e.Before, e.After = keyChange(before.Body), keyChange(out.Body)
		return audit.Add(ctx, q, s.now(), e)
	})
	return out, err
}

func keyChange(v ServerKeyView) map[string]any {
	return map[string]any{"key_id": v.ID, "name": v.Name, "signature": v.Signature, "expires_at": v.ExpiresAt}
}

// serverKeyChange is the key as it is to be.
func (s *Service) serverKeyChange(in *changeServerKeyInput, key store.LockServerKeyRow) (store.ChangeServerKeyParams, error) {
	to := store.ChangeServerKeyParams{ID: key.ID, Signature: key.Signature}
	var problems []*FieldProblem
	to.Name, to.ExpiresAt, problems = s.basics(in.Body.InKeyBasics, key.Name, key.ExpiresAt, key.Replaced)
	if in.Body.Signature != nil {
		to.Signature = *in.Body.Signature
	}
	if err := keyProblems(problems); err != nil {
		return to, err
	}
	if to.Signature == signatureRequired && !key.Signs {
		return to, refuse(conflict, "The key has no signing secret; rotate it to get one.")
	}
	return to, nil
}

func (s *Service) rotateServerKey(ctx context.Context, in *rotateServerKeyInput) (*rotatedKeyOutput, error) {
	site, err := s.siteOf(ctx, callerOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	out := &rotatedKeyOutput{}
	err = store.Transact(ctx, s.pool, func(q *store.Queries) error {
		key, err := q.LockServerKey(ctx, store.LockServerKeyParams{ID: in.KeyID, WorkspaceID: int64(site.Workspace), Site: int64(site.ID)})
		if err != nil {
			return keyError(err)
		}
		k := keySpec{workspace: int64(site.Workspace), name: key.Name, sites: key.SiteIds, signature: key.Signature, scopes: []string{key.Scope}, replaces: &key.ID}
		end := func(now time.Time) (*time.Time, error) {
			return q.EndServerKey(ctx, store.EndServerKeyParams{ID: key.ID, At: now.Add(time.Duration(in.Body.OverlapHours) * time.Hour)})
		}
		out.Body, err = s.rotateKey(ctx, q, oldKey{key.ID, key.CreatedAt, key.ExpiresAt, key.Replaced, end}, func(expires *time.Time) (NewKey, error) {
			k.expires = expires
			return s.addServerKey(ctx, q, k)
		})
		if err != nil {
			return err
		}
		return s.noteRotation(ctx, q, "server_key", k, out.Body)
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (s *Service) revokeServerKey(ctx context.Context, in *InServerKey) (*struct{}, error) {
	site, err := s.siteOf(ctx, callerOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return s.revoke(ctx, "server_key", in.KeyID, func(q *store.Queries) (int64, string, error) {
		name, err := q.RevokeServerKey(ctx, store.RevokeServerKeyParams{ID: in.KeyID, WorkspaceID: int64(site.Workspace), Site: int64(site.ID), Now: s.now()})
		return int64(site.Workspace), name, err
	})
}
