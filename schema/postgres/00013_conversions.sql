-- +goose Up

-- Conversions on their way to Google: who they go to, which events become one, where each of them is and
-- how it came there. The states and their moves stand here, and the database refuses all others.

CREATE TABLE google_connections (
    id                bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace_id      bigint      NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    state             text        NOT NULL CHECK (state IN ('choosing', 'active', 'needs_reconnecting', 'disconnected')),
    transport         text        CHECK (transport IN ('data_manager', 'google_ads', 'file')),
    scopes            text[]      NOT NULL DEFAULT '{}',
    refresh_token     bytea,
    access_token      bytea,
    access_until      timestamptz,
    customer_id       text        NOT NULL DEFAULT '' CHECK (customer_id ~ '^([0-9]{10})?$'),
    login_customer_id text        NOT NULL DEFAULT '' CHECK (login_customer_id ~ '^([0-9]{10})?$'),
    customer_name     text        NOT NULL DEFAULT '',
    customer_currency text        NOT NULL DEFAULT '',
    customer_zone     text        NOT NULL DEFAULT '',
    abilities         jsonb       NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(abilities) = 'object'),
    problem           text,
    problem_detail    text        NOT NULL DEFAULT '',
    problem_at        timestamptz,
    told_at           timestamptz,
    paused_until      timestamptz,
    failures          int         NOT NULL DEFAULT 0 CHECK (failures >= 0),
    file_user         text,
    file_secret_hash  bytea,
    version           int         NOT NULL DEFAULT 1 CHECK (version > 0),
    created_by        bigint      REFERENCES accounts (id) ON DELETE SET NULL,
    created_at        timestamptz NOT NULL DEFAULT now(),
    changed_at        timestamptz NOT NULL DEFAULT now(),
    disconnected_at   timestamptz,
    purged_at         timestamptz,
    CHECK (state <> 'active' OR transport IS NOT NULL),
    CHECK (state NOT IN ('active', 'choosing') OR transport = 'file' OR refresh_token IS NOT NULL),
    CHECK ((state = 'disconnected') = (disconnected_at IS NOT NULL)),
    CHECK ((problem IS NULL) = (problem_at IS NULL)),
    CHECK ((transport IS NOT DISTINCT FROM 'file' AND state <> 'disconnected') = (file_secret_hash IS NOT NULL)),
    CHECK ((file_user IS NULL) = (file_secret_hash IS NULL))
);
CREATE INDEX google_connections_of_workspace ON google_connections (workspace_id, id);
CREATE UNIQUE INDEX google_connections_file_user ON google_connections (file_user) WHERE file_user IS NOT NULL;
COMMENT ON TABLE google_connections IS 'A workspace''s way to an account of Google Ads.';
COMMENT ON COLUMN google_connections.state IS 'choosing: consent is there, the account is not chosen; needs_reconnecting: the token is revoked or a scope is missing, nothing is sent.';
COMMENT ON COLUMN google_connections.transport IS 'By which conversions are sent. abilities says which can be used, and why others cannot.';
COMMENT ON COLUMN google_connections.refresh_token IS 'Sealed, as access_token is. NULL once disconnected.';
COMMENT ON COLUMN google_connections.customer_id IS 'The conversion customer, which owns the actions.';
COMMENT ON COLUMN google_connections.login_customer_id IS 'The manager account through which it is reached; empty for none.';
COMMENT ON COLUMN google_connections.abilities IS '{"data_manager" | "google_ads" | "file" | "retraction": {"can": bool, "code", "checked_at"}} as probed.';
COMMENT ON COLUMN google_connections.problem IS 'Code of what a person has to mend; sending waits while it is there.';
COMMENT ON COLUMN google_connections.told_at IS 'When owners were mailed about the problem: once for each.';
COMMENT ON COLUMN google_connections.paused_until IS 'Circuit breaker: nothing is sent before.';
COMMENT ON COLUMN google_connections.failures IS 'Failed requests since one succeeded.';

CREATE TABLE oauth_flows (
    state_hash    bytea       PRIMARY KEY,
    workspace_id  bigint      NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    connection_id bigint      REFERENCES google_connections (id) ON DELETE CASCADE,
    account_id    bigint      NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    session_hash  bytea       NOT NULL,
    verifier      bytea       NOT NULL,
    expires_at    timestamptz NOT NULL
);
CREATE INDEX oauth_flows_by_end ON oauth_flows (expires_at);
COMMENT ON TABLE oauth_flows IS 'Consents at Google that were begun, good once.';
COMMENT ON COLUMN oauth_flows.connection_id IS 'The one that is reconnected; NULL for a new one.';
COMMENT ON COLUMN oauth_flows.session_hash IS 'Only the session that began it may end it.';
COMMENT ON COLUMN oauth_flows.verifier IS 'Of PKCE, sealed.';

CREATE TABLE google_accesses (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    connection_id bigint      NOT NULL REFERENCES google_connections (id) ON DELETE CASCADE,
    at            timestamptz NOT NULL,
    purpose       text        NOT NULL CHECK (purpose IN ('connect', 'list_accounts', 'list_actions', 'probe', 'upload', 'adjust', 'status', 'revoke')),
    calls         int         NOT NULL DEFAULT 1 CHECK (calls > 0),
    UNIQUE (connection_id, purpose, at)
);
COMMENT ON TABLE google_accesses IS 'Every access to Google''s data by purpose and hour: nothing is accessed but to upload.';
COMMENT ON COLUMN google_accesses.at IS 'The hour.';

CREATE TABLE google_quota (
    one        boolean     PRIMARY KEY DEFAULT true CHECK (one),
    free_at    timestamptz NOT NULL DEFAULT '-infinity',
    day        date        NOT NULL DEFAULT '1970-01-01',
    day_used   int         NOT NULL DEFAULT 0,
    paused_until timestamptz
);
INSERT INTO google_quota DEFAULT VALUES;
COMMENT ON TABLE google_quota IS 'The project''s quota at Data Manager, one row for all uploaders: when the next request may go, and how many went today.';

CREATE TABLE conversion_actions (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace_id  bigint      NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    site_id       bigint      NOT NULL REFERENCES sites (id) ON DELETE CASCADE,
    connection_id bigint      NOT NULL REFERENCES google_connections (id) ON DELETE CASCADE,
    goal_id       bigint,
    action_id     text        NOT NULL CHECK (action_id ~ '^[0-9]{1,20}$'),
    action_name   text        NOT NULL,
    value_rule    text        NOT NULL DEFAULT 'event' CHECK (value_rule IN ('event', 'fixed', 'none')),
    fixed_value   bigint      CHECK (fixed_value >= 0),
    currency      text        CHECK (currency ~ '^[A-Z]{3}$'),
    review        boolean     NOT NULL DEFAULT false,
    enhanced      boolean     NOT NULL DEFAULT false,
    without_click boolean     NOT NULL DEFAULT false,
    delay_minutes int         NOT NULL DEFAULT 0 CHECK (delay_minutes BETWEEN 0 AND 10080),
    window_days   int         NOT NULL DEFAULT 90 CHECK (window_days BETWEEN 1 AND 90),
    one_per_click boolean     NOT NULL DEFAULT false,
    not_before    timestamptz,
    since         timestamptz NOT NULL,
    paused        boolean     NOT NULL DEFAULT false,
    paused_until  timestamptz,
    failures      int         NOT NULL DEFAULT 0 CHECK (failures >= 0),
    version       int         NOT NULL DEFAULT 1 CHECK (version > 0),
    created_at    timestamptz NOT NULL DEFAULT now(),
    changed_at    timestamptz NOT NULL DEFAULT now(),
    removed_at    timestamptz,
    CHECK ((value_rule = 'fixed') = (fixed_value IS NOT NULL AND currency IS NOT NULL)),
    CHECK (value_rule <> 'event' OR goal_id IS NULL),
    CHECK (enhanced OR NOT without_click)
);
CREATE UNIQUE INDEX conversion_actions_once ON conversion_actions (site_id, action_id, coalesce(goal_id, 0)) WHERE removed_at IS NULL;
CREATE INDEX conversion_actions_of_connection ON conversion_actions (connection_id);
CREATE INDEX conversion_actions_of_goal ON conversion_actions (goal_id) WHERE goal_id IS NOT NULL;
CREATE INDEX conversion_actions_of_workspace ON conversion_actions (workspace_id);
COMMENT ON TABLE conversion_actions IS 'Which events of a site become conversions of which action at Google.';
COMMENT ON COLUMN conversion_actions.goal_id IS 'NULL: sales. No reference: a goal is not deleted while it is sent, and what was sent stays afterwards.';
COMMENT ON COLUMN conversion_actions.value_rule IS 'event: what the sale was worth; fixed: fixed_value micros of currency; none: no value is sent.';
COMMENT ON COLUMN conversion_actions.review IS 'A person approves each conversion before it is sent.';
COMMENT ON COLUMN conversion_actions.enhanced IS 'Hashed e-mail and phone go with it where consent allows.';
COMMENT ON COLUMN conversion_actions.without_click IS 'Sent by hashed identifiers alone where no click is known.';
COMMENT ON COLUMN conversion_actions.delay_minutes IS 'After the sale; a refund within it changes the sale before it is sent.';
COMMENT ON COLUMN conversion_actions.window_days IS 'Google''s window from click to conversion, as the action has it.';
COMMENT ON COLUMN conversion_actions.one_per_click IS 'Google counts one conversion a click: such an action takes no gbraid or wbraid.';
COMMENT ON COLUMN conversion_actions.not_before IS 'Google takes nothing for a new action in its first hours.';
COMMENT ON COLUMN conversion_actions.since IS 'Sales from then on are sent.';
COMMENT ON COLUMN conversion_actions.paused_until IS 'Circuit breaker: nothing is sent before.';

ALTER TABLE workspaces ADD COLUMN uploads_held_at timestamptz;
COMMENT ON COLUMN workspaces.uploads_held_at IS 'Since when nothing is sent to Google, by a person''s decision; NULL: it is sent.';

ALTER TABLE sales
    ADD COLUMN goal_id   bigint NOT NULL DEFAULT 0,
    ADD COLUMN borrowed  boolean NOT NULL DEFAULT false,
    ADD COLUMN partner   text   NOT NULL DEFAULT '',
    ADD COLUMN google_campaign text NOT NULL DEFAULT '',
    ADD COLUMN decide_at timestamptz,
    DROP CONSTRAINT sales_site_id_event_id_key,
    ADD UNIQUE (site_id, event_id, goal_id);
UPDATE sales SET decide_at = now();
CREATE INDEX sales_to_decide ON sales (decide_at) WHERE decide_at IS NOT NULL;
CREATE INDEX sales_of_site ON sales (site_id, occurred_at);
CREATE INDEX sales_to_attribute ON sales (id) WHERE attributed_at IS NULL;
COMMENT ON COLUMN sales.attributed_at IS 'NULL: clicks are to be looked for again. Set so by whatever changes which may count, such as a look-back or a corrected order.';
COMMENT ON TABLE sales IS 'Every stored sale, and every reached goal that is a conversion, with the ad clicks that came before it.';
COMMENT ON COLUMN sales.goal_id IS '0: a sale. No reference: what was sent stays when the goal is deleted.';
COMMENT ON COLUMN sales.borrowed IS 'Visitor and click ids are those of the browser''s held sale of the same order.';
COMMENT ON COLUMN sales.partner IS 'Partner whose postback reported it.';
COMMENT ON COLUMN sales.google_campaign IS 'Of the click that decides the upload: its campaign, or else its campaign''s id; empty for unknown.';
COMMENT ON COLUMN sales.decide_at IS 'When its conversions are to be decided anew; NULL: never. Set by whatever changes the sale or its refunds.';

CREATE TABLE held_sales (
    site_id      bigint   NOT NULL REFERENCES sites (id) ON DELETE CASCADE,
    order_id     text     NOT NULL CHECK (order_id <> ''),
    event_id     text     NOT NULL,
    occurred_at  timestamptz NOT NULL,
    visitor_id   bigint   NOT NULL,
    user_hash    bigint   NOT NULL,
    country      text     NOT NULL,
    bot_reasons  text[]   NOT NULL,
    click_kinds  text[]   NOT NULL,
    click_values text[]   NOT NULL CHECK (cardinality(click_values) = cardinality(click_kinds)),
    consent_analytics smallint NOT NULL CHECK (consent_analytics BETWEEN 0 AND 2),
    consent_user_data smallint NOT NULL CHECK (consent_user_data BETWEEN 0 AND 2),
    consent_personal  smallint NOT NULL CHECK (consent_personal BETWEEN 0 AND 2),
    PRIMARY KEY (site_id, order_id, event_id)
);
CREATE INDEX held_sales_of_visitor ON held_sales (site_id, visitor_id) WHERE visitor_id <> 0;
CREATE INDEX held_sales_by_age ON held_sales (occurred_at);
COMMENT ON TABLE held_sales IS 'Sales of browsers that wait for a server: whose they were, which the server does not know. Kept as clicks are.';

CREATE TABLE upload_moves (
    from_state text NOT NULL,
    to_state   text NOT NULL,
    PRIMARY KEY (from_state, to_state)
);
INSERT INTO upload_moves VALUES
    ('', 'waiting'), ('', 'ready'), ('', 'held'), ('', 'superseded'),
    ('waiting', 'ready'), ('waiting', 'held'), ('waiting', 'superseded'), ('waiting', 'received'),
    ('held', 'waiting'), ('held', 'ready'), ('held', 'superseded'),
    ('ready', 'sending'), ('ready', 'waiting'), ('ready', 'held'), ('ready', 'superseded'),
    ('sending', 'ready'), ('sending', 'waiting'), ('sending', 'held'), ('sending', 'superseded'),
    ('sending', 'received'), ('sending', 'accepted'), ('sending', 'rejected'), ('sending', 'unknown'),
    ('received', 'accepted'), ('received', 'rejected'), ('received', 'unknown'), ('received', 'ready'), ('received', 'waiting'), ('received', 'superseded'),
    ('unknown', 'accepted'), ('unknown', 'rejected'), ('unknown', 'ready'), ('unknown', 'waiting'), ('unknown', 'received'), ('unknown', 'superseded'),
    ('rejected', 'ready'), ('rejected', 'waiting');
COMMENT ON TABLE upload_moves IS 'From which state a conversion or adjustment may go to which; '''' is before the first. accepted and superseded are ends. Within a state the reason may change.';

CREATE TABLE upload_attempts (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    connection_id bigint      NOT NULL REFERENCES google_connections (id) ON DELETE CASCADE,
    action_id     text        NOT NULL,
    transport     text        NOT NULL CHECK (transport IN ('data_manager', 'google_ads', 'file')),
    kind          text        NOT NULL CHECK (kind IN ('conversion', 'restatement', 'retraction', 'enhancement')),
    rows          int         NOT NULL CHECK (rows > 0),
    state         text        NOT NULL CHECK (state IN ('sending', 'lost', 'refused', 'offered', 'received', 'final')),
    started_at    timestamptz NOT NULL,
    lease_until   timestamptz NOT NULL,
    answered_at   timestamptz,
    request_id    text        NOT NULL DEFAULT '',
    status        int         NOT NULL DEFAULT 0,
    code          text        NOT NULL DEFAULT '',
    message       text        NOT NULL DEFAULT '',
    poll_at       timestamptz,
    polls         int         NOT NULL DEFAULT 0,
    counts        jsonb       NOT NULL DEFAULT '{}',
    final_at      timestamptz
);
CREATE INDEX upload_attempts_leased ON upload_attempts (lease_until) WHERE state = 'sending';
CREATE INDEX upload_attempts_to_poll ON upload_attempts (poll_at) WHERE poll_at IS NOT NULL;
CREATE INDEX upload_attempts_of_connection ON upload_attempts (connection_id, id);
COMMENT ON TABLE upload_attempts IS 'Requests to Google: written before they are sent, with the answer afterwards.';
COMMENT ON COLUMN upload_attempts.state IS 'lost: the lease ended without an answer; offered: in a file that was not fetched yet; received: taken, its outcome is polled; final: its outcome is known.';
COMMENT ON COLUMN upload_attempts.counts IS 'What Google''s status counted by reason.';

CREATE TABLE conversions (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace_id  bigint      NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    site_id       bigint      NOT NULL REFERENCES sites (id) ON DELETE CASCADE,
    sale_id       bigint      NOT NULL REFERENCES sales (id) ON DELETE CASCADE,
    mapping_id    bigint      NOT NULL REFERENCES conversion_actions (id) ON DELETE CASCADE,
    action_id     text        NOT NULL,
    transaction_id text       NOT NULL CHECK (transaction_id ~ '^[oe]-' AND char_length(transaction_id) <= 512 AND transaction_id !~ '@'),
    occurred_at   timestamptz NOT NULL,
    value         bigint      CHECK (value >= 0),
    currency      text        NOT NULL DEFAULT '' CHECK ((value IS NULL) = (currency = '')),
    click_kind    text        CHECK (click_kind IN ('gclid', 'gbraid', 'wbraid')),
    click_value   text,
    clicked_at    timestamptz,
    email_hash    text        NOT NULL DEFAULT '' CHECK (email_hash ~ '^([0-9a-f]{64})?$'),
    phone_hash    text        NOT NULL DEFAULT '' CHECK (phone_hash ~ '^([0-9a-f]{64})?$'),
    consent_user_data smallint NOT NULL DEFAULT 0 CHECK (consent_user_data BETWEEN 0 AND 2),
    consent_personal  smallint NOT NULL DEFAULT 0 CHECK (consent_personal BETWEEN 0 AND 2),
    review        text        CHECK (review IN ('approved', 'declined')),
    reviewed_by   bigint      REFERENCES accounts (id) ON DELETE SET NULL,
    state         text        NOT NULL CHECK (state IN ('waiting', 'ready', 'sending', 'received', 'accepted', 'rejected', 'unknown', 'held', 'superseded')),
    reason        text        NOT NULL DEFAULT '',
    detail        text        NOT NULL DEFAULT '',
    state_at      timestamptz NOT NULL DEFAULT now(),
    next_at       timestamptz,
    attempt_id    bigint      REFERENCES upload_attempts (id) ON DELETE SET NULL,
    attempts      int         NOT NULL DEFAULT 0,
    cohort        bigint      NOT NULL DEFAULT 0,
    frozen_at     timestamptz,
    google_value  bigint,
    google_currency text,
    retracted     boolean     NOT NULL DEFAULT false,
    created_at    timestamptz NOT NULL DEFAULT now(),
    CHECK ((click_kind IS NULL) = (click_value IS NULL)),
    CHECK (google_value IS NULL OR state = 'accepted'),
    CHECK (state <> 'sending' OR (attempt_id IS NOT NULL AND frozen_at IS NOT NULL)),
    CHECK (state <> 'waiting' OR reason <> ''), CHECK (state <> 'held' OR reason <> '')
);
CREATE UNIQUE INDEX conversions_once ON conversions (workspace_id, site_id, action_id, transaction_id) WHERE state <> 'superseded';
CREATE UNIQUE INDEX conversions_of_sale ON conversions (sale_id, mapping_id);
CREATE INDEX conversions_ready ON conversions (mapping_id, cohort, coalesce(next_at, '-infinity'), id) WHERE state = 'ready';
CREATE INDEX conversions_later ON conversions (next_at) WHERE state IN ('waiting', 'unknown') AND next_at IS NOT NULL AND attempts > 0;
CREATE INDEX conversions_of_attempt ON conversions (attempt_id) WHERE attempt_id IS NOT NULL;
CREATE INDEX conversions_of_workspace ON conversions (workspace_id, occurred_at DESC, id DESC);
CREATE INDEX conversions_of_site ON conversions (site_id, occurred_at DESC, id DESC);
CREATE INDEX conversions_in_state ON conversions (workspace_id, state, occurred_at DESC, id DESC);
CREATE INDEX conversions_of_transaction ON conversions (workspace_id, transaction_id);
CREATE INDEX conversions_of_click ON conversions (click_value) WHERE click_value IS NOT NULL;
CREATE INDEX conversions_of_mapping ON conversions (mapping_id);
COMMENT ON TABLE conversions IS 'A sale or goal on its way to an action at Google.';
COMMENT ON COLUMN conversions.transaction_id IS 'o- and the order id, or e- and the event id where the order id is missing or looks like personal data. Never only digits.';
COMMENT ON COLUMN conversions.value IS 'Micros of currency as sent or to be sent: the sale less what was refunded before the first attempt. NULL: no value is sent.';
COMMENT ON COLUMN conversions.next_at IS 'ready: not to be sent before; waiting and unknown: when it is tried again.';
COMMENT ON COLUMN conversions.cohort IS 'Not 0: rows of one number are sent together and with no others, to find out which of a failed request were at fault.';
COMMENT ON COLUMN conversions.frozen_at IS 'Since Google may have it: what is sent changes no more, and refunds become adjustments.';
COMMENT ON COLUMN conversions.google_value IS 'Micros that Google has by our own record, adjustments included; 0 once retracted.';

CREATE TABLE adjustments (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    conversion_id bigint      NOT NULL REFERENCES conversions (id) ON DELETE CASCADE,
    mapping_id    bigint      NOT NULL REFERENCES conversion_actions (id) ON DELETE CASCADE,
    number        int         NOT NULL CHECK (number > 0),
    kind          text        NOT NULL CHECK (kind IN ('restatement', 'retraction', 'enhancement')),
    refund_id     bigint      REFERENCES refunds (id) ON DELETE SET NULL,
    adjusted_at   timestamptz NOT NULL,
    value         bigint      CHECK (value >= 0),
    currency      text        NOT NULL DEFAULT '',
    email_hash    text        NOT NULL DEFAULT '' CHECK (email_hash ~ '^([0-9a-f]{64})?$'),
    phone_hash    text        NOT NULL DEFAULT '' CHECK (phone_hash ~ '^([0-9a-f]{64})?$'),
    state         text        NOT NULL CHECK (state IN ('waiting', 'ready', 'sending', 'received', 'accepted', 'rejected', 'unknown', 'held', 'superseded')),
    reason        text        NOT NULL DEFAULT '',
    detail        text        NOT NULL DEFAULT '',
    state_at      timestamptz NOT NULL DEFAULT now(),
    next_at       timestamptz,
    attempt_id    bigint      REFERENCES upload_attempts (id) ON DELETE SET NULL,
    attempts      int         NOT NULL DEFAULT 0,
    cohort        bigint      NOT NULL DEFAULT 0,
    frozen_at     timestamptz,
    created_at    timestamptz NOT NULL DEFAULT now(),
    UNIQUE (conversion_id, number),
    CHECK ((kind = 'restatement') = (value IS NOT NULL)),
    CHECK (kind <> 'restatement' OR currency <> ''),
    CHECK (state <> 'sending' OR (attempt_id IS NOT NULL AND frozen_at IS NOT NULL)),
    CHECK (state <> 'waiting' OR reason <> ''), CHECK (state <> 'held' OR reason <> '')
);
CREATE UNIQUE INDEX adjustments_one_open ON adjustments (conversion_id) WHERE state IN ('ready', 'sending', 'received', 'unknown');
CREATE INDEX adjustments_ready ON adjustments (mapping_id, cohort, coalesce(next_at, '-infinity'), id) WHERE state = 'ready';
CREATE INDEX adjustments_later ON adjustments (next_at) WHERE state IN ('waiting', 'unknown') AND next_at IS NOT NULL AND attempts > 0;
CREATE INDEX adjustments_of_attempt ON adjustments (attempt_id) WHERE attempt_id IS NOT NULL;
CREATE INDEX adjustments_of_refund ON adjustments (refund_id) WHERE refund_id IS NOT NULL;
CREATE INDEX adjustments_of_mapping ON adjustments (mapping_id);
COMMENT ON TABLE adjustments IS 'Changes of conversions that Google has, in their order: of one conversion one at a time is under way.';
COMMENT ON COLUMN adjustments.adjusted_at IS 'Newer with each number, as Google asks.';
COMMENT ON COLUMN adjustments.value IS 'Micros of currency that the conversion is worth afterwards.';

CREATE TABLE upload_rows (
    attempt_id    bigint NOT NULL REFERENCES upload_attempts (id) ON DELETE CASCADE,
    number        int    NOT NULL CHECK (number >= 0),
    conversion_id bigint NOT NULL REFERENCES conversions (id) ON DELETE CASCADE,
    adjustment_id bigint REFERENCES adjustments (id) ON DELETE CASCADE,
    payload       jsonb  NOT NULL,
    code          text   NOT NULL DEFAULT '',
    message       text   NOT NULL DEFAULT '',
    PRIMARY KEY (attempt_id, number)
);
CREATE INDEX upload_rows_of_conversion ON upload_rows (conversion_id);
CREATE INDEX upload_rows_of_adjustment ON upload_rows (adjustment_id) WHERE adjustment_id IS NOT NULL;
COMMENT ON TABLE upload_rows IS 'What each request said of each conversion or adjustment, with identifiers masked, and what Google said to it.';
COMMENT ON COLUMN upload_rows.code IS 'Google''s code for the row as it came, known or not.';

CREATE TABLE upload_history (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    conversion_id bigint      NOT NULL REFERENCES conversions (id) ON DELETE CASCADE,
    adjustment_id bigint      REFERENCES adjustments (id) ON DELETE CASCADE,
    at            timestamptz NOT NULL,
    from_state    text        NOT NULL,
    to_state      text        NOT NULL,
    reason        text        NOT NULL,
    detail        text        NOT NULL,
    value         bigint,
    currency      text        NOT NULL,
    attempt_id    bigint
);
CREATE INDEX upload_history_of_conversion ON upload_history (conversion_id, id);
CREATE INDEX upload_history_of_adjustment ON upload_history (adjustment_id) WHERE adjustment_id IS NOT NULL;
COMMENT ON TABLE upload_history IS 'Every move of every conversion and adjustment, written by the database itself.';

CREATE TABLE import_files (
    attempt_id    bigint      PRIMARY KEY REFERENCES upload_attempts (id) ON DELETE CASCADE,
    connection_id bigint      NOT NULL REFERENCES google_connections (id) ON DELETE CASCADE,
    made_at       timestamptz NOT NULL,
    fetched_at    timestamptz
);
CREATE INDEX import_files_of_connection ON import_files (connection_id, made_at);
COMMENT ON TABLE import_files IS 'Parts of the file that Google fetches; all that were not fetched yet are served together. Their rows are the conversions whose attempt_id it is, written anew by internal/importcsv whenever it is served: what was erased or is on hold meanwhile is not in it.';
COMMENT ON COLUMN import_files.fetched_at IS 'When it was first served to its end.';

CREATE TABLE import_fetches (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    connection_id bigint      NOT NULL REFERENCES google_connections (id) ON DELETE CASCADE,
    at            timestamptz NOT NULL,
    agent         text        NOT NULL,
    rows          int         NOT NULL,
    bytes         int         NOT NULL,
    attempt_ids   bigint[]    NOT NULL
);
CREATE INDEX import_fetches_of_connection ON import_fetches (connection_id, id);
COMMENT ON TABLE import_fetches IS 'Who fetched which rows when.';

CREATE TABLE postback_partners (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    site_id      bigint      NOT NULL REFERENCES sites (id) ON DELETE CASCADE,
    name         text        NOT NULL CHECK (name ~ '^[a-z0-9][a-z0-9_-]{0,39}$'),
    parameters   jsonb       NOT NULL CHECK (jsonb_typeof(parameters) = 'object'),
    version      int         NOT NULL DEFAULT 1 CHECK (version > 0),
    created_at   timestamptz NOT NULL,
    changed_at   timestamptz NOT NULL,
    UNIQUE (site_id, name)
);
COMMENT ON TABLE postback_partners IS 'Partners that report sales by postback, and what their parameters are called.';
COMMENT ON COLUMN postback_partners.parameters IS '{field of an event: name of the parameter}.';

CREATE TABLE conversion_checks (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    site_id      bigint      NOT NULL REFERENCES sites (id) ON DELETE CASCADE,
    day          date        NOT NULL,
    checked_at   timestamptz NOT NULL,
    events       bigint      NOT NULL,
    sales        bigint      NOT NULL,
    mended       bigint      NOT NULL,
    differences  jsonb       NOT NULL,
    UNIQUE (site_id, day)
);
COMMENT ON TABLE conversion_checks IS 'What the nightly comparison of stored events with sales and conversions found: the last one of each site and day (UTC).';
COMMENT ON COLUMN conversion_checks.differences IS '[{"kind", "event_id", "mended"}], at most 100; the counts hold all.';

-- +goose StatementBegin
CREATE FUNCTION check_upload_move() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before text := CASE TG_OP WHEN 'INSERT' THEN '' ELSE OLD.state END;
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.frozen_at IS NOT NULL AND NEW.frozen_at IS NOT NULL
       AND (OLD.value, OLD.currency, OLD.email_hash, OLD.phone_hash) IS DISTINCT FROM (NEW.value, NEW.currency, NEW.email_hash, NEW.phone_hash) THEN
        RAISE EXCEPTION '% % was sent: what was sent cannot change', TG_TABLE_NAME, NEW.id USING ERRCODE = 'check_violation', CONSTRAINT = 'upload_frozen';
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.frozen_at IS NOT NULL AND NEW.frozen_at IS NULL AND NOT (OLD.state = 'sending' AND NEW.state IN ('ready', 'waiting', 'held')) THEN
        RAISE EXCEPTION '% % may be at Google: it stays as it was sent', TG_TABLE_NAME, NEW.id USING ERRCODE = 'check_violation', CONSTRAINT = 'upload_frozen';
    END IF;
    IF before = NEW.state AND TG_OP = 'UPDATE' AND (OLD.reason, OLD.detail) IS NOT DISTINCT FROM (NEW.reason, NEW.detail) THEN
        RETURN NEW;
    END IF;
    IF NOT EXISTS (SELECT FROM upload_moves m WHERE m.from_state = before AND m.to_state = NEW.state)
       AND NOT (before = NEW.state AND before <> '') THEN
        RAISE EXCEPTION '% % cannot go from % to %', TG_TABLE_NAME, NEW.id, before, NEW.state USING ERRCODE = 'check_violation', CONSTRAINT = 'upload_moves';
    END IF;
    IF before <> NEW.state THEN
        NEW.state_at := now();
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
COMMENT ON FUNCTION check_upload_move() IS 'Refuses moves that upload_moves does not have, and changes of what may be at Google already.';

-- +goose StatementBegin
CREATE FUNCTION write_upload_move() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before text := CASE TG_OP WHEN 'INSERT' THEN '' ELSE OLD.state END;
BEGIN
    IF TG_OP = 'UPDATE' AND before = NEW.state AND (OLD.reason, OLD.detail) IS NOT DISTINCT FROM (NEW.reason, NEW.detail) THEN
        RETURN NULL;
    END IF;
    IF TG_TABLE_NAME = 'conversions' THEN
        INSERT INTO upload_history (conversion_id, at, from_state, to_state, reason, detail, value, currency, attempt_id)
        VALUES (NEW.id, now(), before, NEW.state, NEW.reason, NEW.detail, NEW.value, NEW.currency, NEW.attempt_id);
    ELSE
        INSERT INTO upload_history (conversion_id, adjustment_id, at, from_state, to_state, reason, detail, value, currency, attempt_id)
        VALUES ((to_jsonb(NEW) ->> 'conversion_id')::bigint, NEW.id, now(), before, NEW.state, NEW.reason, NEW.detail, NEW.value, NEW.currency, NEW.attempt_id);
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd

CREATE TRIGGER conversions_move BEFORE INSERT OR UPDATE ON conversions FOR EACH ROW EXECUTE FUNCTION check_upload_move();
CREATE TRIGGER adjustments_move BEFORE INSERT OR UPDATE ON adjustments FOR EACH ROW EXECUTE FUNCTION check_upload_move();
CREATE TRIGGER conversions_moved AFTER INSERT OR UPDATE ON conversions FOR EACH ROW EXECUTE FUNCTION write_upload_move();
CREATE TRIGGER adjustments_moved AFTER INSERT OR UPDATE ON adjustments FOR EACH ROW EXECUTE FUNCTION write_upload_move();

-- +goose StatementBegin
CREATE FUNCTION decide_sale_again() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' OR (OLD.order_id, OLD.occurred_at, OLD.amount, OLD.currency, OLD.bot_reasons, OLD.email_hash, OLD.phone_hash,
         OLD.consent_user_data, OLD.consent_personal, OLD.google_kind, OLD.google_value, OLD.google_clicked_at)
       IS DISTINCT FROM (NEW.order_id, NEW.occurred_at, NEW.amount, NEW.currency, NEW.bot_reasons, NEW.email_hash, NEW.phone_hash,
         NEW.consent_user_data, NEW.consent_personal, NEW.google_kind, NEW.google_value, NEW.google_clicked_at) THEN
        NEW.decide_at := now();
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER sales_decide BEFORE INSERT OR UPDATE ON sales FOR EACH ROW EXECUTE FUNCTION decide_sale_again();

-- +goose StatementBegin
CREATE FUNCTION decide_refunded_sale() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' AND OLD.sale_id IS NOT NULL THEN
        UPDATE sales SET decide_at = now() WHERE id = OLD.sale_id;
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.sale_id IS NOT NULL AND (TG_OP = 'INSERT' OR (OLD.sale_id, OLD.amount, OLD.currency) IS DISTINCT FROM (NEW.sale_id, NEW.amount, NEW.currency)) THEN
        UPDATE sales SET decide_at = now() WHERE id = NEW.sale_id;
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER refunds_decide AFTER INSERT OR UPDATE OR DELETE ON refunds FOR EACH ROW EXECUTE FUNCTION decide_refunded_sale();
