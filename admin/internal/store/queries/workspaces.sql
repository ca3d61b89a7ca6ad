-- name: WorkspacesOf :many
SELECT w.id, w.name, w.created_at, w.erase_after, w.second_factor, m.role FROM members m JOIN workspaces w ON w.id = m.workspace_id
WHERE m.account_id = $1 AND w.id > sqlc.arg(after) ORDER BY w.id LIMIT sqlc.arg(most)::int;

-- name: CountOwned :one
SELECT count(*) FROM members WHERE account_id = $1 AND role = 'owner';

-- name: Workspace :one
SELECT id, name, created_at, erase_after, second_factor FROM workspaces WHERE id = $1;

-- name: LockWorkspace :one
-- Held until the transaction ends: changes of members take turns. New sites and keys do not wait for it.
SELECT id, name, created_at, erase_after, second_factor FROM workspaces WHERE id = $1 FOR NO KEY UPDATE;

-- name: LockWorkspacesOf :many
SELECT w.id FROM workspaces w WHERE w.id IN (SELECT m.workspace_id FROM members m WHERE m.account_id = $1) ORDER BY w.id FOR NO KEY UPDATE;

-- name: RenameWorkspace :exec
UPDATE workspaces SET name = $2 WHERE id = $1;

-- name: DemandSecondFactor :exec
UPDATE workspaces SET second_factor = $2 WHERE id = $1;

-- name: MembersOf :many
SELECT m.account_id, m.role, m.created_at, a.name, a.email,
    coalesce((SELECT max(s.last_seen_at) FROM sessions s WHERE s.account_id = m.account_id), 'epoch')::timestamptz AS last_seen FROM members m JOIN accounts a ON a.id = m.account_id
WHERE m.workspace_id = $1 AND m.account_id > sqlc.arg(after) ORDER BY m.account_id LIMIT sqlc.arg(most)::int;

-- name: Member :one
SELECT m.account_id, m.role, m.created_at, a.name, a.email,
    coalesce((SELECT max(s.last_seen_at) FROM sessions s WHERE s.account_id = m.account_id), 'epoch')::timestamptz AS last_seen FROM members m JOIN accounts a ON a.id = m.account_id
WHERE m.workspace_id = $1 AND m.account_id = $2;

-- name: MemberByEmail :one
SELECT m.account_id, m.role FROM members m JOIN accounts a ON a.id = m.account_id
WHERE m.workspace_id = $1 AND lower(a.email) = lower(sqlc.arg(email)::text);

-- name: CountMembers :one
SELECT count(*) AS members, count(*) FILTER (WHERE role = 'owner') AS owners FROM members WHERE workspace_id = $1;

-- name: SetRole :exec
UPDATE members SET role = $3 WHERE workspace_id = $1 AND account_id = $2;

-- name: DropMember :execrows
DELETE FROM members WHERE workspace_id = $1 AND account_id = $2;

-- name: AddInvitation :one
INSERT INTO invitations (workspace_id, email, role, token_hash, invited_by, created_at, sent_at, expires_at)
VALUES ($1, $2, $3, $4, $5, sqlc.arg(now), sqlc.arg(now), $6) RETURNING id;

-- name: CountInvitations :one
-- Those of a workspace since then, whatever became of them.
SELECT count(*) FROM invitations WHERE workspace_id = $1 AND created_at > sqlc.arg(since);

-- name: OpenInvitationFor :one
SELECT id FROM invitations WHERE workspace_id = $1 AND lower(email) = lower(sqlc.arg(email)::text) AND accepted_at IS NULL AND revoked_at IS NULL;

-- name: InvitationsOf :many
-- Those that are open, also where their time is over: they can be sent again.
SELECT id, email, role, invited_by, created_at, sent_at, expires_at FROM invitations
WHERE workspace_id = $1 AND accepted_at IS NULL AND revoked_at IS NULL AND id > sqlc.arg(after) ORDER BY id LIMIT sqlc.arg(most)::int;

-- name: InvitationForUpdate :one
SELECT id, email, role, invited_by, created_at, sent_at, expires_at, accepted_at, revoked_at FROM invitations WHERE workspace_id = $1 AND id = $2 FOR UPDATE;

-- name: InvitationByToken :one
SELECT i.id, i.workspace_id, w.name AS workspace, w.second_factor, i.email, i.role, i.expires_at, i.accepted_at, i.revoked_at
FROM invitations i JOIN workspaces w ON w.id = i.workspace_id WHERE i.token_hash = $1;

-- name: SendInvitation :exec
UPDATE invitations SET token_hash = $2, sent_at = sqlc.arg(now), expires_at = $3 WHERE id = $1;

-- name: AcceptInvitation :exec
UPDATE invitations SET accepted_at = sqlc.arg(now)::timestamptz WHERE id = $1;

-- name: RevokeInvitation :exec
UPDATE invitations SET revoked_at = sqlc.arg(now)::timestamptz WHERE id = $1;

-- name: DropInvitationsFor :exec
DELETE FROM invitations WHERE lower(email) = lower(sqlc.arg(email)::text);

-- name: ListAccounts :many
SELECT a.id, a.email, a.name, a.created_at, count(m.workspace_id) AS workspaces FROM accounts a LEFT JOIN members m ON m.account_id = a.id
GROUP BY a.id ORDER BY a.id;

-- name: ListWorkspaces :many
SELECT w.id, w.name, w.created_at, (SELECT count(*) FROM members m WHERE m.workspace_id = w.id) AS members,
    (SELECT count(*) FROM sites s WHERE s.workspace_id = w.id AND s.state = 'active') AS sites
FROM workspaces w ORDER BY w.id;

-- name: FactorsOfMembers :many
-- Who belongs to a workspace, and with what they can sign in besides a password.
SELECT a.id, a.name, a.email, EXISTS (SELECT FROM totp t WHERE t.account_id = a.id AND t.confirmed_at IS NOT NULL)::boolean AS has_totp,
    EXISTS (SELECT FROM passkeys p WHERE p.account_id = a.id)::boolean AS has_passkey
FROM members m JOIN accounts a ON a.id = m.account_id WHERE m.workspace_id = $1 ORDER BY a.id;
