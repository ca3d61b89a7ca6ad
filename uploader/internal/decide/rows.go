package decide

import (
	"time"

	"noctra/schema"
)

// Rules of an action's value.
const (
	ruleEvent = "event"
	ruleNone  = "none"
)

// sale is a sale or reached goal with everything that its conversions are made of.
type sale struct {
	ID           int64
	WorkspaceID  int64
	SiteID       int64
	GoalID       int64
	EventID      string
	OrderID      string
	At           time.Time
	Amount       int64
	Currency     string
	Bot          bool
	EmailHash    string
	PhoneHash    string
	OwnUserData  schema.Consent
	OwnPersonal  schema.Consent
	ClickKind    string // empty: no click is known
	ClickValue   string
	ClickedAt    time.Time // zero: the event of the click has not come
	ClickData    schema.Consent
	ClickPersona schema.Consent
	Repeated     bool // an earlier sale has the order

	refunds     []refund // oldest first
	conversions map[int64]*conversion
}

// userData is the consent for ads: of the sale, or where nobody said anything there, of the click.
func (s *sale) userData() schema.Consent { return either(s.OwnUserData, s.ClickData) }

func (s *sale) personal() schema.Consent { return either(s.OwnPersonal, s.ClickPersona) }

func either(first, second schema.Consent) schema.Consent {
	if first != schema.ConsentUnset {
		return first
	}
	return second
}

func (s *sale) identified() bool { return s.EmailHash != "" || s.PhoneHash != "" }

type refund struct {
	ID       int64
	SaleID   int64
	Amount   int64
	Currency string
}

// action is a conversion action of a site, with what its connection can do.
type action struct {
	ID            int64
	SiteID        int64
	GoalID        int64
	ActionID      string
	ValueRule     string
	FixedValue    *int64
	Currency      *string
	Review        bool
	Enhanced      bool
	WithoutClick  bool
	OnePerClick   bool
	DelayMinutes  int
	WindowDays    int
	NotBefore     time.Time
	Since         time.Time
	Paused        bool
	Removed       bool
	WorkspaceHeld bool
	Transport     string
	CanRetract    bool
	Later         bool // another site sent to the same action at Google before
}

// conversion is a row of the table. Its json names are the columns.
type conversion struct {
	ID            int64              `json:"id,omitempty"`
	WorkspaceID   int64              `json:"workspace_id"`
	SiteID        int64              `json:"site_id"`
	SaleID        int64              `json:"sale_id"`
	MappingID     int64              `json:"mapping_id"`
	ActionID      string             `json:"action_id"`
	TransactionID string             `json:"transaction_id"`
	OccurredAt    time.Time          `json:"occurred_at"`
	Value         *int64             `json:"value"`
	Currency      string             `json:"currency"`
	ClickKind     *string            `json:"click_kind"`
	ClickValue    *string            `json:"click_value"`
	ClickedAt     *time.Time         `json:"clicked_at"`
	EmailHash     string             `json:"email_hash"`
	PhoneHash     string             `json:"phone_hash"`
	UserData      schema.Consent     `json:"consent_user_data"`
	Personal      schema.Consent     `json:"consent_personal"`
	State         schema.UploadState `json:"state"`
	Reason        string             `json:"reason"`
	Detail        string             `json:"detail"`
	NextAt        *time.Time         `json:"next_at"`

	Review   string `json:"-"`
	Attempts int    `json:"-"`
	Frozen   bool   `json:"-"`
	Taken    bool   `json:"-"` // of one that is superseded: another has its transaction

	adjustments []*adjustment // by number
}

// repeat says whether it stands back only because another sale has its order.
func (c *conversion) repeat() bool {
	return c.State == schema.UploadSuperseded && c.Reason == schema.ReasonOrderRepeated && !c.Frozen
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
