package eligibility

import (
	"time"

	"noctra/schema"
)

// Rules of an action's value.
const (
	RuleEvent = "event"
	RuleFixed = "fixed"
	RuleNone  = "none"
)

// Sale is a sale or reached goal with everything that its conversions are made of.
type Sale struct {
	ID           int64
	WorkspaceID  int64
	SiteID       int64
	GoalID       int64 // 0: a sale
	EventID      string
	OrderID      string
	At           time.Time
	Amount       int64 // micros
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

	Refunds []Refund // oldest first
}

// Refund is something that was given back of a sale.
type Refund struct {
	ID       int64
	SaleID   int64
	Amount   int64 // micros
	Currency string
}

// Action is a conversion action of a site, with what its connection can do.
type Action struct {
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

// Takes says whether sales like s become conversions of the action.
func (a *Action) Takes(s *Sale) bool {
	return !a.Removed && a.GoalID == s.GoalID && !s.At.Before(a.Since)
}

// Follows says whether what is sent of s is what the sale is worth, at any time; else it is a value of the action or none.
func (a *Action) Follows(s *Sale) bool { return a.ValueRule == RuleEvent && s.Currency != "" }

// UserDataConsent is the consent for ads: of the sale, or where nobody said anything there, of the click.
func (s *Sale) UserDataConsent() schema.Consent { return either(s.OwnUserData, s.ClickData) }

// PersonalConsent is the consent for personalised ads, found in the same way.
func (s *Sale) PersonalConsent() schema.Consent { return either(s.OwnPersonal, s.ClickPersona) }

func either(first, second schema.Consent) schema.Consent {
	if first != schema.ConsentUnset {
		return first
	}
	return second
}

// Identified says whether the sale has hashed identifiers.
func (s *Sale) Identified() bool { return s.EmailHash != "" || s.PhoneHash != "" }
