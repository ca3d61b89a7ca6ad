package conversions

import (
	"context"
	"time"

	"noctra/schema"
)

// ConversionPreview is what would be sent of a conversion.
type ConversionPreview struct {
	ID         string            `json:"id" example:"17"`
	State      string            `json:"state" example:"waiting"`
	Reason     string            `json:"reason,omitempty" example:"review"`
	Transport  string            `json:"transport,omitempty" enum:"data_manager,google_ads,file" doc:"None while the connection has none." example:"data_manager"`
	CustomerID string            `json:"customer_id,omitempty" doc:"The account of Google Ads." example:"1234567890"`
	Payload    ConversionPayload `json:"payload"`
}

// ConversionPayload is everything that goes to Google about a conversion, with identifiers masked. Each transport
// writes it in its own form and adds nothing.
type ConversionPayload struct {
	ActionID        string    `json:"action_id" example:"7031122334"`
	TransactionID   string    `json:"transaction_id" example:"o-A-1001"`
	OccurredAt      time.Time `json:"occurred_at" example:"2026-03-01T09:30:00Z"`
	Value           *string   `json:"value,omitempty" example:"49.90"`
	Currency        string    `json:"currency,omitempty" example:"EUR"`
	ClickKind       string    `json:"click_kind,omitempty" enum:"gclid,gbraid,wbraid" example:"gclid"`
	ClickID         string    `json:"click_id,omitempty" doc:"Masked; sent as it is." example:"CjwK…x3Qw"`
	EmailHash       string    `json:"email_hash,omitempty" doc:"Masked; sent as the whole SHA-256." example:"509e…fd8a"`
	PhoneHash       string    `json:"phone_hash,omitempty" doc:"Masked; sent as the whole SHA-256." example:"fb4f…7b30"`
	ConsentUserData string    `json:"consent_ad_user_data" enum:"unset,granted,denied" example:"granted"`
	ConsentPersonal string    `json:"consent_ad_personalization" enum:"unset,granted,denied" example:"granted"`
}

// previewRow is a conversion with everything that is sent.
type previewRow struct {
	ID                    int64
	State, Reason         string
	Transport             *string
	CustomerID            string
	ActionID              string
	TransactionID         string
	OccurredAt            time.Time
	Value                 *int64
	Currency              string
	ClickKind, ClickValue *string
	EmailHash, PhoneHash  string
	UserData, Personal    int16
}

// PreviewOf returns what would be sent of conversions, by their numbers.
func PreviewOf(ctx context.Context, q Querier, ids []int64) ([]ConversionPreview, error) {
	rows, err := collect[previewRow](ctx, q, "preview conversions", `SELECT c.id, c.state, c.reason, g.transport, g.customer_id, c.action_id, c.transaction_id, c.occurred_at, c.value, c.currency,
  c.click_kind, c.click_value, c.email_hash, c.phone_hash, c.consent_user_data AS user_data, c.consent_personal AS personal
FROM conversions c JOIN conversion_actions a ON a.id = c.mapping_id JOIN google_connections g ON g.id = a.connection_id
WHERE c.id = ANY($1) ORDER BY c.id`, ids)
	all := make([]ConversionPreview, len(rows))
	for i, r := range rows {
		said := consentOf(nil, &r.UserData, &r.Personal)
		all[i] = ConversionPreview{ID: number(r.ID), State: r.State, Reason: r.Reason, Transport: text(r.Transport), CustomerID: r.CustomerID, Payload: ConversionPayload{
			ActionID: r.ActionID, TransactionID: r.TransactionID, OccurredAt: r.OccurredAt.UTC(), Value: money(r.Value), Currency: r.Currency, ClickKind: text(r.ClickKind),
			ClickID: schema.Mask(text(r.ClickValue)), EmailHash: schema.Mask(r.EmailHash), PhoneHash: schema.Mask(r.PhoneHash), ConsentUserData: said.UserData, ConsentPersonal: said.Personal,
		}}
	}
	return all, err
}
