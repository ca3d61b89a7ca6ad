// Package producer brings messages to Kafka and says when Kafka has them (acks=all).
//
// Messages of many requests go together: one batch per partition, one request per broker with
// the batches of all its partitions, the next one when it is answered. So few, large requests
// are in flight at any load, and none waits when there is nothing to wait for. What Kafka does
// not take within the deadline fails; nothing is kept on disk here, and nothing is ever
// acknowledged that Kafka has not answered for.
//
// A request without an answer is repeated, so a message may be in Kafka twice; the event id
// makes that harmless. In the flow it is the collector's last step.
package producer
