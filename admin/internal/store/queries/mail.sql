-- name: AddMail :exec
INSERT INTO mail_outbox (message_id, kind, recipient, account_id, subject_id, content, created_at, next_at)
VALUES ($1, $2, $3, $4, $5, $6, sqlc.arg(now), sqlc.arg(now));

-- name: ClaimMail :one
-- The next that is due, leased: whoever dies while sending leaves it to others when the lease ends.
UPDATE mail_outbox SET next_at = sqlc.arg(lease), attempts = attempts + 1
WHERE id = (SELECT due.id FROM mail_outbox due WHERE due.sent_at IS NULL AND due.failed_at IS NULL AND due.next_at <= sqlc.arg(now)
            ORDER BY due.next_at, due.id LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING id, message_id, kind, recipient, account_id, subject_id, content, created_at, attempts;

-- name: WriteMail :exec
UPDATE mail_outbox SET content = $2 WHERE id = $1;

-- name: MailSent :exec
UPDATE mail_outbox SET sent_at = sqlc.arg(now), content = NULL WHERE id = $1;

-- name: MailLater :exec
UPDATE mail_outbox SET next_at = $2 WHERE id = $1;

-- name: MailFailed :exec
UPDATE mail_outbox SET failed_at = sqlc.arg(now), content = NULL WHERE id = $1;

-- name: MailWaiting :one
SELECT count(*), coalesce(extract(epoch FROM sqlc.arg(now)::timestamptz - min(created_at)), 0)::float8 AS oldest FROM mail_outbox WHERE sent_at IS NULL AND failed_at IS NULL;

-- name: DropOldMail :execrows
DELETE FROM mail_outbox WHERE created_at < sqlc.arg(before) AND (sent_at IS NOT NULL OR failed_at IS NOT NULL);

-- name: SealedMail :many
SELECT id, message_id, content FROM mail_outbox WHERE content IS NOT NULL ORDER BY id FOR UPDATE;
