-- +goose Up

-- What a reconciliation adds up, kept added up by day. Days that something was changed of are marked by the
-- change itself; until the uploader has added them up again, their sales are read instead. Both stand in one
-- snapshot, so that an answer is never made of sums that lag.

CREATE VIEW sale_units AS
SELECT s.site_id, s.occurred_at, (s.occurred_at AT TIME ZONE t.time_zone)::date AS day, s.google_campaign AS campaign,
    coalesce(c.mapping_id, 0) AS mapping_id, coalesce(c.state, '') AS state,
    CASE WHEN c.id IS NOT NULL THEN c.reason WHEN s.decide_at IS NOT NULL THEN 'undecided' ELSE 'no_action' END AS reason,
    coalesce(c.click_kind, s.google_kind) IS NOT NULL AS clicked, coalesce(c.attempts > 0, false) AS tried,
    CASE WHEN s.goal_id = 0 THEN s.currency ELSE coalesce(c.currency, '') END AS currency, coalesce(c.google_currency, '') AS google_currency,
    CASE WHEN s.goal_id = 0 THEN s.amount ELSE coalesce(c.value, 0) END AS amount, coalesce(c.google_value, 0) AS google_amount
FROM sales s
JOIN sites t ON t.id = s.site_id
LEFT JOIN conversions c ON c.sale_id = s.id;
COMMENT ON VIEW sale_units IS 'What is counted by a reconciliation: a sale once for each action it may go to, and once if it goes to none.';

CREATE TABLE sale_sums (
    site_id         bigint  NOT NULL REFERENCES sites (id) ON DELETE CASCADE,
    day             date    NOT NULL,
    campaign        text    NOT NULL,
    mapping_id      bigint  NOT NULL,
    state           text    NOT NULL,
    reason          text    NOT NULL,
    clicked         boolean NOT NULL,
    tried           boolean NOT NULL,
    currency        text    NOT NULL,
    google_currency text    NOT NULL,
    count           bigint  NOT NULL CHECK (count > 0),
    amount          numeric NOT NULL,
    google_amount   numeric NOT NULL
);
CREATE INDEX sale_sums_of_day ON sale_sums (site_id, day);
COMMENT ON TABLE sale_sums IS 'sale_units added up, for days that sale_marks does not have. Written by the uploader alone, a whole day at a time.';
COMMENT ON COLUMN sale_sums.day IS 'Local day of the site, by the zone that it had when the day was added up: a new zone marks all days.';

CREATE TABLE sale_shares (
    site_id  bigint  NOT NULL REFERENCES sites (id) ON DELETE CASCADE,
    day      date    NOT NULL,
    by       text    NOT NULL CHECK (by IN ('', 'campaign', 'source')),
    name     text    NOT NULL,
    model    text    NOT NULL,
    currency text    NOT NULL,
    sales    double precision NOT NULL,
    amount   numeric NOT NULL
);
CREATE INDEX sale_shares_of_day ON sale_shares (site_id, day);
COMMENT ON TABLE sale_shares IS 'What each model of attribution gives to each campaign and source, added up for days that sale_marks has not for their paths. Written as sale_sums are; clicks that are deleted later stay in them.';
COMMENT ON COLUMN sale_shares.by IS 'Empty, as model and name are: sales before which no click is known.';

CREATE TABLE sale_marks (
    site_id   bigint      NOT NULL,
    from_at   timestamptz NOT NULL,
    to_at     timestamptz NOT NULL CHECK (to_at >= from_at),
    paths     boolean     NOT NULL DEFAULT true,
    marked_at timestamptz NOT NULL DEFAULT now()
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
CREATE INDEX sale_marks_of_site ON sale_marks (site_id);
COMMENT ON TABLE sale_marks IS 'Times of sales of which something was changed since their days were added up. Only added to, so that nobody waits for somebody else; no reference to sites for the same reason.';
COMMENT ON COLUMN sale_marks.paths IS 'Sales changed, or the clicks before them, and not their conversions alone.';
COMMENT ON COLUMN sale_marks.to_at IS 'Included; of the same day in UTC as from_at. From -infinity to infinity: all of the site.';

-- Plans of these functions are kept by sessions, and are made for as many rows as the first statement touched.
-- So they join nothing: what they do is good for one row and for a million.
-- +goose StatementBegin
CREATE FUNCTION mark_sales() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO sale_marks (site_id, from_at, to_at, paths)
    SELECT site_id, min(occurred_at), max(occurred_at), TG_TABLE_NAME = 'sales' FROM touched GROUP BY site_id, date_bin('1 day', occurred_at, timestamptz '2000-01-01Z');
    RETURN NULL;
END $$;
-- +goose StatementEnd
COMMENT ON FUNCTION mark_sales() IS 'Marks the days of sales or conversions. A conversion has the time of its sale.';

-- +goose StatementBegin
CREATE FUNCTION mark_changed_sales() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO sale_marks (site_id, from_at, to_at, paths)
    WITH versions AS (TABLE before UNION ALL TABLE touched), changed AS (
        SELECT site_id, occurred_at, true AS paths FROM versions GROUP BY id, site_id, occurred_at, amount, currency, google_campaign, goal_id, google_kind IS NULL, path, attributed_at HAVING count(*) = 1
        UNION ALL
        SELECT site_id, occurred_at, false FROM (SELECT id, site_id, occurred_at FROM versions GROUP BY id, site_id, occurred_at, decide_at IS NULL HAVING count(*) = 1) n
        WHERE (SELECT c.sale_id FROM conversions c WHERE c.sale_id = n.id LIMIT 1) IS NULL)
    SELECT site_id, min(occurred_at), max(occurred_at), bool_or(paths) FROM changed GROUP BY site_id, date_bin('1 day', occurred_at, timestamptz '2000-01-01Z');
    RETURN NULL;
END $$;
-- +goose StatementEnd
COMMENT ON FUNCTION mark_changed_sales() IS 'Marks the days of sales of which something changed that is added up: what both versions have is left out. Whoever changes a click has the sales of which it is in the path attributed again. Whether one is to be decided counts only while it has no conversion.';

-- +goose StatementBegin
CREATE FUNCTION mark_left_sales() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO sale_marks (site_id, from_at, to_at, paths)
    SELECT site_id, min(sold_at), max(sold_at), false FROM (SELECT c.site_id, (SELECT s.occurred_at FROM sales s WHERE s.id = c.sale_id) AS sold_at FROM touched c) lost
    WHERE sold_at IS NOT NULL GROUP BY site_id, date_bin('1 day', sold_at, timestamptz '2000-01-01Z');
    RETURN NULL;
END $$;
-- +goose StatementEnd
COMMENT ON FUNCTION mark_left_sales() IS 'Marks the days of sales that lost a conversion. A sale that is deleted with it marks its day itself.';

-- +goose StatementBegin
CREATE FUNCTION keep_time_of_sale() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM conversions c WHERE c.sale_id = NEW.id) THEN
        RAISE EXCEPTION 'sale % has conversions: its site and time stay as theirs are', NEW.id USING ERRCODE = 'check_violation', CONSTRAINT = 'sales_stay';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
COMMENT ON FUNCTION keep_time_of_sale() IS 'A conversion marks the day that it has itself, which is that of its sale.';

-- +goose StatementBegin
CREATE FUNCTION mark_site() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO sale_marks (site_id, from_at, to_at) VALUES (NEW.id, '-infinity', 'infinity');
    RETURN NULL;
END $$;
-- +goose StatementEnd

CREATE TRIGGER sales_stay BEFORE UPDATE OF site_id, occurred_at ON sales FOR EACH ROW
    WHEN ((OLD.site_id, OLD.occurred_at) IS DISTINCT FROM (NEW.site_id, NEW.occurred_at)) EXECUTE FUNCTION keep_time_of_sale();
CREATE TRIGGER sales_added AFTER INSERT ON sales REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION mark_sales();
CREATE TRIGGER sales_changed AFTER UPDATE ON sales REFERENCING OLD TABLE AS before NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION mark_changed_sales();
CREATE TRIGGER sales_gone AFTER DELETE ON sales REFERENCING OLD TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION mark_sales();
CREATE TRIGGER conversions_added AFTER INSERT ON conversions REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION mark_sales();
CREATE TRIGGER conversions_changed AFTER UPDATE ON conversions REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION mark_sales();
CREATE TRIGGER conversions_gone AFTER DELETE ON conversions REFERENCING OLD TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION mark_left_sales();
CREATE TRIGGER sites_zoned AFTER UPDATE OF time_zone ON sites FOR EACH ROW WHEN (OLD.time_zone IS DISTINCT FROM NEW.time_zone) EXECUTE FUNCTION mark_site();

INSERT INTO sale_marks (site_id, from_at, to_at)
SELECT site_id, min(occurred_at), max(occurred_at) FROM sales GROUP BY site_id, date_bin('1 day', occurred_at, timestamptz '2000-01-01Z');
