-- +goose Up

-- Lists are found by what they are filtered by, whatever of it there is or is not.

DROP INDEX conversions_in_stage, conversions_by_reason, conversions_of_workspace, conversions_of_site;
ALTER TABLE conversions
    DROP COLUMN stopped_by,
    ADD COLUMN stopped_by text GENERATED ALWAYS AS (CASE WHEN state <> 'sending' AND NOT (state = 'received' AND reason = 'not_final') THEN nullif(reason, '') END) STORED;
COMMENT ON COLUMN conversions.stopped_by IS 'Its reason, by which it is found. NULL also while it is on its way to Google as all are, so that a row that goes from sending to accepted is changed where it stands (see stage).';
CREATE INDEX conversions_of_workspace ON conversions (workspace_id, occurred_at DESC, id DESC) INCLUDE (site_id, mapping_id, stage, stopped_by, click_kind);
CREATE INDEX conversions_of_site ON conversions (site_id, occurred_at DESC, id DESC) INCLUDE (mapping_id, stage, stopped_by, click_kind);
CREATE INDEX conversions_in_stage ON conversions (workspace_id, stage, occurred_at DESC, id DESC) INCLUDE (site_id, mapping_id, stopped_by, click_kind);
CREATE INDEX conversions_by_reason ON conversions (workspace_id, stopped_by, stage, occurred_at DESC, id DESC) INCLUDE (site_id, mapping_id, click_kind) WHERE stopped_by IS NOT NULL;
CREATE INDEX conversions_by_click ON conversions (workspace_id, click_kind, occurred_at DESC, id DESC) INCLUDE (site_id, mapping_id, stage, stopped_by);
CREATE INDEX conversions_retracted ON conversions (workspace_id, occurred_at DESC, id DESC) WHERE retracted;
CREATE INDEX conversions_by_move ON conversions USING brin (state_at) WITH (pages_per_range = 16, autosummarize = on);
COMMENT ON INDEX conversions_by_move IS 'Of pages, not of rows: unlike all others it may name a column that changes with each move.';
CREATE INDEX sale_sums_of_campaign ON sale_sums (site_id, campaign, day);
CREATE INDEX adjustments_stuck ON adjustments (mapping_id, reason) WHERE state IN ('waiting', 'held', 'rejected', 'unknown');

-- Requests that were found to add up are not looked at again.

ALTER TABLE upload_attempts ADD COLUMN settled text NOT NULL DEFAULT '';
COMMENT ON COLUMN upload_attempts.settled IS 'The state in which its conversions were found to be where it says that they are. Empty: in none yet.';
CREATE INDEX upload_attempts_unsettled ON upload_attempts (id) WHERE settled <> state AND state <> 'sending' AND kind = 'conversion';
