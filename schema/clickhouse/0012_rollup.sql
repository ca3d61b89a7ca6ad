-- Sums per site, dimension, local day, generation of the day's slice and value of the dimension,
-- made from the slice's visits in the same job: reports over many days read these rows instead of
-- visits. Bots are left out. text is the value as reports name it ('(not set)' for none); a value
-- may have several rows, which add up. visitors and converted are distinct within the row's day;
-- lasting and converted_lasting are those among them whose ids live longer than a day. Money is in
-- micros of the currency that slices names. Dimension 255 says what a day holds besides: bots'
-- events under '', and the currencies of all sales and refunds.
CREATE TABLE IF NOT EXISTS rollup
(
    site_id           UInt64 CODEC(Delta, ZSTD(1)),
    dim               UInt8,
    day               Date CODEC(Delta, ZSTD(1)),
    gen               UInt64 CODEC(Delta, ZSTD(1)),
    text              String CODEC(ZSTD(1)),
    visitors          UInt32 CODEC(ZSTD(1)),
    lasting           UInt32 CODEC(ZSTD(1)),
    converted         UInt32 CODEC(ZSTD(1)),
    converted_lasting UInt32 CODEC(ZSTD(1)),
    visits            UInt32 CODEC(ZSTD(1)),
    bounces           UInt32 CODEC(ZSTD(1)),
    views             UInt32 CODEC(ZSTD(1)),
    duration_ms       UInt64 CODEC(ZSTD(1)),
    events            UInt32 CODEC(ZSTD(1)),
    pageviews         UInt32 CODEC(ZSTD(1)),
    sales             UInt32 CODEC(ZSTD(1)),
    refunds           UInt32 CODEC(ZSTD(1)),
    own_sales         UInt32 CODEC(ZSTD(1)),
    gross             Int128 CODEC(ZSTD(1)),
    refunded          Int128 CODEC(ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(day)
ORDER BY (site_id, dim, day, gen, text)
SETTINGS non_replicated_deduplication_window = 1000;

-- Whether the visitor's id lives longer than a day.
ALTER TABLE visits ADD COLUMN IF NOT EXISTS lasting UInt8 DEFAULT 0;

-- rollups is the version of the sums that were made with the slice, 0 for none; currency is that of
-- their money. lasting says that the day has visitors whose ids live longer; shared, that an id of
-- one day was seen on a neighbouring day as well.
ALTER TABLE slices ADD COLUMN IF NOT EXISTS rollups UInt8 DEFAULT 0;

ALTER TABLE slices ADD COLUMN IF NOT EXISTS currency LowCardinality(String) DEFAULT '';

ALTER TABLE slices ADD COLUMN IF NOT EXISTS lasting UInt8 DEFAULT 0;

ALTER TABLE slices ADD COLUMN IF NOT EXISTS shared UInt8 DEFAULT 0;
