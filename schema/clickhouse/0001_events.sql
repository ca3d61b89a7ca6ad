-- Every accepted event, once: raw facts that are never changed. Everything that reports show can be
-- made again from here. kind, via and consent_* may be compared by name ('sale') or by number (3).
-- Times are UTC with milliseconds: the sender's (corrected), the collector's, the database's.
-- visitor_id 0 belongs to nobody known; visitor_kind: 0 none, 1 for a day, 2 lasting.
-- amount and item_prices are micros of currency. click_* and item_* are parallel arrays.
-- is_bot is 1 where bot_reasons names any. unknown holds fields of newer senders, as they came.
-- kafka_* is the row's place; with it a batch is found again. Rows of one site lie in time order,
-- so a range of time reads only its own rows, and parts that follow one another merge cheaply.
-- by_id finds the few rows that a repeated event id might be, over days of a site.
CREATE TABLE IF NOT EXISTS events
(
    site_id          UInt64 CODEC(Delta, ZSTD(1)),
    workspace_id     UInt64 CODEC(Delta, ZSTD(1)),
    event_id         String CODEC(ZSTD(1)),
    kind             Enum8('pageview' = 1, 'click' = 2, 'sale' = 3, 'refund' = 4, 'goal' = 5, 'interaction' = 6) CODEC(ZSTD(1)),
    name             LowCardinality(String) CODEC(ZSTD(1)),
    via              Enum8('unknown' = 0, 'browser' = 1, 'server' = 2, 'pixel' = 3, 'canary' = 4) CODEC(ZSTD(1)),
    occurred_at      DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    received_at      DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    inserted_at      DateTime64(3, 'UTC') DEFAULT now64(3) CODEC(Delta, ZSTD(1)),
    visitor_id       UInt64 CODEC(ZSTD(1)),
    visitor_kind     UInt8 CODEC(ZSTD(1)),
    user_hash        UInt64 CODEC(ZSTD(1)),
    hostname         LowCardinality(String) CODEC(ZSTD(1)),
    path             LowCardinality(String) CODEC(ZSTD(1)),
    query            String CODEC(ZSTD(1)),
    title            LowCardinality(String) CODEC(ZSTD(1)),
    referrer         LowCardinality(String) CODEC(ZSTD(1)),
    source           LowCardinality(String) CODEC(ZSTD(1)),
    channel          LowCardinality(String) CODEC(ZSTD(1)),
    utm_source       LowCardinality(String) CODEC(ZSTD(1)),
    utm_medium       LowCardinality(String) CODEC(ZSTD(1)),
    utm_campaign     LowCardinality(String) CODEC(ZSTD(1)),
    utm_term         LowCardinality(String) CODEC(ZSTD(1)),
    utm_content      LowCardinality(String) CODEC(ZSTD(1)),
    utm_id           LowCardinality(String) CODEC(ZSTD(1)),
    click_kinds      Array(LowCardinality(String)) CODEC(ZSTD(1)),
    click_values     Array(String) CODEC(ZSTD(1)),
    country          LowCardinality(String) CODEC(ZSTD(1)),
    region           LowCardinality(String) CODEC(ZSTD(1)),
    city             LowCardinality(String) CODEC(ZSTD(1)),
    browser          LowCardinality(String) CODEC(ZSTD(1)),
    browser_version  LowCardinality(String) CODEC(ZSTD(1)),
    os               LowCardinality(String) CODEC(ZSTD(1)),
    os_version       LowCardinality(String) CODEC(ZSTD(1)),
    device           LowCardinality(String) CODEC(ZSTD(1)),
    screen           LowCardinality(String) CODEC(ZSTD(1)),
    language         LowCardinality(String) CODEC(ZSTD(1)),
    time_zone        LowCardinality(String) CODEC(ZSTD(1)),
    bot_reasons      Array(LowCardinality(String)) CODEC(ZSTD(1)),
    is_bot           UInt8 CODEC(ZSTD(1)),
    props            Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    order_id         String CODEC(ZSTD(1)),
    amount           Int64 CODEC(ZSTD(1)),
    currency         LowCardinality(String) CODEC(ZSTD(1)),
    item_ids         Array(String) CODEC(ZSTD(1)),
    item_names       Array(String) CODEC(ZSTD(1)),
    item_categories  Array(LowCardinality(String)) CODEC(ZSTD(1)),
    item_quantities  Array(Int64) CODEC(ZSTD(1)),
    item_prices      Array(Int64) CODEC(ZSTD(1)),
    consent_analytics          Enum8('unset' = 0, 'granted' = 1, 'denied' = 2) CODEC(ZSTD(1)),
    consent_ad_user_data       Enum8('unset' = 0, 'granted' = 1, 'denied' = 2) CODEC(ZSTD(1)),
    consent_ad_personalization Enum8('unset' = 0, 'granted' = 1, 'denied' = 2) CODEC(ZSTD(1)),
    email_hash       String CODEC(ZSTD(1)),
    phone_hash       String CODEC(ZSTD(1)),
    unknown          String CODEC(ZSTD(1)),
    kafka_topic      LowCardinality(String) CODEC(ZSTD(1)),
    kafka_partition  UInt16 CODEC(ZSTD(1)),
    kafka_offset     UInt64 CODEC(Delta, ZSTD(1)),
    INDEX by_offset kafka_offset TYPE minmax GRANULARITY 1,
    INDEX by_id event_id TYPE bloom_filter(0.001) GRANULARITY 1,
    INDEX by_insertion inserted_at TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(occurred_at)
ORDER BY (site_id, occurred_at)
SETTINGS non_replicated_deduplication_window = 30000;
