-- +goose Up

-- Everything that can be set of a site. A site of before behaves as it did: each default is what was.

ALTER TABLE sites
    ADD COLUMN consent_mode              text   NOT NULL DEFAULT 'unset_allows' CHECK (consent_mode IN ('unset_allows', 'unset_denies', 'required')),
    ADD COLUMN lookback_days             int    NOT NULL DEFAULT 90 CHECK (lookback_days BETWEEN 1 AND 540),
    ADD COLUMN retention_raw_days        int    CHECK (retention_raw_days BETWEEN 30 AND 3650),
    ADD COLUMN retention_aggregates_days int    CHECK (retention_aggregates_days BETWEEN 30 AND 3650),
    ADD COLUMN bot_rules                 jsonb  NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(bot_rules) = 'array' AND jsonb_array_length(bot_rules) <= 100),
    ADD COLUMN excluded_addresses        text[] NOT NULL DEFAULT '{}' CHECK (cardinality(excluded_addresses) <= 100 AND all_match(excluded_addresses, '^[0-9a-f:.]{2,45}/[0-9]{1,3}$')),
    ADD COLUMN excluded_paths            text[] NOT NULL DEFAULT '{}' CHECK (cardinality(excluded_paths) <= 100 AND all_match(excluded_paths, '^/[^[:cntrl:]]{0,249}$')),
    ADD COLUMN sales_from_browsers       text   NOT NULL DEFAULT 'accept' CHECK (sales_from_browsers IN ('accept', 'hold', 'refuse')),
    ADD COLUMN archived_at               timestamptz,
    ADD COLUMN erase_after               timestamptz;
UPDATE sites SET archived_at = updated_at WHERE state = 'archived';
ALTER TABLE sites
    DROP CONSTRAINT sites_state_check,
    ADD CONSTRAINT sites_state_check CHECK (state IN ('active', 'archived', 'deleted')),
    ADD CONSTRAINT sites_deleted CHECK ((state = 'deleted') = (erase_after IS NOT NULL)),
    ADD CONSTRAINT sites_retention CHECK (retention_aggregates_days IS NULL OR coalesce(retention_raw_days <= retention_aggregates_days, false));
CREATE INDEX sites_to_erase ON sites (erase_after) WHERE erase_after IS NOT NULL;
COMMENT ON COLUMN sites.state IS 'archived: takes no events, reports stay; deleted: as if it did not exist, and its data goes after erase_after.';
COMMENT ON COLUMN sites.consent_mode IS 'What an event without consent means: unset_allows, as the identity mode says; unset_denies, denied; required: each answer has to be granted.';
COMMENT ON COLUMN sites.lookback_days IS 'How long before a sale a click may lie.';
COMMENT ON COLUMN sites.retention_raw_days IS 'How long single events are kept; NULL: for ever.';
COMMENT ON COLUMN sites.retention_aggregates_days IS 'How long sums are kept, never shorter than events; NULL: for ever.';
COMMENT ON COLUMN sites.bot_rules IS '[{"kind", "value", "action"}]: the first that fits marks an event as a bot''s, or takes all marks away.';
COMMENT ON COLUMN sites.excluded_addresses IS 'CIDR prefixes in their canonical form; events from there are refused.';
COMMENT ON COLUMN sites.excluded_paths IS 'Globs, * within a part and ** over several; events of such pages are refused.';
COMMENT ON COLUMN sites.sales_from_browsers IS 'hold: kept, and counted only when a server reports the order.';
COMMENT ON COLUMN sites.archived_at IS 'Stays with a deleted site, which is archived again when it is taken back.';
COMMENT ON COLUMN sites.erase_after IS 'Of a deleted site: until then it can be taken back, afterwards its data is to be erased.';

CREATE TABLE site_changes (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    site_id    bigint      NOT NULL REFERENCES sites (id) ON DELETE CASCADE,
    field      text        NOT NULL CHECK (field IN ('time_zone', 'currency')),
    before     text        NOT NULL,
    after      text        NOT NULL CHECK (after <> before),
    changed_at timestamptz NOT NULL
);
CREATE INDEX site_changes_of_site ON site_changes (site_id, changed_at);
COMMENT ON TABLE site_changes IS 'Changes after which reports over earlier days are not what they were; reports say so.';
