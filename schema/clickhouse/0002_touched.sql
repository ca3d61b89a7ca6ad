-- When each hour of a site last received rows: reports tell by it whether a slice of visits still
-- holds everything. hour is that of occurred_at, at the greatest inserted_at. Filled by a view on
-- events, under the same deduplication token, and rebuilt from events by grouping them again.
CREATE TABLE IF NOT EXISTS touched
(
    site_id UInt64,
    hour    DateTime('UTC'),
    at      SimpleAggregateFunction(max, DateTime64(3, 'UTC'))
)
ENGINE = AggregatingMergeTree
ORDER BY (site_id, hour)
SETTINGS non_replicated_deduplication_window = 30000;

CREATE MATERIALIZED VIEW IF NOT EXISTS touched_by_events TO touched AS
SELECT site_id, toStartOfHour(occurred_at) AS hour, max(inserted_at) AS at
FROM events
GROUP BY site_id, hour;
