-- +goose Up

-- What is looked up while people sign up and mail goes out, among many of both.

CREATE INDEX sign_ups_by_email ON sign_ups (lower(email));
CREATE INDEX mailed_links_by_message ON mailed_links (message_id) WHERE message_id IS NOT NULL;
