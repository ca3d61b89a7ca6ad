-- +goose Up

-- A problem of a connection that one action's requests have found: other actions may have none of it.

ALTER TABLE google_connections
    ADD COLUMN problem_action text    NOT NULL DEFAULT '',
    ADD COLUMN problem_late   boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN google_connections.problem_action IS 'The action whose request found the problem: a success of another one does not end it. Empty: the account or the consent was looked at.';
COMMENT ON COLUMN google_connections.problem_late IS 'Google said so when it had processed a request: that the next one is received does not end it.';

-- From whom a sale has borrowed, so that it can borrow from an earlier one that comes later.

ALTER TABLE sales
    ADD COLUMN borrowed_from text,
    ADD COLUMN borrowed_what smallint NOT NULL DEFAULT 0;
COMMENT ON COLUMN sales.borrowed_from IS 'Event of the held sale that lent. NULL where nothing is borrowed, or it was before this was kept: such a one borrows no more.';
COMMENT ON COLUMN sales.borrowed_what IS 'What else is borrowed beside visitor and clicks, as the sale itself said nothing: 1 user, 2 country, 4 bots, 8, 16, 32 consents.';
