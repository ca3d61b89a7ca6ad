-- name: AddServerKey :one
INSERT INTO server_keys (workspace_id, name, key_hash, site_ids, created_at) VALUES ($1, $2, $3, $4, $5) RETURNING id;

-- name: ServerKeysOf :many
-- Keys that stand for one site: those that name it, and those that name none.
SELECT id, name, site_ids, created_at, revoked_at FROM server_keys
WHERE workspace_id = $1 AND (cardinality(site_ids) = 0 OR sqlc.arg(site)::bigint = ANY (site_ids))
AND id > sqlc.arg(after) ORDER BY id LIMIT sqlc.arg(most)::int;

-- name: CountServerKeys :one
SELECT count(*) FROM server_keys WHERE workspace_id = $1 AND revoked_at IS NULL;

-- name: RevokeServerKey :one
UPDATE server_keys SET revoked_at = greatest(sqlc.arg(now)::timestamptz, created_at)
WHERE id = $1 AND workspace_id = $2 AND revoked_at IS NULL AND (cardinality(site_ids) = 0 OR sqlc.arg(site)::bigint = ANY (site_ids))
RETURNING name;

-- name: RevokeServerKeysNamed :exec
UPDATE server_keys SET revoked_at = greatest(sqlc.arg(now)::timestamptz, created_at) WHERE workspace_id = $1 AND name = $2 AND revoked_at IS NULL;

-- name: ServerKeyByHash :one
SELECT id, workspace_id, revoked_at FROM server_keys WHERE key_hash = $1;

-- name: AddAPIKey :one
INSERT INTO api_keys (workspace_id, name, key_hash, created_at, expires_at) VALUES ($1, $2, $3, $4, $5) RETURNING id;

-- name: APIKey :one
SELECT id, workspace_id, revoked_at, expires_at, first_used_at FROM api_keys WHERE key_hash = $1;

-- name: APIKeysOf :many
SELECT id, workspace_id, name, created_at, revoked_at, expires_at FROM api_keys
WHERE workspace_id = ANY (sqlc.arg(workspaces)::bigint[]) AND id > sqlc.arg(after) ORDER BY id LIMIT sqlc.arg(most)::int;

-- name: UseAPIKey :execrows
-- Notes the first use; of two at once one is first.
UPDATE api_keys SET first_used_at = sqlc.arg(now)::timestamptz WHERE id = $1 AND first_used_at IS NULL;

-- name: CountAPIKeys :one
SELECT count(*) FROM api_keys WHERE workspace_id = $1 AND revoked_at IS NULL;

-- name: RevokeAPIKey :one
UPDATE api_keys SET revoked_at = greatest(sqlc.arg(now)::timestamptz, created_at)
WHERE id = $1 AND workspace_id = ANY (sqlc.arg(workspaces)::bigint[]) AND revoked_at IS NULL RETURNING workspace_id, name;

-- name: RevokeAPIKeysNamed :exec
UPDATE api_keys SET revoked_at = greatest(sqlc.arg(now)::timestamptz, created_at) WHERE workspace_id = $1 AND name = $2 AND revoked_at IS NULL;
