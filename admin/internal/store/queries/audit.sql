-- name: AddAudit :exec
-- Its number and hash are made by the database.
INSERT INTO audit (at, workspace_id, account_id, key_id, operator, action, address, details, before, after)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10);

-- name: AuditGaps :many
-- Entries whose hash or number does not follow from the one before in their chain.
SELECT c.chain, c.seq FROM (
    SELECT coalesce(entry.workspace_id, 0)::bigint AS chain, entry.seq, entry.hash,
        audit_hash(coalesce(lag(entry.hash) OVER (PARTITION BY entry.chain ORDER BY entry.seq), ''::bytea), entry) AS want,
        lag(entry.seq, 1, 0::bigint) OVER (PARTITION BY entry.chain ORDER BY entry.seq) AS previous FROM audit entry) c
WHERE c.hash IS DISTINCT FROM c.want OR c.seq <> c.previous + 1 ORDER BY c.chain, c.seq LIMIT 100;

-- name: AuditLength :one
SELECT count(*) FROM audit;

-- name: AuditHeads :many
-- The newest entry of every chain.
SELECT DISTINCT ON (chain) coalesce(workspace_id, 0)::bigint AS chain, seq, hash FROM audit ORDER BY chain, seq DESC;

-- name: AuditEntryHash :one
SELECT hash FROM audit WHERE chain = sqlc.arg(chain)::bigint AND seq = $1;

-- name: AuditOf :many
-- A workspace's entries from the newest on.
SELECT seq, at, account_id, key_id, operator, action, address, details, before, after, hash FROM audit
WHERE chain = sqlc.arg(workspace)::bigint AND seq < sqlc.arg(below)::bigint
AND (sqlc.arg(action)::text = '' OR action = sqlc.arg(action)::text OR starts_with(action, sqlc.arg(action)::text || '.'))
AND (sqlc.arg(account)::bigint = 0 OR account_id = sqlc.arg(account)::bigint)
AND at >= sqlc.arg(since)::timestamptz AND at < sqlc.arg(until)::timestamptz
AND (sqlc.arg(noun)::text = '' OR sqlc.arg(number)::text IN (details ->> sqlc.arg(noun)::text, before ->> sqlc.arg(noun)::text, after ->> sqlc.arg(noun)::text))
AND (sqlc.arg(search)::text = '' OR strpos(lower(concat_ws(' ', action, address, details::text, before::text, after::text)), lower(sqlc.arg(search)::text)) > 0)
ORDER BY seq DESC LIMIT sqlc.arg(most)::int;

-- name: AuditWritable :one
-- Whether this user of the database could change the audit.
SELECT (has_table_privilege('audit', 'UPDATE') OR has_table_privilege('audit', 'DELETE') OR has_table_privilege('audit', 'TRUNCATE'))::boolean AS writable;
