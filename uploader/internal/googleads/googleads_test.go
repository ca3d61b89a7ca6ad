package googleads

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"noctra/schema"
	"noctra/uploader/internal/transport"
)

// TestUpload: what is sent counts at Google with its click, exact value, currency and consent, once.
func TestUpload(t *testing.T) {
	t.Parallel()
	r := open(t)
	yen, dinar, none, zero, brands, hashed := sale("yen"), sale("dinar"), sale("none"), sale("zero"), sale("brands"), sale("hashed")
	yen.Value, yen.Currency, yen.ClickKind, yen.ClickValue = 2_000_000_000, "JPY", "gbraid", "gbraid-of-yen"
	dinar.Value, dinar.Currency, dinar.ClickKind, dinar.ClickValue = 1_234_000, "KWD", "wbraid", "wbraid-of-dinar"
	none.HasValue, none.UserData, none.Personal = false, schema.ConsentUnset, schema.ConsentUnset
	zero.Value = 0
	brands.Value = 999_999_999_999_999
	hashed.ClickKind, hashed.ClickValue, hashed.EmailHash, hashed.PhoneHash = "", "", strings.Repeat("ab", 32), strings.Repeat("cd", 32)
	all := request(transport.Conversion, yen, dinar, none, zero, brands, hashed)
	if got := r.send(all); strings.Join(got, "") != "" {
		t.Fatalf("%q", got)
	}
	want := map[string]string{
		"o-yen": "2000.00 JPY accepted gbraid-of-yen 0GRANTED", "o-dinar": "1.234 KWD accepted wbraid-of-dinar 0GRANTED", "o-none": "0  accepted Cj0KCQ-click-none 0",
		"o-zero": "0.00 USD accepted Cj0KCQ-click-zero 0GRANTED", "o-brands": "999999999.999999 USD accepted Cj0KCQ-click-brands 0GRANTED", "o-hashed": "20.50 USD accepted  2GRANTED",
	}
	if diff := cmp.Diff(want, r.counts()); diff != "" {
		t.Error(diff)
	}
	if got := r.send(all); !slices.Equal(got, slices.Repeat([]string{"ORDER_ID_ALREADY_IN_USE"}, 6)) {
		t.Errorf("again: %q", got)
	}
	dry := request(transport.Conversion, sale("dry"), sale("bad"))
	dry.Rows[1].ClickValue, dry.ValidateOnly = "x", true
	if diff := cmp.Diff([]string{"", "UNPARSEABLE_GCLID"}, r.send(dry)); diff != "" {
		t.Errorf("checked alone: %s", diff)
	}
	if diff := cmp.Diff(want, r.counts()); diff != "" {
		t.Error(diff)
	}
	for n, want := range map[int]bool{1999: true, 2000: true, 2001: false} {
		rows := sales(n, fmt.Sprint("many-", n, "-"))
		answer, err := r.ads.Send(t.Context(), request(transport.Conversion, rows...))
		if (err == nil) != want || want && len(answer.Rows) != n {
			t.Errorf("%d rows: %d outcomes, %v", n, len(answer.Rows), err)
		}
	}
}

// TestAdjustments: restated, restated again and taken back, by order id, each at most once.
func TestAdjustments(t *testing.T) {
	t.Parallel()
	r := open(t)
	r.send(request(transport.Conversion, sale("a"), sale("b")))
	adjust := func(kind transport.Kind, name string, minutes int, value schema.Micros, want string) {
		t.Helper()
		row := sale(name)
		row.AdjustmentID, row.AdjustedAt, row.Value = 1, row.OccurredAt.Add(time.Duration(minutes)*time.Minute), value
		if got := r.send(request(kind, row)); got[0] != want {
			t.Errorf("%s of %s after %d min: %q, want %q", kind, name, minutes, got[0], want)
		}
	}
	adjust(transport.Restatement, "a", 10, 10_250_000, "")
	adjust(transport.Restatement, "a", 20, 1, "")
	adjust(transport.Restatement, "a", 20, 1, "RESTATEMENT_ALREADY_EXISTS")
	adjust(transport.Restatement, "a", 15, 1, "MORE_RECENT_RESTATEMENT_FOUND")
	adjust(transport.Retraction, "b", 10, 0, "")
	adjust(transport.Retraction, "b", 11, 0, "CONVERSION_ALREADY_RETRACTED")
	adjust(transport.Retraction, "unknown", 10, 0, "EVENT_NOT_FOUND")
	want := map[string]string{"o-a": "0.000001 USD accepted Cj0KCQ-click-a 0GRANTED", "o-b": "20.50 USD retracted Cj0KCQ-click-b 0GRANTED"}
	if diff := cmp.Diff(want, r.counts()); diff != "" {
		t.Error(diff)
	}
	if r.ads.Most(transport.Enhancement) != 0 || r.ads.Most(transport.Retraction) != 2000 || r.ads.Name() != "google_ads" {
		t.Error("what it can do")
	}
	if _, err := r.ads.Ask(t.Context(), transport.Destination{}, "1"); err == nil {
		t.Error("there is a status")
	}
}

// TestBadRows: one, many and all of them bad, and others of the batch are taken all the same.
func TestBadRows(t *testing.T) {
	t.Parallel()
	r := open(t)
	for name, bad := range map[string][]int{"one": {3}, "many": {0, 2, 4, 6, 9}, "all": {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}} {
		rows, want := sales(10, name), make([]string, 10)
		for _, i := range bad {
			rows[i].ClickValue, want[i] = "x", "UNPARSEABLE_GCLID"
		}
		if diff := cmp.Diff(want, r.send(request(transport.Conversion, rows...))); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if got := len(r.counts()); got != 14 {
		t.Errorf("%d transactions", got)
	}
}

// TestEveryCode: each code that is known comes out of an answer by its name, of a row and of a request.
func TestEveryCode(t *testing.T) {
	t.Parallel()
	r := open(t)
	want := map[string]string{}
	var orders []map[string]any
	var rows []transport.Row
	for i, reason := range schema.UploadReasons() {
		if strings.ToUpper(reason.Code) == reason.Code {
			row := sale(fmt.Sprint(i))
			rows, want[row.TransactionID] = append(rows, row), reason.Code
			orders = append(orders, map[string]any{"transaction_id": row.TransactionID, "code": reason.Code, "kind": []string{"conversionUploadError", "internalError", "fieldError"}[i%3]})
		}
	}
	orders = append(orders, map[string]any{"transaction_id": "o-new", "code": "NEVER_HEARD_OF"})
	rows, want["o-new"] = append(rows, sale("new")), "NEVER_HEARD_OF"
	r.order("/_outcomes", orders)
	got := map[string]string{}
	for i, code := range r.send(request(transport.Conversion, rows...)) {
		got[rows[i].TransactionID] = code
	}
	if diff := cmp.Diff(want, got); diff != "" || len(want) < 100 {
		t.Errorf("%d codes: %s", len(want), diff)
	}
	for _, code := range slices.Sorted(maps.Values(want)) {
		r.order("/_outcomes", []map[string]any{{"code": code, "status": 403, "kind": "authorizationError"}})
		if got := r.send(request(transport.Conversion, sale("x"))); got[0] != "403 "+code+" lost=false" {
			t.Errorf("%s: %q", code, got)
		}
	}
	r.order("/_outcomes", []map[string]any{{"code": "INVALID_VALUE", "status": 400, "kind": "fieldError", "transaction_id": "o-1"}})
	if diff := cmp.Diff([]string{schema.ReasonNarrowing, "INVALID_VALUE"}, r.send(request(transport.Conversion, sale("0"), sale("1")))); diff != "" {
		t.Errorf("a row that costs the others: %s", diff)
	}
	if got := r.counts(); len(got) != 0 {
		t.Errorf("counted %v", got)
	}
}

// TestFaults: what leaves open whether Google took it, and what does not; afterwards each counts once.
func TestFaults(t *testing.T) {
	t.Parallel()
	r := open(t)
	try := func(fault map[string]any, want string) {
		t.Helper()
		r.order("/_faults", []map[string]any{fault})
		if got := r.send(request(transport.Conversion, sale("a"), sale("b"))); got[0] != want {
			t.Errorf("%v: %q, want %q", fault, got, want)
		}
		r.order("/_faults", []map[string]any{})
	}
	try(map[string]any{"kind": "status", "status": 503}, "503 UNAVAILABLE lost=true")
	try(map[string]any{"kind": "status", "status": 429}, "429 RESOURCE_EXHAUSTED lost=false")
	try(map[string]any{"kind": "garbage"}, "200 malformed_answer lost=true")
	try(map[string]any{"kind": "drop_reply"}, "0 answer_lost lost=true")
	if diff := cmp.Diff([]string{"ORDER_ID_ALREADY_IN_USE", "ORDER_ID_ALREADY_IN_USE"}, r.send(request(transport.Conversion, sale("a"), sale("b")))); diff != "" {
		t.Error(diff)
	}
	r.grant.Access = "ya29.old"
	if got := r.send(request(transport.Conversion, sale("c"))); got[0] != "" || r.drops != 1 {
		t.Errorf("with an old token: %q, %d dropped", got, r.drops)
	}
	if err := r.client.Revoke(t.Context(), r.grant.Refresh); err != nil {
		t.Fatal(err)
	}
	_, err := r.ads.Send(t.Context(), request(transport.Conversion, sale("d")))
	var refused *transport.Refused
	if !errors.As(err, &refused) || refused.Code != "INVALID_GRANT" {
		t.Errorf("revoked: %v", err)
	}
	if got := len(r.counts()); got != 3 {
		t.Errorf("%d transactions", got)
	}
}

// TestAccounts: refusals of the whole request, through a manager and without one.
func TestAccounts(t *testing.T) {
	t.Parallel()
	r := open(t)
	for to, want := range map[transport.Destination]string{
		{CustomerID: "2000000005", ActionID: action}:                                "403 CUSTOMER_NOT_ENABLED lost=false",
		{CustomerID: "2000000002", ActionID: action}:                                "403 USER_PERMISSION_DENIED lost=false",
		{CustomerID: "2000000002", LoginCustomerID: "1000000001", ActionID: action}: "403 CUSTOMER_NOT_ALLOWLISTED_FOR_THIS_FEATURE lost=false",
		{CustomerID: customer, ActionID: "900000064"}:                               "TOO_RECENT_CONVERSION_ACTION",
		{CustomerID: customer, ActionID: "1"}:                                       "NO_CONVERSION_ACTION_FOUND",
	} {
		one := request(transport.Conversion, sale("a"))
		one.To = to
		if got := r.send(one); got[0] != want {
			t.Errorf("%+v: %q, want %q", to, got, want)
		}
	}
	old := New(Config{URL: r.url, Version: "v21"}, transport.Caller{Access: r, Client: transport.NewClient()})
	if got, err := old.Send(t.Context(), request(transport.Conversion, sale("a"))); err != nil || got.Code != "NOT_FOUND" || got.Lost {
		t.Errorf("a version that ended: %+v, %v", got, err)
	}
}
