// Package rows turns events and their places in Kafka into a block of the table events, and keeps
// what is needed to tell which of them are repeats.
//
// It checks every value that ClickHouse could not take, so that a block that was built can be
// inserted. It does no input or output.
package rows
