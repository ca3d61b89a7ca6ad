-- name: CountOwners :one
-- People who own anything but the demo.
SELECT count(*) FROM members m JOIN workspaces w ON w.id = m.workspace_id WHERE NOT w.is_demo;

-- name: AddAccount :one
INSERT INTO accounts (email, name, created_at) VALUES ($1, $2, $3) RETURNING id;

-- name: AccountByEmail :one
SELECT id, email, name FROM accounts WHERE lower(email) = lower(sqlc.arg(email)::text);

-- name: Account :one
SELECT id, email, name, delete_after FROM accounts WHERE id = $1;

-- name: AddWorkspace :one
INSERT INTO workspaces (name, is_demo, created_at) VALUES ($1, $2, $3) RETURNING id;

-- name: DemoWorkspace :one
SELECT id FROM workspaces WHERE is_demo;

-- name: AddMember :exec
INSERT INTO members (workspace_id, account_id, role, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT (workspace_id, account_id) DO NOTHING;

-- name: Memberships :many
SELECT m.workspace_id, m.role, w.name, w.second_factor FROM members m JOIN workspaces w ON w.id = m.workspace_id WHERE m.account_id = $1 ORDER BY m.workspace_id;

-- name: LockBootstrap :exec
-- Services that start at the same moment take turns until their transactions end.
SELECT pg_advisory_xact_lock(7202611250045);
