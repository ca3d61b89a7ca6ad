package google

import (
	"encoding/json"
	"strings"
	"time"

	"noctra/schema"
)

type clicksRequest struct {
	Conversions    []clickConversion `json:"conversions"`
	PartialFailure bool              `json:"partialFailure"`
	ValidateOnly   bool              `json:"validateOnly"`
	JobID          json.Number       `json:"jobId"`
}

type clickConversion struct {
	Gclid                 string          `json:"gclid,omitempty"`
	Gbraid                string          `json:"gbraid,omitempty"`
	Wbraid                string          `json:"wbraid,omitempty"`
	ConversionAction      string          `json:"conversionAction"`
	ConversionDateTime    string          `json:"conversionDateTime"`
	ConversionValue       json.Number     `json:"conversionValue,omitempty"`
	CurrencyCode          string          `json:"currencyCode,omitempty"`
	OrderID               string          `json:"orderId,omitempty"`
	UserIdentifiers       []adsIdentifier `json:"userIdentifiers,omitempty"`
	Consent               consent         `json:"consent"`
	ConversionEnvironment string          `json:"conversionEnvironment,omitempty"`
	CartData              json.RawMessage `json:"cartData,omitempty"`
	CustomVariables       json.RawMessage `json:"customVariables,omitempty"`
}

// clicks takes click conversions row by row.
func (u *upload) clicks() *apiError {
	u.field = "conversions"
	var request clicksRequest
	if problem := decodeStrict(u.raw, &request); problem != nil {
		return problem
	}
	if problem := u.begin(len(request.Conversions), request.PartialFailure, request.ValidateOnly, map[string]string{"conversionUploadError": "TOO_MANY_CONVERSIONS_IN_REQUEST"}); problem != nil {
		return problem
	}
	u.job(request.JobID)
	if problem := u.s.orders.refuseAds(u, "conversionUploadError", namesOf(request.Conversions, func(one *clickConversion) string { return one.OrderID })); problem != nil {
		return problem
	}
	seen := map[string]bool{}
	for i := range request.Conversions {
		c := &request.Conversions[i]
		made, kind, reason := u.click(c)
		if of, code := u.s.orders.forRow(c.OrderID, "conversionUploadError"); code != "" {
			kind, reason = of, code
		}
		if reason == "" {
			key := made.adsKey()
			switch {
			case seen[key] && c.OrderID != "":
				kind, reason = "conversionUploadError", "DUPLICATE_ORDER_ID"
			case seen[key]:
				kind, reason = "conversionUploadError", "DUPLICATE_CLICK_CONVERSION_IN_REQUEST"
			}
			seen[key] = true
		}
		if reason != "" {
			u.fail(i, c.OrderID, kind, reason)
			continue
		}
		u.taken.Made = append(u.taken.Made, *made)
		u.results = append(u.results, map[string]any{"gclid": c.Gclid, "conversionAction": c.ConversionAction, "conversionDateTime": c.ConversionDateTime})
	}
	u.end()
	return nil
}

// click judges a row: what it makes, or which kind of error for which reason.
func (u *upload) click(c *clickConversion) (made *Transaction, kind, reason string) {
	kind = "conversionUploadError"
	if kind, reason := c.check(); reason != "" {
		return nil, kind, reason
	}
	a := u.action(c.ConversionAction)
	if a == nil || a.Type != "UPLOAD_CLICKS" {
		return nil, kind, "NO_CONVERSION_ACTION_FOUND"
	}
	when, err := time.Parse(adsTime, c.ConversionDateTime)
	if err != nil {
		return nil, "dateError", "INVALID_STRING_DATE_TIME_SECONDS_WITH_OFFSET"
	}
	users, reason := readIdentifiers(c.UserIdentifiers)
	switch {
	case reason != "":
		return nil, kind, reason
	case when.After(u.log.At.Add(time.Hour)):
		return nil, "dateError", "LATER_THAN_MAXIMUM_DATE"
	case len(users) > 0 && !u.customer.DataTerms:
		return nil, kind, "CUSTOMER_NOT_ACCEPTED_CUSTOMER_DATA_TERMS"
	case a.New:
		return nil, kind, "TOO_RECENT_CONVERSION_ACTION"
	}
	made = &Transaction{
		TransactionID: c.OrderID, Gclid: c.Gclid, Gbraid: c.Gbraid, Wbraid: c.Wbraid, CustomerID: u.customer.ID, Action: a.ID, ConvertedAt: when.UTC(),
		Value: decimal(c.ConversionValue.String()), Currency: c.CurrencyCode, UserIdentifiers: users, Consent: c.Consent, State: accepted, RequestID: u.log.RequestID,
	}
	if u.s.ledger.transactions[made.adsKey()] != nil {
		if c.OrderID != "" {
			return nil, kind, "ORDER_ID_ALREADY_IN_USE"
		}
		return nil, kind, "CLICK_CONVERSION_ALREADY_EXISTS"
	}
	reason = adsReason[u.s.judge(made, a, u.log.At)]
	return made, kind, reason
}

// adsReason is what the Google Ads API calls the outcomes of judge.
var adsReason = map[string]string{
	"DENIED_CONSENT": "DENIED_CONSENT", "INVALID_GCLID": "UNPARSEABLE_GCLID", "INVALID_GBRAID": "UNPARSEABLE_GBRAID", "INVALID_WBRAID": "UNPARSEABLE_WBRAID",
	"ONE_PER_CLICK_CONVERSION_ACTION_NOT_PERMITTED_WITH_BRAID": "ONE_PER_CLICK_CONVERSION_ACTION_NOT_PERMITTED_WITH_BRAID",
	"EVENT_TOO_OLD":             "EXPIRED_EVENT",
	"CONVERSION_PRECEDES_CLICK": "CONVERSION_PRECEDES_EVENT", "TOO_RECENT_CLICK": "TOO_RECENT_EVENT",
	"INVALID_OPERATING_ACCOUNT_FOR_CLICK": "INVALID_CUSTOMER_FOR_CLICK", "DUPLICATE_GCLID": "CLICK_CONVERSION_ALREADY_EXISTS",
}

// check is what can be said of a row by itself.
func (c *clickConversion) check() (kind, reason string) {
	kind = "conversionUploadError"
	value, err := schema.ParseMicros(c.ConversionValue.String())
	switch {
	case c.Gbraid != "" && c.Wbraid != "":
		return kind, "GBRAID_WBRAID_BOTH_SET"
	case c.Gclid != "" && c.Gbraid+c.Wbraid != "":
		return "fieldError", "VALUE_MUST_BE_UNSET"
	case c.Gclid+c.Gbraid+c.Wbraid == "" && len(c.UserIdentifiers) == 0:
		return "fieldError", "REQUIRED"
	case c.ConversionValue != "" && (err != nil || value < 0):
		return "fieldError", "INVALID_VALUE"
	case c.ConversionValue != "" && !isCurrency(c.CurrencyCode):
		return "currencyCodeError", "UNSUPPORTED_CURRENCY_CODE"
	case strings.Contains(c.OrderID, "@"):
		return kind, "ORDER_ID_CONTAINS_PII"
	}
	for _, status := range []string{c.Consent.AdUserData, c.Consent.AdPersonalization} {
		if status != "" && status != "GRANTED" && status != "DENIED" {
			return "enumError", "ENUM_VALUE_NOT_PERMITTED"
		}
	}
	return "", ""
}
