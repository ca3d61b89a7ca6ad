-- name: ClaimAnswer :execrows
-- Waits for another request of the same name until its transaction has ended.
INSERT INTO kept_answers (name, request_hash, created_at) VALUES ($1, $2, $3)
ON CONFLICT (name) DO UPDATE SET request_hash = excluded.request_hash, created_at = excluded.created_at, answer = NULL
WHERE kept_answers.created_at <= sqlc.arg(before);

-- name: KeptAnswer :one
SELECT request_hash, answer FROM kept_answers WHERE name = $1;

-- name: KeepAnswer :exec
UPDATE kept_answers SET answer = $2 WHERE name = $1;

-- name: DropOldAnswers :exec
DELETE FROM kept_answers WHERE created_at <= sqlc.arg(before);
