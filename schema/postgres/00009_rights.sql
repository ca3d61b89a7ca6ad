-- +goose Up

-- The rights of the people in the data: what retention deleted, exports, corrected events, requests.

CREATE TABLE site_retention (
    site_id           bigint PRIMARY KEY REFERENCES sites (id) ON DELETE CASCADE,
    raw_before        date,
    aggregates_before date,
    checked_at        timestamptz NOT NULL
);
COMMENT ON TABLE site_retention IS 'How far retention has come for each site that has one: local days before these are gone.';

CREATE TABLE retention_log (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    site_id      bigint      NOT NULL,
    workspace_id bigint      NOT NULL,
    table_name   text        NOT NULL,
    before       date        NOT NULL,
    rows_found   bigint      NOT NULL CHECK (rows_found >= 0),
    rows_left    bigint      CHECK (rows_left >= 0),
    begun_at     timestamptz NOT NULL,
    checked_at   timestamptz,
    CHECK ((rows_left IS NULL) = (checked_at IS NULL))
);
CREATE INDEX retention_log_of_site ON retention_log (site_id, id);
CREATE UNIQUE INDEX retention_log_open ON retention_log (site_id, table_name) WHERE checked_at IS NULL;
COMMENT ON TABLE retention_log IS 'Evidence: what was deleted because its time was over, by site and table.';
COMMENT ON COLUMN retention_log.before IS 'Rows of local days before this one.';
COMMENT ON COLUMN retention_log.rows_left IS 'Counted again after the deletion; none while it is under way.';

CREATE TABLE exports (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id   bigint      NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    workspace_id bigint      REFERENCES workspaces (id) ON DELETE CASCADE,
    state        text        NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'ready', 'failed', 'deleted')),
    file         text        CHECK (file ~ '^[A-Za-z0-9]{43}$'),
    size         bigint      CHECK (size > 0),
    sha256       bytea       CHECK (octet_length(sha256) = 32),
    attempts     int         NOT NULL DEFAULT 0,
    lease_until  timestamptz,
    created_at   timestamptz NOT NULL,
    ended_at     timestamptz,
    expires_at   timestamptz,
    CHECK ((state = 'ready') <= (file IS NOT NULL AND size IS NOT NULL AND sha256 IS NOT NULL AND expires_at IS NOT NULL))
);
CREATE INDEX exports_waiting ON exports (created_at) WHERE state = 'waiting';
CREATE INDEX exports_of_account ON exports (account_id, id);
CREATE INDEX exports_of_workspace ON exports (workspace_id, id);
COMMENT ON TABLE exports IS 'Copies of what is kept of an account, or of a workspace, as files that are deleted after some days.';
COMMENT ON COLUMN exports.account_id IS 'Who asked. The copy of an account is theirs alone; that of a workspace, its owners'' and admins''.';
COMMENT ON COLUMN exports.workspace_id IS 'None: a copy of the account itself.';
COMMENT ON COLUMN exports.file IS 'Its name in the directory of exports, made of chance.';

CREATE TABLE export_links (
    token_hash bytea       PRIMARY KEY CHECK (octet_length(token_hash) = 32),
    export_id  bigint      NOT NULL REFERENCES exports (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL CHECK (expires_at > created_at)
);
CREATE INDEX export_links_of_export ON export_links (export_id);
COMMENT ON TABLE export_links IS 'Links that load a file for a day, together with a sign-in of somebody who may have it.';

CREATE TABLE corrections (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    site_id      bigint      NOT NULL REFERENCES sites (id) ON DELETE CASCADE,
    workspace_id bigint      NOT NULL,
    event_id     text        NOT NULL CHECK (event_id ~ '^[A-Za-z0-9._:-]{1,64}$'),
    occurred_at  timestamptz NOT NULL,
    reason       text        NOT NULL CHECK (char_length(reason) BETWEEN 1 AND 500 AND reason !~ '[[:cntrl:]]'),
    before       jsonb       NOT NULL,
    after        jsonb       NOT NULL,
    account_id   bigint      REFERENCES accounts (id) ON DELETE SET NULL,
    created_at   timestamptz NOT NULL,
    lease_until  timestamptz,
    done_at      timestamptz
);
CREATE INDEX corrections_of_site ON corrections (site_id, id);
CREATE INDEX corrections_of_account ON corrections (account_id);
CREATE UNIQUE INDEX corrections_open ON corrections (site_id, event_id) WHERE done_at IS NULL;
COMMENT ON TABLE corrections IS 'Events that were corrected: what stood there, what stands there now, and why. They go with the events.';
COMMENT ON COLUMN corrections.done_at IS 'When ClickHouse and everything derived had it.';

CREATE TABLE privacy_requests (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace_id bigint      REFERENCES workspaces (id) ON DELETE CASCADE,
    site_id      bigint      REFERENCES sites (id) ON DELETE SET NULL,
    account_id   bigint      REFERENCES accounts (id) ON DELETE SET NULL,
    kind         text        NOT NULL CHECK (kind IN ('access', 'correction', 'erasure', 'objection', 'other')),
    hostname     text        NOT NULL DEFAULT '' CHECK (char_length(hostname) <= 253),
    email        text        NOT NULL CHECK (char_length(email) BETWEEN 3 AND 254),
    body         text        NOT NULL CHECK (char_length(body) <= 5000),
    state        text        NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'in_progress', 'waiting', 'done', 'refused')),
    token_hash   bytea       UNIQUE CHECK (octet_length(token_hash) = 32),
    created_at   timestamptz NOT NULL,
    verified_at  timestamptz,
    due_at       timestamptz,
    closed_at    timestamptz,
    reminders    int         NOT NULL DEFAULT 0,
    CHECK ((verified_at IS NULL) = (due_at IS NULL)),
    CHECK ((state IN ('done', 'refused')) = (closed_at IS NOT NULL))
);
CREATE INDEX privacy_requests_of_workspace ON privacy_requests (workspace_id, id);
CREATE INDEX privacy_requests_of_account ON privacy_requests (account_id, id);
CREATE INDEX privacy_requests_by_email ON privacy_requests (lower(email), created_at);
CREATE INDEX privacy_requests_of_site ON privacy_requests (site_id);
CREATE INDEX privacy_requests_due ON privacy_requests (due_at) WHERE verified_at IS NOT NULL AND closed_at IS NULL;
COMMENT ON TABLE privacy_requests IS 'What people in the data ask for. A request counts once its address is confirmed, and is due 30 days later.';
COMMENT ON COLUMN privacy_requests.workspace_id IS 'Whose site it is about; none: the operator''s own.';
COMMENT ON COLUMN privacy_requests.account_id IS 'Who asked while signed in.';
COMMENT ON COLUMN privacy_requests.reminders IS 'How many reminders of the date were sent.';

CREATE TABLE privacy_request_steps (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    request_id bigint      NOT NULL REFERENCES privacy_requests (id) ON DELETE CASCADE,
    at         timestamptz NOT NULL,
    account_id bigint      REFERENCES accounts (id) ON DELETE SET NULL,
    operator   text        CHECK (char_length(operator) <= 100),
    state      text        NOT NULL,
    note       text        NOT NULL DEFAULT '' CHECK (char_length(note) <= 2000)
);
CREATE INDEX privacy_request_steps_of_request ON privacy_request_steps (request_id, id);
CREATE INDEX privacy_request_steps_of_account ON privacy_request_steps (account_id);
COMMENT ON TABLE privacy_request_steps IS 'The history of each request.';
