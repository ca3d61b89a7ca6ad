-- Events that were erased: their places, and a hash of site and event id, by which copies that come
-- later, and the same messages read again, are told from new events. Nothing in it is about a person;
-- rows go after 17 days, when no copy is taken any more and Kafka has long dropped the messages.
-- hash is that of the aggregator's filter; erasure is the row of Postgres, bytes what the event held.
CREATE TABLE IF NOT EXISTS erased
(
    site_id         UInt64 CODEC(Delta, ZSTD(1)),
    hash            UInt64 CODEC(ZSTD(1)),
    kafka_topic     LowCardinality(String),
    kafka_partition UInt16,
    kafka_offset    UInt64,
    occurred_at     DateTime64(3, 'UTC'),
    received_at     DateTime64(3, 'UTC'),
    erasure         UInt64,
    bytes           UInt32,
    erased_at       DateTime('UTC') DEFAULT now()
)
ENGINE = ReplacingMergeTree
ORDER BY (site_id, hash, kafka_topic, kafka_partition, kafka_offset)
TTL erased_at + INTERVAL 17 DAY;
