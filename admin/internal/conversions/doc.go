// Package conversions shows where sales are on their way to Google, and what a person may do about it.
//
// It lists conversions (list.go) and sales of which none was made (unconverted.go, sale.go), counts them
// (count.go), tells the whole history of one (detail.go, history.go), adds up what was tracked, attributed,
// sent and accepted (reconcile.go), and keeps what a person decided (review.go).
// It reads Postgres alone. Deciding what is sent and sending it is the uploader's part; what people do
// here is a mark in the tables that the uploader looks at.
package conversions
