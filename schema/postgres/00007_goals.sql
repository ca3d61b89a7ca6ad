-- +goose Up

-- What a site wants people to do: goals, and funnels of several steps. Definitions are data: reports
-- evaluate them over the events when they are asked, those of the past too.

CREATE TABLE goals (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    site_id    bigint      NOT NULL REFERENCES sites (id) ON DELETE CASCADE,
    name       text        NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100 AND name !~ '[[:cntrl:]]'),
    definition jsonb       NOT NULL CHECK (jsonb_typeof(definition) = 'object'),
    version    integer     NOT NULL DEFAULT 1 CHECK (version > 0),
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX goals_name ON goals (site_id, lower(name));
CREATE INDEX goals_of_site ON goals (site_id, id);
COMMENT ON TABLE goals IS 'Which events of a site count as which goal.';
COMMENT ON COLUMN goals.definition IS 'What an event has to be: kind (page, event, sale) and what belongs to the kind.';
COMMENT ON COLUMN goals.version IS 'Grows by one with each change; answers name it.';

CREATE TABLE funnels (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    site_id      bigint      NOT NULL REFERENCES sites (id) ON DELETE CASCADE,
    name         text        NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100 AND name !~ '[[:cntrl:]]'),
    steps        jsonb       NOT NULL CHECK (jsonb_typeof(steps) = 'array' AND jsonb_array_length(steps) BETWEEN 2 AND 8),
    goal_ids     bigint[]    NOT NULL,
    window_hours integer     NOT NULL CHECK (window_hours BETWEEN 0 AND 2160),
    strict       boolean     NOT NULL,
    version      integer     NOT NULL DEFAULT 1 CHECK (version > 0),
    created_at   timestamptz NOT NULL,
    changed_at   timestamptz NOT NULL
);
CREATE UNIQUE INDEX funnels_name ON funnels (site_id, lower(name));
CREATE INDEX funnels_of_site ON funnels (site_id, id);
COMMENT ON TABLE funnels IS 'Steps of a site''s visitors, in order.';
COMMENT ON COLUMN funnels.steps IS 'Each a goal by its id, or a name with a definition of its own.';
COMMENT ON COLUMN funnels.goal_ids IS 'The goals among the steps. A goal is deleted only when no funnel has it; changes of a site''s goals and funnels take turns by the row of the site.';
COMMENT ON COLUMN funnels.window_hours IS 'From the first step to the last at most; 0: within one visit.';
COMMENT ON COLUMN funnels.strict IS 'Nothing else may happen between two steps.';
