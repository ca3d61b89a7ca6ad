-- name: AddErasure :one
INSERT INTO erasures (workspace_id, scope, subject_kind, requested_by, requested_at, state_at, next_at, receipt)
VALUES ($1, $2, $3, $4, sqlc.arg(now), sqlc.arg(now), sqlc.arg(now), $5) RETURNING id;

-- name: AddErasureSite :exec
INSERT INTO erasure_sites (erasure_id, site_id) VALUES ($1, $2);

-- name: AddErasureBlock :execrows
INSERT INTO erasure_blocks (erasure_id, site_id, kind, hash, named) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING;

-- name: ErasurePage :many
SELECT sqlc.embed(e), ARRAY(SELECT s.site_id FROM erasure_sites s WHERE s.erasure_id = e.id ORDER BY s.site_id)::bigint[] AS sites FROM erasures e
WHERE e.workspace_id = ANY(sqlc.arg(workspaces)::bigint[]) AND e.id > sqlc.arg(after) ORDER BY e.id LIMIT sqlc.arg(most)::int;

-- name: ErasureByID :one
SELECT sqlc.embed(e), ARRAY(SELECT s.site_id FROM erasure_sites s WHERE s.erasure_id = e.id ORDER BY s.site_id)::bigint[] AS sites FROM erasures e
WHERE e.id = $1;

-- name: TakeErasureTurns :exec
-- Claims are made one at a time, so that two of a workspace are never both taken.
SELECT pg_advisory_xact_lock(7202611260108);

-- name: ClaimErasure :one
UPDATE erasures SET lease_until = sqlc.arg(lease)::timestamptz, attempts = attempts + 1
WHERE id = (SELECT e.id FROM erasures e WHERE (e.done_at IS NULL OR e.watch_until IS NOT NULL) AND e.next_at <= sqlc.arg(now)::timestamptz
            AND coalesce(e.lease_until < sqlc.arg(now)::timestamptz, true)
            AND NOT EXISTS (SELECT FROM erasures o WHERE o.workspace_id = e.workspace_id AND o.id <> e.id AND o.lease_until >= sqlc.arg(now)::timestamptz)
            ORDER BY e.next_at, e.id LIMIT 1)
RETURNING *;

-- name: HoldErasure :exec
UPDATE erasures SET lease_until = sqlc.arg(lease)::timestamptz WHERE id = $1 AND lease_until IS NOT NULL;

-- name: SaveErasure :exec
UPDATE erasures SET state = $2, state_at = $3, receipt = $4, next_at = $5, problem = $6, attempts = $7, done_at = $8, watch_until = $9, lease_until = NULL WHERE id = $1;

-- name: ErasureSites :many
-- With what is needed of a site; one that is gone has no zone.
SELECT e.site_id, e.days, e.remade, coalesce(s.time_zone, '')::text AS time_zone, coalesce(s.currency, '')::text AS currency, s.identity_key
FROM erasure_sites e LEFT JOIN sites s ON s.id = e.site_id WHERE e.erasure_id = $1 ORDER BY e.site_id;

-- name: SetErasureDays :exec
UPDATE erasure_sites SET days = $3, remade = $4 WHERE erasure_id = $1 AND site_id = $2;

-- name: ErasureBlocks :many
SELECT site_id, kind, hash, named FROM erasure_blocks WHERE erasure_id = $1 ORDER BY site_id, kind, hash;

-- name: EndErasureBlocks :exec
UPDATE erasure_blocks SET before = sqlc.arg(before)::timestamptz WHERE erasure_id = $1 AND before IS NULL AND kind <> 'site';

-- name: DropErasureBlocks :exec
DELETE FROM erasure_blocks WHERE erasure_id = $1;

-- name: SitesForErasure :many
-- All sites of a workspace, or the one that is named.
SELECT id, identity_key, name FROM sites WHERE workspace_id = $1 AND (sqlc.arg(site)::bigint = 0 OR id = sqlc.arg(site)::bigint) ORDER BY id;

-- name: OpenErasures :one
SELECT count(*) FROM erasures WHERE done_at IS NULL AND workspace_id = $1 AND scope = $2
AND (sqlc.arg(site)::bigint = 0 OR EXISTS (SELECT FROM erasure_sites s WHERE s.erasure_id = erasures.id AND s.site_id = sqlc.arg(site)::bigint));

-- name: SitesDue :many
SELECT s.id, s.workspace_id FROM sites s WHERE s.erase_after <= sqlc.arg(now)::timestamptz
AND NOT EXISTS (SELECT FROM erasures e JOIN erasure_sites x ON x.erasure_id = e.id WHERE x.site_id = s.id AND e.scope <> 'visitor') ORDER BY s.id LIMIT 100;

-- name: WorkspacesDue :many
SELECT w.id FROM workspaces w WHERE w.erase_after <= sqlc.arg(now)::timestamptz
AND NOT EXISTS (SELECT FROM erasures e WHERE e.workspace_id = w.id AND e.scope = 'workspace') ORDER BY w.id LIMIT 100;

-- name: ForgetRequester :exec
-- Receipts outlive the account that asked.
UPDATE erasures SET requested_by = NULL WHERE requested_by = $1;
