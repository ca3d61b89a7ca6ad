-- +goose Up

-- Workspaces whose owner wants them gone.

ALTER TABLE workspaces ADD COLUMN erase_after timestamptz;
CREATE INDEX workspaces_to_erase ON workspaces (erase_after) WHERE erase_after IS NOT NULL;
COMMENT ON COLUMN workspaces.erase_after IS 'An owner asked for its deletion, which can be taken back until then; afterwards everything of it is erased.';
