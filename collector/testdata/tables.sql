-- What the collector relies on in Postgres. Where the product's migrations have made the tables,
-- nothing happens here.
CREATE TABLE IF NOT EXISTS workspaces (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL, created_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE IF NOT EXISTS sites (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, workspace_id bigint NOT NULL, public_key text UNIQUE NOT NULL, name text NOT NULL,
    hostnames text[] NOT NULL, time_zone text NOT NULL, currency text NOT NULL, identity_mode text NOT NULL, identity_key bytea NOT NULL,
    query_params text[] NOT NULL, state text NOT NULL
);
CREATE TABLE IF NOT EXISTS server_keys (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, workspace_id bigint NOT NULL, name text NOT NULL, key_hash bytea UNIQUE NOT NULL,
    site_ids bigint[] NOT NULL, revoked_at timestamptz
);
CREATE TABLE IF NOT EXISTS salts (
    local_date date NOT NULL, offset_minutes int NOT NULL, salt bytea NOT NULL, created_at timestamptz NOT NULL, PRIMARY KEY (local_date, offset_minutes)
);
CREATE SEQUENCE IF NOT EXISTS site_revision;
INSERT INTO workspaces (id, name) OVERRIDING SYSTEM VALUE VALUES (5, 'Test');
