// Package aggregator brings events from Kafka into ClickHouse, each exactly once.
//
// One worker per partition that the consumer group assigns reads messages, cuts them into batches,
// leaves repeats out, records in Kafka which batch comes next, inserts it under a token that
// belongs to that batch, and moves the committed offset on. What no table can hold goes to the
// dead letters. It makes no visits and no reports: those are made from the table events.
package aggregator
