-- name: AddSite :one
INSERT INTO sites (workspace_id, public_key, name, hostnames, time_zone, currency, identity_mode, identity_key, query_params, consent_mode, lookback_days,
    retention_raw_days, retention_aggregates_days, bot_rules, excluded_addresses, excluded_paths, sales_from_browsers, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, sqlc.arg(now), sqlc.arg(now)) RETURNING id;

-- name: SitesOf :many
SELECT * FROM sites WHERE workspace_id = ANY (sqlc.arg(workspaces)::bigint[]) AND state = 'active' ORDER BY id;

-- name: SitePage :many
-- Among some, where there are any.
SELECT * FROM sites WHERE workspace_id = ANY (sqlc.arg(workspaces)::bigint[]) AND state = sqlc.arg(state) AND id > sqlc.arg(after)
AND (cardinality(sqlc.arg(among)::bigint[]) = 0 OR id = ANY (sqlc.arg(among)::bigint[])) ORDER BY id LIMIT sqlc.arg(most)::int;

-- name: SiteByID :one
-- A site of other workspaces is as if it did not exist, and so is a deleted one.
SELECT * FROM sites WHERE id = $1 AND workspace_id = ANY (sqlc.arg(workspaces)::bigint[]) AND state <> 'deleted';

-- name: SiteByKey :one
SELECT * FROM sites WHERE public_key = $1 AND workspace_id = ANY (sqlc.arg(workspaces)::bigint[]) AND state <> 'deleted';

-- name: LockSite :one
-- By its number, or by its key; also a deleted one.
SELECT * FROM sites WHERE (id = $1 OR public_key = $2) AND workspace_id = ANY (sqlc.arg(workspaces)::bigint[]) FOR UPDATE;

-- name: ChangeSite :one
UPDATE sites SET name = $2, hostnames = $3, time_zone = $4, currency = $5, identity_mode = $6, query_params = $7, consent_mode = $8, lookback_days = $9,
    retention_raw_days = $10, retention_aggregates_days = $11, bot_rules = $12, excluded_addresses = $13, excluded_paths = $14, sales_from_browsers = $15,
    updated_at = sqlc.arg(now) WHERE id = $1 RETURNING *;

-- name: SetSiteState :one
UPDATE sites SET state = $2, archived_at = $3, erase_after = $4, updated_at = sqlc.arg(now) WHERE id = $1 RETURNING *;

-- name: AddSiteChange :exec
INSERT INTO site_changes (site_id, field, before, after, changed_at) VALUES ($1, $2, $3, $4, $5);

-- name: SiteChanges :many
-- The newest come first.
SELECT field, before, after, changed_at FROM site_changes WHERE site_id = $1 ORDER BY changed_at DESC, id DESC LIMIT 100;

-- name: EventsGone :one
-- Whether retention has taken events of a site, so that not all of its days can be made anew.
SELECT EXISTS (SELECT FROM retention_log WHERE site_id = $1 AND rows_found > 0);

-- name: CountSites :one
SELECT count(*) FROM sites WHERE workspace_id = $1 AND state <> 'deleted';

-- name: ReplaceSiteKey :exec
UPDATE sites SET public_key = $2, updated_at = $3 WHERE id = $1;

-- name: DemoSite :one
SELECT s.* FROM sites s JOIN workspaces w ON w.id = s.workspace_id WHERE w.is_demo AND s.state = 'active' ORDER BY s.id LIMIT 1;

-- name: AllSites :many
-- Those that reports can be asked for.
SELECT * FROM sites WHERE state <> 'deleted' ORDER BY id;
