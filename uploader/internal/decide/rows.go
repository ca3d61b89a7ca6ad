package decide

import (
	"time"

	"noctra/schema"
	"noctra/schema/eligibility"
)

// action and worth are of the rules.
type (
	action = eligibility.Action
	worth  = eligibility.Worth
)

// sale is a sale with its conversions by mapping.
type sale struct {
	eligibility.Sale
	conversions map[int64]*conversion
}

// conversion is a row of the table. Its json names are the columns.
type conversion struct {
	ID          int64  `json:"id,omitempty"`
	WorkspaceID int64  `json:"workspace_id"`
	SiteID      int64  `json:"site_id"`
	SaleID      int64  `json:"sale_id"`
	MappingID   int64  `json:"mapping_id"`
	ActionID    string `json:"action_id"`
	eligibility.Content
	State  schema.UploadState `json:"state"`
	Reason string             `json:"reason"`
	Detail string             `json:"detail"`
	NextAt *time.Time         `json:"next_at"`

	Review      string `json:"-"`
	Attempts    int    `json:"-"`
	Frozen      bool   `json:"-"`
	GoogleValue *int64 `json:"-"` // what Google has by our own record
	Taken       bool   `json:"-"` // of one that is superseded: another has its transaction

	adjustments []*adjustment // by number
}

// repeat says whether it stands back only because another sale has its order.
func (c *conversion) repeat() bool {
	return c.State == schema.UploadSuperseded && c.Reason == schema.ReasonOrderRepeated && !c.Frozen
}

// elsewhere says whether Google has it, and our own record does not say what: it was there before it was sent.
func (c *conversion) elsewhere() bool {
	return eligibility.Elsewhere(c.State, c.Reason, c.Value, c.GoogleValue)
}

// adjustment is a row of the table. Its json names are the columns.
type adjustment struct {
	ID           int64              `json:"id,omitempty"`
	ConversionID int64              `json:"conversion_id"`
	MappingID    int64              `json:"mapping_id"`
	Number       int                `json:"number"`
	Kind         string             `json:"kind"`
	RefundID     *int64             `json:"refund_id"`
	AdjustedAt   time.Time          `json:"adjusted_at"`
	Value        *int64             `json:"value"`
	Currency     string             `json:"currency"`
	EmailHash    string             `json:"email_hash"`
	PhoneHash    string             `json:"phone_hash"`
	State        schema.UploadState `json:"state"`
	Reason       string             `json:"reason"`
	Detail       string             `json:"detail"`
	NextAt       *time.Time         `json:"next_at"`

	Attempts int  `json:"-"`
	Frozen   bool `json:"-"`
}

// ended says whether nothing more happens to it.
func (a *adjustment) ended() bool {
	return a.State == schema.UploadAccepted || a.State == schema.UploadRejected || a.State == schema.UploadSuperseded
}

// open says whether it can still be taken back: Google never had it.
func (a *adjustment) open() bool { return !a.ended() && !a.Frozen }
