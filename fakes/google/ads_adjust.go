package google

import (
	"encoding/json"
	"time"

	"noctra/schema"
)

// Kinds of adjustments.
const (
	restatement = "RESTATEMENT"
	retraction  = "RETRACTION"
	enhancement = "ENHANCEMENT"
)

const (
	adjustKind    = "conversionAdjustmentUploadError"
	adjustableFor = 54 * 24 * time.Hour
)

type adjustRequest struct {
	Adjustments    []adjustment `json:"conversionAdjustments"`
	PartialFailure bool         `json:"partialFailure"`
	ValidateOnly   bool         `json:"validateOnly"`
	JobID          json.Number  `json:"jobId"`
}

type adjustment struct {
	AdjustmentType     string            `json:"adjustmentType"`
	ConversionAction   string            `json:"conversionAction"`
	AdjustmentDateTime string            `json:"adjustmentDateTime"`
	OrderID            string            `json:"orderId,omitempty"`
	GclidDateTimePair  *gclidTime        `json:"gclidDateTimePair,omitempty"`
	RestatementValue   *restatementValue `json:"restatementValue,omitempty"`
	UserIdentifiers    []adsIdentifier   `json:"userIdentifiers,omitempty"`
	UserAgent          string            `json:"userAgent,omitempty"`
}

type gclidTime struct {
	Gclid              string `json:"gclid"`
	ConversionDateTime string `json:"conversionDateTime"`
}

type restatementValue struct {
	AdjustedValue json.Number `json:"adjustedValue"`
	CurrencyCode  string      `json:"currencyCode,omitempty"`
}

// adjustments takes adjustments row by row.
func (u *upload) adjustments() *apiError {
	u.field = "conversion_adjustments"
	var request adjustRequest
	if problem := decodeStrict(u.raw, &request); problem != nil {
		return problem
	}
	if problem := u.begin(len(request.Adjustments), request.PartialFailure, request.ValidateOnly, map[string]string{adjustKind: "TOO_MANY_ADJUSTMENTS_IN_REQUEST"}); problem != nil {
		return problem
	}
	u.job(request.JobID)
	if problem := u.s.orders.refuseAds(u, adjustKind, namesOf(request.Adjustments, func(one *adjustment) string { return one.OrderID })); problem != nil {
		return problem
	}
	seen := map[string]bool{}
	for i := range request.Adjustments {
		a := &request.Adjustments[i]
		change, kind, reason := u.adjust(a)
		if of, code := u.s.orders.forRow(a.OrderID, adjustKind); code != "" {
			kind, reason = of, code
		}
		if reason == "" && seen[change.Key+change.Kind] {
			kind, reason = adjustKind, "DUPLICATE_ADJUSTMENT_IN_REQUEST"
		}
		if reason != "" {
			u.fail(i, a.OrderID, kind, reason)
			continue
		}
		seen[change.Key+change.Kind] = true
		u.taken.Adjusted = append(u.taken.Adjusted, change)
		u.results = append(u.results, map[string]any{"orderId": a.OrderID, "conversionAction": a.ConversionAction, "adjustmentDateTime": a.AdjustmentDateTime, "adjustmentType": a.AdjustmentType})
	}
	u.end()
	return nil
}

// adjust judges a row: what it changes, or which kind of error for which reason.
func (u *upload) adjust(a *adjustment) (change adjusted, kind, reason string) {
	when, err := time.Parse(adsTime, a.AdjustmentDateTime)
	if err != nil {
		return change, "dateError", "INVALID_STRING_DATE_TIME_SECONDS_WITH_OFFSET"
	}
	if (a.OrderID == "") == (a.GclidDateTimePair == nil) {
		return change, "fieldError", "REQUIRED"
	}
	act := u.action(a.ConversionAction)
	if act == nil {
		return change, adjustKind, "NO_CONVERSION_ACTION_FOUND"
	}
	change = adjusted{Key: act.ID + " =" + a.OrderID, Kind: a.AdjustmentType, At: when.UTC()}
	if a.GclidDateTimePair != nil {
		converted, err := time.Parse(adsTime, a.GclidDateTimePair.ConversionDateTime)
		if err != nil {
			return change, "dateError", "INVALID_STRING_DATE_TIME_SECONDS_WITH_OFFSET"
		}
		change.Key = (&Transaction{Action: act.ID, Gclid: a.GclidDateTimePair.Gclid, ConvertedAt: converted.UTC()}).adsKey()
	}
	if kind, reason := a.fill(&change, act); reason != "" {
		return change, kind, reason
	}
	reason = u.against(u.s.ledger.transactions[change.Key], &change)
	return change, adjustKind, reason
}

// fill reads what belongs to the kind of adjustment.
func (a *adjustment) fill(change *adjusted, act *action) (kind, reason string) {
	switch a.AdjustmentType {
	case restatement:
		if a.RestatementValue == nil {
			return "fieldError", "REQUIRED"
		}
		value, err := schema.ParseMicros(a.RestatementValue.AdjustedValue.String())
		if err != nil || value < 0 {
			return "fieldError", "INVALID_VALUE"
		}
		if code := a.RestatementValue.CurrencyCode; code != "" && !isCurrency(code) {
			return "currencyCodeError", "UNSUPPORTED_CURRENCY_CODE"
		}
		change.Value, change.Currency = value.String(), a.RestatementValue.CurrencyCode
	case retraction:
		if a.RestatementValue != nil {
			return "fieldError", "VALUE_MUST_BE_UNSET"
		}
	case enhancement:
		if act.Type != "WEBPAGE" {
			return adjustKind, "CONVERSION_ACTION_NOT_ELIGIBLE_FOR_ENHANCEMENT"
		}
		if a.OrderID == "" {
			return adjustKind, "MISSING_ORDER_ID_FOR_WEBPAGE"
		}
		users, reason := readIdentifiers(a.UserIdentifiers)
		if reason != "" {
			return adjustKind, reason
		}
		change.Users = users
	default:
		return adjustKind, "INVALID_ADJUSTMENT_TYPE"
	}
	return "", ""
}

// against judges an adjustment by the conversion that it names.
func (u *upload) against(t *Transaction, change *adjusted) string {
	switch {
	case t == nil:
		return "EVENT_NOT_FOUND"
	case t.State == retracted:
		return "CONVERSION_ALREADY_RETRACTED"
	case u.log.At.Sub(t.ConvertedAt) > adjustableFor:
		return "CONVERSION_EXPIRED"
	case change.At.Before(t.ConvertedAt):
		return "ADJUSTMENT_PRECEDES_CONVERSION"
	case change.Kind == enhancement && t.enhanced:
		return "CONVERSION_ALREADY_ENHANCED"
	case change.Kind == restatement && change.At.Equal(t.restated):
		return "RESTATEMENT_ALREADY_EXISTS"
	case change.Kind == restatement && change.At.Before(t.restated):
		return "MORE_RECENT_RESTATEMENT_FOUND"
	}
	return ""
}
