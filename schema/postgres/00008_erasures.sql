-- +goose Up

-- Requests to erase people, sites, accounts and workspaces, with how far they are and what was found;
-- and whose events are kept out meanwhile.

CREATE TABLE erasures (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace_id bigint      NOT NULL,
    scope        text        NOT NULL CHECK (scope IN ('visitor', 'site', 'workspace')),
    subject_kind text        CHECK (subject_kind IN ('user_id', 'visitor_id', 'order_id', 'email')),
    requested_by bigint,
    requested_at timestamptz NOT NULL,
    state        text        NOT NULL DEFAULT 'requested' CHECK (state IN ('requested', 'keeping_out', 'erasing', 'checking', 'done')),
    state_at     timestamptz NOT NULL,
    problem      text,
    attempts     int         NOT NULL DEFAULT 0,
    next_at      timestamptz NOT NULL,
    lease_until  timestamptz,
    receipt      jsonb       NOT NULL DEFAULT '{}',
    done_at      timestamptz,
    watch_until  timestamptz,
    CHECK ((scope = 'visitor') = (subject_kind IS NOT NULL)),
    CHECK ((state = 'done') = (done_at IS NOT NULL))
);
CREATE INDEX erasures_of_workspace ON erasures (workspace_id, id);
CREATE INDEX erasures_due ON erasures (next_at) WHERE done_at IS NULL OR watch_until IS NOT NULL;
COMMENT ON TABLE erasures IS 'What is to be erased, or was. Nothing in it names a person.';
COMMENT ON COLUMN erasures.workspace_id IS 'No reference: the receipt outlives the workspace.';
COMMENT ON COLUMN erasures.problem IS 'Why the last attempt failed; it is made again at next_at.';
COMMENT ON COLUMN erasures.lease_until IS 'Until then one admin service works on it.';
COMMENT ON COLUMN erasures.watch_until IS 'Done, and until then looked at again: what a collector or spool that was cut off still had comes later.';

CREATE TABLE erasure_sites (
    erasure_id bigint NOT NULL REFERENCES erasures (id) ON DELETE CASCADE,
    site_id    bigint NOT NULL,
    days       int[]  NOT NULL DEFAULT '{}',
    remade     bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (erasure_id, site_id)
);
CREATE INDEX erasure_sites_of_site ON erasure_sites (site_id);
COMMENT ON TABLE erasure_sites IS 'The sites of an erasure. No reference to sites: it outlives them.';
COMMENT ON COLUMN erasure_sites.days IS 'Local days whose visits and sums are to be made anew, as days since 1970-01-01.';
COMMENT ON COLUMN erasure_sites.remade IS 'Generations of visits and sums from this number on hold nothing of what was erased; 0: they were not made yet.';

CREATE TABLE erasure_blocks (
    erasure_id bigint NOT NULL REFERENCES erasures (id) ON DELETE CASCADE,
    site_id    bigint NOT NULL,
    kind       text   NOT NULL CHECK (kind IN ('visitor', 'user', 'order', 'email', 'site')),
    hash       bigint NOT NULL,
    named      boolean NOT NULL,
    before     timestamptz,
    PRIMARY KEY (erasure_id, site_id, kind, hash)
);
COMMENT ON TABLE erasure_blocks IS 'Whose events collectors keep out. Dropped when the erasure is watched no more.';
COMMENT ON COLUMN erasure_blocks.hash IS '0 for a whole site; else the pseudonym of a visitor or user in events of the site, or a hash keyed by the site of an order id or address.';
COMMENT ON COLUMN erasure_blocks.named IS 'The request named it; otherwise it was found with what the request named.';
COMMENT ON COLUMN erasure_blocks.before IS 'Only events that occurred before are kept out; NULL: all, until the erasure is done.';
CREATE TRIGGER erasure_blocks_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON erasure_blocks
    FOR EACH STATEMENT EXECUTE FUNCTION note_site_change();
