package google

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const shopDestination = `{"operatingAccount": {"accountType": "GOOGLE_ADS", "accountId": "2000000002"}, "productDestinationId": "900000021"}`

// eventBody is an event; more is put in front of its closing brace.
func eventBody(id, more string) string {
	return fmt.Sprintf(`{"transactionId": %q, "eventTimestamp": "2026-10-01T10:00:00.5Z", "eventSource": "WEB", "adIdentifiers": {"gclid": "Cj0-%s-abcdefgh"},
  "conversionValue": 19.99, "currency": "EUR", "consent": {"adUserData": "CONSENT_GRANTED", "adPersonalization": "CONSENT_GRANTED"}%s}`, id, id, more)
}

func ingestOf(top string, events ...string) string {
	return fmt.Sprintf(`{"destinations": [%s], "encoding": "HEX", "events": [%s]%s}`, shopDestination, strings.Join(events, ","), top)
}

func ingestBody(id, more, top string) string { return ingestOf(top, eventBody(id, more)) }

func (r *rig) ingest(body string) string {
	r.t.Helper()
	status, answer := r.do("POST", pathIngest, body)
	var got struct{ RequestID string }
	if err := json.Unmarshal([]byte(answer), &got); err != nil || status != 200 || got.RequestID == "" {
		r.t.Fatalf("ingest %s: %d %s", body, status, answer)
	}
	return got.RequestID
}

func (r *rig) values() map[string]string {
	r.t.Helper()
	all := map[string]string{}
	for _, one := range r.read().Transactions {
		if _, twice := all[one.TransactionID]; twice {
			r.t.Errorf("%s stands in the ledger twice", one.TransactionID)
		}
		all[one.TransactionID] = one.State + " " + one.Value + " " + one.Currency
	}
	return all
}

func TestIngest(t *testing.T) {
	dir := t.TempDir()
	r := start(t, dir, nil)
	r.signIn("ads@shop.noctra.example")
	first := r.ingest(ingestOf("", eventBody("n-1", ""), eventBody("n-2", ""), eventBody("n-1", ""), eventBody("n-3", `, "eventTimestamp": "2026-06-01T10:00:00Z"`)))
	r.expect("GET", "/v1/requestStatus:retrieve?requestId="+first, "", 200, `"requestStatus":"PROCESSING"`)
	if diff := cmp.Diff(map[string]string{"n-1": "processing 19.99 EUR", "n-2": "processing 19.99 EUR", "n-3": "processing 19.99 EUR"}, r.values()); diff != "" {
		t.Error(diff)
	}
	r.wait(31 * time.Minute)
	answer := r.expect("GET", "/v1/requestStatus:retrieve?requestId="+first, "", 200, `"requestStatus":"PARTIAL_SUCCESS"`)
	for _, part := range []string{`"eventsIngestionStatus":{"recordCount":"4"}`, `{"recordCount":"1","reason":"PROCESSING_ERROR_REASON_DUPLICATE_TRANSACTION_ID"},{"recordCount":"1","reason":"PROCESSING_ERROR_REASON_EVENT_TOO_OLD"}`} {
		if !strings.Contains(answer, part) {
			t.Errorf("%s has no %s", answer, part)
		}
	}
	if strings.Contains(answer, "n-3") {
		t.Error("the status names an event")
	}
	// The same id again: value and currency are replaced, the rest stays; without a change it is a duplicate.
	second := r.ingest(ingestOf("", eventBody("n-1", `, "conversionValue": 5`), eventBody("n-2", "")))
	r.wait(31 * time.Minute)
	r.signIn("ads@shop.noctra.example")
	r.expect("GET", "/v1/requestStatus:retrieve?requestId="+second, "", 200, `"PROCESSING_ERROR_REASON_DUPLICATE_TRANSACTION_ID"`)
	want := map[string]string{"n-1": "accepted 5.00 EUR", "n-2": "accepted 19.99 EUR"}
	if diff := cmp.Diff(want, r.values()); diff != "" {
		t.Error(diff)
	}
	r.ingest(ingestBody("dry", "", `, "validateOnly": true`))
	r.wait(31 * time.Minute)
	totals := r.read().Totals
	r.stop()
	r = start(t, dir, nil)
	r.wait(24 * time.Hour)
	if diff := cmp.Diff(want, r.values()); diff != "" {
		t.Errorf("after a restart: %s", diff)
	}
	if diff := cmp.Diff(totals, r.read().Totals); diff != "" {
		t.Errorf("after a restart: %s", diff)
	}
	r.signIn("agency@noctra.example")
	r.expect("GET", "/v1/requestStatus:retrieve?requestId="+first, "", 404, "NOT_FOUND") // of somebody else
}

func TestIngestRefusesTheWholeRequest(t *testing.T) {
	r := start(t, t.TempDir(), nil)
	r.signIn("ads@shop.noctra.example")
	many := make([]string, mostEvents+1)
	for i := range many {
		many[i] = eventBody(fmt.Sprint("m-", i), "")
	}
	for name, c := range map[string]struct {
		body   string
		status int
		part   string
	}{
		"a field that it does not know": {ingestBody("a", `, "gclid": "x"`, ""), 400, `Unknown name \"gclid\"`},
		"no timestamp":                  {ingestOf("", eventBody("a", ""), eventBody("b", `, "eventTimestamp": ""`)), 400, `"field":"events[1].eventTimestamp"`},
		"time without an offset":        {ingestBody("a", `, "eventTimestamp": "2026-10-01 10:00:00"`, ""), 400, "INVALID_FORMAT"},
		"two click ids":                 {ingestBody("a", `, "adIdentifiers": {"gclid": "abcdefghijkl", "wbraid": "abcdefghijkl"}`, ""), 400, "MULTIPLE_AD_IDENTIFIERS"},
		"nobody and nothing":            {ingestBody("a", `, "adIdentifiers": {"gclid": ""}`, ""), 400, "NO_IDENTIFIERS_PROVIDED"},
		"mail in clear":                 {ingestBody("a", `, "userData": {"userIdentifiers": [{"emailAddress": "a@b.example"}]}`, ""), 400, "INVALID_SHA256_FORMAT"},
		"no encoding":                   {strings.Replace(ingestBody("a", `, "userData": {"userIdentifiers": [{"emailAddress": "`+strings.Repeat("ab", 32)+`"}]}`, ""), `"encoding": "HEX", `, "", 1), 400, `"field":"encoding"`},
		"currency":                      {ingestBody("a", `, "currency": "eur"`, ""), 400, "INVALID_CURRENCY_CODE"},
		"value below 0":                 {ingestBody("a", `, "conversionValue": -1`, ""), 400, `"field":"events[0].conversionValue"`},
		"mail as an id":                 {ingestBody("a@b.example", `, "adIdentifiers": {"gclid": "abcdefghijkl"}`, ""), 400, `"field":"events[0].transactionId"`},
		"consent":                       {ingestBody("a", `, "consent": {"adUserData": "GRANTED"}`, ""), 400, "INVALID_ENUM_VALUE"},
		"a number as an id":             {ingestBody("12345", "", ""), 400, `{"error":{"code":400,"message":"Request contains an invalid argument.","status":"INVALID_ARGUMENT"}}`},
		"no events":                     {ingestOf(""), 400, "TOO_MANY_EVENTS"},
		"2,001 events":                  {ingestOf("", many...), 400, "TOO_MANY_EVENTS"},
		"another's account":             {strings.Replace(ingestBody("a", "", ""), "2000000002", "2000000006", 1), 403, "DESTINATION_ACCOUNT_ACCESS_DENIED"},
		"not the conversion customer":   {strings.Replace(ingestBody("a", "", ""), `{"operatingAccount": {"accountType": "GOOGLE_ADS", "accountId": "2000000002"}`, `{"loginAccount": {"accountType": "GOOGLE_ADS", "accountId": "1000000001"}, "operatingAccount": {"accountType": "GOOGLE_ADS", "accountId": "2000000003"}`, 1), 400, "INVALID_DESTINATION"},
		"a tag's action":                {strings.Replace(ingestBody("a", "", ""), "900000021", "900000023", 1), 400, "INVALID_DESTINATION"},
		"a removed action":              {strings.Replace(ingestBody("a", "", ""), "900000021", "900000024", 1), 400, "INVALID_DESTINATION"},
		"no JSON":                       {`{"destinations": `, 400, "Invalid JSON payload"},
	} {
		if answer := r.expect("POST", pathIngest, c.body, c.status, c.part); t.Failed() {
			t.Fatalf("%s: %s", name, answer)
		}
	}
	r.expect("POST", pathIngest, ingestBody("12345", "", `, "validateOnly": true`), 200, "requestId") // it does not foresee this one
	r.ingest(ingestOf("", many[:mostEvents]...))
	if got := r.read().Totals; got.Processing != mostEvents || got.Refused != 19 {
		t.Errorf("totals %+v", got)
	}
	r.token = "ya29.guess"
	r.expect("POST", pathIngest, ingestBody("a", "", ""), 401, "UNAUTHENTICATED")
}

func TestProcessingReasons(t *testing.T) {
	r := start(t, t.TempDir(), nil)
	r.signIn("ads@shop.noctra.example")
	r.expect("POST", "/_clicks", `[{"value": "known-click-1", "customer_id": "2000000002", "at": "2026-10-01T10:00:01Z"}, {"value": "fresh-click-1", "customer_id": "2000000002", "at": "2026-10-01T11:30:00Z"},
	  {"value": "foreign-click", "customer_id": "2000000006", "at": "2026-09-01T00:00:00Z"}]`, 200, "3")
	newsletter := strings.Replace(shopDestination, "900000021", "900000022", 1)
	for reason, body := range map[string]string{
		"DENIED_CONSENT":                      ingestBody("a", `, "consent": {"adUserData": "CONSENT_DENIED"}`, ""),
		"INVALID_GCLID":                       ingestBody("b", `, "adIdentifiers": {"gclid": "ab c"}`, ""),
		"CONVERSION_PRECEDES_CLICK":           ingestBody("c", `, "adIdentifiers": {"gclid": "known-click-1"}`, ""),
		"TOO_RECENT_CLICK":                    ingestBody("d", `, "adIdentifiers": {"gclid": "fresh-click-1"}, "eventTimestamp": "2026-10-01T11:50:00Z"`, ""),
		"INVALID_OPERATING_ACCOUNT_FOR_CLICK": ingestBody("e", `, "adIdentifiers": {"gclid": "foreign-click"}`, ""),
		"ONE_PER_CLICK_CONVERSION_ACTION_NOT_PERMITTED_WITH_BRAID": strings.Replace(ingestBody("f", `, "adIdentifiers": {"gclid": "", "gbraid": "abcdefghijkl"}`, ""), shopDestination, newsletter, 1),
		"DUPLICATE_GCLID": strings.Replace(ingestOf("", eventBody("g", `, "adIdentifiers": {"gclid": "abcdefghijkl"}`), eventBody("h", `, "adIdentifiers": {"gclid": "abcdefghijkl"}`)), shopDestination, newsletter, 1),
		"INVALID_GCLID\"": ingestBody("i", `, "adIdentifiers": {"gclid": "cj0kcqiaabcdefghijkl"}`, ""), // its capitals got lost
	} {
		id := r.ingest(body)
		at := r.clock
		r.wait(31 * time.Minute)
		r.expect("GET", "/v1/requestStatus:retrieve?requestId="+id, "", 200, `"PROCESSING_ERROR_REASON_`+strings.TrimSuffix(reason, `"`)+`"`)
		r.wait(at.Sub(r.clock))
	}
	if got := r.read().Totals; got.Rejected != 8 || got.Transactions != 1 {
		t.Errorf("totals %+v", got)
	}
}

func TestQuota(t *testing.T) {
	r := start(t, t.TempDir(), func(c *Config) { c.PerMinute, c.PerDay = 2, 3 })
	r.signIn("ads@shop.noctra.example")
	for i, want := range []int{200, 200, 429} {
		r.expect("POST", pathIngest, ingestBody(fmt.Sprint("q-", i), "", ""), want, "")
	}
	r.wait(time.Minute)
	for i, want := range []int{200, 429} {
		r.expect("POST", pathIngest, ingestBody(fmt.Sprint("r-", i), "", ""), want, "")
	}
	r.wait(24 * time.Hour)
	r.signIn("ads@shop.noctra.example")
	r.expect("POST", pathIngest, ingestBody("s", `, "eventTimestamp": "2026-10-02T10:00:00Z"`, ""), http.StatusOK, "requestId")
}
