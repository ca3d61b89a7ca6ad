// Package slices makes visits out of raw events, and knows where each day's visits stand.
//
// A slice is one site, one local day and one generation of the table visits. Closed days are made
// once by the Maker, and again when late events came; Live is the same SELECT over raw events for
// the days that have no slice. Relation joins both, so that a report never sees the difference:
//
//	clean day   its slice
//	dirty day   its slice without the visitors who sent something since it was made, and the visits
//	            of those visitors made anew from raw events
//	raw day     made from raw events
//
// In the same job a slice's visits are summed up per dimension and value in the table rollup, under
// the same generation; a clean day's sums stand for its visits wherever a question allows it, which
// package report decides.
//
// The package answers no reports and knows no HTTP.
package slices
