-- +goose Up

-- Over how many partitions of noctra.events ids are spread. Rows are only ever added: what a row says
-- about an event has to stay true for as long as copies of it may come.
CREATE TABLE event_layouts (
    id         int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    partitions int         NOT NULL CHECK (partitions BETWEEN 1 AND 65535),
    sites_from bigint      NOT NULL CHECK (sites_from >= 0),
    ids_from   timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE event_layouts IS 'Over how many partitions of noctra.events ids are spread; the first row holds for what is in no other.';
COMMENT ON COLUMN event_layouts.sites_from IS 'All events of sites with this id or a greater one belong to the row.';
COMMENT ON COLUMN event_layouts.ids_from IS 'So do events whose id is a UUIDv7 of this time or later.';

-- +goose StatementBegin
CREATE FUNCTION keep_event_layouts() RETURNS trigger
    LANGUAGE plpgsql AS
$$
BEGIN
    RAISE EXCEPTION 'event_layouts is only added to: events of before would be looked for in other partitions';
END
$$;
-- +goose StatementEnd
CREATE TRIGGER event_layouts_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON event_layouts
    FOR EACH STATEMENT EXECUTE FUNCTION keep_event_layouts();
CREATE TRIGGER event_layouts_changed AFTER INSERT ON event_layouts
    FOR EACH STATEMENT EXECUTE FUNCTION note_site_change();
