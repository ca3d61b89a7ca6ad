-- +goose Up

-- What the uploader reads out of stored events: clicks, sales and refunds, each once, and which clicks
-- came before a sale. Everything here can be made again from events of ClickHouse.
-- visitor_id and user_hash are the 64 bits of ClickHouse's columns, read as a signed number; 0 is nobody.
-- consent_*: 0 unset, 1 granted, 2 denied, of the event.

CREATE TABLE intake_places (
    topic     text    NOT NULL,
    partition integer NOT NULL CHECK (partition >= 0),
    next      bigint  NOT NULL CHECK (next >= 0),
    PRIMARY KEY (topic, partition)
);
COMMENT ON TABLE intake_places IS 'How far stored events were read: places before next of a partition are in clicks, sales and refunds.';

CREATE TABLE clicks (
    id                 bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    site_id            bigint      NOT NULL REFERENCES sites (id) ON DELETE CASCADE,
    kind               text        NOT NULL CHECK (kind <> ''),
    value              text        NOT NULL CHECK (value <> ''),
    visitor_id         bigint      NOT NULL,
    user_hash          bigint      NOT NULL,
    event_id           text        NOT NULL,
    clicked_at         timestamptz NOT NULL,
    landing_url        text        NOT NULL,
    source             text        NOT NULL,
    medium             text        NOT NULL,
    campaign           text        NOT NULL,
    term               text        NOT NULL,
    content            text        NOT NULL,
    campaign_id        text        NOT NULL,
    country            text        NOT NULL,
    is_bot             boolean     NOT NULL,
    consent_analytics  smallint    NOT NULL CHECK (consent_analytics BETWEEN 0 AND 2),
    consent_user_data  smallint    NOT NULL CHECK (consent_user_data BETWEEN 0 AND 2),
    consent_personal   smallint    NOT NULL CHECK (consent_personal BETWEEN 0 AND 2),
    UNIQUE (site_id, value, kind, visitor_id)
);
CREATE INDEX clicks_of_visitor ON clicks (site_id, visitor_id, clicked_at) WHERE visitor_id <> 0;
CREATE INDEX clicks_of_user ON clicks (site_id, user_hash, clicked_at) WHERE user_hash <> 0;
CREATE INDEX clicks_by_age ON clicks (clicked_at);
COMMENT ON TABLE clicks IS 'The click ledger: each click id of a site and visitor once, as its earliest event has it. Kept for the look-back of the site and 30 days.';
COMMENT ON COLUMN clicks.user_hash IS 'As whom the visitor is known in visitor_users, 0 for nobody.';

CREATE TABLE visitor_users (
    site_id    bigint      NOT NULL REFERENCES sites (id) ON DELETE CASCADE,
    visitor_id bigint      NOT NULL CHECK (visitor_id <> 0),
    user_hash  bigint      NOT NULL CHECK (user_hash <> 0),
    known_at   timestamptz NOT NULL,
    read_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (site_id, visitor_id)
);
CREATE INDEX visitor_users_by_age ON visitor_users (read_at);
COMMENT ON TABLE visitor_users IS 'As whom visitors signed in, for clicks that are read later than that. Kept for eight days, as events are at most seven days late.';
COMMENT ON COLUMN visitor_users.user_hash IS 'The first one, by the time of the event.';

CREATE TABLE sales (
    id                 bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace_id       bigint      NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    site_id            bigint      NOT NULL REFERENCES sites (id) ON DELETE CASCADE,
    event_id           text        NOT NULL,
    order_id           text        NOT NULL,
    occurred_at        timestamptz NOT NULL,
    amount             bigint      NOT NULL,
    currency           text        NOT NULL,
    visitor_id         bigint      NOT NULL,
    user_hash          bigint      NOT NULL,
    country            text        NOT NULL,
    via                smallint    NOT NULL,
    bot_reasons        text[]      NOT NULL,
    click_kinds        text[]      NOT NULL,
    click_values       text[]      NOT NULL CHECK (cardinality(click_values) = cardinality(click_kinds)),
    email_hash         text        NOT NULL,
    phone_hash         text        NOT NULL,
    consent_analytics  smallint    NOT NULL CHECK (consent_analytics BETWEEN 0 AND 2),
    consent_user_data  smallint    NOT NULL CHECK (consent_user_data BETWEEN 0 AND 2),
    consent_personal   smallint    NOT NULL CHECK (consent_personal BETWEEN 0 AND 2),
    path               bigint[]    NOT NULL DEFAULT '{}',
    google_kind        text        CHECK (google_kind IN ('gclid', 'gbraid', 'wbraid')),
    google_value       text,
    google_clicked_at  timestamptz,
    google_rule        text        CHECK (google_rule IN ('click_id', 'visitor', 'user')),
    attributed_at      timestamptz,
    UNIQUE (site_id, event_id),
    CHECK ((google_kind IS NULL) = (google_value IS NULL) AND (google_kind IS NULL) = (google_rule IS NULL))
);
CREATE INDEX sales_of_order ON sales (site_id, order_id) WHERE order_id <> '';
CREATE INDEX sales_of_visitor ON sales (site_id, visitor_id, occurred_at) WHERE visitor_id <> 0;
CREATE INDEX sales_of_user ON sales (site_id, user_hash, occurred_at) WHERE user_hash <> 0;
CREATE INDEX sales_of_click ON sales USING gin (click_values);
CREATE INDEX sales_of_path ON sales USING gin (path);
CREATE INDEX sales_of_workspace ON sales (workspace_id, occurred_at);
COMMENT ON TABLE sales IS 'Every stored sale, and which ad clicks came before it.';
COMMENT ON COLUMN sales.amount IS 'Micros of currency.';
COMMENT ON COLUMN sales.path IS 'Clicks within the look-back, oldest first, at most 20: what the models of attribution share the sale among.';
COMMENT ON COLUMN sales.google_value IS 'The last Google click: it decides the upload. From the sale itself where the sale names it.';
COMMENT ON COLUMN sales.google_clicked_at IS 'NULL: the event of the click has not come.';
COMMENT ON COLUMN sales.google_rule IS 'How the click was found: by the click id of the sale, by visitor, by user.';

CREATE TABLE refunds (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    site_id     bigint      NOT NULL REFERENCES sites (id) ON DELETE CASCADE,
    event_id    text        NOT NULL,
    order_id    text        NOT NULL,
    occurred_at timestamptz NOT NULL,
    amount      bigint      NOT NULL,
    currency    text        NOT NULL,
    sale_id     bigint      REFERENCES sales (id) ON DELETE CASCADE,
    UNIQUE (site_id, event_id)
);
CREATE INDEX refunds_of_sale ON refunds (sale_id);
CREATE INDEX refunds_waiting ON refunds (site_id, order_id) WHERE sale_id IS NULL;
COMMENT ON TABLE refunds IS 'Every stored refund. Without a sale it waits for it.';
