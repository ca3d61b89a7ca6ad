package googleads

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // of the test alone

	"github.com/google/go-cmp/cmp"

	"noctra/schema"
	"noctra/uploader/internal/transport"
)

// TestWire: a conversion and each kind of adjustment as they go over the wire, and as they are kept.
func TestWire(t *testing.T) {
	t.Parallel()
	row := transport.Row{TransactionID: "o-17", OccurredAt: time.Date(2026, 10, 1, 12, 0, 0, 999, time.FixedZone("", 7200)), AdjustedAt: time.Date(2026, 10, 2, 0, 0, 0, 0, time.UTC),
		HasValue: true, Value: 19_990_000, Currency: "EUR", ClickKind: "gclid", ClickValue: "Cj0KCQ-abcdef", EmailHash: strings.Repeat("ab", 32), UserData: schema.ConsentGranted, Personal: schema.ConsentDenied}
	to := transport.Destination{CustomerID: "2000000006", ActionID: "900000061"}
	for kind, want := range map[transport.Kind]string{
		transport.Conversion: `{"conversions":[{"gclid":"Cj0KCQ-abcdef","conversionAction":"customers/2000000006/conversionActions/900000061","conversionDateTime":"2026-10-01 10:00:00+00:00","conversionValue":19.99,"currencyCode":"EUR","orderId":"o-17",` +
			`"userIdentifiers":[{"userIdentifierSource":"FIRST_PARTY","hashedEmail":"` + row.EmailHash + `"}],"consent":{"adUserData":"GRANTED","adPersonalization":"DENIED"},"conversionEnvironment":"WEB"}],"partialFailure":true}`,
		transport.Restatement: `{"conversionAdjustments":[{"adjustmentType":"RESTATEMENT","conversionAction":"customers/2000000006/conversionActions/900000061","adjustmentDateTime":"2026-10-02 00:00:00+00:00","orderId":"o-17",` +
			`"restatementValue":{"adjustedValue":19.99,"currencyCode":"EUR"}}],"partialFailure":true}`,
		transport.Retraction: `{"conversionAdjustments":[{"adjustmentType":"RETRACTION","conversionAction":"customers/2000000006/conversionActions/900000061","adjustmentDateTime":"2026-10-02 00:00:00+00:00","orderId":"o-17"}],"partialFailure":true}`,
		transport.Enhancement: `{"conversionAdjustments":[{"adjustmentType":"ENHANCEMENT","conversionAction":"customers/2000000006/conversionActions/900000061","adjustmentDateTime":"2026-10-02 00:00:00+00:00","orderId":"o-17",` +
			`"userIdentifiers":[{"userIdentifierSource":"FIRST_PARTY","hashedEmail":"` + row.EmailHash + `"}]}],"partialFailure":true}`,
	} {
		r := &transport.Request{To: to, Kind: kind, Rows: []transport.Row{row}}
		_, b, err := build(r)
		if err != nil {
			t.Fatal(err)
		}
		got, err := json.Marshal(b)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, string(got)); diff != "" {
			t.Errorf("%s: %s", kind, diff)
		}
		kept, err := (&Transport{}).Payload(r, 0)
		if err != nil || strings.Contains(string(kept), row.ClickValue) || strings.Contains(string(kept), row.EmailHash) || !strings.Contains(string(kept), `"orderId":"o-17"`) {
			t.Errorf("%s: kept %s, %v", kind, kept, err)
		}
	}
}

// TestClockChanges: the hour that comes twice in autumn, and the one that is missing in spring, are
// different times for Google.
func TestClockChanges(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	autumn := time.Date(2026, 10, 25, 0, 30, 0, 0, time.UTC).In(berlin) // half past two, as an hour later
	spring := time.Date(2026, 3, 29, 1, 59, 59, 0, berlin)
	for _, c := range []struct {
		at   time.Time
		want string
	}{
		{autumn, "2026-10-25 00:30:00+00:00"}, {autumn.Add(time.Hour), "2026-10-25 01:30:00+00:00"},
		{spring, "2026-03-29 00:59:59+00:00"}, {spring.Add(time.Second), "2026-03-29 01:00:00+00:00"},
		{time.Date(2026, 1, 1, 0, 30, 0, 0, time.FixedZone("", 14*3600)), "2025-12-31 10:30:00+00:00"},
	} {
		if got := dateTime(c.at); got != c.want {
			t.Errorf("%v: %s, want %s", c.at, got, c.want)
		}
	}
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	for micros, want := range map[schema.Micros]string{0: "0", 1: "0.000001", 20_000_000: "20", 20_500_000: "20.5", 20_050_000: "20.05", 100_000_000: "100", 123_456: "0.123456", schema.MaxMicros: "1000000000"} {
		if got := number(micros); string(got) != want {
			t.Errorf("%d: %s, want %s", micros, got, want)
		}
	}
}

// TestRefusesItself: what the sender promises not to ask for is no request.
func TestRefusesItself(t *testing.T) {
	t.Parallel()
	twice := request(transport.Conversion, sale("a"), sale("a"))
	nameless := request(transport.Conversion, transport.Row{})
	strange := request(transport.Conversion, sale("a"))
	strange.Rows[0].ClickKind = "msclkid"
	worthless := request(transport.Restatement, sale("a"))
	worthless.Rows[0].HasValue = false
	nowhere := request(transport.Conversion, sale("a"))
	nowhere.To.CustomerID = "2000000006/x"
	for i, r := range []*transport.Request{twice, nameless, strange, worthless, nowhere, request(transport.Conversion), request("other", sale("a"))} {
		if _, err := (&Transport{}).Send(t.Context(), r); err == nil {
			t.Errorf("%d: sent", i)
		}
	}
	if _, err := (&Transport{}).Payload(strange, 0); err == nil {
		t.Error("kept what is no request")
	}
}
