-- +goose Up

-- Accounts of people who sign up by themselves: passwords, second factors, passkeys, the links that
-- are mailed, the mail itself, and the record of who did what.

ALTER TABLE accounts
    ADD COLUMN password_hash       text CHECK (password_hash LIKE '$argon2id$%'),
    ADD COLUMN password_changed_at timestamptz,
    ADD COLUMN passkey_handle      bytea NOT NULL DEFAULT decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex')
        CHECK (octet_length(passkey_handle) = 32),
    ADD COLUMN delete_after        timestamptz;
CREATE UNIQUE INDEX accounts_passkey_handle ON accounts (passkey_handle);
CREATE INDEX accounts_to_delete ON accounts (delete_after) WHERE delete_after IS NOT NULL;
COMMENT ON COLUMN accounts.password_hash IS 'PHC string of argon2id; none where the account was made by a link and never had a password.';
COMMENT ON COLUMN accounts.passkey_handle IS 'What authenticators know the account by; chance, says nothing about the person.';
COMMENT ON COLUMN accounts.delete_after IS 'Its owner asked for deletion, which can be taken back until then.';

ALTER TABLE sessions
    ADD COLUMN id      bigint NOT NULL GENERATED ALWAYS AS IDENTITY UNIQUE,
    ADD COLUMN method  text NOT NULL DEFAULT 'link' CHECK (method IN ('link', 'password', 'totp', 'recovery_code', 'passkey')),
    ADD COLUMN address text NOT NULL DEFAULT '' CHECK (char_length(address) <= 64),
    ADD COLUMN agent   text NOT NULL DEFAULT '' CHECK (char_length(agent) <= 300);
COMMENT ON COLUMN sessions.id IS 'By which a person names a session to end it; no secret.';
COMMENT ON COLUMN sessions.method IS 'How the person proved who they are when it was opened.';

CREATE TABLE sign_ups (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email         text        NOT NULL CHECK (char_length(email) BETWEEN 3 AND 254),
    name          text        NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100 AND name !~ '[[:cntrl:]]'),
    password_hash text        NOT NULL,
    token_hash    bytea       UNIQUE CHECK (octet_length(token_hash) = 32),
    created_at    timestamptz NOT NULL,
    expires_at    timestamptz NOT NULL CHECK (expires_at > created_at),
    used_at       timestamptz
);
CREATE INDEX sign_ups_by_end ON sign_ups (expires_at);
COMMENT ON TABLE sign_ups IS 'People who want an account and have not shown yet that the address is theirs. Nothing is an account before.';
COMMENT ON COLUMN sign_ups.token_hash IS 'SHA-256 of the token in the mail; none until the mail is written, and for ever where the address has an account.';

CREATE TABLE mailed_links (
    token_hash bytea       PRIMARY KEY CHECK (octet_length(token_hash) = 32),
    account_id bigint      NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    purpose    text        NOT NULL CHECK (purpose IN ('reset_password', 'change_email')),
    email      text        NOT NULL CHECK (char_length(email) BETWEEN 3 AND 254),
    message_id text,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL CHECK (expires_at > created_at),
    used_at    timestamptz
);
CREATE INDEX mailed_links_of_account ON mailed_links (account_id, purpose);
CREATE INDEX mailed_links_by_end ON mailed_links (expires_at);
COMMENT ON TABLE mailed_links IS 'Links in mail, good once.';
COMMENT ON COLUMN mailed_links.email IS 'reset_password: the address that it was asked for; change_email: the new address.';

CREATE TABLE totp (
    account_id   bigint      PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
    secret       bytea       NOT NULL,
    created_at   timestamptz NOT NULL,
    confirmed_at timestamptz,
    last_step    bigint      NOT NULL DEFAULT 0
);
COMMENT ON TABLE totp IS 'Second factors by time (RFC 6238). Without confirmed_at it is being set up and not asked for.';
COMMENT ON COLUMN totp.secret IS 'Sealed (package envelope) for the place totp.secret:<account_id>.';
COMMENT ON COLUMN totp.last_step IS 'The newest step whose code was used; no code of this or an earlier one is good.';

CREATE TABLE recovery_codes (
    account_id bigint      NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    code_hash  bytea       NOT NULL CHECK (octet_length(code_hash) = 32),
    created_at timestamptz NOT NULL,
    used_at    timestamptz,
    PRIMARY KEY (account_id, code_hash)
);
COMMENT ON TABLE recovery_codes IS 'Stand-ins for the second factor, each good once; SHA-256 of 80 random bits.';

CREATE TABLE passkeys (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id    bigint      NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    credential_id bytea       NOT NULL UNIQUE,
    credential    jsonb       NOT NULL,
    name          text        NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100 AND name !~ '[[:cntrl:]]'),
    created_at    timestamptz NOT NULL,
    last_used_at  timestamptz
);
CREATE INDEX passkeys_of_account ON passkeys (account_id);
COMMENT ON TABLE passkeys IS 'WebAuthn credentials. What stands here is public: private keys never leave the authenticator.';

CREATE TABLE ceremonies (
    token_hash bytea       PRIMARY KEY CHECK (octet_length(token_hash) = 32),
    kind       text        NOT NULL CHECK (kind IN ('second_factor', 'passkey_registration', 'passkey_sign_in')),
    account_id bigint      REFERENCES accounts (id) ON DELETE CASCADE,
    content    jsonb       NOT NULL DEFAULT '{}',
    expires_at timestamptz NOT NULL,
    CHECK ((kind = 'passkey_sign_in') = (account_id IS NULL))
);
CREATE INDEX ceremonies_of_account ON ceremonies (account_id);
CREATE INDEX ceremonies_by_end ON ceremonies (expires_at);
COMMENT ON TABLE ceremonies IS 'Sign-ins and registrations that have begun and need a second step; a few minutes long.';

CREATE TABLE devices (
    token_hash   bytea       NOT NULL CHECK (octet_length(token_hash) = 32),
    account_id   bigint      NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    created_at   timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,
    PRIMARY KEY (token_hash, account_id)
);
CREATE INDEX devices_of_account ON devices (account_id);
COMMENT ON TABLE devices IS 'Browsers that have signed in to an account before. Strangers who guess its password cannot keep them out.';

CREATE TABLE attempts (
    bucket     bytea       PRIMARY KEY CHECK (octet_length(bucket) = 32),
    failures   int         NOT NULL CHECK (failures >= 0),
    next_at    timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
CREATE INDEX attempts_by_age ON attempts (updated_at);
COMMENT ON TABLE attempts IS 'Guesses that went wrong, and when the next may be made, by hash of what is limited: an account, a device, an address.';

CREATE TABLE mail_outbox (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    message_id text        NOT NULL UNIQUE,
    kind       text        NOT NULL,
    recipient  text        NOT NULL CHECK (char_length(recipient) BETWEEN 3 AND 254),
    account_id bigint      REFERENCES accounts (id) ON DELETE SET NULL,
    subject_id bigint,
    content    bytea,
    created_at timestamptz NOT NULL,
    next_at    timestamptz NOT NULL,
    attempts   int         NOT NULL DEFAULT 0,
    sent_at    timestamptz,
    failed_at  timestamptz
);
CREATE INDEX mail_outbox_due ON mail_outbox (next_at) WHERE sent_at IS NULL AND failed_at IS NULL;
CREATE INDEX mail_outbox_by_age ON mail_outbox (created_at);
CREATE INDEX mail_outbox_of_account ON mail_outbox (account_id);
COMMENT ON TABLE mail_outbox IS 'Mail that is to be sent, written in the transaction that causes it.';
COMMENT ON COLUMN mail_outbox.message_id IS 'The Message-ID, the same at every attempt.';
COMMENT ON COLUMN mail_outbox.subject_id IS 'sign_up: the row of sign_ups.';
COMMENT ON COLUMN mail_outbox.content IS 'Sealed for the place mail_outbox.content:<message_id>; none before it is written and after it was sent.';
COMMENT ON COLUMN mail_outbox.next_at IS 'Not before then; also the end of the lease of whoever sends it now.';
COMMENT ON COLUMN mail_outbox.failed_at IS 'The relay refused it for good, it was too old, or there was nothing to send.';

CREATE TABLE audit (
    seq          bigint      PRIMARY KEY,
    at           timestamptz NOT NULL,
    workspace_id bigint,
    account_id   bigint,
    action       text        NOT NULL CHECK (action ~ '^[a-z_]+(\.[a-z_]+)*$'),
    address      text        NOT NULL DEFAULT '',
    details      jsonb       NOT NULL DEFAULT '{}',
    hash         bytea       NOT NULL
);
CREATE INDEX audit_of_account ON audit (account_id, seq);
CREATE INDEX audit_of_workspace ON audit (workspace_id, seq);
COMMENT ON TABLE audit IS 'Who did what, when, from where. Rows are only added, and each carries the hash of itself and the one before.';
COMMENT ON COLUMN audit.details IS 'Never secrets or e-mail addresses.';

-- +goose StatementBegin
CREATE FUNCTION audit_hash(before bytea, entry audit) RETURNS bytea
    LANGUAGE sql STABLE
    RETURN sha256(before || convert_to(concat_ws(E'\x1f', entry.seq, extract(epoch FROM entry.at)::numeric(20, 6),
        coalesce(entry.workspace_id::text, '-'), coalesce(entry.account_id::text, '-'), entry.action, entry.address, entry.details::text), 'UTF8'));
-- +goose StatementEnd
COMMENT ON FUNCTION audit_hash IS 'The hash that an entry has after the one with the hash before.';

-- +goose StatementBegin
CREATE FUNCTION chain_audit() RETURNS trigger
    LANGUAGE plpgsql AS
$$
DECLARE
    last audit;
BEGIN
    PERFORM pg_advisory_xact_lock(7202611250046);
    SELECT * INTO last FROM audit ORDER BY seq DESC LIMIT 1;
    NEW.seq := coalesce(last.seq, 0) + 1;
    NEW.hash := audit_hash(coalesce(last.hash, ''::bytea), NEW);
    RETURN NEW;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER audit_chained BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION chain_audit();

-- +goose StatementBegin
CREATE FUNCTION refuse_audit_change() RETURNS trigger
    LANGUAGE plpgsql AS
$$
BEGIN
    RAISE EXCEPTION 'the audit is only added to' USING ERRCODE = 'insufficient_privilege';
END
$$;
-- +goose StatementEnd
CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();
