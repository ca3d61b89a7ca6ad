-- name: AddSite :one
INSERT INTO sites (workspace_id, public_key, name, hostnames, time_zone, currency, identity_mode, identity_key, query_params, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, sqlc.arg(now), sqlc.arg(now)) RETURNING id;

-- name: SitesOf :many
SELECT * FROM sites WHERE workspace_id = ANY (sqlc.arg(workspaces)::bigint[]) AND state = 'active' ORDER BY id;

-- name: SitePage :many
-- Among some, where there are any.
SELECT * FROM sites WHERE workspace_id = ANY (sqlc.arg(workspaces)::bigint[]) AND state = 'active' AND id > sqlc.arg(after)
AND (cardinality(sqlc.arg(among)::bigint[]) = 0 OR id = ANY (sqlc.arg(among)::bigint[])) ORDER BY id LIMIT sqlc.arg(most)::int;

-- name: SiteByID :one
-- A site of other workspaces is as if it did not exist.
SELECT * FROM sites WHERE id = $1 AND workspace_id = ANY (sqlc.arg(workspaces)::bigint[]) AND state = 'active';

-- name: SiteByKey :one
SELECT * FROM sites WHERE public_key = $1 AND workspace_id = ANY (sqlc.arg(workspaces)::bigint[]) AND state = 'active';

-- name: CountSites :one
SELECT count(*) FROM sites WHERE workspace_id = $1;

-- name: ReplaceSiteKey :exec
UPDATE sites SET public_key = $2, updated_at = $3 WHERE id = $1;

-- name: DemoSite :one
SELECT s.* FROM sites s JOIN workspaces w ON w.id = s.workspace_id WHERE w.is_demo AND s.state = 'active' ORDER BY s.id LIMIT 1;

-- name: AllSites :many
SELECT * FROM sites WHERE state = 'active' ORDER BY id;
