-- Which generation of a slice counts: the one made last. A row is written after the slice's visits
-- are all there. made_at is the database's clock before the making read events; time_zone is the
-- zone whose days were cut. A slice of another zone than the site's is not used.
CREATE TABLE IF NOT EXISTS slices
(
    site_id   UInt64,
    day       Date,
    gen       UInt64,
    made_at   DateTime64(3, 'UTC'),
    time_zone LowCardinality(String)
)
ENGINE = MergeTree
ORDER BY (site_id, day, gen)
SETTINGS non_replicated_deduplication_window = 1000;
