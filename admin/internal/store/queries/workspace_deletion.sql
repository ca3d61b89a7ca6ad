-- name: PlanErasure :exec
UPDATE workspaces SET erase_after = sqlc.arg(erase_after)::timestamptz WHERE id = $1;

-- name: TakeErasureBack :exec
UPDATE workspaces SET erase_after = NULL WHERE id = $1;

-- name: OwnersOf :many
SELECT a.id, a.name, a.email FROM members m JOIN accounts a ON a.id = m.account_id
WHERE m.workspace_id = $1 AND m.role = 'owner' ORDER BY a.id;
