// Package e2e tests the whole product as a black box: it builds the binary, starts `noctra up`
// with its embedded engines, sends traffic over HTTP as sites do, asks the reports API, kills
// processes, and compares every number with a reference kept beside the sender. It imports
// nothing of the product but what stands in the surface contract; raw rows are read as the reader.
//
// facts and reference make events and what they must become; load and send bring them in; faults
// kills and freezes; rest, oracle, slices and judge say whether all is well; samples and result
// keep what a run has shown. rounds puts them together. office is the owner at work: rules that are
// tried and then saved (trials), orders of which a sale is erased (copies).
package e2e
