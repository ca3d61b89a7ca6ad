package google

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestOutcomes: what is ordered is answered, of rows and of requests, by both APIs, and stays after a restart.
func TestOutcomes(t *testing.T) {
	dir := t.TempDir()
	r := start(t, dir, nil)
	r.signIn("agency@noctra.example")
	r.expect("POST", "/_outcomes", `[{"code": "EXPIRED_EVENT", "transaction_id": "n-1", "count": 1}, {"code": "INTERNAL_ERROR", "kind": "internalError", "transaction_id": "n-2"}, {"code": "NEVER", "rate": 0}]`, 200, "3")
	for _, want := range [][]string{{"EXPIRED_EVENT", "INTERNAL_ERROR", ""}, {"", "INTERNAL_ERROR", "ORDER_ID_ALREADY_IN_USE"}} {
		if diff := cmp.Diff(want, r.codes(clicksPath, clickRows(clickRow("n-1", ""), clickRow("n-2", ""), clickRow("n-3", "")))); diff != "" {
			t.Error(diff)
		}
	}
	r.expect("POST", "/_outcomes", `[{"code": "CONVERSION_NOT_FOUND", "transaction_id": "n-1"}, {"code": "OAUTH_TOKEN_REVOKED", "status": 401, "kind": "authenticationError", "count": 1}]`, 200, "2")
	retract := adjustRows(adjustRow("RETRACTION", "n-1", "2026-10-01 11:00:00+00:00", ""))
	r.expect("POST", adjustPath, retract, 401, `"errorCode":{"authenticationError":"OAUTH_TOKEN_REVOKED"}`)
	if got := r.codes(adjustPath, retract); got[0] != "CONVERSION_NOT_FOUND" {
		t.Errorf("%q", got)
	}
	r.signIn("ads@shop.noctra.example")
	r.expect("POST", "/_outcomes", `[{"code": "TOO_RECENT_CLICK", "transaction_id": "m-1"}, {"code": "PROCESSING_ERROR_OPERATING_ACCOUNT_MISMATCH_FOR_AD_IDENTIFIER", "transaction_id": "m-2"},
	  {"code": "INVALID_EVENT", "status": 400, "transaction_id": "m-3"}, {"code": "USER_PERMISSION_DENIED", "status": 403, "transaction_id": "", "count": 1}]`, 200, "4")
	r.expect("POST", pathIngest, ingestOf("", eventBody("m-1", "")), 403, "USER_PERMISSION_DENIED")
	r.expect("POST", pathIngest, ingestOf("", eventBody("m-1", ""), eventBody("m-3", "")), 400, `"field":"events[1].transactionId"`)
	id := r.ingest(ingestOf("", eventBody("m-1", ""), eventBody("m-2", ""), eventBody("m-4", "")))
	for _, bad := range []string{`{}`, `[{}]`, `[{"code": "no"}]`, `[{"code": "AB", "status": 200}]`, `[{"code": "AB", "rate": 2}]`, `[{"code": "AB", "count": -1}]`, `[{"code": "AB", "row": 1}]`} {
		r.expect("POST", "/_outcomes", bad, 400, "")
	}
	r.stop()
	r = start(t, dir, nil)
	r.wait(31 * time.Minute)
	r.signIn("ads@shop.noctra.example")
	for _, part := range []string{`{"recordCount":"1","reason":"PROCESSING_ERROR_REASON_TOO_RECENT_CLICK"}`, `{"recordCount":"1","reason":"PROCESSING_ERROR_OPERATING_ACCOUNT_MISMATCH_FOR_AD_IDENTIFIER"}`} {
		r.expect("GET", "/v1/requestStatus:retrieve?requestId="+id, "", 200, part)
	}
	if diff := cmp.Diff(map[string]string{"n-1": "accepted 20.50 USD", "n-3": "accepted 20.50 USD", "m-4": "accepted 19.99 EUR"}, r.values()); diff != "" {
		t.Error(diff)
	}
}
