package admin

import (
	"encoding/json"
	"fmt"
	"strings"

	"noctra/admin/internal/token"
)

// operation is a route as the description that is served has it.
type operation struct {
	method, path string
	ID           string `json:"operationId"`
	Permission   string `json:"x-permission"`
	RequestBody  *struct {
		Content map[string]struct {
			Example any
			Schema  schemaOf
		}
	}
}

type schemaOf struct {
	Ref        string `json:"$ref"`
	Type       any
	Examples   []any
	Properties map[string]schemaOf
	Items      *schemaOf
}

// described reads the description.
func (r *rig) described() (all []operation, schemas map[string]schemaOf) {
	r.t.Helper()
	var doc struct {
		Paths      map[string]map[string]operation
		Components struct{ Schemas map[string]schemaOf }
	}
	if err := json.Unmarshal([]byte(r.ask(r.client, "GET", "/api/openapi.json", "").body), &doc); err != nil {
		r.t.Fatal(err)
	}
	for path, methods := range doc.Paths {
		for method, op := range methods {
			op.method, op.path = strings.ToUpper(method), path
			all = append(all, op)
		}
	}
	return all, doc.Components.Schemas
}

// scene is a workspace with everything in it; every name in it has the mark.
type scene struct {
	mark, workspace, site, serverKey, apiKey, member, invitation, goal, funnel, erasure string
	rightsScene
	googleScene
	conversion, sale, partner string
}

func (r *rig) scene(mark string) scene {
	r.t.Helper()
	s := scene{mark: mark}
	err := r.pool.QueryRow(r.t.Context(), `WITH w AS (INSERT INTO workspaces (name) VALUES ($1) RETURNING id),
		s AS (INSERT INTO sites (workspace_id, public_key, name, hostnames, time_zone, currency, identity_key)
			SELECT id, $2, $1, '{walk.example}', 'UTC', 'EUR', decode(repeat('00', 32), 'hex') FROM w RETURNING id),
		k AS (INSERT INTO server_keys (workspace_id, name, key_hash) SELECT id, $1, $3 FROM w RETURNING id),
		a AS (INSERT INTO api_keys (workspace_id, name, key_hash) SELECT id, $1, $4 FROM w RETURNING id),
		o AS (INSERT INTO accounts (email, name) VALUES ($5, $1) RETURNING id),
		m AS (INSERT INTO accounts (email, name) VALUES ($6, $1) RETURNING id),
		mo AS (INSERT INTO members SELECT w.id, o.id, 'owner' FROM w, o), mm AS (INSERT INTO members SELECT w.id, m.id, 'analyst' FROM w, m),
		i AS (INSERT INTO invitations (workspace_id, email, role, token_hash, created_at, sent_at, expires_at)
			SELECT id, $5, 'analyst', $7, now() - interval '1 hour', now() - interval '1 hour', now() + interval '1 hour' FROM w RETURNING id),
		g AS (INSERT INTO goals (site_id, name, definition, created_at, changed_at) SELECT id, $1, '{"kind": "sale"}', now(), now() FROM s RETURNING id),
		f AS (INSERT INTO funnels (site_id, name, steps, goal_ids, window_hours, strict, created_at, changed_at)
			SELECT id, $1, '[{"name": "x", "match": {"kind": "sale"}}, {"name": "y", "match": {"kind": "sale"}}]', '{}', 0, false, now(), now() FROM s RETURNING id)
		SELECT w.id::text, s.id::text, k.id::text, a.id::text, m.id::text, i.id::text, g.id::text, f.id::text FROM w, s, k, a, m, i, g, f`,
		mark, token.NewSite(), token.Hash(token.New("")), token.Hash(token.New("")), token.New("")+"@walk.example", token.New("")+"@walk.example", token.Hash(token.New(""))).
		Scan(&s.workspace, &s.site, &s.serverKey, &s.apiKey, &s.member, &s.invitation, &s.goal, &s.funnel)
	if err == nil {
		err = r.pool.QueryRow(r.t.Context(), `INSERT INTO erasures (workspace_id, scope, subject_kind, requested_at, state_at, next_at)
			VALUES ($1::text::bigint, 'visitor', 'user_id', now(), now(), now() + interval '1 year') RETURNING id::text`, s.workspace).Scan(&s.erasure)
	}
	if err != nil {
		r.t.Fatal(err)
	}
	s.rightsScene, s.googleScene = r.rightsOf(s), r.googleOf(s)
	s.conversion, s.sale = r.conversionOf(s)
	s.partner = r.partnerOf(s)
	return s
}

// walker is somebody who is signed in, in workspaces of their own or none.
type walker struct{ account, cookie string }

func (r *rig) walker(workspace, role string) walker {
	r.t.Helper()
	secret := token.New("")
	w := walker{cookie: r.cookieName() + "=" + secret}
	err := r.pool.QueryRow(r.t.Context(), `WITH a AS (INSERT INTO accounts (email, name) VALUES ($1, 'walker') RETURNING id),
		s AS (INSERT INTO sessions (token_hash, account_id, created_at, last_seen_at, expires_at) SELECT $2, id, now(), now(), now() + interval '1 hour' FROM a),
		m AS (INSERT INTO members SELECT nullif($3::text, '')::bigint, id, $4 FROM a WHERE $3::text <> '')
		SELECT id::text FROM a`, secret+"@walk.example", token.Hash(secret), workspace, role).Scan(&w.account)
	if err != nil {
		r.t.Fatal(err)
	}
	return w
}

func (r *rig) addKeyTo(s scene) string {
	r.t.Helper()
	key := token.New(token.API)
	r.sql(`INSERT INTO api_keys (workspace_id, name, key_hash, scopes) VALUES ($1::text::bigint, 'x', $2, $3)`, s.workspace, token.Hash(key), scopes())
	return key
}

// stateOf is everything of a workspace, to compare.
func (r *rig) stateOf(s scene) (all string) {
	r.t.Helper()
	query := `SELECT '' `
	for _, table := range []string{"sites", "server_keys", "api_keys", "members", "invitations", "erasures", "audit", "conversions"} {
		query += fmt.Sprintf(`|| coalesce((SELECT string_agg(t::text, E'\n' ORDER BY t::text) FROM %s t WHERE workspace_id = $1::text::bigint), '') || E'\n'`, table)
	}
	if err := r.pool.QueryRow(r.t.Context(), query+` || (SELECT w::text FROM workspaces w WHERE id = $1::text::bigint)`, s.workspace).Scan(&all); err != nil {
		r.t.Fatal(err)
	}
	return all
}
