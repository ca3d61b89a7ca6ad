-- +goose Up

-- Why a copy was given up, for whoever asked for it.

ALTER TABLE exports ADD COLUMN reason text
    CHECK (reason IN ('disk_full', 'directory_unusable', 'events_unavailable', 'tables_unavailable', 'interrupted', 'internal'));
COMMENT ON COLUMN exports.reason IS 'Why it was given up, where it was; the log has more.';
