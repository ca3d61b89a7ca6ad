// Package datamanager sends conversions by Google's Data Manager API: events:ingest takes a request or
// refuses it as a whole, requestStatus:retrieve says later how many of its events failed for which reason,
// never which.
//
// A restatement or enhancement is the conversion once more under the same transaction id: Google replaces
// value and currency, and adds user data where there was none. It has no retraction. An IP address is
// never sent. What becomes of answers is decided in package send.
package datamanager
