-- +goose Up

-- Keys that end, are rotated, are for some sites or purposes only, and that sign; when they were used;
-- and what collectors saw of the pages of sites.

ALTER TABLE server_keys
    ADD COLUMN created_by     bigint REFERENCES accounts (id) ON DELETE SET NULL,
    ADD COLUMN expires_at     timestamptz CHECK (expires_at > created_at),
    ADD COLUMN replaces       bigint UNIQUE REFERENCES server_keys (id) ON DELETE SET NULL,
    ADD COLUMN signature      text NOT NULL DEFAULT 'optional' CHECK (signature IN ('optional', 'required')),
    ADD COLUMN signing_secret bytea CHECK (octet_length(signing_secret) BETWEEN 1 AND 1000),
    ADD CONSTRAINT server_keys_can_sign CHECK (signature = 'optional' OR signing_secret IS NOT NULL);
CREATE INDEX server_keys_of_account ON server_keys (created_by);
COMMENT ON COLUMN server_keys.expires_at IS 'From then on it is good no more; a key that was rotated ends so.';
COMMENT ON COLUMN server_keys.replaces IS 'The key that it was made for in a rotation.';
COMMENT ON COLUMN server_keys.signature IS 'required: requests without a signature are refused.';
COMMENT ON COLUMN server_keys.signing_secret IS 'What requests are signed with, sealed under the file of signing keys.';

ALTER TABLE api_keys
    ADD COLUMN created_by   bigint REFERENCES accounts (id) ON DELETE SET NULL,
    ADD COLUMN last_used_at timestamptz,
    ADD COLUMN replaces     bigint UNIQUE REFERENCES api_keys (id) ON DELETE SET NULL,
    ADD COLUMN site_ids     bigint[] NOT NULL DEFAULT '{}' CHECK (array_position(site_ids, NULL) IS NULL),
    ADD COLUMN scopes       text[] NOT NULL DEFAULT '{reports,ingestion}' CHECK (cardinality(scopes) > 0 AND all_match(scopes, '^[a-z_]{1,40}$'));
CREATE INDEX api_keys_of_account ON api_keys (created_by);
COMMENT ON COLUMN api_keys.last_used_at IS 'To the minute.';
COMMENT ON COLUMN api_keys.replaces IS 'The key that it was made for in a rotation.';
COMMENT ON COLUMN api_keys.site_ids IS 'Sites of the workspace that the key reads; empty: all of them.';
COMMENT ON COLUMN api_keys.scopes IS 'What the key reads; admin/permissions.go has the list.';

-- Apart from server_keys, whose changes every collector reads.
CREATE TABLE server_key_uses (
    key_id        bigint      PRIMARY KEY REFERENCES server_keys (id) ON DELETE CASCADE,
    first_used_at timestamptz NOT NULL,
    last_used_at  timestamptz NOT NULL CHECK (last_used_at >= first_used_at),
    noted_at      timestamptz
);
CREATE INDEX server_key_uses_to_note ON server_key_uses (key_id) WHERE noted_at IS NULL;
COMMENT ON TABLE server_key_uses IS 'When servers sent events with a key, as collectors say about twice a minute.';
COMMENT ON COLUMN server_key_uses.last_used_at IS 'To the minute.';
COMMENT ON COLUMN server_key_uses.noted_at IS 'When the first use was noted in the audit.';

CREATE TABLE site_sightings (
    site_id bigint      NOT NULL REFERENCES sites (id) ON DELETE CASCADE,
    hour    timestamptz NOT NULL,
    kind    text        NOT NULL CHECK (kind IN ('host_not_allowed', 'site_unknown', 'script_loaded')),
    host    text        NOT NULL CHECK (octet_length(host) BETWEEN 1 AND 253),
    detail  text        NOT NULL DEFAULT '' CHECK (octet_length(detail) <= 64),
    n       bigint      NOT NULL CHECK (n > 0),
    last_at timestamptz NOT NULL,
    PRIMARY KEY (site_id, hour, kind, host, detail)
);
CREATE INDEX site_sightings_by_hour ON site_sightings (hour);
COMMENT ON TABLE site_sightings IS 'What collectors saw of the pages of sites in the last days, at most about twenty of a kind, hour and site. For people who look why nothing comes; the exact figures are in ClickHouse.';
COMMENT ON COLUMN site_sightings.kind IS 'host_not_allowed: events of a host that is none of the site''s. site_unknown: events of a host of the site, with a key that no site has. script_loaded: the script, by a page of the site.';
COMMENT ON COLUMN site_sightings.detail IS 'site_unknown: the public key that came. script_loaded: the version of the script.';
