-- name: AddSession :exec
INSERT INTO sessions (token_hash, account_id, created_at, last_seen_at, expires_at, method, address, agent)
VALUES ($1, $2, sqlc.arg(now), sqlc.arg(now), $3, $4, $5, $6);

-- name: Session :one
SELECT s.id, s.account_id, s.method, s.created_at, s.last_seen_at, s.expires_at, (t.confirmed_at IS NOT NULL)::boolean AS has_totp
FROM sessions s LEFT JOIN totp t ON t.account_id = s.account_id WHERE s.token_hash = $1;

-- name: SessionsOf :many
SELECT id, method, address, agent, created_at, last_seen_at, expires_at FROM sessions
WHERE account_id = $1 AND expires_at > sqlc.arg(now) AND last_seen_at > sqlc.arg(idle_since) ORDER BY last_seen_at DESC, id;

-- name: EndSessionOf :execrows
DELETE FROM sessions WHERE id = $1 AND account_id = $2;

-- name: EndSessionsOf :execrows
-- All of an account's but one, or all.
DELETE FROM sessions WHERE account_id = $1 AND token_hash <> sqlc.arg(keep);

-- name: TouchSession :exec
UPDATE sessions SET last_seen_at = greatest(sqlc.arg(now)::timestamptz, last_seen_at) WHERE token_hash = $1;

-- name: EndSession :execrows
DELETE FROM sessions WHERE token_hash = $1;

-- name: EndOldSessions :execrows
DELETE FROM sessions WHERE expires_at <= sqlc.arg(now) OR last_seen_at <= sqlc.arg(idle_since);

-- name: AddLink :exec
INSERT INTO sign_in_links (token_hash, account_id, purpose, created_at, expires_at, reusable) VALUES ($1, $2, $3, $4, $5, $6);

-- name: Link :one
SELECT account_id, purpose, expires_at, used_at, reusable FROM sign_in_links WHERE token_hash = $1;

-- name: LinkForUse :one
-- Held until the transaction ends: of two who use a link at once, one is first.
SELECT account_id, purpose, expires_at, used_at, reusable FROM sign_in_links WHERE token_hash = $1 FOR UPDATE;

-- name: UseLink :exec
UPDATE sign_in_links SET used_at = coalesce(used_at, greatest(sqlc.arg(now)::timestamptz, created_at)) WHERE token_hash = $1;

-- name: DropLinksFor :exec
-- Links of one purpose that were never used; set_up has no account.
DELETE FROM sign_in_links WHERE purpose = $1 AND used_at IS NULL;

-- name: DropReusableLinks :execrows
DELETE FROM sign_in_links WHERE reusable;

-- name: DropOldLinks :execrows
-- They stay a while after their end, so that a person is told that a link is old and not unknown.
DELETE FROM sign_in_links WHERE expires_at < sqlc.arg(before) AND NOT reusable;
