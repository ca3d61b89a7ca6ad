// Package send sends conversions and adjustments that are ready to Google and keeps what became of them.
//
// It takes rows out of the queue in Postgres (state ready), a request of one action at a time and every
// connection in its turn, writes the attempt, makes the call by the connection's transport, and writes what
// Google said. What Google takes first and judges later is asked for until it is final. Several senders
// may run: an attempt is leased, and an answer that comes after the lease counts for nothing.
//
// An answer that got lost is resolved by sending the very same again: Google knows transactions by their
// id. A request that failed in part, without a word which part, is sent again in smaller ones until each
// is of one mind. Times are those of Postgres, so that all senders have one clock.
//
// Whether a sale becomes a conversion, and when, is decided in package decide; how a call is written, in
// the transports.
package send
