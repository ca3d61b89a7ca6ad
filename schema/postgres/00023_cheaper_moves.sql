-- +goose Up

-- Moves that cost less: checks read no table, history is written once a statement, and the moves of a request
-- that goes well (sending, received, accepted) change no index.

ALTER TABLE conversions SET (fillfactor = 60);
DROP INDEX conversions_once, conversions_ready, conversions_later, conversions_in_state, conversions_by_reason, conversions_restated;
ALTER TABLE conversions
    ADD COLUMN stage text NOT NULL GENERATED ALWAYS AS (CASE
        WHEN state = 'accepted' AND google_value <> value THEN 'restated'
        WHEN state IN ('sending', 'received', 'accepted') THEN 'sent' ELSE state END) STORED,
    ADD COLUMN stopped_by text GENERATED ALWAYS AS (CASE WHEN state IN ('waiting', 'held', 'rejected', 'unknown', 'superseded') THEN reason END) STORED;
CREATE UNIQUE INDEX conversions_once ON conversions (workspace_id, site_id, action_id, transaction_id) WHERE stage <> 'superseded';
CREATE INDEX conversions_ready ON conversions (mapping_id, cohort, coalesce(next_at, '-infinity'), id) WHERE stage = 'ready';
CREATE INDEX conversions_later ON conversions (next_at) WHERE stage IN ('waiting', 'unknown') AND next_at IS NOT NULL AND attempts > 0;
CREATE INDEX conversions_in_stage ON conversions (workspace_id, stage, occurred_at DESC, id DESC);
CREATE INDEX conversions_by_reason ON conversions (workspace_id, stopped_by, occurred_at DESC, id DESC) WHERE stopped_by IS NOT NULL;
CREATE INDEX upload_attempts_open ON upload_attempts (state) WHERE state IN ('sending', 'received');
COMMENT ON COLUMN conversions.stage IS 'By which it is found: its state, but sent for sending, received and accepted, and restated where Google has another value than was sent. No index names state, reason, detail or state_at, so a row that goes from sending to accepted is changed where it stands (a HOT update), for which its page keeps room.';
COMMENT ON COLUMN conversions.stopped_by IS 'Its reason where it is waiting, held, rejected, unknown or superseded, by which it is found.';

-- Lines of history and rows of requests go with their conversion by a trigger, not by a reference: a reference is
-- looked up once for each line, and who writes them holds the conversion locked.
ALTER TABLE upload_history
    DROP CONSTRAINT upload_history_conversion_id_fkey,
    DROP CONSTRAINT upload_history_pkey,
    ADD PRIMARY KEY (conversion_id, id);
DROP INDEX upload_history_of_conversion;
ALTER TABLE upload_rows DROP CONSTRAINT upload_rows_conversion_id_fkey;

-- +goose StatementBegin
CREATE FUNCTION delete_what_was_sent() RETURNS trigger LANGUAGE plpgsql
    SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
    DELETE FROM upload_rows WHERE conversion_id IN (SELECT id FROM gone);
    DELETE FROM upload_history WHERE conversion_id IN (SELECT id FROM gone);
    RETURN NULL;
END $$;
-- +goose StatementEnd
COMMENT ON FUNCTION delete_what_was_sent() IS 'Deletes history and rows of requests with their conversions, found by index whatever the plan was first made for.';
CREATE TRIGGER conversions_deleted AFTER DELETE ON conversions REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION delete_what_was_sent();

DROP TRIGGER conversions_move ON conversions;
DROP TRIGGER conversions_moved ON conversions;
DROP TRIGGER adjustments_move ON adjustments;
DROP TRIGGER adjustments_moved ON adjustments;
DROP FUNCTION check_upload_move();
DROP FUNCTION write_upload_move();
DROP TABLE upload_moves;

CREATE FUNCTION upload_may_move(before text, after text) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE before
    WHEN after THEN true
    WHEN '' THEN after IN ('waiting', 'ready', 'held', 'superseded')
    WHEN 'ready' THEN after IN ('sending', 'waiting', 'held', 'superseded')
    WHEN 'sending' THEN after IN ('received', 'accepted', 'ready', 'waiting', 'held', 'rejected', 'unknown', 'superseded')
    WHEN 'received' THEN after IN ('accepted', 'rejected', 'unknown', 'ready', 'waiting', 'superseded')
    WHEN 'waiting' THEN after IN ('ready', 'held', 'received', 'superseded')
    WHEN 'held' THEN after IN ('waiting', 'ready', 'superseded')
    WHEN 'unknown' THEN after IN ('accepted', 'rejected', 'ready', 'waiting', 'received', 'superseded')
    WHEN 'rejected' THEN after IN ('ready', 'waiting')
    ELSE false END;
COMMENT ON FUNCTION upload_may_move(text, text) IS 'Whether a conversion or adjustment may go from a state to another; '''' is before the first. accepted and superseded are ends. Within a state the reason may change.';

CREATE VIEW upload_moves AS
SELECT before.state AS from_state, after.state AS to_state
FROM unnest('{"",waiting,ready,sending,received,accepted,rejected,unknown,held,superseded}'::text[]) AS before (state)
JOIN unnest('{waiting,ready,sending,received,accepted,rejected,unknown,held,superseded}'::text[]) AS after (state) ON before.state <> after.state AND upload_may_move(before.state, after.state);
COMMENT ON VIEW upload_moves IS 'All moves that upload_may_move lets through.';

-- +goose StatementBegin
CREATE FUNCTION refuse_upload_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_ARGV[0] = 'frozen' THEN
        RAISE EXCEPTION '% % may be at Google: it stays as it was sent', TG_TABLE_NAME, NEW.id USING ERRCODE = 'check_violation', CONSTRAINT = 'upload_frozen';
    END IF;
    RAISE EXCEPTION '% % cannot go from % to %', TG_TABLE_NAME, NEW.id, CASE TG_OP WHEN 'INSERT' THEN 'nothing' ELSE OLD.state END, NEW.state
        USING ERRCODE = 'check_violation', CONSTRAINT = 'upload_moves';
END $$;
-- +goose StatementEnd
COMMENT ON FUNCTION refuse_upload_move() IS 'Refuses what the condition of its trigger finds: moves that are not in upload_moves, and changes of what may be at Google already.';

-- +goose StatementBegin
CREATE FUNCTION time_upload_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.state_at := now();
    RETURN NEW;
END $$;
-- +goose StatementEnd
COMMENT ON FUNCTION time_upload_move() IS 'Keeps when a row moved, where the statement does not say now() itself.';

-- A statement's rows are joined with what they were: by hash, as the plan is kept and may have been made for one row.
-- +goose StatementBegin
CREATE FUNCTION write_conversion_moves() RETURNS trigger LANGUAGE plpgsql SET enable_nestloop = off AS $$
BEGIN
    INSERT INTO upload_history (conversion_id, at, from_state, to_state, reason, detail, value, currency, attempt_id)
    SELECT n.id, now(), o.state, n.state, n.reason, n.detail, n.value, n.currency, n.attempt_id
    FROM moved n JOIN unmoved o ON o.id = n.id WHERE n.state <> o.state OR n.reason <> o.reason OR n.detail <> o.detail;
    RETURN NULL;
END $$;

CREATE FUNCTION write_conversion_starts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO upload_history (conversion_id, at, from_state, to_state, reason, detail, value, currency, attempt_id)
    SELECT id, now(), '', state, reason, detail, value, currency, attempt_id FROM moved;
    RETURN NULL;
END $$;

CREATE FUNCTION write_adjustment_moves() RETURNS trigger LANGUAGE plpgsql SET enable_nestloop = off AS $$
BEGIN
    INSERT INTO upload_history (conversion_id, adjustment_id, at, from_state, to_state, reason, detail, value, currency, attempt_id)
    SELECT n.conversion_id, n.id, now(), o.state, n.state, n.reason, n.detail, n.value, n.currency, n.attempt_id
    FROM moved n JOIN unmoved o ON o.id = n.id WHERE n.state <> o.state OR n.reason <> o.reason OR n.detail <> o.detail;
    RETURN NULL;
END $$;

CREATE FUNCTION write_adjustment_starts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO upload_history (conversion_id, adjustment_id, at, from_state, to_state, reason, detail, value, currency, attempt_id)
    SELECT conversion_id, id, now(), '', state, reason, detail, value, currency, attempt_id FROM moved;
    RETURN NULL;
END $$;
-- +goose StatementEnd

CREATE TRIGGER conversions_begun BEFORE INSERT ON conversions FOR EACH ROW WHEN (NEW.state_at <> now()) EXECUTE FUNCTION time_upload_move();
CREATE TRIGGER adjustments_begun BEFORE INSERT ON adjustments FOR EACH ROW WHEN (NEW.state_at <> now()) EXECUTE FUNCTION time_upload_move();
CREATE TRIGGER conversions_timed BEFORE UPDATE ON conversions FOR EACH ROW WHEN (OLD.state <> NEW.state AND NEW.state_at <> now()) EXECUTE FUNCTION time_upload_move();
CREATE TRIGGER adjustments_timed BEFORE UPDATE ON adjustments FOR EACH ROW WHEN (OLD.state <> NEW.state AND NEW.state_at <> now()) EXECUTE FUNCTION time_upload_move();

CREATE TRIGGER conversions_begin AFTER INSERT ON conversions FOR EACH ROW WHEN (NOT upload_may_move('', NEW.state)) EXECUTE FUNCTION refuse_upload_move('move');
CREATE TRIGGER adjustments_begin AFTER INSERT ON adjustments FOR EACH ROW WHEN (NOT upload_may_move('', NEW.state)) EXECUTE FUNCTION refuse_upload_move('move');
CREATE TRIGGER conversions_move AFTER UPDATE ON conversions FOR EACH ROW WHEN (NOT upload_may_move(OLD.state, NEW.state)) EXECUTE FUNCTION refuse_upload_move('move');
CREATE TRIGGER adjustments_move AFTER UPDATE ON adjustments FOR EACH ROW WHEN (NOT upload_may_move(OLD.state, NEW.state)) EXECUTE FUNCTION refuse_upload_move('move');

CREATE TRIGGER conversions_frozen AFTER UPDATE ON conversions FOR EACH ROW WHEN (OLD.frozen_at IS NOT NULL AND CASE
    WHEN NEW.frozen_at IS NULL THEN NOT (OLD.state = 'sending' AND NEW.state IN ('ready', 'waiting', 'held'))
    ELSE (OLD.value, OLD.currency, OLD.email_hash, OLD.phone_hash) IS DISTINCT FROM (NEW.value, NEW.currency, NEW.email_hash, NEW.phone_hash) END)
    EXECUTE FUNCTION refuse_upload_move('frozen');
CREATE TRIGGER adjustments_frozen AFTER UPDATE ON adjustments FOR EACH ROW WHEN (OLD.frozen_at IS NOT NULL AND CASE
    WHEN NEW.frozen_at IS NULL THEN NOT (OLD.state = 'sending' AND NEW.state IN ('ready', 'waiting', 'held'))
    ELSE (OLD.value, OLD.currency, OLD.email_hash, OLD.phone_hash) IS DISTINCT FROM (NEW.value, NEW.currency, NEW.email_hash, NEW.phone_hash) END)
    EXECUTE FUNCTION refuse_upload_move('frozen');

CREATE TRIGGER conversions_started AFTER INSERT ON conversions REFERENCING NEW TABLE AS moved FOR EACH STATEMENT EXECUTE FUNCTION write_conversion_starts();
CREATE TRIGGER adjustments_started AFTER INSERT ON adjustments REFERENCING NEW TABLE AS moved FOR EACH STATEMENT EXECUTE FUNCTION write_adjustment_starts();
CREATE TRIGGER conversions_moved AFTER UPDATE ON conversions REFERENCING OLD TABLE AS unmoved NEW TABLE AS moved FOR EACH STATEMENT EXECUTE FUNCTION write_conversion_moves();
CREATE TRIGGER adjustments_moved AFTER UPDATE ON adjustments REFERENCING OLD TABLE AS unmoved NEW TABLE AS moved FOR EACH STATEMENT EXECUTE FUNCTION write_adjustment_moves();

ALTER TABLE google_quota ADD COLUMN ask_at timestamptz NOT NULL DEFAULT '-infinity';
COMMENT ON COLUMN google_quota.ask_at IS 'When Google may next be asked what became of requests: a quota of its own, for all uploaders.';
