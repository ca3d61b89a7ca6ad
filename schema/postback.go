package schema

import "slices"

// Postback says how a partner of a site reports sales.
type Postback struct {
	Name       string            `json:"name"`
	Parameters map[string]string `json:"parameters"` // what the partner calls each field
	Statuses   map[string]string `json:"statuses"`   // what a status of the partner means: sale or refund; others are left out
	PlainOK    bool              `json:"plain_ok"`   // the answer is "ok" alone
}

// What a status of a partner may mean.
const (
	PostbackSale   = "sale"
	PostbackRefund = "refund"
)

// PostbackID is the field that every partner has to name: its own number of the transaction.
const PostbackID = "transaction_id"

// PostbackStatus is the field that says what became of the transaction; without it all are sales.
const PostbackStatus = "status"

// PostbackFields returns the fields that a partner may have parameters for. Besides the two above they
// are fields of events.
func PostbackFields() []string {
	return []string{PostbackID, PostbackStatus, "order_id", "amount", "currency", "occurred_at", "visitor_id", "user_id", "gclid", "gbraid", "wbraid", "fbclid", "msclkid", "ttclid"}
}

// IsPostbackField tells whether there is such a field.
func IsPostbackField(name string) bool { return slices.Contains(PostbackFields(), name) }
