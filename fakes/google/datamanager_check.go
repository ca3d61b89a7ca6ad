package google

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"noctra/schema"
)

// Bounds of a request.
const (
	mostDestinations = 10
	mostEvents       = 2000
	mostIdentifiers  = 10
	mostTransaction  = 512
)

func at(list string, i int, field string) string { return fmt.Sprintf("%s[%d].%s", list, i, field) }

func (d *destination) check(i int) (violations []violation) {
	for field, a := range map[string]*account{"operatingAccount": &d.OperatingAccount, "loginAccount": d.LoginAccount} {
		if a == nil {
			continue
		}
		if a.AccountType != "GOOGLE_ADS" {
			violations = append(violations, violation{at("destinations", i, field+".accountType"), "The account type is not one that takes events.", "INVALID_ENUM_VALUE"})
		}
		if len(a.AccountID) != 10 || !digits(a.AccountID) {
			violations = append(violations, violation{at("destinations", i, field+".accountId"), "An account id is ten digits.", "INVALID_FORMAT"})
		}
	}
	if !digits(d.ProductDestinationID) {
		violations = append(violations, violation{at("destinations", i, "productDestinationId"), "Must be the numeric id of a conversion action.", "INVALID_FORMAT"})
	}
	return violations
}

// checkEvents finds every field of every event that breaks a rule. One is enough for nothing to be taken.
func checkEvents(request *ingestRequest, now time.Time) (violations []violation) {
	if n := len(request.Events); n == 0 || n > mostEvents {
		return []violation{{"events", fmt.Sprintf("A request has 1 to %d events.", mostEvents), "TOO_MANY_EVENTS"}}
	}
	var names []string
	for i, d := range request.Destinations {
		if d.Reference == "" && len(request.Destinations) > 1 || d.Reference != "" && slices.Contains(names, d.Reference) {
			violations = append(violations, violation{at("destinations", i, "reference"), "Destinations need different references.", "DUPLICATE_DESTINATION_REFERENCE"})
		}
		names = append(names, d.Reference)
	}
	identified := false
	for i := range request.Events {
		e := &request.Events[i]
		add := func(field, description, reason string) {
			violations = append(violations, violation{at("events", i, field), description, reason})
		}
		for _, name := range e.DestinationReferences {
			if !slices.Contains(names, name) {
				add("destinationReferences", "There is no destination "+name+".", "INVALID_DESTINATION_REFERENCE")
			}
		}
		identified = identified || len(e.UserData.UserIdentifiers) > 0
		e.checkBasics(now, add)
		e.checkIdentifiers(add)
		e.checkValue(add)
	}
	if identified && request.Encoding != "HEX" && request.Encoding != "BASE64" {
		violations = append(violations, violation{"encoding", "Required where events have user identifiers.", "REQUIRED_FIELD_MISSING"})
	}
	return violations
}

type adder func(field, description, reason string)

func (e *event) checkBasics(now time.Time, add adder) {
	when, err := time.Parse(time.RFC3339Nano, e.EventTimestamp)
	switch {
	case e.EventTimestamp == "":
		add("eventTimestamp", "Required.", "REQUIRED_FIELD_MISSING")
	case err != nil:
		add("eventTimestamp", "Must be RFC 3339.", "INVALID_FORMAT")
	case when.After(now.Add(time.Hour)):
		add("eventTimestamp", "Lies in the future.", "EVENT_TIME_INVALID")
	}
	if len(e.TransactionID) > mostTransaction {
		add("transactionId", "Longer than 512 characters.", "VALUE_TOO_LONG")
	}
	if strings.Contains(e.TransactionID, "@") {
		add("transactionId", "Must not hold personal data.", "INVALID_FORMAT")
	}
	if !slices.Contains([]string{"", "WEB", "APP", "IN_STORE", "PHONE", "MESSAGE", "OTHER"}, e.EventSource) {
		add("eventSource", "Not an event source.", "INVALID_ENUM_VALUE")
	}
	for field, value := range map[string]string{"consent.adUserData": e.Consent.AdUserData, "consent.adPersonalization": e.Consent.AdPersonalization} {
		if value != "" && value != "CONSENT_GRANTED" && value != "CONSENT_DENIED" {
			add(field, "Not a consent status.", "INVALID_ENUM_VALUE")
		}
	}
}

func (e *event) checkIdentifiers(add adder) {
	ids := 0
	for _, id := range []string{e.AdIdentifiers.Gclid, e.AdIdentifiers.Gbraid, e.AdIdentifiers.Wbraid} {
		if id != "" {
			ids++
		}
	}
	if ids > 1 {
		add("adIdentifiers", "At most one of gclid, gbraid and wbraid.", "MULTIPLE_AD_IDENTIFIERS")
	}
	if ids == 0 && len(e.UserData.UserIdentifiers) == 0 && e.AdIdentifiers.SessionAttributes == "" {
		add("adIdentifiers", "An event needs an ad identifier or user data.", "NO_IDENTIFIERS_PROVIDED")
	}
	if len(e.UserData.UserIdentifiers) > mostIdentifiers {
		add("userData.userIdentifiers", "More than 10 identifiers.", "TOO_MANY_USER_IDENTIFIERS")
	}
	for k, id := range e.UserData.UserIdentifiers {
		field := fmt.Sprintf("userData.userIdentifiers[%d]", k)
		if (id.EmailAddress == "") == (id.PhoneNumber == "") {
			add(field, "Exactly one kind of identifier.", "REQUIRED_FIELD_MISSING")
		} else if !isHash(id.EmailAddress + id.PhoneNumber) {
			add(field, "Must be SHA-256 as lower-case hex.", "INVALID_SHA256_FORMAT")
		}
	}
}

func (e *event) checkValue(add adder) {
	value, err := schema.ParseMicros(e.ConversionValue.String())
	if e.ConversionValue != "" && (err != nil || value < 0) {
		add("conversionValue", "Must be a number that is not negative.", "INVALID_FORMAT")
	}
	if e.ConversionValue != "" && e.Currency == "" {
		add("currency", "Required with conversionValue.", "REQUIRED_FIELD_MISSING")
	}
	if e.Currency != "" && !isCurrency(e.Currency) {
		add("currency", "Must be an ISO 4217 code.", "INVALID_CURRENCY_CODE")
	}
}

func isHash(s string) bool {
	return len(s) == 64 && strings.Trim(s, "0123456789abcdef") == ""
}

func isCurrency(s string) bool {
	return len(s) == 3 && s[0] >= 'A' && s[0] <= 'Z' && s[1] >= 'A' && s[1] <= 'Z' && s[2] >= 'A' && s[2] <= 'Z'
}
