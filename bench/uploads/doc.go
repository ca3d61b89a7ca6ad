// Package uploads runs uploaders against the fake Google and compares what Postgres says of each conversion
// with Google's ledger: with faults of every kind, with processes that are killed, and at the quota.
//
// `noctra bench uploads` measures with it; the uploader's own test runs it small.
package uploads
