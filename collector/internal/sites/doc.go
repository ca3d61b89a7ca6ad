// Package sites knows the sites and server keys, as a snapshot of Postgres in memory.
//
// Every look-up is in memory; Postgres is only asked whether something has changed, twice a
// second.
// Where it does not answer, the last snapshot stays in force. The package changes nothing and
// keeps no secrets but hashes and the sites' own identity keys. In the flow it says, for each
// request, for whom it is and what it may do.
package sites
