-- +goose Up

-- A problem of a connection that one action's requests have found: other actions may have none of it.

ALTER TABLE google_connections
    ADD COLUMN problem_action text    NOT NULL DEFAULT '',
    ADD COLUMN problem_late   boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN google_connections.problem_action IS 'The action whose request found the problem: a success of another one does not end it. Empty: the account or the consent was looked at.';
COMMENT ON COLUMN google_connections.problem_late IS 'Google said so when it had processed a request: that the next one is received does not end it.';
