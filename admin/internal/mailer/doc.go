// Package mailer sends the service's mail: orders wait in Postgres, where the transaction that causes
// them puts them (outbox.go), are written out of templates (render.go), and go to a relay over SMTP
// until it takes them (send.go).
//
// Who gets what is its caller's (Writer); what an order says is sealed until it was sent, because it
// has links that open accounts. Delivery is at least once: a relay that took a mail and lost its
// answer gets it again under the same Message-ID, by which mailboxes tell copies.
package mailer
