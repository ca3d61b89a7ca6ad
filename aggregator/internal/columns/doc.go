// Package columns builds one block of ClickHouse's Native format in memory, column by column, in
// the form in which it is sent, and sends it as LZ4 frames.
//
// It knows types, not tables. Texts of few values are put into a dictionary as they come, so a
// block holds each of them once and pins no record that it was read from.
package columns
