// Package report answers questions about a site's traffic: the JSON of POST /api/v1/query becomes
// a closed query tree, the tree becomes SQL with server-side parameters, and the rows of ClickHouse
// become exact numbers. No string of a request ever becomes part of SQL.
//
// A day is answered from its visit slice, or from raw events, or from both (package slices knows
// which); where a question allows it, clean days are answered from sums of their slices (rollup.go).
// All give the same numbers. The package holds no HTTP, no keys and no accounts: the admin
// service decides who may ask about which site, and calls Engine.Query.
package report
