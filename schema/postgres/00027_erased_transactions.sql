-- +goose Up

-- What Google has of sales that were erased, so that another sale of the same order is not sent as a new one.

CREATE TABLE erased_transactions (
    site_id   bigint      NOT NULL REFERENCES sites (id) ON DELETE CASCADE,
    action_id text        NOT NULL,
    hash      bytea       NOT NULL CHECK (octet_length(hash) = 32),
    erased_at timestamptz NOT NULL,
    PRIMARY KEY (site_id, action_id, hash)
);
CREATE INDEX erased_transactions_by_age ON erased_transactions (erased_at);
COMMENT ON TABLE erased_transactions IS 'Transactions that Google may have of sales that were erased: what comes of the same order is not sent to the same action. Kept for 98 days, after which no event of such an order can be sent any more.';
COMMENT ON COLUMN erased_transactions.hash IS 'transaction_hash of the transaction id: only the site''s key makes it.';

CREATE FUNCTION transaction_hash(key bytea, transaction text) RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE
RETURN sha256(key || sha256(key || convert_to('erased transaction ' || transaction, 'UTF8')));
COMMENT ON FUNCTION transaction_hash(bytea, text) IS 'By which a transaction of a site is known again once its sale was erased: keyed with the site''s identity_key, and not to be turned back.';
