// Package collector takes events over HTTP, checks and completes them, and acknowledges each once
// Kafka has it.
//
// It stores nothing itself and answers no questions about what it took: that is the work of the
// aggregator and of the reports. In the flow it is the front door: browsers, servers and pixels
// on one side, topic noctra.events on the other. The rules of the door stand in SURFACE and, as
// tables of limits, codes and settings, in this folder's README.
package collector
