-- +goose Up

-- Workspaces with several people: invitations; an audit with a chain per workspace, and with what was
-- before and after; answers that are kept for requests that are sent again.

CREATE TABLE invitations (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace_id bigint      NOT NULL REFERENCES workspaces (id),
    email        text        NOT NULL CHECK (char_length(email) BETWEEN 3 AND 254 AND email ~ '^[^[:space:][:cntrl:]@]+@[^[:space:][:cntrl:]@]+$'),
    role         text        NOT NULL CHECK (role IN ('owner', 'admin', 'analyst', 'campaign_manager', 'billing')),
    token_hash   bytea       NOT NULL UNIQUE CHECK (octet_length(token_hash) = 32),
    invited_by   bigint      REFERENCES accounts (id) ON DELETE SET NULL,
    created_at   timestamptz NOT NULL,
    sent_at      timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL CHECK (expires_at > sent_at),
    accepted_at  timestamptz,
    revoked_at   timestamptz,
    CHECK (accepted_at IS NULL OR revoked_at IS NULL)
);
CREATE UNIQUE INDEX invitations_open ON invitations (workspace_id, lower(email)) WHERE accepted_at IS NULL AND revoked_at IS NULL;
CREATE INDEX invitations_of_workspace ON invitations (workspace_id, id);
CREATE INDEX invitations_by_email ON invitations (lower(email));
CREATE INDEX invitations_of_account ON invitations (invited_by);
COMMENT ON TABLE invitations IS 'Who was asked to join a workspace, and as what. An address has at most one that is open.';
COMMENT ON COLUMN invitations.token_hash IS 'SHA-256 of the token in the newest mail; each sending makes another.';

ALTER TABLE api_keys ADD COLUMN first_used_at timestamptz;
COMMENT ON COLUMN api_keys.first_used_at IS 'When a program first showed the key; noted in the audit.';

CREATE TABLE kept_answers (
    name         bytea       PRIMARY KEY CHECK (octet_length(name) = 32),
    request_hash bytea       NOT NULL CHECK (octet_length(request_hash) = 32),
    answer       bytea,
    created_at   timestamptz NOT NULL
);
CREATE INDEX kept_answers_by_age ON kept_answers (created_at);
COMMENT ON TABLE kept_answers IS 'Answers to requests with an Idempotency-Key, for a day. A row is committed with what its request made.';
COMMENT ON COLUMN kept_answers.name IS 'Hash of the caller''s secret and the Idempotency-Key.';
COMMENT ON COLUMN kept_answers.answer IS 'Encrypted under the caller''s secret, which is not kept: answers may have keys in them.';

-- What stands in the audit keeps its hashes: an entry without the new columns is hashed as before.
ALTER TABLE audit
    ADD COLUMN chain    bigint GENERATED ALWAYS AS (coalesce(workspace_id, 0)) STORED,
    ADD COLUMN key_id   bigint,
    ADD COLUMN operator text CHECK (char_length(operator) <= 100),
    ADD COLUMN before   jsonb,
    ADD COLUMN after    jsonb;
ALTER TABLE audit DROP CONSTRAINT audit_pkey, ADD PRIMARY KEY (chain, seq);
DROP INDEX audit_of_workspace;
COMMENT ON TABLE audit IS 'Who did what, when, from where. Rows are only added, and each carries the hash of itself and the one before in its chain.';
COMMENT ON COLUMN audit.chain IS 'The workspace, or 0 for what belongs to none: sign-ins and operators.';
COMMENT ON COLUMN audit.seq IS 'Counts from 1 in each chain.';
COMMENT ON COLUMN audit.key_id IS 'The API key that asked, where no person did.';
COMMENT ON COLUMN audit.operator IS 'Who gave a command on the machine, as the machine names them.';

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION audit_hash(before bytea, entry audit) RETURNS bytea
    LANGUAGE sql STABLE
    RETURN sha256($1 || convert_to(concat_ws(E'\x1f', ($2).seq, extract(epoch FROM ($2).at)::numeric(20, 6),
        coalesce(($2).workspace_id::text, '-'), coalesce(($2).account_id::text, '-'), ($2).action, ($2).address, ($2).details::text,
        CASE WHEN ($2).key_id IS NOT NULL OR ($2).operator IS NOT NULL OR ($2).before IS NOT NULL OR ($2).after IS NOT NULL
            THEN concat_ws(E'\x1f', coalesce(($2).key_id::text, '-'), coalesce(to_json(($2).operator)::text, '-'), coalesce(($2).before::text, '-'), coalesce(($2).after::text, '-')) END
        ), 'UTF8'));
-- +goose StatementEnd

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION chain_audit() RETURNS trigger
    LANGUAGE plpgsql AS
$$
DECLARE
    last audit;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('noctra audit', coalesce(NEW.workspace_id, 0)));
    SELECT * INTO last FROM audit WHERE chain = coalesce(NEW.workspace_id, 0) ORDER BY seq DESC LIMIT 1;
    NEW.seq := coalesce(last.seq, 0) + 1;
    NEW.hash := audit_hash(coalesce(last.hash, ''::bytea), NEW);
    RETURN NEW;
END
$$;
-- +goose StatementEnd
