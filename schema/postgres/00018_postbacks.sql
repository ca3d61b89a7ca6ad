-- +goose Up

-- Partners that report sales by postback: what their statuses mean, and keys that are good for nothing else.

ALTER TABLE server_keys ADD COLUMN scope text NOT NULL DEFAULT 'events' CHECK (scope IN ('events', 'postback'));
COMMENT ON COLUMN server_keys.scope IS 'What the key sends: events, or postbacks of partners alone (it stands in addresses there).';

ALTER TABLE postback_partners
    ADD COLUMN statuses jsonb   NOT NULL DEFAULT '{"approved": "sale", "reversed": "refund"}' CHECK (jsonb_typeof(statuses) = 'object'),
    ADD COLUMN plain_ok boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN postback_partners.statuses IS '{what the partner says: sale | refund}; what is not named is left out. Of partners whose parameters name a status.';
COMMENT ON COLUMN postback_partners.plain_ok IS 'The answer to what was taken is "ok" alone.';

CREATE TRIGGER postback_partners_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON postback_partners
    FOR EACH STATEMENT EXECUTE FUNCTION note_site_change();

-- Of a million conversions, those with a reason, or of a campaign, are found at once.
CREATE INDEX conversions_by_reason ON conversions (workspace_id, reason, occurred_at DESC, id DESC) WHERE state IN ('waiting', 'held', 'rejected', 'unknown', 'superseded');
CREATE INDEX sales_of_campaign ON sales (site_id, google_campaign, occurred_at) WHERE google_campaign <> '';
CREATE INDEX conversions_restated ON conversions (workspace_id, occurred_at DESC, id DESC) WHERE state = 'accepted' AND google_value IS DISTINCT FROM value;
