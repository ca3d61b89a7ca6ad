-- name: AddSignUp :one
INSERT INTO sign_ups (email, name, password_hash, created_at, expires_at) VALUES ($1, $2, $3, $4, $5) RETURNING id;

-- name: SignUpForMail :one
SELECT email FROM sign_ups WHERE id = $1 AND used_at IS NULL;

-- name: NameSignUp :exec
-- The token that is mailed now, and until when it is good.
UPDATE sign_ups SET token_hash = $2, expires_at = $3 WHERE id = $1;

-- name: SignUpByToken :one
SELECT id, email, name, password_hash, expires_at, used_at FROM sign_ups WHERE token_hash = $1;

-- name: SignUpForUse :one
-- Held until the transaction ends: of two who use a link at once, one is first.
SELECT id, email, name, password_hash, expires_at, used_at FROM sign_ups WHERE token_hash = $1 FOR UPDATE;

-- name: UseSignUps :exec
-- All that wait for the same address end with the first that is used.
UPDATE sign_ups SET used_at = sqlc.arg(now) WHERE lower(email) = lower(sqlc.arg(email)::text) AND used_at IS NULL;

-- name: AddPerson :one
INSERT INTO accounts (email, name, password_hash, password_changed_at, created_at)
VALUES ($1, $2, $3, sqlc.arg(now), sqlc.arg(now)) ON CONFLICT (lower(email)) DO NOTHING RETURNING id;

-- name: Credentials :one
SELECT a.id, a.email, a.name, a.password_hash, a.delete_after, a.passkey_handle, a.created_at, a.password_changed_at, (t.confirmed_at IS NOT NULL)::boolean AS has_totp
FROM accounts a LEFT JOIN totp t ON t.account_id = a.id WHERE a.id = $1;

-- name: CredentialsByEmail :one
SELECT a.id, a.email, a.name, a.password_hash, (t.confirmed_at IS NOT NULL)::boolean AS has_totp
FROM accounts a LEFT JOIN totp t ON t.account_id = a.id WHERE lower(a.email) = lower(sqlc.arg(email)::text);

-- name: CredentialsByHandle :one
SELECT id, email, name FROM accounts WHERE passkey_handle = $1;

-- name: SetPassword :exec
UPDATE accounts SET password_hash = $2, password_changed_at = $3 WHERE id = $1;

-- name: RehashPassword :exec
-- Only where the password is still the one that was checked.
UPDATE accounts SET password_hash = sqlc.arg(after) WHERE id = $1 AND password_hash = sqlc.arg(before);

-- name: SetName :exec
UPDATE accounts SET name = $2 WHERE id = $1;

-- name: SetEmail :execrows
UPDATE accounts SET email = sqlc.arg(email) WHERE accounts.id = $1
AND NOT EXISTS (SELECT FROM accounts other WHERE lower(other.email) = lower(sqlc.arg(email)::text) AND other.id <> $1);

-- name: AddMailedLink :exec
INSERT INTO mailed_links (token_hash, account_id, purpose, email, message_id, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: MailedLinkForUse :one
SELECT account_id, purpose, email, expires_at, used_at FROM mailed_links WHERE token_hash = $1 FOR UPDATE;

-- name: UseMailedLinks :exec
-- A link that is used ends all of its account and purpose.
UPDATE mailed_links SET used_at = sqlc.arg(now) WHERE account_id = $1 AND purpose = $2 AND used_at IS NULL;

-- name: PendingEmail :one
SELECT email FROM mailed_links WHERE account_id = $1 AND purpose = 'change_email' AND used_at IS NULL AND expires_at > sqlc.arg(now) ORDER BY created_at DESC LIMIT 1;

-- name: ExtendLinks :exec
-- The life of a link begins when its mail was delivered.
UPDATE mailed_links SET expires_at = sqlc.arg(now)::timestamptz + (expires_at - created_at) WHERE message_id = $1 AND used_at IS NULL;

-- name: DropOldCredentials :exec
WITH a AS (DELETE FROM sign_ups WHERE sign_ups.expires_at < sqlc.arg(before)),
     b AS (DELETE FROM mailed_links WHERE mailed_links.expires_at < sqlc.arg(before)),
     c AS (DELETE FROM ceremonies WHERE ceremonies.expires_at < sqlc.arg(now)),
     d AS (DELETE FROM devices WHERE last_seen_at < sqlc.arg(device_before))
DELETE FROM attempts WHERE updated_at < sqlc.arg(attempts_before) AND next_at < sqlc.arg(now);

-- name: AddCeremony :exec
INSERT INTO ceremonies (token_hash, kind, account_id, content, expires_at) VALUES ($1, $2, $3, $4, $5);

-- name: Ceremony :one
SELECT account_id, content FROM ceremonies WHERE token_hash = $1 AND kind = $2 AND expires_at > sqlc.arg(now);

-- name: EndCeremony :one
-- Of two who end one at once, one gets it.
DELETE FROM ceremonies WHERE token_hash = $1 AND kind = $2 AND expires_at > sqlc.arg(now) RETURNING account_id, content;

-- name: EndCeremoniesOf :exec
DELETE FROM ceremonies WHERE account_id = $1;

-- name: StartTOTP :execrows
-- A second factor that is on is never replaced unseen.
INSERT INTO totp (account_id, secret, created_at) VALUES ($1, $2, $3)
ON CONFLICT (account_id) DO UPDATE SET secret = excluded.secret, created_at = excluded.created_at, last_step = 0 WHERE totp.confirmed_at IS NULL;

-- name: TOTP :one
SELECT secret, created_at, confirmed_at, last_step FROM totp WHERE account_id = $1;

-- name: UseTOTPStep :execrows
UPDATE totp SET last_step = sqlc.arg(step) WHERE account_id = $1 AND last_step < sqlc.arg(step);

-- name: ConfirmTOTP :execrows
UPDATE totp SET confirmed_at = $2 WHERE account_id = $1 AND confirmed_at IS NULL;

-- name: DropTOTP :execrows
DELETE FROM totp WHERE account_id = $1;

-- name: SealedTOTP :many
SELECT account_id, secret FROM totp ORDER BY account_id FOR UPDATE;

-- name: ResealTOTP :exec
UPDATE totp SET secret = $2 WHERE account_id = $1;

-- name: AddRecoveryCode :exec
INSERT INTO recovery_codes (account_id, code_hash, created_at) VALUES ($1, $2, $3);

-- name: UseRecoveryCode :execrows
UPDATE recovery_codes SET used_at = sqlc.arg(now) WHERE account_id = $1 AND code_hash = $2 AND used_at IS NULL;

-- name: RecoveryCodesLeft :one
SELECT count(*) FROM recovery_codes WHERE account_id = $1 AND used_at IS NULL;

-- name: DropRecoveryCodes :exec
DELETE FROM recovery_codes WHERE account_id = $1;

-- name: AddPasskey :execrows
INSERT INTO passkeys (account_id, credential_id, credential, name, created_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (credential_id) DO NOTHING;

-- name: Passkeys :many
SELECT id, credential, name, created_at, last_used_at FROM passkeys WHERE account_id = $1 ORDER BY id;

-- name: UsePasskey :exec
UPDATE passkeys SET credential = $2, last_used_at = $3 WHERE credential_id = $1;

-- name: DropPasskey :one
DELETE FROM passkeys WHERE id = $1 AND account_id = $2 RETURNING name;

-- name: AddDevice :exec
INSERT INTO devices (token_hash, account_id, created_at, last_seen_at) VALUES ($1, $2, sqlc.arg(now), sqlc.arg(now)) ON CONFLICT (token_hash, account_id) DO NOTHING;

-- name: DeviceKnown :one
SELECT count(*) AS all, (count(*) FILTER (WHERE account_id = $2))::bigint AS own FROM devices WHERE token_hash = $1;

-- name: SeeDevice :execrows
UPDATE devices SET last_seen_at = $3 WHERE token_hash = $1 AND account_id = $2;

-- name: DropDevicesOf :exec
DELETE FROM devices WHERE account_id = $1;

-- name: TakeAttempt :one
-- Counts the attempt as gone wrong before it is made, so that many at once are not one. While the next
-- may not be made yet, nothing is counted and no row comes back.
INSERT INTO attempts (bucket, failures, next_at, updated_at) VALUES ($1, 1, sqlc.arg(now), sqlc.arg(now))
ON CONFLICT (bucket) DO UPDATE SET
    failures = CASE WHEN attempts.updated_at < sqlc.arg(forget) THEN 1 ELSE attempts.failures + 1 END,
    next_at = sqlc.arg(now)::timestamptz + CASE WHEN attempts.updated_at < sqlc.arg(forget) OR attempts.failures + 1 < sqlc.arg(free)::int THEN interval '0'
        ELSE interval '1 second' * least(power(2, least(attempts.failures + 1 - sqlc.arg(free)::int, 20)), sqlc.arg(longest_seconds)::float8) END,
    updated_at = sqlc.arg(now)
WHERE attempts.next_at <= sqlc.arg(now) OR attempts.failures < sqlc.arg(free)::int
RETURNING failures;

-- name: NextAttempt :one
SELECT next_at FROM attempts WHERE bucket = $1;

-- name: ForgetAttempts :exec
DELETE FROM attempts WHERE bucket = $1;

-- name: GiveBackAttempt :exec
UPDATE attempts SET failures = greatest(failures - 1, 0), next_at = updated_at WHERE bucket = $1;

-- name: ScheduleDeletion :exec
UPDATE accounts SET delete_after = $2 WHERE id = $1;

-- name: KeepAccount :execrows
UPDATE accounts SET delete_after = NULL WHERE id = $1 AND delete_after IS NOT NULL;

-- name: OwnedAlone :many
-- Workspaces that this account is the only owner of though others belong to them.
SELECT w.id, w.name FROM members m JOIN workspaces w ON w.id = m.workspace_id
WHERE m.account_id = $1 AND m.role = 'owner'
AND EXISTS (SELECT FROM members o WHERE o.workspace_id = m.workspace_id AND o.account_id <> m.account_id)
AND NOT EXISTS (SELECT FROM members o WHERE o.workspace_id = m.workspace_id AND o.account_id <> m.account_id AND o.role = 'owner')
ORDER BY w.id;

-- name: AccountToDelete :one
SELECT id, email, name FROM accounts WHERE delete_after <= sqlc.arg(now) ORDER BY delete_after LIMIT 1 FOR UPDATE SKIP LOCKED;

-- name: CloseWorkspacesOf :exec
-- What nobody belongs to any more takes no events, answers no key, and is to be erased.
WITH alone AS (SELECT m.workspace_id FROM members m WHERE m.account_id = $1
               AND NOT EXISTS (SELECT FROM members o WHERE o.workspace_id = m.workspace_id AND o.account_id <> m.account_id)),
     s AS (UPDATE sites SET state = 'archived', archived_at = sqlc.arg(now), updated_at = sqlc.arg(now) WHERE sites.workspace_id IN (SELECT alone.workspace_id FROM alone) AND state = 'active'),
     k AS (UPDATE server_keys SET revoked_at = greatest(sqlc.arg(now)::timestamptz, created_at) WHERE server_keys.workspace_id IN (SELECT alone.workspace_id FROM alone) AND revoked_at IS NULL),
     w AS (UPDATE workspaces SET erase_after = sqlc.arg(now) WHERE workspaces.id IN (SELECT alone.workspace_id FROM alone))
UPDATE api_keys SET revoked_at = greatest(sqlc.arg(now)::timestamptz, created_at) WHERE api_keys.workspace_id IN (SELECT alone.workspace_id FROM alone) AND revoked_at IS NULL;

-- name: DropMembershipsOf :exec
DELETE FROM members WHERE account_id = $1;

-- name: KeptOfAccount :many
-- How many rows each table has of a person, those without any left out.
SELECT k.place::text AS place, k.n::bigint AS rows FROM (
  SELECT 'accounts' AS place, count(*) AS n FROM accounts WHERE id = sqlc.arg(account_id)::bigint
  UNION ALL SELECT 'members', count(*) FROM members WHERE account_id = sqlc.arg(account_id)::bigint
  UNION ALL SELECT 'sessions', count(*) FROM sessions WHERE account_id = sqlc.arg(account_id)::bigint
  UNION ALL SELECT 'sign_in_links', count(*) FROM sign_in_links WHERE account_id = sqlc.arg(account_id)::bigint
  UNION ALL SELECT 'mailed_links', count(*) FROM mailed_links WHERE account_id = sqlc.arg(account_id)::bigint
  UNION ALL SELECT 'totp', count(*) FROM totp WHERE account_id = sqlc.arg(account_id)::bigint
  UNION ALL SELECT 'recovery_codes', count(*) FROM recovery_codes WHERE account_id = sqlc.arg(account_id)::bigint
  UNION ALL SELECT 'passkeys', count(*) FROM passkeys WHERE account_id = sqlc.arg(account_id)::bigint
  UNION ALL SELECT 'ceremonies', count(*) FROM ceremonies WHERE account_id = sqlc.arg(account_id)::bigint
  UNION ALL SELECT 'devices', count(*) FROM devices WHERE account_id = sqlc.arg(account_id)::bigint
  UNION ALL SELECT 'exports', count(*) FROM exports WHERE account_id = sqlc.arg(account_id)::bigint
  UNION ALL SELECT 'oauth_flows', count(*) FROM oauth_flows WHERE account_id = sqlc.arg(account_id)::bigint
  UNION ALL SELECT 'sign_ups', count(*) FROM sign_ups WHERE lower(email) = lower(sqlc.arg(email)::text)
  UNION ALL SELECT 'invitations', count(*) FROM invitations WHERE lower(email) = lower(sqlc.arg(email)::text)
  UNION ALL SELECT 'mail_outbox', count(*) FROM mail_outbox
    WHERE account_id = sqlc.arg(account_id)::bigint OR (lower(recipient) = lower(sqlc.arg(email)::text) AND (sent_at IS NOT NULL OR failed_at IS NOT NULL))
) k WHERE k.n > 0;

-- name: DropAccount :exec
DELETE FROM accounts WHERE id = $1;

-- name: DropSignUpsFor :exec
DELETE FROM sign_ups WHERE lower(email) = lower(sqlc.arg(email)::text);

-- name: DropMailTo :exec
DELETE FROM mail_outbox WHERE account_id = sqlc.arg(account_id)::bigint OR (lower(recipient) = lower(sqlc.arg(email)::text) AND (sent_at IS NOT NULL OR failed_at IS NOT NULL));

-- name: ExtendSignUp :exec
UPDATE sign_ups SET expires_at = $2 WHERE id = $1 AND used_at IS NULL;
