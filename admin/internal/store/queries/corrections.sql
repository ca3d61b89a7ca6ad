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
-- What the uploader has read of the event, where it has. Another order may have another held sale, so clicks are looked for again.
UPDATE sales SET amount = CASE goal_id WHEN 0 THEN coalesce(sqlc.narg(amount)::bigint, amount) ELSE amount END,
  currency = CASE goal_id WHEN 0 THEN coalesce(sqlc.narg(currency)::text, currency) ELSE currency END,
  attributed_at = CASE WHEN sqlc.narg(order_id)::text IS DISTINCT FROM order_id AND sqlc.narg(order_id)::text IS NOT NULL THEN NULL ELSE attributed_at END,
  order_id = coalesce(sqlc.narg(order_id)::text, order_id)
WHERE site_id = $1 AND event_id = $2;

-- name: CorrectHeldSale :exec
UPDATE held_sales SET order_id = $3 WHERE site_id = $1 AND event_id = $2 AND $3::text <> '';

-- name: LookAgainForOrder :exec
-- Nothing of the order is sent before it is decided which sale has it.
UPDATE sales SET attributed_at = CASE WHEN borrowed THEN attributed_at END, decide_at = now() WHERE site_id = $1 AND order_id = $2 AND goal_id = 0;

-- name: RelinkRefunds :exec
-- Refunds of an order belong to its first sale.
UPDATE refunds r SET sale_id = (SELECT min(s.id) FROM sales s WHERE s.site_id = r.site_id AND s.order_id = r.order_id AND s.goal_id = 0)
WHERE r.site_id = $1 AND r.order_id = ANY(sqlc.arg(orders)::text[]) AND r.order_id <> ''
  AND r.sale_id IS DISTINCT FROM (SELECT min(s.id) FROM sales s WHERE s.site_id = r.site_id AND s.order_id = r.order_id AND s.goal_id = 0);

-- name: CorrectRefund :exec
UPDATE refunds SET amount = coalesce(sqlc.narg(amount)::bigint, amount), currency = coalesce(sqlc.narg(currency)::text, currency), order_id = coalesce(sqlc.narg(order_id)::text, order_id)
WHERE site_id = $1 AND event_id = $2;

-- name: IdentityKeyOf :one
-- By it what a site calls a visitor is found as it is stored.
SELECT identity_key FROM sites WHERE id = $1;
