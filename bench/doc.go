// Package bench measures the product: how many events a collector acknowledges, what an event
// costs in CPU, how fast the aggregator stores rows, how quickly reports answer, and how small the
// tracker is; and what is left of that at twice the capacity, while collectors are restarted, and
// while Kafka stops. The latter are judged: each figure is printed beside its limit.
//
// Every figure of ingestion comes from rounds that are interleaved with an empty fasthttp handler
// under the same load, so that the ratio holds on noisy machines; CPU seconds are read from the
// operating system for each process. After a run, what was acknowledged is compared with what is
// stored. Load goes to loopback only and is bounded in time.
package bench
