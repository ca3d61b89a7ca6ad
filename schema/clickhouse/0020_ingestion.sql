-- What became of messages that are no row of events, and what collectors refused. With events,
-- every place in Kafka is somewhere, once.
-- stage 'aggregator': one message of noctra.events, source being topic-partition and seq its offset;
-- reason: repeated, conflicting (a repeat of other kind or amount), counts (a record of refusals,
-- accounted for by its other rows), missing (n offsets from seq on that Kafka had lost), unaccounted
-- (n places from seq on that an audit did not find), and the codes of dead letters.
-- Other stages are doors of collectors; source is a start of one, seq its record and item the row in
-- it. minute is that of receipt. A row follows from its message alone, so writing it again changes
-- nothing. Read with FINAL. Rows go 90 days after they came.
CREATE TABLE IF NOT EXISTS ingestion
(
    site_id     UInt64 CODEC(Delta, ZSTD(1)),
    minute      DateTime('UTC') CODEC(Delta, ZSTD(1)),
    source      LowCardinality(String) CODEC(ZSTD(1)),
    seq         UInt64 CODEC(Delta, ZSTD(1)),
    item        UInt32 CODEC(ZSTD(1)),
    stage       LowCardinality(String) CODEC(ZSTD(1)),
    reason      LowCardinality(String) CODEC(ZSTD(1)),
    n           UInt64 CODEC(ZSTD(1)),
    inserted_at DateTime('UTC') DEFAULT now() CODEC(Delta, ZSTD(1)),
    INDEX by_seq seq TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree
ORDER BY (site_id, minute, source, seq, item)
TTL inserted_at + INTERVAL 90 DAY;

-- How far each partition of noctra.events is, as its aggregator said last, every ten seconds.
-- oldest is the time of the oldest message that is not settled, 1970 for none. Places before audited
-- were looked for in events and ingestion; lost were in neither, doubled stood twice.
CREATE TABLE IF NOT EXISTS partitions
(
    topic     LowCardinality(String),
    partition UInt16,
    at        DateTime64(3, 'UTC') DEFAULT now64(3),
    committed UInt64,
    high      UInt64,
    oldest    DateTime64(3, 'UTC'),
    audited   UInt64,
    lost      Int64,
    doubled   Int64
)
ENGINE = ReplacingMergeTree(at)
ORDER BY (topic, partition);

-- Events of a site by minute of receipt, kept within each part of events and so as exact as it.
ALTER TABLE events MODIFY SETTING lightweight_mutation_projection_mode = 'rebuild';

ALTER TABLE events ADD PROJECTION IF NOT EXISTS by_receipt
(
    SELECT site_id, toStartOfMinute(received_at), count()
    GROUP BY site_id, toStartOfMinute(received_at)
);

ALTER TABLE events MATERIALIZE PROJECTION by_receipt;
