-- What exports contain, a JSON object a row. Nothing is named here that is a secret or a hash of one.

-- name: CopyAccount :many
SELECT json_build_object('id', id, 'name', name, 'email', email, 'created_at', created_at, 'has_password', password_hash IS NOT NULL,
    'password_changed_at', password_changed_at, 'delete_after', delete_after) FROM accounts WHERE id = $1;

-- name: CopySessions :many
SELECT json_build_object('id', id, 'method', method, 'address', address, 'agent', agent, 'created_at', created_at, 'last_seen_at', last_seen_at, 'expires_at', expires_at)
FROM sessions WHERE account_id = $1 ORDER BY id;

-- name: CopyDevices :many
SELECT json_build_object('created_at', created_at, 'last_seen_at', last_seen_at) FROM devices WHERE account_id = $1 ORDER BY created_at;

-- name: CopySecondFactors :many
SELECT json_build_object('kind', 'totp', 'name', '', 'created_at', created_at, 'confirmed_at', confirmed_at, 'used_at', NULL) FROM totp WHERE totp.account_id = $1
UNION ALL
SELECT json_build_object('kind', 'recovery_code', 'name', '', 'created_at', created_at, 'confirmed_at', NULL, 'used_at', used_at) FROM recovery_codes WHERE recovery_codes.account_id = $1
UNION ALL
SELECT json_build_object('kind', 'passkey', 'name', name, 'created_at', created_at, 'confirmed_at', created_at, 'used_at', last_used_at) FROM passkeys WHERE passkeys.account_id = $1;

-- name: CopyMemberships :many
SELECT json_build_object('workspace_id', m.workspace_id, 'workspace', w.name, 'role', m.role, 'created_at', m.created_at)
FROM members m JOIN workspaces w ON w.id = m.workspace_id WHERE m.account_id = $1 ORDER BY m.workspace_id;

-- name: CopyInvitationsTo :many
SELECT json_build_object('workspace_id', i.workspace_id, 'email', i.email, 'role', i.role, 'sent_at', i.sent_at, 'accepted_at', i.accepted_at, 'revoked_at', i.revoked_at)
FROM invitations i WHERE lower(i.email) = (SELECT lower(a.email) FROM accounts a WHERE a.id = $1) ORDER BY i.id;

-- name: CopyMailTo :many
SELECT json_build_object('kind', kind, 'recipient', recipient, 'created_at', created_at, 'sent_at', sent_at, 'failed_at', failed_at)
FROM mail_outbox WHERE account_id = $1 ORDER BY id;

-- name: CopyRequestsOf :many
SELECT json_build_object('id', r.id, 'kind', r.kind, 'hostname', r.hostname, 'email', r.email, 'text', r.body, 'state', r.state, 'created_at', r.created_at, 'due_at', r.due_at, 'closed_at', r.closed_at)
FROM privacy_requests r WHERE r.account_id = $1 OR r.verified_at IS NOT NULL AND lower(r.email) = (SELECT lower(a.email) FROM accounts a WHERE a.id = $1) ORDER BY r.id;

-- name: CopyExportsOf :many
SELECT json_build_object('id', id, 'workspace_id', workspace_id, 'state', state, 'size', size, 'created_at', created_at, 'ended_at', ended_at)
FROM exports WHERE account_id = $1 ORDER BY id;

-- name: CopyAuditOf :many
-- What a person did, everywhere, in pages.
SELECT a.chain, a.seq, json_build_object('workspace_id', a.workspace_id, 'seq', a.seq, 'at', a.at, 'action', a.action, 'address', coalesce(v.address, a.address), 'details', a.details) AS entry, v.texts
FROM audit a LEFT JOIN audit_private v ON v.chain = a.chain AND v.seq = a.seq
WHERE (a.person = sqlc.arg(person)::text OR a.account_id = sqlc.arg(account)::bigint) AND (a.chain, a.seq) > (sqlc.arg(chain)::bigint, sqlc.arg(seq)::bigint) ORDER BY a.chain, a.seq LIMIT sqlc.arg(most)::int;

-- name: CopyWorkspace :many
SELECT json_build_object('id', id, 'name', name, 'created_at', created_at) FROM workspaces WHERE id = $1;

-- name: CopySites :many
SELECT json_build_object('id', id, 'public_key', public_key, 'name', name, 'hostnames', hostnames, 'time_zone', time_zone, 'currency', currency, 'identity_mode', identity_mode,
    'consent_mode', consent_mode, 'query_params', query_params, 'lookback_days', lookback_days, 'retention_raw_days', retention_raw_days,
    'retention_aggregates_days', retention_aggregates_days, 'bot_rules', bot_rules, 'excluded_addresses', excluded_addresses, 'excluded_paths', excluded_paths,
    'sales_from_browsers', sales_from_browsers, 'state', state, 'created_at', created_at, 'updated_at', updated_at, 'archived_at', archived_at, 'erase_after', erase_after)
FROM sites WHERE workspace_id = $1 ORDER BY id;

-- name: CopySiteChanges :many
SELECT json_build_object('site_id', c.site_id, 'field', c.field, 'before', c.before, 'after', c.after, 'changed_at', c.changed_at)
FROM site_changes c JOIN sites s ON s.id = c.site_id WHERE s.workspace_id = $1 ORDER BY c.id;

-- name: CopyMembers :many
SELECT json_build_object('account_id', m.account_id, 'name', a.name, 'email', a.email, 'role', m.role, 'created_at', m.created_at)
FROM members m JOIN accounts a ON a.id = m.account_id WHERE m.workspace_id = $1 ORDER BY m.account_id;

-- name: CopyInvitations :many
SELECT json_build_object('id', id, 'email', email, 'role', role, 'created_at', created_at, 'sent_at', sent_at, 'expires_at', expires_at, 'accepted_at', accepted_at, 'revoked_at', revoked_at)
FROM invitations WHERE workspace_id = $1 ORDER BY id;

-- name: CopyServerKeys :many
SELECT json_build_object('id', id, 'name', name, 'site_ids', site_ids, 'signature', signature, 'created_at', created_at, 'created_by', created_by, 'expires_at', expires_at, 'revoked_at', revoked_at) FROM server_keys WHERE workspace_id = $1 ORDER BY id;

-- name: CopyAPIKeys :many
SELECT json_build_object('id', id, 'name', name, 'site_ids', site_ids, 'scopes', scopes, 'created_at', created_at, 'created_by', created_by, 'first_used_at', first_used_at,
    'last_used_at', last_used_at, 'expires_at', expires_at, 'revoked_at', revoked_at)
FROM api_keys WHERE workspace_id = $1 ORDER BY id;

-- name: CopyCorrections :many
SELECT id, json_build_object('id', id, 'site_id', site_id, 'event_id', event_id, 'occurred_at', occurred_at, 'reason', reason, 'before', before, 'after', after,
    'account_id', account_id, 'created_at', created_at, 'done_at', done_at) AS entry
FROM corrections WHERE workspace_id = $1 AND id > $2 ORDER BY id LIMIT $3;

-- name: CopyRequests :many
SELECT json_build_object('id', id, 'kind', kind, 'site_id', site_id, 'hostname', hostname, 'email', email, 'text', body, 'state', state, 'created_at', created_at,
    'verified_at', verified_at, 'due_at', due_at, 'closed_at', closed_at) FROM privacy_requests WHERE workspace_id = $1 AND verified_at IS NOT NULL ORDER BY id;

-- name: CopyRetentionLog :many
SELECT json_build_object('site_id', site_id, 'table', table_name, 'before', before, 'rows_found', rows_found, 'rows_left', rows_left, 'begun_at', begun_at, 'checked_at', checked_at)
FROM retention_log WHERE workspace_id = $1 ORDER BY id;

-- name: CopyAudit :many
SELECT a.seq, json_build_object('seq', a.seq, 'at', a.at, 'account_id', coalesce(to_jsonb('person:' || a.person), to_jsonb(a.account_id)), 'key_id', a.key_id, 'operator', a.operator, 'action', a.action,
    'address', coalesce(v.address, a.address), 'details', a.details, 'before', a.before, 'after', a.after, 'hash', encode(a.hash, 'hex')) AS entry, v.texts
FROM audit a LEFT JOIN audit_private v ON v.chain = a.chain AND v.seq = a.seq
WHERE a.chain = sqlc.arg(workspace)::bigint AND a.seq > sqlc.arg(after)::bigint ORDER BY a.seq LIMIT sqlc.arg(most)::int;

-- name: CopySiteIDs :many
SELECT id FROM sites WHERE workspace_id = $1 ORDER BY id;

-- name: CopyGoals :many
SELECT json_build_object('id', g.id, 'site_id', g.site_id, 'name', g.name, 'definition', g.definition, 'version', g.version, 'created_at', g.created_at, 'changed_at', g.changed_at)
FROM goals g JOIN sites s ON s.id = g.site_id WHERE s.workspace_id = $1 ORDER BY g.id;

-- name: CopyFunnels :many
SELECT json_build_object('id', f.id, 'site_id', f.site_id, 'name', f.name, 'steps', f.steps, 'window_hours', f.window_hours, 'strict', f.strict, 'version', f.version,
    'created_at', f.created_at, 'changed_at', f.changed_at)
FROM funnels f JOIN sites s ON s.id = f.site_id WHERE s.workspace_id = $1 ORDER BY f.id;
