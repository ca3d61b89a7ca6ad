-- name: SiteRetentions :many
-- Sites of workspaces with how long they keep what.
SELECT id, workspace_id, name, time_zone, retention_raw_days, retention_aggregates_days FROM sites
WHERE workspace_id = ANY (sqlc.arg(workspaces)::bigint[]) AND state <> 'deleted' ORDER BY id;

-- name: RetentionDue :many
-- Sites that keep something for a while only, and were not looked at since.
SELECT sqlc.embed(s) FROM sites s LEFT JOIN site_retention r ON r.site_id = s.id
WHERE s.state <> 'deleted' AND s.retention_raw_days IS NOT NULL AND (r.checked_at IS NULL OR r.checked_at < sqlc.arg(before)::timestamptz)
ORDER BY s.id LIMIT sqlc.arg(most)::int;

-- name: RetentionDone :exec
INSERT INTO site_retention (site_id, raw_before, aggregates_before, checked_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (site_id) DO UPDATE SET raw_before = excluded.raw_before, aggregates_before = excluded.aggregates_before, checked_at = excluded.checked_at;

-- name: BeginDeletion :one
-- One that was begun and not ended goes on, with what was found at its first try.
INSERT INTO retention_log (site_id, workspace_id, table_name, before, rows_found, begun_at) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (site_id, table_name) WHERE checked_at IS NULL
DO UPDATE SET before = excluded.before, rows_found = greatest(retention_log.rows_found, excluded.rows_found) RETURNING id;

-- name: EndDeletion :exec
UPDATE retention_log SET rows_left = $2, checked_at = $3 WHERE id = $1;

-- name: OpenDeletions :many
SELECT id, table_name, before FROM retention_log WHERE site_id = $1 AND checked_at IS NULL ORDER BY id;

-- name: RetentionLog :many
SELECT id, table_name, before, rows_found, rows_left, begun_at, checked_at FROM retention_log
WHERE site_id = $1 AND id < sqlc.arg(below)::bigint ORDER BY id DESC LIMIT sqlc.arg(most)::int;

-- name: CountCorrectionsBefore :one
SELECT count(*) FROM corrections WHERE site_id = $1 AND occurred_at < $2;

-- name: DropCorrectionsBefore :execrows
DELETE FROM corrections WHERE site_id = $1 AND occurred_at < $2;

-- name: TryLock :one
SELECT pg_try_advisory_lock($1)::boolean AS free;

-- name: Unlock :exec
SELECT pg_advisory_unlock($1);
