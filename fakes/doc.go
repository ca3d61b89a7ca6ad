// Package fakes has what every stand-in for a service outside this machine shares: a journal on disk
// of what it was sent (GET /_ledger), faults that somebody orders (POST /_faults), and a server that
// only this machine can talk to.
//
// Each fake is a package below: it speaks the wire format of the real service and enforces its rules.
// The product's services know nothing of fakes; settings point at one or at the real service.
package fakes
