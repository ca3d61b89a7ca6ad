// Package ingest reads what senders wrote: a body becomes the texts of events, and a text
// becomes an event or a rejection with field, code and one sentence.
//
// It knows neither HTTP nor Kafka, asks no store and looks nothing up but the site that it is
// given; what an event's address, header and URL tell is for package enrich. In the flow it
// stands between the request and everything else: nothing passes that breaks a rule of the
// surface, and a bad event never harms the good ones beside it.
package ingest
