package google

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const (
	clicksPath = "/v25/customers/2000000006:uploadClickConversions"
	adjustPath = "/v25/customers/2000000006:uploadConversionAdjustments"
	adsAction  = "customers/2000000006/conversionActions/900000061"
)

func clickRow(order, more string) string {
	return fmt.Sprintf(`{"gclid": "Cj0-%s-abcdefgh", "conversionAction": %q, "conversionDateTime": "2026-10-01 12:00:00+02:00", "conversionValue": 20.5, "currencyCode": "USD", "orderId": %q%s}`, order, adsAction, order, more)
}

func clickRows(rows ...string) string {
	return `{"partialFailure": true, "conversions": [` + strings.Join(rows, ",") + `]}`
}

func adjustRow(kind, order, at, more string) string {
	return fmt.Sprintf(`{"adjustmentType": %q, "conversionAction": %q, "adjustmentDateTime": %q, "orderId": %q%s}`, kind, adsAction, at, order, more)
}

func adjustRows(rows ...string) string {
	return `{"partialFailure": true, "conversionAdjustments": [` + strings.Join(rows, ",") + `]}`
}

// codes sends rows and returns the code of each, "" for those that were taken.
func (r *rig) codes(path, body string) []string {
	r.t.Helper()
	status, answer := r.do("POST", path, body)
	var got struct {
		Results             []map[string]any
		PartialFailureError struct {
			Details []struct {
				Errors []struct {
					ErrorCode map[string]string
					Location  struct {
						FieldPathElements []struct {
							FieldName string
							Index     int
						}
					}
				}
			}
		}
	}
	if err := json.Unmarshal([]byte(answer), &got); err != nil || status != 200 {
		r.t.Fatalf("%s: %d %s", path, status, answer)
	}
	codes := make([]string, len(got.Results))
	for _, detail := range got.PartialFailureError.Details {
		for _, e := range detail.Errors {
			for _, code := range e.ErrorCode {
				i := e.Location.FieldPathElements[0].Index
				codes[i] = code
				if len(got.Results[i]) != 0 {
					r.t.Errorf("row %d failed with %s and has a result", i, code)
				}
			}
		}
	}
	return codes
}

func TestAdsUploads(t *testing.T) {
	dir := t.TempDir()
	r := start(t, dir, nil)
	r.signIn("agency@noctra.example")
	r.expect("POST", "/_clicks", `[{"value": "known-click-1", "customer_id": "2000000006", "at": "2026-10-01T10:00:01Z"}, {"value": "fresh-click-1", "customer_id": "2000000006", "at": "2026-10-01T11:30:00Z"}]`, 200, "2")
	rows := []struct{ row, code string }{
		{clickRow("n-1", ""), ""},
		{clickRow("n-1", ""), "DUPLICATE_ORDER_ID"},
		{clickRow("n-2", `, "gclid": "", "gbraid": "abcdefghijkl", "wbraid": "abcdefghijkl"`), "GBRAID_WBRAID_BOTH_SET"},
		{clickRow("n-3", `, "gclid": "x"`), "UNPARSEABLE_GCLID"},
		{clickRow("n-4", `, "conversionDateTime": "2026-10-01T12:00:00Z"`), "INVALID_STRING_DATE_TIME_SECONDS_WITH_OFFSET"},
		{clickRow("n-5", `, "conversionDateTime": "2026-06-01 12:00:00+02:00"`), "EXPIRED_EVENT"},
		{clickRow("n-6", `, "conversionAction": "customers/2000000006/conversionActions/1"`), "NO_CONVERSION_ACTION_FOUND"},
		{clickRow("n-7", `, "conversionAction": "customers/2000000006/conversionActions/900000064"`), "TOO_RECENT_CONVERSION_ACTION"},
		{clickRow("a@b.example", `, "gclid": "abcdefghijkl"`), "ORDER_ID_CONTAINS_PII"},
		{clickRow("n-8", `, "userIdentifiers": [{"hashedEmail": "a@b.example"}]`), "INVALID_USER_IDENTIFIER"},
		{clickRow("n-9", `, "gclid": "known-click-1"`), "CONVERSION_PRECEDES_EVENT"},
		{clickRow("n-10", `, "gclid": "fresh-click-1", "conversionDateTime": "2026-10-01 11:50:00+00:00"`), "TOO_RECENT_EVENT"},
		{clickRow("n-11", `, "currencyCode": "dollars"`), "UNSUPPORTED_CURRENCY_CODE"},
		{clickRow("", ""), ""},
		{clickRow("", ""), "DUPLICATE_CLICK_CONVERSION_IN_REQUEST"},
	}
	var all, want []string
	for _, row := range rows {
		all, want = append(all, row.row), append(want, row.code)
	}
	if diff := cmp.Diff(want, r.codes(clicksPath, clickRows(all...))); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"ORDER_ID_ALREADY_IN_USE", "CLICK_CONVERSION_ALREADY_EXISTS"}, r.codes(clicksPath, clickRows(clickRow("n-1", ""), clickRow("", "")))); diff != "" {
		t.Error(diff)
	}
	adjusts := []struct{ row, code string }{
		{adjustRow("RESTATEMENT", "n-1", "2026-10-01 11:00:00+00:00", `, "restatementValue": {"adjustedValue": 10}`), ""},
		{adjustRow("RESTATEMENT", "n-1", "2026-10-01 11:30:00+00:00", `, "restatementValue": {"adjustedValue": 9}`), "DUPLICATE_ADJUSTMENT_IN_REQUEST"},
		{adjustRow("RESTATEMENT", "n-1", "2026-10-01 11:30:00+00:00", ""), "REQUIRED"},
		{adjustRow("RETRACTION", "n-1", "2026-10-01 11:30:00+00:00", `, "restatementValue": {"adjustedValue": 9}`), "VALUE_MUST_BE_UNSET"},
		{adjustRow("RETRACTION", "none", "2026-10-01 11:30:00+00:00", ""), "EVENT_NOT_FOUND"},
		{adjustRow("RETRACTION", "n-1", "2026-10-01 09:30:00+00:00", ""), "ADJUSTMENT_PRECEDES_CONVERSION"},
		{adjustRow("ENHANCEMENT", "n-1", "2026-10-01 11:30:00+00:00", ""), "CONVERSION_ACTION_NOT_ELIGIBLE_FOR_ENHANCEMENT"},
		{adjustRow("RETRACTION", "", "2026-10-01 11:30:00+00:00", `, "gclidDateTimePair": {"gclid": "Cj0--abcdefgh", "conversionDateTime": "2026-10-01 10:00:00+00:00"}`), ""},
	}
	all, want = nil, nil
	for _, row := range adjusts {
		all, want = append(all, row.row), append(want, row.code)
	}
	if diff := cmp.Diff(want, r.codes(adjustPath, adjustRows(all...))); diff != "" {
		t.Error(diff)
	}
	later := func(kind, at, more, want string) {
		t.Helper()
		if got := r.codes(adjustPath, adjustRows(adjustRow(kind, "n-1", at, more))); got[0] != want {
			t.Errorf("%s at %s: %q, want %q", kind, at, got[0], want)
		}
	}
	later("RESTATEMENT", "2026-10-01 11:00:00+00:00", `, "restatementValue": {"adjustedValue": 8}`, "RESTATEMENT_ALREADY_EXISTS")
	later("RESTATEMENT", "2026-10-01 10:30:00+00:00", `, "restatementValue": {"adjustedValue": 8}`, "MORE_RECENT_RESTATEMENT_FOUND")
	later("RETRACTION", "2026-10-01 11:45:00+00:00", "", "")
	later("RETRACTION", "2026-10-01 11:46:00+00:00", "", "CONVERSION_ALREADY_RETRACTED")
	states := map[string]string{"n-1": "retracted 10.00 USD", "": "retracted 20.50 USD"}
	if diff := cmp.Diff(states, r.values()); diff != "" {
		t.Error(diff)
	}
	r.codes(clicksPath, strings.Replace(clickRows(clickRow("dry", "")), `"partialFailure"`, `"validateOnly": true, "partialFailure"`, 1))
	r.wait(55 * 24 * time.Hour)
	r.stop()
	r = start(t, dir, nil)
	if diff := cmp.Diff(states, r.values()); diff != "" {
		t.Errorf("after a restart: %s", diff)
	}
}

func TestAdsRefusesTheWholeRequest(t *testing.T) {
	r := start(t, t.TempDir(), nil)
	r.signIn("agency@noctra.example")
	body := clickRows(clickRow("n-1", ""))
	r.expect("POST", clicksPath, strings.Replace(body, "true", "false", 1), 400, "PARTIAL_FAILURE_MODE_REQUIRED")
	r.expect("POST", strings.Replace(clicksPath, "v25", "v21", 1), body, 404, "v21")
	r.expect("POST", strings.Replace(clicksPath, "2000000006", "2000000005", 1), body, 403, "CUSTOMER_NOT_ENABLED")
	r.expect("POST", strings.Replace(clicksPath, "2000000006", "2000000002", 1), body, 403, "USER_PERMISSION_DENIED")
	r.expect("POST", strings.Replace(clicksPath, "2000000006", "1000000001", 1), body, 403, "CUSTOMER_NOT_ALLOWLISTED_FOR_THIS_FEATURE")
	rows := make([]string, mostEvents+1)
	for i := range rows {
		rows[i] = clickRow(fmt.Sprint("n-", i), "")
	}
	r.expect("POST", clicksPath, clickRows(rows...), 400, "TOO_MANY_CONVERSIONS_IN_REQUEST")
	if got := r.read().Totals; got.Transactions != 0 || got.Refused != 6 {
		t.Errorf("totals %+v", got)
	}
	for query, part := range map[string]string{
		"SELECT customer.conversion_tracking_setting.google_ads_conversion_customer FROM customer":          `"googleAdsConversionCustomer":"customers/2000000006"`,
		"SELECT conversion_action.id FROM conversion_action WHERE conversion_action.type = 'UPLOAD_CLICKS'": `"id":"900000061"`,
	} {
		if answer := r.expect("POST", "/v25/customers/2000000006/googleAds:searchStream", `{"query": "`+query+`"}`, 200, part); !strings.HasPrefix(answer, "[") || strings.Contains(answer, "900000063") {
			t.Errorf("%s", answer)
		}
	}
	r.expect("POST", "/v25/customers/1000000001/googleAds:searchStream", `{"query": "SELECT customer_client.id FROM customer_client"}`, 200, `"id":"2000000003"`)
	r.expect("POST", "/v25/customers/2000000006/googleAds:searchStream", `{"query": "DROP"}`, 400, "UNEXPECTED_INPUT")
}
