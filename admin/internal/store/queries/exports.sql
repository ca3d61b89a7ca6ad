-- name: AddExport :one
INSERT INTO exports (account_id, workspace_id, created_at) VALUES ($1, $2, $3) RETURNING *;

-- name: OpenExports :one
-- How many of an account wait or can be loaded.
SELECT count(*) FROM exports WHERE account_id = $1 AND workspace_id IS NOT DISTINCT FROM sqlc.narg(workspace_id)::bigint AND state = 'waiting';

-- name: ExportsOfAccount :many
SELECT * FROM exports WHERE account_id = $1 AND workspace_id IS NULL AND id < sqlc.arg(below)::bigint ORDER BY id DESC LIMIT sqlc.arg(most)::int;

-- name: ExportsOfWorkspace :many
SELECT * FROM exports WHERE workspace_id = $1 AND id < sqlc.arg(below)::bigint ORDER BY id DESC LIMIT sqlc.arg(most)::int;

-- name: Export :one
SELECT * FROM exports WHERE id = $1;

-- name: ClaimExport :one
-- The next that waits, leased: whoever dies over it leaves it to others when the lease ends.
UPDATE exports SET lease_until = sqlc.arg(lease), attempts = attempts + 1
WHERE id = (SELECT w.id FROM exports w WHERE w.state = 'waiting' AND (w.lease_until IS NULL OR w.lease_until <= sqlc.arg(now))
            ORDER BY w.created_at, w.id LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING *;

-- name: KeepExportLease :execrows
UPDATE exports SET lease_until = $2 WHERE id = $1 AND state = 'waiting';

-- name: ExportReady :execrows
UPDATE exports SET state = 'ready', file = $2, size = $3, sha256 = $4, ended_at = sqlc.arg(now), expires_at = sqlc.arg(expires), lease_until = NULL
WHERE id = $1 AND state = 'waiting';

-- name: ExportFailed :exec
UPDATE exports SET state = 'failed', ended_at = $2, reason = $3, lease_until = NULL WHERE id = $1 AND state = 'waiting';

-- name: DeleteExport :execrows
UPDATE exports SET state = 'deleted', ended_at = sqlc.arg(now) WHERE id = $1 AND state <> 'deleted';

-- name: ExpireExports :execrows
UPDATE exports SET state = 'deleted', ended_at = sqlc.arg(now) WHERE state = 'ready' AND expires_at <= sqlc.arg(now);

-- name: ForgetExports :exec
DELETE FROM exports WHERE state IN ('deleted', 'failed') AND ended_at < $1;

-- name: ExportFiles :many
-- Files that may be there.
SELECT file FROM exports WHERE state = 'ready' AND file IS NOT NULL;

-- name: AddExportLink :exec
INSERT INTO export_links (token_hash, export_id, created_at, expires_at) VALUES ($1, $2, $3, $4);

-- name: ExportByLink :one
SELECT e.*, l.expires_at AS link_expires_at FROM export_links l JOIN exports e ON e.id = l.export_id WHERE l.token_hash = $1;

-- name: DropExportLinks :exec
DELETE FROM export_links WHERE expires_at < $1;
