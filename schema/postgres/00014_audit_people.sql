-- +goose Up

-- What names a person leaves the entries of the audit: a pseudonym per account and a seal stand there,
-- and what they stand for lies beside, where an erasure can take it away without breaking a chain.

CREATE TABLE audit_people (
    ref        text        PRIMARY KEY CHECK (ref ~ '^[0-9a-f]{32}$'),
    account_id bigint      UNIQUE,
    salt       bytea       CHECK (octet_length(salt) = 32),
    erased_at  timestamptz,
    CHECK ((account_id IS NULL) = (erased_at IS NOT NULL) AND (salt IS NULL) = (erased_at IS NOT NULL))
);
COMMENT ON TABLE audit_people IS 'The pseudonym of each account in the audit. An erased account leaves the pseudonym alone.';
COMMENT ON COLUMN audit_people.ref IS 'The first half of SHA-256 of salt and account: nobody can give it to another account, and without the salt it leads to none.';

CREATE TABLE audit_private (
    chain   bigint NOT NULL,
    seq     bigint NOT NULL,
    salt    bytea  NOT NULL CHECK (octet_length(salt) = 16),
    address text   NOT NULL,
    texts   jsonb,
    PRIMARY KEY (chain, seq)
);
COMMENT ON TABLE audit_private IS 'What entries of the audit have of whoever did it: their address, and what they typed. Gone when the account or the workspace is erased.';
COMMENT ON COLUMN audit_private.texts IS 'A list; text:N in the entry is its Nth, from 0.';

ALTER TABLE audit
    ADD COLUMN person   text,
    ADD COLUMN sealed   bytea CHECK (octet_length(sealed) = 32),
    ADD COLUMN redacted boolean NOT NULL DEFAULT false;
CREATE INDEX audit_of_person ON audit (person, chain, seq);
COMMENT ON COLUMN audit.account_id IS 'Of entries from before audit_people.';
COMMENT ON COLUMN audit.person IS 'Who did it, see audit_people. In details, before and after, accounts are person:<ref>.';
COMMENT ON COLUMN audit.sealed IS 'SHA-256 of the row of audit_private.';
COMMENT ON COLUMN audit.redacted IS 'An entry from before audit_people out of which an erased person was taken. It keeps its hash, and an entry audit.redacted names it.';

-- +goose StatementBegin
CREATE FUNCTION audit_ref(salt bytea, account bigint) RETURNS text
    LANGUAGE sql IMMUTABLE
    RETURN left(encode(sha256($1 || convert_to($2::text, 'UTF8')), 'hex'), 32);
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION audit_seal(salt bytea, address text, texts jsonb) RETURNS bytea
    LANGUAGE sql STABLE
    RETURN sha256($1 || convert_to(jsonb_build_array($2, $3)::text, 'UTF8'));
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION audit_person(account bigint) RETURNS text
    LANGUAGE plpgsql AS
$$
DECLARE
    found_ref text;
    new_salt  bytea;
BEGIN
    SELECT ref INTO found_ref FROM audit_people WHERE account_id = account;
    IF found_ref IS NULL THEN
        new_salt := decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex');
        INSERT INTO audit_people (ref, account_id, salt) VALUES (audit_ref(new_salt, account), account, new_salt) ON CONFLICT (account_id) DO NOTHING;
        SELECT ref INTO found_ref FROM audit_people WHERE account_id = account;
    END IF;
    RETURN found_ref;
END
$$;
-- +goose StatementEnd
COMMENT ON FUNCTION audit_person IS 'The pseudonym of an account, which it gets with the account already: entries are written under locks and wait for nobody.';

-- +goose StatementBegin
CREATE FUNCTION name_audit_person() RETURNS trigger
    LANGUAGE plpgsql AS
$$
BEGIN
    PERFORM audit_person(NEW.id);
    RETURN NULL;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER accounts_audit_person AFTER INSERT ON accounts FOR EACH ROW EXECUTE FUNCTION name_audit_person();
SELECT count(audit_person(id)) FROM accounts;

-- What stands in the audit keeps its hashes: an entry without the new columns is hashed as before.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION audit_hash(before bytea, entry audit) RETURNS bytea
    LANGUAGE sql STABLE
    RETURN sha256($1 || convert_to(concat_ws(E'\x1f', ($2).seq, extract(epoch FROM ($2).at)::numeric(20, 6),
        coalesce(($2).workspace_id::text, '-'), coalesce(($2).account_id::text, '-'), ($2).action, ($2).address, ($2).details::text,
        CASE WHEN ($2).key_id IS NOT NULL OR ($2).operator IS NOT NULL OR ($2).before IS NOT NULL OR ($2).after IS NOT NULL
            THEN concat_ws(E'\x1f', coalesce(($2).key_id::text, '-'), coalesce(to_json(($2).operator)::text, '-'), coalesce(($2).before::text, '-'), coalesce(($2).after::text, '-')) END,
        CASE WHEN ($2).person IS NOT NULL OR ($2).sealed IS NOT NULL
            THEN concat_ws(E'\x1f', 'person', coalesce(($2).person, '-'), coalesce(encode(($2).sealed, 'hex'), '-')) END
        ), 'UTF8'));
-- +goose StatementEnd

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION refuse_audit_change() RETURNS trigger
    LANGUAGE plpgsql AS
$$
BEGIN
    IF TG_OP = 'UPDATE' AND current_setting('noctra.redacting', true) = 'on' THEN
        RETURN NULL; -- forget_audited_person alone, for entries from before audit_people
    END IF;
    RAISE EXCEPTION 'the audit is only added to' USING ERRCODE = 'insufficient_privilege';
END
$$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION forget_audited_person(account bigint, at timestamptz) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS
$$
DECLARE
    gone    text;
    places  jsonb;
    private bigint;
    mention text := '("(?:account_id|owner)": )' || account || '(?=[,}])';
BEGIN
    SELECT ref INTO gone FROM audit_people WHERE account_id = account;
    IF gone IS NULL THEN
        RETURN 0;
    END IF;
    IF EXISTS (SELECT FROM accounts WHERE id = account)
        OR NOT EXISTS (SELECT FROM audit WHERE chain = 0 AND person = gone AND action = 'account.deleted') THEN
        RAISE EXCEPTION 'account % is not deleted', account USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM set_config('noctra.redacting', 'on', true);
    WITH changed AS (
        UPDATE audit a SET redacted = true,
            address = CASE WHEN a.account_id = account THEN '' ELSE a.address END,
            person = CASE WHEN a.account_id = account THEN gone ELSE a.person END,
            account_id = nullif(a.account_id, account),
            details = audit_redacted(a.details, mention, gone, a.account_id = account),
            before = audit_redacted(a.before, mention, gone, a.account_id = account),
            after = audit_redacted(a.after, mention, gone, a.account_id = account)
        WHERE a.sealed IS NULL AND (a.person IS NULL OR a.redacted)
            AND (a.account_id = account OR concat_ws(' ', a.details::text, a.before::text, a.after::text) ~ mention)
        RETURNING a.chain, a.seq)
    SELECT jsonb_agg(chain || '/' || seq ORDER BY chain, seq) INTO places FROM changed;
    PERFORM set_config('noctra.redacting', 'off', true);
    IF places IS NOT NULL THEN
        INSERT INTO audit (at, action, details) VALUES (at, 'audit.redacted', jsonb_build_object('account_id', 'person:' || gone, 'entries', places));
    END IF;
    DELETE FROM audit_private v USING audit a WHERE a.person = gone AND v.chain = a.chain AND v.seq = a.seq;
    GET DIAGNOSTICS private = ROW_COUNT;
    UPDATE audit_people SET account_id = NULL, salt = NULL, erased_at = at WHERE ref = gone;
    RETURN private + coalesce(jsonb_array_length(places), 0);
END
$$;
-- +goose StatementEnd
COMMENT ON FUNCTION forget_audited_person IS 'Takes a deleted account out of the audit, with the rights of its owner: services may only add there. Returns how many entries had something of it.';

-- +goose StatementBegin
CREATE FUNCTION audit_redacted(said jsonb, mention text, ref text, own boolean) RETURNS jsonb
    LANGUAGE plpgsql STABLE AS
$$
DECLARE
    left_over text := regexp_replace(said::text, mention, '\1"person:' || ref || '"', 'g');
BEGIN
    IF own THEN
        left_over := regexp_replace(left_over, '("(?:name|excluded_addresses)": )("(?:[^"\\]|\\.)*"|\[[^][]*\])', '\1"text:0"', 'g');
    END IF;
    RETURN left_over::jsonb;
END
$$;
-- +goose StatementEnd
COMMENT ON FUNCTION audit_redacted IS 'An object of the audit without a person, and where it is their own entry without what they typed.';

-- +goose StatementBegin
CREATE FUNCTION forget_audited_workspace(workspace bigint) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS
$$
DECLARE
    private bigint;
BEGIN
    IF EXISTS (SELECT FROM workspaces WHERE id = workspace)
        OR NOT EXISTS (SELECT FROM audit WHERE chain = workspace AND action = 'erasure.done' AND details ->> 'scope' = 'workspace') THEN
        RAISE EXCEPTION 'workspace % is not erased', workspace USING ERRCODE = 'insufficient_privilege';
    END IF;
    DELETE FROM audit_private WHERE chain = workspace;
    GET DIAGNOSTICS private = ROW_COUNT;
    RETURN private;
END
$$;
-- +goose StatementEnd
COMMENT ON FUNCTION forget_audited_workspace IS 'Takes addresses and texts out of the audit of an erased workspace. Returns how many entries had some.';
