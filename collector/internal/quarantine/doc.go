// Package quarantine reads the topic of dead letters and sends events again through the front
// door.
//
// It writes no letters: the collector and the aggregator do, where they refuse. It decides
// nothing about events either; what may be sent again, and as what, is its caller's. The topic is
// read as it is, from its first message to what was its last at the beginning, one fetch in
// memory at a time; no offsets are kept.
package quarantine
