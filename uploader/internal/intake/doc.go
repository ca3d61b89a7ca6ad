// Package intake reads clicks, sales and refunds out of the stored events and keeps them in Postgres,
// each once, with the clicks that came before each sale.
//
// It reads ClickHouse up to what the aggregator has settled (table partitions), by place in Kafka, and
// moves its own mark in the transaction in which it writes: whatever dies in between, a place is read
// once. Repeats are gone from there already. It sends nothing and decides nothing about uploads.
package intake
