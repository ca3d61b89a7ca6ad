-- name: AddCorrection :one
INSERT INTO corrections (site_id, workspace_id, event_id, occurred_at, reason, before, after, account_id, created_at, lease_until)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING id;

-- name: Correction :one
SELECT * FROM corrections WHERE id = $1 AND site_id = $2;

-- name: CorrectionsOfEvent :many
SELECT * FROM corrections WHERE site_id = $1 AND event_id = $2 AND id < sqlc.arg(below)::bigint ORDER BY id DESC LIMIT sqlc.arg(most)::int;

-- name: CorrectionsOfSite :many
SELECT * FROM corrections WHERE site_id = $1 AND id < sqlc.arg(below)::bigint ORDER BY id DESC LIMIT sqlc.arg(most)::int;

-- name: ClaimCorrection :one
UPDATE corrections SET lease_until = sqlc.arg(lease)
WHERE id = (SELECT w.id FROM corrections w WHERE w.done_at IS NULL AND (w.lease_until IS NULL OR w.lease_until <= sqlc.arg(now))
            ORDER BY w.id LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING *;

-- name: CorrectionDone :exec
UPDATE corrections SET done_at = sqlc.arg(now)::timestamptz, lease_until = NULL WHERE id = $1;

-- name: LeaveCorrection :exec
UPDATE corrections SET lease_until = $2 WHERE id = $1 AND done_at IS NULL;

-- name: SiteForCorrection :one
SELECT * FROM sites WHERE id = $1;

-- name: CorrectSale :exec
-- What the uploader has read of the event, where it has.
UPDATE sales SET amount = coalesce(sqlc.narg(amount)::bigint, amount), currency = coalesce(sqlc.narg(currency)::text, currency), order_id = coalesce(sqlc.narg(order_id)::text, order_id)
WHERE site_id = $1 AND event_id = $2;

-- name: CorrectRefund :exec
UPDATE refunds SET amount = coalesce(sqlc.narg(amount)::bigint, amount), currency = coalesce(sqlc.narg(currency)::text, currency), order_id = coalesce(sqlc.narg(order_id)::text, order_id)
WHERE site_id = $1 AND event_id = $2;
