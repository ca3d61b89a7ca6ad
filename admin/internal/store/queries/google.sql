-- name: AddFlow :exec
INSERT INTO oauth_flows (state_hash, workspace_id, connection_id, account_id, session_hash, verifier, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: TakeFlow :one
-- A state is good once, whatever comes of it.
DELETE FROM oauth_flows WHERE state_hash = $1 RETURNING *;

-- name: DropOldFlows :execrows
DELETE FROM oauth_flows WHERE expires_at < sqlc.arg(now);

-- name: NextConnectionID :one
-- What is sealed is bound to the row's number, so that is known before the row is there.
SELECT nextval(pg_get_serial_sequence('google_connections', 'id'))::bigint;

-- name: AddConnection :one
INSERT INTO google_connections (id, workspace_id, state, scopes, refresh_token, access_token, access_until, created_by, created_at, changed_at)
OVERRIDING SYSTEM VALUE VALUES ($1, $2, 'choosing', $3, $4, $5, $6, $7, sqlc.arg(now), sqlc.arg(now)) RETURNING *;

-- name: AddFileConnection :one
INSERT INTO google_connections (workspace_id, state, transport, customer_name, file_user, file_secret_hash, created_by, created_at, changed_at)
VALUES ($1, 'active', 'file', $2, $3, $4, $5, sqlc.arg(now), sqlc.arg(now)) RETURNING *;

-- name: CountConnections :one
SELECT count(*) FROM google_connections WHERE workspace_id = $1 AND state <> 'disconnected';

-- name: ConnectionsOf :many
SELECT * FROM google_connections WHERE workspace_id = $1 AND id > sqlc.arg(after) ORDER BY id LIMIT sqlc.arg(most)::int;

-- name: ConnectionOf :one
SELECT * FROM google_connections WHERE id = $1 AND workspace_id = $2;

-- name: LockConnectionOf :one
SELECT * FROM google_connections WHERE id = $1 AND workspace_id = $2 FOR NO KEY UPDATE;

-- name: RenewConnection :one
-- Consent was given again: everything else stays.
UPDATE google_connections SET state = CASE WHEN transport IS NULL THEN 'choosing' ELSE 'active' END, scopes = $2, refresh_token = $3, access_token = $4, access_until = $5,
    problem = NULL, problem_detail = '', problem_at = NULL, paused_until = NULL, failures = 0, version = version + 1, changed_at = sqlc.arg(now)
WHERE id = $1 RETURNING *;

-- name: ChooseAccount :one
UPDATE google_connections SET state = 'active', transport = $2, customer_id = $3, login_customer_id = $4, customer_name = $5, customer_currency = $6, customer_zone = $7, abilities = $8,
    problem = sqlc.narg(problem), problem_detail = '', problem_at = CASE WHEN sqlc.narg(problem)::text IS NULL THEN NULL WHEN problem = sqlc.narg(problem) THEN problem_at ELSE sqlc.arg(now)::timestamptz END,
    problem_action = '', problem_late = false, version = version + 1, changed_at = sqlc.arg(now)
WHERE id = $1 RETURNING *;

-- name: ChooseTransport :one
UPDATE google_connections SET transport = $2, paused_until = NULL, failures = 0, version = version + 1, changed_at = sqlc.arg(now) WHERE id = $1 RETURNING *;

-- name: ReplaceFileSecret :one
UPDATE google_connections SET file_user = $2, file_secret_hash = $3, version = version + 1, changed_at = sqlc.arg(now) WHERE id = $1 RETURNING *;

-- name: Disconnect :one
-- What came from Google goes at once; the token stays, sealed, until it is revoked.
UPDATE google_connections SET state = 'disconnected', disconnected_at = sqlc.arg(now), access_token = NULL, access_until = NULL, refresh_token = sqlc.narg(left_to_revoke),
    purged_at = CASE WHEN sqlc.narg(left_to_revoke)::bytea IS NULL THEN sqlc.arg(now)::timestamptz END, scopes = '{}', customer_name = '', customer_currency = '', customer_zone = '', abilities = '{}',
    problem = NULL, problem_detail = '', problem_at = NULL, told_at = NULL, paused_until = NULL, file_user = NULL, file_secret_hash = NULL, version = version + 1, changed_at = sqlc.arg(now)
WHERE id = $1 RETURNING *;

-- name: ForgetActionNames :many
-- Mappings of a connection that ends.
UPDATE conversion_actions SET action_name = 'action ' || action_id, removed_at = coalesce(removed_at, sqlc.arg(now)), version = version + 1, changed_at = sqlc.arg(now)
WHERE connection_id = $1 RETURNING id;

-- name: LeftToRevoke :many
SELECT * FROM google_connections WHERE state = 'disconnected' AND purged_at IS NULL ORDER BY id LIMIT 20;

-- name: Purge :execrows
UPDATE google_connections SET refresh_token = NULL, purged_at = sqlc.arg(now) WHERE id = $1 AND state = 'disconnected' AND purged_at IS NULL;

-- name: AccessesOf :many
SELECT * FROM google_accesses WHERE connection_id = $1 AND id < sqlc.arg(below) ORDER BY id DESC LIMIT sqlc.arg(most)::int;

-- name: FetchesOf :many
SELECT * FROM import_fetches WHERE connection_id = $1 AND id < sqlc.arg(below) ORDER BY id DESC LIMIT sqlc.arg(most)::int;

-- name: ActionsOf :many
SELECT * FROM conversion_actions WHERE workspace_id = $1 AND removed_at IS NULL AND id > sqlc.arg(after) ORDER BY id LIMIT sqlc.arg(most)::int;

-- name: ActionOf :one
SELECT * FROM conversion_actions WHERE id = $1 AND workspace_id = $2 AND removed_at IS NULL;

-- name: LockActionOf :one
SELECT * FROM conversion_actions WHERE id = $1 AND workspace_id = $2 AND removed_at IS NULL FOR NO KEY UPDATE;

-- name: CountActions :one
SELECT count(*) FROM conversion_actions WHERE workspace_id = $1 AND removed_at IS NULL;

-- name: ActionsLike :many
SELECT id FROM conversion_actions WHERE site_id = $1 AND action_id = $2 AND coalesce(goal_id, 0) = sqlc.arg(goal)::bigint AND removed_at IS NULL;

-- name: ActionsOfGoal :many
SELECT action_name FROM conversion_actions WHERE goal_id = $1 AND removed_at IS NULL ORDER BY id;

-- name: LiveActionsOfConnection :one
SELECT count(*) FROM conversion_actions WHERE connection_id = $1 AND removed_at IS NULL;

-- name: AddAction :one
INSERT INTO conversion_actions (workspace_id, site_id, connection_id, goal_id, action_id, action_name, value_rule, fixed_value, currency, review, enhanced, without_click,
    delay_minutes, window_days, one_per_click, not_before, since, paused, created_at, changed_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, sqlc.arg(now), sqlc.arg(now)) RETURNING *;

-- name: ChangeAction :one
UPDATE conversion_actions SET value_rule = $2, fixed_value = $3, currency = $4, review = $5, enhanced = $6, without_click = $7, delay_minutes = $8, since = $9, paused = $10,
    version = version + 1, changed_at = sqlc.arg(now)
WHERE id = $1 RETURNING *;

-- name: RemoveAction :exec
UPDATE conversion_actions SET removed_at = sqlc.arg(now), version = version + 1, changed_at = sqlc.arg(now) WHERE id = $1;

-- name: HoldDeciding :exec
-- Before sales are to be decided again: whoever decides by what was before is done, and nobody begins until the change is there.
SELECT pg_advisory_xact_lock(sqlc.arg(lock)::int, (sqlc.arg(workspace)::bigint % 2147483647)::int);

-- name: DecideSalesOfAction :execrows
-- Sales that an action takes, or has taken conversions of that are not at Google, or that are older than those it takes and may be told anew; and where it
-- was removed before, what was held of that one.
UPDATE sales SET decide_at = sqlc.arg(now) WHERE id IN (
    SELECT s.id FROM conversion_actions a JOIN sales s ON s.site_id = a.site_id AND s.goal_id = coalesce(a.goal_id, 0) AND s.occurred_at >= a.since WHERE a.id = sqlc.arg(action) AND a.removed_at IS NULL
    UNION SELECT c.sale_id FROM conversions c WHERE c.mapping_id = sqlc.arg(action) AND c.state IN ('waiting', 'ready', 'held')
    UNION SELECT c.sale_id FROM conversion_actions a JOIN conversions c ON c.mapping_id = a.id AND c.occurred_at < a.since AND c.state IN ('sending', 'received', 'accepted', 'unknown') WHERE a.id = sqlc.arg(action) AND a.removed_at IS NULL
    UNION SELECT c.sale_id FROM conversion_actions a
        JOIN conversion_actions o ON o.site_id = a.site_id AND o.action_id = a.action_id AND coalesce(o.goal_id, 0) = coalesce(a.goal_id, 0)
        JOIN adjustments j ON j.mapping_id = o.id AND j.state IN ('held', 'waiting', 'ready') JOIN conversions c ON c.id = j.conversion_id
        WHERE a.id = sqlc.arg(action));

-- name: DecideSalesOfConnection :execrows
-- Sales of which something is held that another transport may be able to say.
UPDATE sales SET decide_at = sqlc.arg(now) WHERE id IN (
    SELECT c.sale_id FROM conversion_actions a JOIN adjustments j ON j.mapping_id = a.id AND j.state = 'held' JOIN conversions c ON c.id = j.conversion_id
    WHERE a.connection_id = sqlc.arg(connection));

-- name: DecideSalesOfWorkspace :execrows
UPDATE sales SET decide_at = sqlc.arg(now) WHERE id IN (SELECT c.sale_id FROM conversions c WHERE c.workspace_id = sqlc.arg(workspace) AND c.stage IN ('waiting', 'ready', 'held'));

-- name: UploadsHeldAt :one
SELECT uploads_held_at FROM workspaces WHERE id = $1;

-- name: HoldUploads :execrows
UPDATE workspaces SET uploads_held_at = sqlc.arg(now) WHERE id = $1 AND uploads_held_at IS NULL;

-- name: ReleaseUploads :execrows
UPDATE workspaces SET uploads_held_at = NULL WHERE id = $1 AND uploads_held_at IS NOT NULL;

-- name: SealedGoogleTokens :many
SELECT id, refresh_token, access_token FROM google_connections WHERE refresh_token IS NOT NULL OR access_token IS NOT NULL ORDER BY id FOR NO KEY UPDATE;

-- name: ReplaceGoogleTokens :exec
UPDATE google_connections SET refresh_token = $2, access_token = $3 WHERE id = $1;

-- name: OwnersOfWorkspace :many
SELECT a.id, a.email FROM members m JOIN accounts a ON a.id = m.account_id WHERE m.workspace_id = $1 AND m.role = 'owner' ORDER BY a.id;

-- name: ConnectionsToTell :many
-- Problems that nobody was mailed about, and ones that are over.
SELECT * FROM google_connections WHERE state <> 'disconnected' AND (problem IS NOT NULL AND (told_at IS NULL OR told_at < problem_at) OR problem IS NULL AND told_at IS NOT NULL) ORDER BY id LIMIT 50 FOR NO KEY UPDATE SKIP LOCKED;

-- name: SetTold :exec
UPDATE google_connections SET told_at = sqlc.narg(told_at) WHERE id = $1;

-- name: DemoConnection :one
-- The demo's own way to the Google that stands in.
SELECT * FROM google_connections WHERE workspace_id = $1 AND state <> 'disconnected' ORDER BY id LIMIT 1;

-- name: SetProblem :exec
-- A problem that is there already keeps its time.
UPDATE google_connections SET problem_at = CASE WHEN problem = sqlc.narg(problem)::text THEN problem_at ELSE sqlc.arg(now)::timestamptz END, problem = sqlc.narg(problem), problem_detail = '', problem_action = '', problem_late = false
WHERE id = $1;

-- name: FileOfUser :one
SELECT c.id, c.workspace_id, c.file_secret_hash, w.uploads_held_at FROM google_connections c JOIN workspaces w ON w.id = c.workspace_id WHERE c.file_user = $1 AND c.state <> 'disconnected';
