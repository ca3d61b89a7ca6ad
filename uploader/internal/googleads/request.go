package googleads

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"noctra/schema"
	"noctra/uploader/internal/transport"
)

// body is a request. Exactly one of its lists is there.
type body struct {
	Conversions    []conversion `json:"conversions,omitempty"`
	Adjustments    []adjustment `json:"conversionAdjustments,omitempty"`
	PartialFailure bool         `json:"partialFailure"`
	ValidateOnly   bool         `json:"validateOnly,omitempty"`
}

type conversion struct {
	Gclid           string       `json:"gclid,omitempty"`
	Gbraid          string       `json:"gbraid,omitempty"`
	Wbraid          string       `json:"wbraid,omitempty"`
	Action          string       `json:"conversionAction"`
	DateTime        string       `json:"conversionDateTime"`
	Value           json.Number  `json:"conversionValue,omitempty"`
	Currency        string       `json:"currencyCode,omitempty"`
	OrderID         string       `json:"orderId"`
	UserIdentifiers []identifier `json:"userIdentifiers,omitempty"`
	Consent         *consent     `json:"consent,omitempty"`
	Environment     string       `json:"conversionEnvironment,omitempty"`
}

type adjustment struct {
	Type            string       `json:"adjustmentType"`
	Action          string       `json:"conversionAction"`
	DateTime        string       `json:"adjustmentDateTime"`
	OrderID         string       `json:"orderId"`
	Value           *restatement `json:"restatementValue,omitempty"`
	UserIdentifiers []identifier `json:"userIdentifiers,omitempty"`
}

type restatement struct {
	Value    json.Number `json:"adjustedValue"`
	Currency string      `json:"currencyCode"`
}

type identifier struct {
	Source string `json:"userIdentifierSource"`
	Email  string `json:"hashedEmail,omitempty"`
	Phone  string `json:"hashedPhoneNumber,omitempty"`
}

type consent struct {
	UserData string `json:"adUserData,omitempty"`
	Personal string `json:"adPersonalization,omitempty"`
}

// build makes the body of a request and says which method takes it. It refuses what the sender
// promises not to ask for.
func build(r *transport.Request) (method string, b *body, err error) {
	if len(r.Rows) == 0 || len(r.Rows) > Most {
		return "", nil, fmt.Errorf("%d rows: a request has 1 to %d", len(r.Rows), Most)
	}
	if len(r.To.CustomerID) != 10 || !digits(r.To.CustomerID) || !digits(r.To.ActionID) {
		return "", nil, errors.New("account or action is no number")
	}
	b = &body{PartialFailure: true, ValidateOnly: r.ValidateOnly}
	action := "customers/" + r.To.CustomerID + "/conversionActions/" + r.To.ActionID
	seen := make(map[string]bool, len(r.Rows))
	for i := range r.Rows {
		row := &r.Rows[i]
		if row.TransactionID == "" || seen[row.TransactionID] {
			return "", nil, fmt.Errorf("row %d: its transaction is missing or in the request twice", i)
		}
		seen[row.TransactionID] = true
		if r.Kind == transport.Conversion {
			var one conversion
			one, err = row2conversion(row, action)
			b.Conversions = append(b.Conversions, one)
		} else {
			var one adjustment
			one, err = row2adjustment(row, action, r.Kind)
			b.Adjustments = append(b.Adjustments, one)
		}
		if err != nil {
			return "", nil, fmt.Errorf("row %d: %w", i, err)
		}
	}
	if r.Kind == transport.Conversion {
		return "uploadClickConversions", b, nil
	}
	return "uploadConversionAdjustments", b, nil
}

func row2conversion(row *transport.Row, action string) (c conversion, err error) {
	c = conversion{Action: action, DateTime: dateTime(row.OccurredAt), OrderID: row.TransactionID, UserIdentifiers: identifiers(row), Environment: "WEB"}
	switch row.ClickKind {
	case "gclid":
		c.Gclid = row.ClickValue
	case "gbraid":
		c.Gbraid = row.ClickValue
	case "wbraid":
		c.Wbraid = row.ClickValue
	case "":
	default:
		return c, fmt.Errorf("unknown kind of click %q", row.ClickKind)
	}
	if row.HasValue {
		c.Value, c.Currency = number(row.Value), row.Currency
	}
	if row.UserData != schema.ConsentUnset || row.Personal != schema.ConsentUnset {
		c.Consent = &consent{answer(row.UserData), answer(row.Personal)}
	}
	return c, nil
}

func row2adjustment(row *transport.Row, action string, kind transport.Kind) (a adjustment, err error) {
	a = adjustment{Action: action, DateTime: dateTime(row.AdjustedAt), OrderID: row.TransactionID}
	switch kind {
	case transport.Restatement:
		if !row.HasValue {
			return a, errors.New("a restatement without a value")
		}
		a.Type, a.Value = "RESTATEMENT", &restatement{number(row.Value), row.Currency}
	case transport.Retraction:
		a.Type = "RETRACTION"
	case transport.Enhancement:
		a.Type, a.UserIdentifiers = "ENHANCEMENT", identifiers(row)
	default:
		return a, fmt.Errorf("unknown kind %q", kind)
	}
	return a, nil
}

// dateTime writes a time as Google reads it. In UTC, so that no clock change makes it mean two times.
func dateTime(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05+00:00") }

// number writes an amount exactly: 20, 20.5, 0.123456.
func number(m schema.Micros) json.Number {
	return json.Number(strings.TrimSuffix(strings.TrimSuffix(m.String(), "0"), ".0"))
}

func identifiers(row *transport.Row) (all []identifier) {
	if row.UserData != schema.ConsentGranted {
		return nil
	}
	if row.EmailHash != "" {
		all = append(all, identifier{Source: "FIRST_PARTY", Email: row.EmailHash})
	}
	if row.PhoneHash != "" {
		all = append(all, identifier{Source: "FIRST_PARTY", Phone: row.PhoneHash})
	}
	return all
}

func answer(c schema.Consent) string {
	switch c {
	case schema.ConsentGranted:
		return "GRANTED"
	case schema.ConsentDenied:
		return "DENIED"
	default:
		return ""
	}
}

func digits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
