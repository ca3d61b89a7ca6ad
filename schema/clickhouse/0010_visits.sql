-- Visits, made per slice: one site, one local day, one generation. A visit ends after 30 idle
-- minutes or at the site's midnight, so a slice never needs its neighbours and can always be made
-- again from events. Only generations that stand in slices count; others are never read.
-- A row with visitor_id 0 is one event of nobody known: it is counted, and is no visit.
-- source to bot_reasons are those of the visit's first event. e_* are parallel arrays of all its
-- events, m_* those of its sales and refunds. Money is in micros.
CREATE TABLE IF NOT EXISTS visits
(
    site_id         UInt64 CODEC(Delta, ZSTD(1)),
    day             Date CODEC(Delta, ZSTD(1)),
    gen             UInt64 CODEC(Delta, ZSTD(1)),
    visitor_id      UInt64,
    bot             UInt8,
    start           DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    duration_ms     UInt32,
    pageviews       UInt32,
    events          UInt32,
    interactive     UInt32,
    sales           UInt32,
    refunds         UInt32,
    entry_page      String,
    exit_page       String,
    source          LowCardinality(String),
    channel         LowCardinality(String),
    referrer        String,
    utm_source      LowCardinality(String),
    utm_medium      LowCardinality(String),
    utm_campaign    LowCardinality(String),
    utm_term        LowCardinality(String),
    utm_content     LowCardinality(String),
    utm_id          LowCardinality(String),
    country         LowCardinality(String),
    region          LowCardinality(String),
    city            LowCardinality(String),
    device          LowCardinality(String),
    browser         LowCardinality(String),
    browser_version LowCardinality(String),
    os              LowCardinality(String),
    os_version      LowCardinality(String),
    bot_reasons     Array(LowCardinality(String)),
    e_offset        Array(UInt32),
    e_kind          Array(UInt8),
    e_name          Array(LowCardinality(String)),
    e_page          Array(String),
    e_hostname      Array(LowCardinality(String)),
    e_amount        Array(Int64),
    e_currency      Array(LowCardinality(String)),
    m_kind          Array(UInt8),
    m_amount        Array(Int64),
    m_currency      Array(LowCardinality(String))
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(day)
ORDER BY (site_id, day, gen, country, source, visitor_id)
SETTINGS non_replicated_deduplication_window = 1000;
