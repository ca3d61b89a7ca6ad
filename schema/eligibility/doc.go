// Package eligibility has the rules by which a sale becomes a conversion: as what it would be sent to Google by
// an action of its site (Content), and whether it may be, and why not (Judge). It is arithmetic alone, like
// package attribution, which says which click led to a sale: callers bring everything that counts.
//
// The uploader decides by these rules what is sent; the admin service tries others over past sales by them, so
// that what is shown before a rule is saved is what the uploader does afterwards.
package eligibility
