-- +goose Up

-- Workspaces that are open only to members who sign in with a second factor.

ALTER TABLE workspaces ADD COLUMN second_factor boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN workspaces.second_factor IS 'An owner demands a second factor: members without one see nothing of it and may only leave.';
