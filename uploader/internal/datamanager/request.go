package datamanager

import (
	"encoding/json"
	"fmt"
	"time"

	"noctra/schema"
	"noctra/uploader/internal/transport"
)

// ingestRequest is the body of events:ingest, as far as conversions need it.
type ingestRequest struct {
	Destinations []destination `json:"destinations"`
	Events       []event       `json:"events"`
	Encoding     string        `json:"encoding,omitempty"`
	ValidateOnly bool          `json:"validateOnly,omitempty"`
}

type account struct {
	AccountType string `json:"accountType"`
	AccountID   string `json:"accountId"`
}

type destination struct {
	OperatingAccount     account  `json:"operatingAccount"`
	LoginAccount         *account `json:"loginAccount,omitempty"`
	ProductDestinationID string   `json:"productDestinationId"`
}

type event struct {
	TransactionID   string         `json:"transactionId"`
	EventTimestamp  string         `json:"eventTimestamp"`
	EventSource     string         `json:"eventSource"`
	AdIdentifiers   *adIdentifiers `json:"adIdentifiers,omitempty"`
	UserData        *userData      `json:"userData,omitempty"`
	Consent         *consent       `json:"consent,omitempty"`
	ConversionValue json.Number    `json:"conversionValue,omitempty"`
	Currency        string         `json:"currency,omitempty"`
}

type adIdentifiers struct {
	Gclid  string `json:"gclid,omitempty"`
	Gbraid string `json:"gbraid,omitempty"`
	Wbraid string `json:"wbraid,omitempty"`
}

type userData struct {
	UserIdentifiers []identifier `json:"userIdentifiers"`
}

type identifier struct {
	EmailAddress string `json:"emailAddress,omitempty"`
	PhoneNumber  string `json:"phoneNumber,omitempty"`
}

type consent struct {
	AdUserData        string `json:"adUserData,omitempty"`
	AdPersonalization string `json:"adPersonalization,omitempty"`
}

func build(r *transport.Request) ingestRequest {
	built := ingestRequest{Destinations: []destination{to(r.To)}, Events: make([]event, len(r.Rows)), ValidateOnly: r.ValidateOnly}
	for i := range r.Rows {
		built.Events[i] = eventOf(&r.Rows[i])
		if built.Events[i].UserData != nil {
			built.Encoding = "HEX"
		}
	}
	return built
}

func to(d transport.Destination) destination {
	const ads = "GOOGLE_ADS"
	built := destination{OperatingAccount: account{ads, d.CustomerID}, ProductDestinationID: d.ActionID}
	if d.LoginCustomerID != "" {
		built.LoginAccount = &account{ads, d.LoginCustomerID}
	}
	return built
}

func eventOf(row *transport.Row) event {
	e := event{TransactionID: row.TransactionID, EventTimestamp: row.OccurredAt.UTC().Format(time.RFC3339Nano), EventSource: "WEB"}
	switch row.ClickKind {
	case "gclid":
		e.AdIdentifiers = &adIdentifiers{Gclid: row.ClickValue}
	case "gbraid":
		e.AdIdentifiers = &adIdentifiers{Gbraid: row.ClickValue}
	case "wbraid":
		e.AdIdentifiers = &adIdentifiers{Wbraid: row.ClickValue}
	}
	var people []identifier
	if row.EmailHash != "" {
		people = append(people, identifier{EmailAddress: row.EmailHash})
	}
	if row.PhoneHash != "" {
		people = append(people, identifier{PhoneNumber: row.PhoneHash})
	}
	if len(people) > 0 {
		e.UserData = &userData{people}
	}
	if c := (consent{answer(row.UserData), answer(row.Personal)}); c != (consent{}) {
		e.Consent = &c
	}
	if row.HasValue {
		e.ConversionValue, e.Currency = json.Number(row.Value.String()), row.Currency
	}
	return e
}

// answer is a consent as Google writes it; what nobody answered is left out.
func answer(c schema.Consent) string {
	switch c {
	case schema.ConsentGranted:
		return "CONSENT_GRANTED"
	case schema.ConsentDenied:
		return "CONSENT_DENIED"
	}
	return ""
}

// Payload implements transport.Transport.
func (t *Transport) Payload(r *transport.Request, row int) ([]byte, error) {
	masked := r.Rows[row]
	masked.ClickValue = schema.Mask(masked.ClickValue)
	masked.EmailHash, masked.PhoneHash = schema.Mask(masked.EmailHash), schema.Mask(masked.PhoneHash)
	raw, err := json.Marshal(eventOf(&masked))
	if err != nil {
		return nil, fmt.Errorf("write payload: %w", err)
	}
	return raw, nil
}
