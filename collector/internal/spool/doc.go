// Package spool is a write-ahead log on local disk for messages that Kafka does not take now.
//
// Append returns once a message is on disk: what many requests bring meanwhile is written and
// fsynced together. The log is a directory of segments, bounded in bytes and private to one
// process. Drain hands everything out in order and deletes a segment when all of it was taken,
// so after a crash some of a segment may be handed out again, and nothing is left out. Damage
// ends a segment: what is good before it is handed out, the file is set aside and never deleted.
//
// The package knows neither Kafka nor events. In the flow it stands beside the producer.
package spool
