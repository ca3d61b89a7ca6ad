// Package erasure removes a person, a site or a workspace from every store, and proves it.
//
// A request (request.go) is rows of Postgres: what is erased, as hashes that only the site's key makes,
// and whose events collectors keep out from then on. The Runner (run.go) takes one at a time per
// workspace through its states:
//
//	requested    who belongs to what was named is found out (person.go)
//	keeping_out  until everything that was on its way is stored
//	erasing      places are noted, rows deleted (events.go, whole.go), days made anew without them
//	checking     deleted rows are off the disk, and looking again finds nothing
//	done         for 31 days it is looked again, for what a machine that was cut off still had
//
// Each step may be repeated at any time, so a service that is killed leaves nothing half done: whoever
// takes the lease goes on. The package serves no HTTP and decides nobody's rights.
package erasure
