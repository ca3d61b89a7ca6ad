// Package up is the supervisor behind `noctra up`: a data directory with one owner, child
// processes that are started in order, kept alive and stopped in reverse, and ready.json,
// which tells programs outside where everything is.
//
// It knows processes by name and by how to tell that they work; what they do, and with which
// arguments, its caller says. It opens no database and imports no service.
package up
