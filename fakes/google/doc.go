// Package google stands in for Google: the consent page and tokens of OAuth, the Data Manager API
// (events:ingest, requestStatus:retrieve) and the Google Ads API (uploads, adjustments, searches),
// all under one address, with one ledger of what finally counts.
//
// It is written from what is known of Google's behaviour, not from the uploader, and refuses what
// Google refuses in the words that Google uses. The world that it knows (people, customers, conversion
// actions) is world.json, or a file of that form. Everything it has taken is on disk before it answers.
//
// Where Google's rule is not known the fake takes the stricter reading: a purely numeric transaction id
// is a bare 400 that validateOnly does not foresee. A click id that nobody told it about (POST /_clicks)
// counts as a click of that very customer, just before the conversion.
package google
