package eligibility

import (
	"time"

	"noctra/schema"
)

// Conversion is a row of the table conversions. Its json names are the columns.
type Conversion struct {
	ID          int64  `json:"id,omitempty"`
	WorkspaceID int64  `json:"workspace_id"`
	SiteID      int64  `json:"site_id"`
	SaleID      int64  `json:"sale_id"`
	MappingID   int64  `json:"mapping_id"`
	ActionID    string `json:"action_id"`
	Content
	State  schema.UploadState `json:"state"`
	Reason string             `json:"reason"`
	Detail string             `json:"detail"`
	NextAt *time.Time         `json:"next_at"`

	Review         string  `json:"-"` // approved, declined or empty
	Attempts       int     `json:"-"`
	Frozen         bool    `json:"-"` // Google may have it
	GoogleValue    *int64  `json:"-"` // what Google has by our own record
	GoogleCurrency *string `json:"-"`
	Taken          bool    `json:"-"` // of one that is superseded: another has its transaction

	Adjustments []*Adjustment `json:"-"` // by number
}

// StoodBack says whether it is set aside only because another sale has its order.
func (c *Conversion) StoodBack() bool {
	return c.State == schema.UploadSuperseded && (c.Reason == schema.ReasonOrderRepeated || c.Reason == schema.ReasonErasedSent) && !c.Frozen
}

// Elsewhere says whether Google has it, and our own record does not say what: it was there before it was sent.
func (c *Conversion) Elsewhere() bool {
	return c.State == schema.UploadAccepted && (c.Value != nil && c.GoogleValue == nil || c.Value == nil && schema.FromElsewhere(c.Reason, false))
}

// Equal says whether two are the same to whoever sends and to whoever looks.
func (c *Conversion) Equal(o *Conversion) bool {
	return c.Same(o.Content) && c.State == o.State && c.Reason == o.Reason && c.Detail == o.Detail && sameTime(c.NextAt, o.NextAt)
}

// move puts it where it goes.
func (c *Conversion) move(state schema.UploadState, reason, detail string) {
	c.State, c.Reason, c.Detail, c.NextAt = state, reason, detail, nil
}

// Kinds of adjustments.
const (
	Restatement = "restatement"
	Retraction  = "retraction"
	Enhancement = "enhancement"
)

// Adjustment is a row of the table adjustments. Its json names are the columns.
type Adjustment struct {
	ID           int64              `json:"id,omitempty"`
	ConversionID int64              `json:"conversion_id"`
	MappingID    int64              `json:"mapping_id"`
	Number       int                `json:"number"`
	Kind         string             `json:"kind"`
	RefundID     *int64             `json:"refund_id"`
	AdjustedAt   time.Time          `json:"adjusted_at"`
	Value        *int64             `json:"value"` // micros
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

// Ended says whether nothing more happens to it.
func (a *Adjustment) Ended() bool {
	return a.State == schema.UploadAccepted || a.State == schema.UploadRejected || a.State == schema.UploadSuperseded
}

// Open says whether it can still be taken back: Google never had it.
func (a *Adjustment) Open() bool { return !a.Ended() && !a.Frozen }

// Says says whether two ask Google for the same.
func (a *Adjustment) Says(other *Adjustment) bool {
	return a.Kind == other.Kind && equal(a.Value, other.Value) && a.Currency == other.Currency
}

// Withdraw takes back one that Google never had.
func (a *Adjustment) Withdraw(reason string) { a.move(schema.UploadSuperseded, reason, a.Detail) }

func (a *Adjustment) move(state schema.UploadState, reason, detail string) {
	a.State, a.Reason, a.Detail, a.NextAt = state, reason, detail, nil
}

// OpenOf returns the adjustments of a conversion, which may be nil, that can be taken back.
func OpenOf(c *Conversion) (open []*Adjustment) {
	if c == nil {
		return nil
	}
	for _, a := range c.Adjustments {
		if a.Open() {
			open = append(open, a)
		}
	}
	return open
}
