// Package e2e tests the whole product as a black box: it builds the binary, starts `noctra up`
// with its embedded engines, sends traffic over HTTP as sites do, asks the reports API, kills
// processes, and compares every number with a reference kept beside the sender. It imports
// nothing of the product but what stands in the surface contract.
package e2e
