-- +goose Up

-- Who owns what, who may sign in, which keys are good, and the salts of visitors' pseudonyms.
-- Secrets stand here as SHA-256 of 256 random bits, never as they are. Times are the clock of the
-- service that wrote them; now() stands in only where a row is made by hand.

-- +goose StatementBegin
CREATE FUNCTION all_match(list text[], pattern text) RETURNS boolean
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN coalesce((SELECT bool_and(coalesce(entry ~ pattern, false)) FROM unnest(list) AS entry), true);
-- +goose StatementEnd
COMMENT ON FUNCTION all_match IS 'True where every entry matches the pattern; NULL entries never do.';

CREATE TABLE workspaces (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name       text        NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100 AND name !~ '[[:cntrl:]]'),
    is_demo    boolean     NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX workspaces_one_demo ON workspaces (is_demo) WHERE is_demo;
COMMENT ON TABLE workspaces IS 'The tenants. Every row of every other table belongs to one, or to an account.';
COMMENT ON COLUMN workspaces.is_demo IS 'Made by --demo; there is at most one.';

CREATE TABLE sites (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace_id  bigint      NOT NULL REFERENCES workspaces (id),
    public_key    text        NOT NULL UNIQUE CHECK (public_key ~ '^nst_[A-Za-z0-9]{1,60}$'),
    name          text        NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100 AND name !~ '[[:cntrl:]]'),
    hostnames     text[]      NOT NULL CHECK (cardinality(hostnames) BETWEEN 1 AND 100
        AND all_match(hostnames, '^(?=.{1,253}$)(\*\.)?[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*$')),
    time_zone     text        NOT NULL CHECK (time_zone ~ '^[A-Za-z][A-Za-z0-9_+/-]{0,63}$'),
    currency      text        NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    identity_mode text        NOT NULL DEFAULT 'cookieless' CHECK (identity_mode IN ('cookieless', 'consented', 'off')),
    identity_key  bytea       NOT NULL CHECK (octet_length(identity_key) = 32),
    query_params  text[]      NOT NULL DEFAULT '{}' CHECK (cardinality(query_params) <= 100 AND all_match(query_params, '^[^[:cntrl:]]{1,100}$')),
    state         text        NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'archived')),
    created_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX sites_of_workspace ON sites (workspace_id, id);
COMMENT ON TABLE sites IS 'Tracked properties. id is site_id in events and reports, and is never given again.';
COMMENT ON COLUMN sites.public_key IS 'Stands in the page; no secret.';
COMMENT ON COLUMN sites.hostnames IS 'Lower case, punycode, without port: shop.example, or *.shop.example for all below it.';
COMMENT ON COLUMN sites.time_zone IS 'IANA name; days of reports begin at its midnight.';
COMMENT ON COLUMN sites.identity_key IS 'Hashes visitor and user ids of this site; a secret that only collectors read.';
COMMENT ON COLUMN sites.query_params IS 'Query parameters that stay in URLs, besides UTM and click ids.';

CREATE TABLE server_keys (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace_id bigint      NOT NULL REFERENCES workspaces (id),
    name         text        NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100 AND name !~ '[[:cntrl:]]'),
    key_hash     bytea       NOT NULL UNIQUE CHECK (octet_length(key_hash) = 32),
    site_ids     bigint[]    NOT NULL DEFAULT '{}' CHECK (array_position(site_ids, NULL) IS NULL),
    created_at   timestamptz NOT NULL DEFAULT now(),
    revoked_at   timestamptz CHECK (revoked_at >= created_at)
);
CREATE INDEX server_keys_of_workspace ON server_keys (workspace_id, id);
COMMENT ON TABLE server_keys IS 'Keys nsk_… with which servers send events.';
COMMENT ON COLUMN server_keys.key_hash IS 'SHA-256 of the whole key, prefix included.';
COMMENT ON COLUMN server_keys.site_ids IS 'Sites of the workspace that the key stands for; empty: all of them.';

CREATE TABLE api_keys (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace_id bigint      NOT NULL REFERENCES workspaces (id),
    name         text        NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100 AND name !~ '[[:cntrl:]]'),
    key_hash     bytea       NOT NULL UNIQUE CHECK (octet_length(key_hash) = 32),
    created_at   timestamptz NOT NULL DEFAULT now(),
    revoked_at   timestamptz CHECK (revoked_at >= created_at),
    expires_at   timestamptz CHECK (expires_at > created_at)
);
CREATE INDEX api_keys_of_workspace ON api_keys (workspace_id, id);
COMMENT ON TABLE api_keys IS 'Keys nak_… with which programs ask for reports of one workspace.';
COMMENT ON COLUMN api_keys.key_hash IS 'SHA-256 of the whole key, prefix included.';

CREATE TABLE accounts (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email      text        NOT NULL CHECK (char_length(email) BETWEEN 3 AND 254 AND email ~ '^[^[:space:][:cntrl:]@]+@[^[:space:][:cntrl:]@]+$'),
    name       text        NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100 AND name !~ '[[:cntrl:]]'),
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX accounts_email ON accounts (lower(email));
COMMENT ON TABLE accounts IS 'People who sign in. One e-mail address, in any case, is one account.';

CREATE TABLE members (
    workspace_id bigint      NOT NULL REFERENCES workspaces (id),
    account_id   bigint      NOT NULL REFERENCES accounts (id),
    role         text        NOT NULL CHECK (role IN ('owner', 'admin', 'analyst', 'campaign_manager', 'billing')),
    created_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, account_id)
);
CREATE INDEX members_of_account ON members (account_id, workspace_id);
COMMENT ON TABLE members IS 'Which account belongs to which workspace, and as what.';

CREATE TABLE sessions (
    token_hash   bytea       PRIMARY KEY CHECK (octet_length(token_hash) = 32),
    account_id   bigint      NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    created_at   timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL CHECK (last_seen_at >= created_at),
    expires_at   timestamptz NOT NULL CHECK (expires_at > created_at)
);
CREATE INDEX sessions_of_account ON sessions (account_id);
CREATE INDEX sessions_by_end ON sessions (expires_at);
COMMENT ON TABLE sessions IS 'Sign-ins that are still good, each behind a cookie whose SHA-256 stands here.';
COMMENT ON COLUMN sessions.last_seen_at IS 'To the minute; too long ago ends the session before expires_at does.';

CREATE TABLE sign_in_links (
    token_hash bytea       PRIMARY KEY CHECK (octet_length(token_hash) = 32),
    account_id bigint      REFERENCES accounts (id) ON DELETE CASCADE,
    purpose    text        NOT NULL CHECK (purpose IN ('sign_in', 'set_up')),
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL CHECK (expires_at > created_at),
    used_at    timestamptz CHECK (used_at >= created_at),
    reusable   boolean     NOT NULL DEFAULT false,
    CHECK ((purpose = 'set_up') = (account_id IS NULL)),
    CHECK (NOT (reusable AND purpose = 'set_up'))
);
CREATE INDEX sign_in_links_of_account ON sign_in_links (account_id);
COMMENT ON TABLE sign_in_links IS 'Links that open a session (sign_in) or the first page of an empty installation (set_up).';
COMMENT ON COLUMN sign_in_links.reusable IS 'Stays good after its use; the demo''s link alone. used_at is its first use.';

CREATE TABLE salts (
    local_date     date        NOT NULL,
    offset_minutes int         NOT NULL CHECK (offset_minutes BETWEEN -960 AND 960),
    salt           bytea       NOT NULL CHECK (octet_length(salt) BETWEEN 16 AND 64),
    created_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (local_date, offset_minutes)
);
CREATE INDEX salts_by_age ON salts (created_at);
COMMENT ON TABLE salts IS 'Secrets behind visitors'' pseudonyms, by local date and offset from UTC; destroyed 48 hours after they were made.';

-- Collectors read last_value each second, and the tables when it has grown. A number that is taken
-- at once has last_value 1 already, so that the first change shows.
CREATE SEQUENCE site_revision;
SELECT nextval('site_revision');
COMMENT ON SEQUENCE site_revision IS 'Grows with every change of sites and server_keys, a moment before it can be seen.';

-- +goose StatementBegin
CREATE FUNCTION note_site_change() RETURNS trigger
    LANGUAGE plpgsql AS
$$
BEGIN
    PERFORM pg_notify('noctra_sites', nextval('site_revision')::text);
    RETURN NULL;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER sites_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON sites
    FOR EACH STATEMENT EXECUTE FUNCTION note_site_change();
CREATE TRIGGER server_keys_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON server_keys
    FOR EACH STATEMENT EXECUTE FUNCTION note_site_change();

-- +goose StatementBegin
CREATE FUNCTION check_server_key_sites() RETURNS trigger
    LANGUAGE plpgsql AS
$$
BEGIN
    IF EXISTS (SELECT FROM unnest(NEW.site_ids) AS site (id)
               WHERE NOT EXISTS (SELECT FROM sites WHERE sites.id = site.id AND sites.workspace_id = NEW.workspace_id)) THEN
        RAISE EXCEPTION 'server key names a site that its workspace does not have'
            USING ERRCODE = 'foreign_key_violation', TABLE = 'server_keys', CONSTRAINT = 'server_keys_site_ids';
    END IF;
    RETURN NEW;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER server_keys_sites BEFORE INSERT OR UPDATE OF workspace_id, site_ids ON server_keys
    FOR EACH ROW EXECUTE FUNCTION check_server_key_sites();
