-- name: AddAudit :exec
-- Its number and hash are made by the database. Address and texts of whoever did it lie beside, under a seal.
WITH added AS (
    INSERT INTO audit (at, workspace_id, person, key_id, operator, action, details, before, after, sealed)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9,
        CASE WHEN sqlc.arg(address)::text <> '' OR sqlc.narg(texts)::jsonb IS NOT NULL
            THEN audit_seal(sqlc.arg(salt)::bytea, sqlc.arg(address)::text, sqlc.narg(texts)::jsonb) END)
    RETURNING chain, seq, sealed)
INSERT INTO audit_private (chain, seq, salt, address, texts)
SELECT chain, seq, sqlc.arg(salt)::bytea, sqlc.arg(address)::text, sqlc.narg(texts)::jsonb FROM added WHERE sealed IS NOT NULL;

-- name: AuditPerson :one
-- The pseudonym of an account in the audit.
SELECT audit_person(sqlc.arg(account)::bigint)::text AS ref;

-- name: AuditRefs :many
-- The pseudonym of an account that has one already.
SELECT ref FROM audit_people WHERE account_id = $1;

-- name: AuditPeople :many
-- Whose pseudonyms these are.
SELECT ref, account_id FROM audit_people WHERE ref = ANY(sqlc.arg(refs)::text[]) AND account_id IS NOT NULL;

-- name: AuditStrangers :many
-- Pseudonyms that were given to another account than the one that they were made for.
SELECT ref FROM audit_people WHERE account_id IS NOT NULL AND ref <> audit_ref(salt, account_id) ORDER BY ref LIMIT 100;

-- name: AuditForgotten :one
-- How many people were taken out of the audit.
SELECT count(*) FROM audit_people WHERE erased_at IS NOT NULL;

-- name: ForgetAuditedPerson :one
SELECT forget_audited_person(sqlc.arg(account)::bigint, sqlc.arg(at)::timestamptz)::bigint AS entries;

-- name: ForgetAuditedWorkspace :one
SELECT forget_audited_workspace(sqlc.arg(workspace)::bigint)::bigint AS entries;

-- name: AuditGaps :many
-- Entries whose hash or number does not follow from the one before in their chain, or whose private part
-- is changed or gone while nobody was erased.
SELECT c.chain, c.seq FROM (
    SELECT coalesce(entry.workspace_id, 0)::bigint AS chain, entry.seq, entry.hash,
        audit_hash(coalesce(lag(entry.hash) OVER (PARTITION BY entry.chain ORDER BY entry.seq), ''::bytea), entry) AS want,
        lag(entry.seq, 1, 0::bigint) OVER (PARTITION BY entry.chain ORDER BY entry.seq) AS previous,
        entry.redacted AND entry.sealed IS NULL AND named.place IS NOT NULL AS taken_out,
        CASE WHEN entry.sealed IS NULL THEN private.seq IS NULL
            WHEN private.seq IS NOT NULL THEN audit_seal(private.salt, private.address, private.texts) = entry.sealed
            ELSE gone.ref IS NOT NULL OR erased.chain IS NOT NULL END AS private_whole
    FROM audit entry
    LEFT JOIN audit_private private ON private.chain = entry.chain AND private.seq = entry.seq
    LEFT JOIN (SELECT p.ref FROM audit_people p WHERE p.erased_at IS NOT NULL
        AND EXISTS (SELECT FROM audit d WHERE d.chain = 0 AND d.person = p.ref AND d.action = 'account.deleted')) gone ON gone.ref = entry.person
    LEFT JOIN (SELECT DISTINCT e.chain FROM audit e WHERE e.action = 'erasure.done' AND e.details ->> 'scope' = 'workspace') erased ON erased.chain = entry.chain
    LEFT JOIN (SELECT DISTINCT jsonb_array_elements_text(r.details -> 'entries') AS place FROM audit r WHERE r.chain = 0 AND r.action = 'audit.redacted') named
        ON named.place = entry.chain || '/' || entry.seq AND entry.redacted) c
WHERE (c.hash IS DISTINCT FROM c.want AND NOT c.taken_out) OR c.seq <> c.previous + 1 OR NOT c.private_whole ORDER BY c.chain, c.seq LIMIT 100;

-- name: AuditLength :one
SELECT count(*) FROM audit;

-- name: AuditHeads :many
-- The newest entry of every chain.
SELECT DISTINCT ON (chain) coalesce(workspace_id, 0)::bigint AS chain, seq, hash FROM audit ORDER BY chain, seq DESC;

-- name: AuditEntryHash :one
SELECT hash FROM audit WHERE chain = sqlc.arg(chain)::bigint AND seq = $1;

-- name: AuditOf :many
-- A workspace's entries from the newest on.
SELECT a.seq, a.at, a.account_id, a.person, a.key_id, a.operator, a.action, a.address, v.address AS private_address, a.details, a.before, a.after, v.texts, a.hash
FROM audit a LEFT JOIN audit_private v ON v.chain = a.chain AND v.seq = a.seq
WHERE a.chain = sqlc.arg(workspace)::bigint AND a.seq < sqlc.arg(below)::bigint
AND (sqlc.arg(action)::text = '' OR a.action = sqlc.arg(action)::text OR starts_with(a.action, sqlc.arg(action)::text || '.'))
AND (sqlc.arg(account)::bigint = 0 OR a.account_id = sqlc.arg(account)::bigint OR a.person = sqlc.arg(person)::text)
AND a.at >= sqlc.arg(since)::timestamptz AND a.at < sqlc.arg(until)::timestamptz
AND (sqlc.arg(noun)::text = '' OR sqlc.arg(numbers)::text[] && ARRAY[a.details ->> sqlc.arg(noun)::text, a.before ->> sqlc.arg(noun)::text, a.after ->> sqlc.arg(noun)::text])
AND (sqlc.arg(search)::text = '' OR strpos(lower(concat_ws(' ', a.action, a.address, v.address, a.details::text, a.before::text, a.after::text, v.texts::text)), lower(sqlc.arg(search)::text)) > 0)
ORDER BY a.seq DESC LIMIT sqlc.arg(most)::int;

-- name: AuditWritable :one
-- Whether this user of the database could change the audit.
SELECT bool_or(has_table_privilege(name, 'UPDATE, DELETE, TRUNCATE'))::boolean AS writable FROM unnest(ARRAY['audit', 'audit_people', 'audit_private']) AS name;
