-- name: LockSiteOf :one
-- Changes of a site's goals and funnels take turns.
SELECT id FROM sites WHERE id = sqlc.arg(site) AND workspace_id = sqlc.arg(workspace) AND state = 'active' FOR NO KEY UPDATE;

-- name: GoalsOf :many
SELECT * FROM goals WHERE site_id = sqlc.arg(site) AND id > sqlc.arg(after) ORDER BY id LIMIT sqlc.arg(most)::int;

-- name: GoalOf :one
SELECT * FROM goals WHERE id = $1 AND site_id = sqlc.arg(site);

-- name: AddGoal :one
INSERT INTO goals (site_id, name, definition, created_at, changed_at) VALUES (sqlc.arg(site), $1, $2, sqlc.arg(now), sqlc.arg(now)) RETURNING *;

-- name: ChangeGoal :one
UPDATE goals SET name = $2, definition = $3, version = version + 1, changed_at = sqlc.arg(now) WHERE id = $1 RETURNING *;

-- name: DeleteGoal :exec
DELETE FROM goals WHERE id = $1;

-- name: GoalNamed :many
-- Another goal of the site with that name.
SELECT id FROM goals WHERE site_id = sqlc.arg(site) AND lower(name) = lower(sqlc.arg(name)) AND id <> sqlc.arg(other);

-- name: FunnelsOf :many
SELECT * FROM funnels WHERE site_id = sqlc.arg(site) AND id > sqlc.arg(after) ORDER BY id LIMIT sqlc.arg(most)::int;

-- name: FunnelOf :one
SELECT * FROM funnels WHERE id = $1 AND site_id = sqlc.arg(site);

-- name: AddFunnel :one
INSERT INTO funnels (site_id, name, steps, goal_ids, window_hours, strict, created_at, changed_at)
VALUES (sqlc.arg(site), $1, $2, $3, $4, $5, sqlc.arg(now), sqlc.arg(now)) RETURNING *;

-- name: ChangeFunnel :one
UPDATE funnels SET name = $2, steps = $3, goal_ids = $4, window_hours = $5, strict = $6, version = version + 1, changed_at = sqlc.arg(now) WHERE id = $1 RETURNING *;

-- name: DeleteFunnel :exec
DELETE FROM funnels WHERE id = $1;

-- name: FunnelNamed :many
SELECT id FROM funnels WHERE site_id = sqlc.arg(site) AND lower(name) = lower(sqlc.arg(name)) AND id <> sqlc.arg(other);

-- name: CountFunnels :one
SELECT count(*) FROM funnels WHERE site_id = sqlc.arg(site);

-- name: FunnelsWithGoal :many
SELECT name FROM funnels WHERE site_id = sqlc.arg(site) AND sqlc.arg(goal)::bigint = ANY (goal_ids) ORDER BY name;
