// Package decide makes conversions of sales: for each sale and each action of its site what would be
// sent to Google, whether it may be, and why not. Of refunds of what Google may have it makes adjustments.
//
// It works off sales whose decide_at is due, which whatever changes a sale, its refunds or its actions
// sets, and stands between intake and send; they meet in Postgres alone. A conversion is its own until
// send has frozen it: so long everything about it is made anew each time. Several deciders may run.
package decide
