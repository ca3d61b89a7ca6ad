-- name: AddRequest :one
INSERT INTO privacy_requests (workspace_id, site_id, account_id, kind, hostname, email, body, token_hash, created_at, verified_at, due_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) RETURNING *;

-- name: RequestsFrom :one
-- How many an address made since, and how many there were of all.
SELECT count(*) FILTER (WHERE lower(email) = lower(sqlc.arg(email)::text)) AS own, count(*) AS everybodys
FROM privacy_requests WHERE created_at > sqlc.arg(since) AND account_id IS NULL;

-- name: SitesByHost :many
-- Active and archived sites that a host name may belong to.
SELECT id, workspace_id, hostnames FROM sites WHERE state <> 'deleted' AND (sqlc.arg(host)::text = ANY (hostnames)
    OR EXISTS (SELECT FROM unnest(hostnames) h WHERE starts_with(h, '*.') AND right(sqlc.arg(host)::text, char_length(h) - 1) = substr(h, 2))) ORDER BY id LIMIT 100;

-- name: RequestByToken :one
SELECT * FROM privacy_requests WHERE token_hash = $1 FOR UPDATE;

-- name: VerifyRequest :exec
UPDATE privacy_requests SET verified_at = sqlc.arg(now)::timestamptz, due_at = sqlc.arg(due)::timestamptz WHERE id = $1;

-- name: RequestsOfWorkspace :many
SELECT * FROM privacy_requests WHERE workspace_id = $1 AND verified_at IS NOT NULL AND id < sqlc.arg(below)::bigint
AND (sqlc.arg(state)::text = '' OR state = sqlc.arg(state)::text) ORDER BY id DESC LIMIT sqlc.arg(most)::int;

-- name: RequestsOfAccount :many
SELECT * FROM privacy_requests WHERE account_id = $1 AND id < sqlc.arg(below)::bigint ORDER BY id DESC LIMIT sqlc.arg(most)::int;

-- name: RequestsOfOperator :many
SELECT * FROM privacy_requests WHERE workspace_id IS NULL AND verified_at IS NOT NULL ORDER BY id;

-- name: RequestForChange :one
SELECT * FROM privacy_requests WHERE id = $1 AND workspace_id IS NOT DISTINCT FROM sqlc.narg(workspace_id)::bigint AND verified_at IS NOT NULL FOR UPDATE;

-- name: SetRequest :one
UPDATE privacy_requests SET state = $2, closed_at = $3 WHERE id = $1 RETURNING *;

-- name: AddRequestStep :exec
INSERT INTO privacy_request_steps (request_id, at, account_id, operator, state, note) VALUES ($1, $2, $3, $4, $5, $6);

-- name: RequestSteps :many
SELECT * FROM privacy_request_steps WHERE request_id = $1 ORDER BY id LIMIT 1000;

-- name: RequestToRemind :one
-- The next whose date comes close: within seven days a first time, within one a second time.
UPDATE privacy_requests SET reminders = CASE WHEN due_at <= sqlc.arg(last_day)::timestamptz THEN 2 ELSE 1 END
WHERE id = (SELECT r.id FROM privacy_requests r WHERE r.verified_at IS NOT NULL AND r.closed_at IS NULL
            AND (r.reminders < 1 AND r.due_at <= sqlc.arg(last_week)::timestamptz OR r.reminders < 2 AND r.due_at <= sqlc.arg(last_day)::timestamptz)
            ORDER BY r.due_at LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING *;

-- name: WhoHandles :many
-- Owners and admins of a workspace.
SELECT a.email FROM members m JOIN accounts a ON a.id = m.account_id WHERE m.workspace_id = $1 AND m.role IN ('owner', 'admin') ORDER BY a.id;

-- name: DropOldRequests :execrows
-- What nobody confirmed, and what was closed long ago.
DELETE FROM privacy_requests WHERE verified_at IS NULL AND created_at < sqlc.arg(unconfirmed_before) OR closed_at < sqlc.arg(closed_before)::timestamptz;
