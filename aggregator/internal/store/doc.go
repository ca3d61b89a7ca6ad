// Package store is what the aggregator asks of ClickHouse, over its HTTP interface: insert a block
// under a token, say which of some ids are stored, and stream the hashes of what is stored.
//
// Every insert is one Native block with all settings pinned that decide how it is cut and told
// apart. Nothing is retried here.
package store
