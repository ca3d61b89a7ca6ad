-- name: AddServerKey :one
INSERT INTO server_keys (workspace_id, name, key_hash, site_ids, created_at) VALUES ($1, $2, $3, $4, $5) RETURNING id;

-- name: MakeServerKey :one
INSERT INTO server_keys (workspace_id, name, key_hash, site_ids, created_at, created_by, expires_at, replaces, signature, signing_secret, scope)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) RETURNING id;

-- name: ServerKeysOf :many
-- Keys that stand for one site: those that name it, and those that name none.
SELECT k.id, k.name, k.site_ids, k.created_at, k.created_by, a.name AS creator, k.revoked_at, k.expires_at, k.signature, (k.signing_secret IS NOT NULL)::boolean AS signs, k.scope,
    k.replaces, n.id AS replaced_by, u.first_used_at, u.last_used_at
FROM server_keys k LEFT JOIN accounts a ON a.id = k.created_by LEFT JOIN server_keys n ON n.replaces = k.id LEFT JOIN server_key_uses u ON u.key_id = k.id
WHERE k.workspace_id = $1 AND (cardinality(k.site_ids) = 0 OR sqlc.arg(site)::bigint = ANY (k.site_ids))
AND (sqlc.arg(one)::bigint = 0 OR k.id = sqlc.arg(one)::bigint) AND k.id > sqlc.arg(after) ORDER BY k.id LIMIT sqlc.arg(most)::int;

-- name: LockServerKey :one
-- Held until the transaction ends: changes of a key take turns.
SELECT k.id, k.name, k.site_ids, k.created_at, k.expires_at, k.signature, (k.signing_secret IS NOT NULL)::boolean AS signs, k.scope,
    EXISTS (SELECT FROM server_keys n WHERE n.replaces = k.id) AS replaced FROM server_keys k
WHERE k.id = $1 AND k.workspace_id = $2 AND k.revoked_at IS NULL AND (cardinality(k.site_ids) = 0 OR sqlc.arg(site)::bigint = ANY (k.site_ids))
FOR UPDATE OF k;

-- name: ChangeServerKey :exec
UPDATE server_keys SET name = $2, signature = $3, expires_at = $4 WHERE id = $1;

-- name: EndServerKey :one
-- Ends a key that was rotated, at the latest then.
UPDATE server_keys SET expires_at = least(expires_at, greatest(sqlc.arg(at)::timestamptz, created_at + interval '1 millisecond')) WHERE id = $1 RETURNING expires_at;

-- name: CountServerKeys :one
SELECT count(*) FROM server_keys WHERE workspace_id = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > sqlc.arg(now)::timestamptz);

-- name: CountSitesAmong :one
-- How many of those sites the workspace has.
SELECT count(*) FROM sites WHERE workspace_id = $1 AND id = ANY (sqlc.arg(ids)::bigint[]);

-- name: RevokeServerKey :one
UPDATE server_keys SET revoked_at = greatest(sqlc.arg(now)::timestamptz, created_at)
WHERE id = $1 AND workspace_id = $2 AND revoked_at IS NULL AND (cardinality(site_ids) = 0 OR sqlc.arg(site)::bigint = ANY (site_ids))
RETURNING name;

-- name: RevokeServerKeysNamed :exec
UPDATE server_keys SET revoked_at = greatest(sqlc.arg(now)::timestamptz, created_at) WHERE workspace_id = $1 AND name = $2 AND revoked_at IS NULL;

-- name: ServerKeyByHash :one
SELECT id, workspace_id, revoked_at, expires_at FROM server_keys WHERE key_hash = $1;

-- name: ServerKeyUsesToNote :many
-- First uses that are not in the audit; another process may be at some of them.
SELECT u.key_id, u.first_used_at, k.workspace_id, k.name FROM server_key_uses u JOIN server_keys k ON k.id = u.key_id
WHERE u.noted_at IS NULL ORDER BY k.workspace_id, u.key_id LIMIT 100 FOR UPDATE OF u SKIP LOCKED;

-- name: NoteServerKeyUse :exec
UPDATE server_key_uses SET noted_at = sqlc.arg(now)::timestamptz WHERE key_id = $1;

-- name: SealedSigningSecrets :many
SELECT id, key_hash, signing_secret FROM server_keys WHERE signing_secret IS NOT NULL ORDER BY id FOR UPDATE;

-- name: ReplaceSigningSecret :exec
UPDATE server_keys SET signing_secret = $2 WHERE id = $1;

-- name: AddAPIKey :one
INSERT INTO api_keys (workspace_id, name, key_hash, created_at, expires_at, scopes) VALUES ($1, $2, $3, $4, $5, sqlc.arg('scopes')) RETURNING id;

-- name: WidenAPIKey :exec
UPDATE api_keys SET scopes = sqlc.arg('scopes') WHERE id = sqlc.arg('id');

-- name: MakeAPIKey :one
INSERT INTO api_keys (workspace_id, name, key_hash, created_at, created_by, expires_at, replaces, site_ids, scopes)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id;

-- name: APIKey :one
SELECT id, workspace_id, revoked_at, expires_at, first_used_at, last_used_at, site_ids, scopes FROM api_keys WHERE key_hash = $1;

-- name: APIKeysOf :many
SELECT k.id, k.workspace_id, k.name, k.created_at, k.created_by, a.name AS creator, k.revoked_at, k.expires_at, k.site_ids, k.scopes,
    k.replaces, n.id AS replaced_by, k.first_used_at, k.last_used_at
FROM api_keys k LEFT JOIN accounts a ON a.id = k.created_by LEFT JOIN api_keys n ON n.replaces = k.id
WHERE k.workspace_id = ANY (sqlc.arg(workspaces)::bigint[]) AND k.id > sqlc.arg(after) ORDER BY k.id LIMIT sqlc.arg(most)::int;

-- name: LockAPIKey :one
-- Held until the transaction ends: changes of a key take turns.
SELECT k.id, k.workspace_id, k.name, k.created_at, k.expires_at, k.site_ids, k.scopes, EXISTS (SELECT FROM api_keys n WHERE n.replaces = k.id) AS replaced FROM api_keys k
WHERE k.id = $1 AND k.workspace_id = ANY (sqlc.arg(workspaces)::bigint[]) AND k.revoked_at IS NULL FOR UPDATE OF k;

-- name: ChangeAPIKey :exec
UPDATE api_keys SET name = $2, scopes = sqlc.arg('scopes'), expires_at = $3 WHERE id = $1;

-- name: EndAPIKey :one
-- Ends a key that was rotated, at the latest then.
UPDATE api_keys SET expires_at = least(expires_at, greatest(sqlc.arg(at)::timestamptz, created_at + interval '1 millisecond')) WHERE id = $1 RETURNING expires_at;

-- name: UseAPIKey :execrows
-- Notes the first use; of two at once one is first.
UPDATE api_keys SET first_used_at = sqlc.arg(now)::timestamptz, last_used_at = sqlc.arg(now)::timestamptz WHERE id = $1 AND first_used_at IS NULL;

-- name: TouchAPIKey :exec
-- At most once a minute, by whatever process.
UPDATE api_keys SET last_used_at = sqlc.arg(now)::timestamptz WHERE id = $1 AND (last_used_at IS NULL OR last_used_at <= sqlc.arg(now)::timestamptz - interval '1 minute');

-- name: CountAPIKeys :one
SELECT count(*) FROM api_keys WHERE workspace_id = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > sqlc.arg(now)::timestamptz);

-- name: RevokeAPIKey :one
UPDATE api_keys SET revoked_at = greatest(sqlc.arg(now)::timestamptz, created_at)
WHERE id = $1 AND workspace_id = ANY (sqlc.arg(workspaces)::bigint[]) AND revoked_at IS NULL RETURNING workspace_id, name;

-- name: RevokeAPIKeysNamed :exec
UPDATE api_keys SET revoked_at = greatest(sqlc.arg(now)::timestamptz, created_at) WHERE workspace_id = $1 AND name = $2 AND revoked_at IS NULL;
