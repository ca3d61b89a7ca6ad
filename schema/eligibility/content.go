package eligibility

import (
	"time"

	"noctra/schema"
)

// Content is everything that is sent to Google of a sale.
type Content struct {
	TransactionID string         `json:"transaction_id"`
	OccurredAt    time.Time      `json:"occurred_at"`
	Value         *int64         `json:"value"` // micros; nil: none is sent
	Currency      string         `json:"currency"`
	ClickKind     *string        `json:"click_kind"`
	ClickValue    *string        `json:"click_value"`
	ClickedAt     *time.Time     `json:"clicked_at"`
	EmailHash     string         `json:"email_hash"`
	PhoneHash     string         `json:"phone_hash"`
	UserData      schema.Consent `json:"consent_user_data"`
	Personal      schema.Consent `json:"consent_personal"`
}

// ContentOf is what the sale would be sent as.
func ContentOf(s *Sale, a *Action, w Worth) Content {
	c := Content{TransactionID: TransactionOf(s, a).ID, OccurredAt: s.At, UserData: s.UserDataConsent(), Personal: s.PersonalConsent()}
	switch {
	case a.Follows(s):
		c.Value, c.Currency = &w.Left, s.Currency
	case a.FixedValue != nil && a.Currency != nil:
		c.Value, c.Currency = a.FixedValue, *a.Currency
	}
	if s.ClickKind != "" {
		c.ClickKind, c.ClickValue, c.ClickedAt = &s.ClickKind, &s.ClickValue, pointer(s.ClickedAt)
	}
	if a.Enhanced && c.UserData == schema.ConsentGranted {
		c.EmailHash, c.PhoneHash = s.EmailHash, s.PhoneHash
	}
	return c
}

// Same says whether both would be the same to Google.
func (c Content) Same(o Content) bool {
	return c.TransactionID == o.TransactionID && c.OccurredAt.Equal(o.OccurredAt) && c.SameValue(o) && c.SameClick(o) && c.SameIdentifiers(o) &&
		c.UserData == o.UserData && c.Personal == o.Personal
}

// SameValue says whether both are worth the same.
func (c Content) SameValue(o Content) bool {
	return equal(c.Value, o.Value) && c.Currency == o.Currency
}

// SameClick says whether both name the same click.
func (c Content) SameClick(o Content) bool {
	return equal(c.ClickKind, o.ClickKind) && equal(c.ClickValue, o.ClickValue) && sameTime(c.ClickedAt, o.ClickedAt)
}

// SameIdentifiers says whether the same hashes go with both.
func (c Content) SameIdentifiers(o Content) bool {
	return c.EmailHash == o.EmailHash && c.PhoneHash == o.PhoneHash
}

func equal[T comparable](a, b *T) bool {
	return a == nil && b == nil || a != nil && b != nil && *a == *b
}

func sameTime(a, b *time.Time) bool {
	return a == nil && b == nil || a != nil && b != nil && a.Equal(*b)
}

func pointer(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
