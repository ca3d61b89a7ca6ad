package ingest

import (
	"crypto/sha256"
	"encoding/hex"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"noctra/collector/internal/traffic"
	"noctra/internal/pseudonym"
	"noctra/schema"
)

func TestTaken(t *testing.T) {
	taken := func(text string, server bool, want func(d *Draft)) {
		t.Helper()
		got, r := decode(t, text, server)
		if r != nil {
			t.Errorf("%.100s: %s %s %s", text, r.Field, r.Code, r.Message)
			return
		}
		full := &Draft{Event: schema.Event{Site: 7, Workspace: 3, ReceivedAt: received, OccurredAt: received}}
		want(full)
		if diff := cmp.Diff(full, got, cmpopts.EquateEmpty(), cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
			t.Errorf("%.100s:\n%s", text, diff)
		}
	}
	page := func(change func(d *Draft)) func(d *Draft) {
		return func(d *Draft) {
			d.Event.Kind, d.URL = schema.KindPageview, "https://shop.example/"
			change(d)
		}
	}
	same := page(func(*Draft) {})
	taken(`{"type":"pageview","url":"https://shop.example/"}`, false, same)
	taken("\xef\xbb\xbf {\"type\":\"pageview\",\"url\":\"https:\\/\\/shop.example\\/\"} \n", false, same)
	taken(field("unknown", `{"a":[1,2,{"b":null}]}`), false, same)
	taken(field("title", `null`), false, same)
	taken(field("name", `"x"`), false, same)
	taken(field("amount", `"nonsense"`), false, same)
	taken(field("id", `"A.b_c:d-9"`), false, page(func(d *Draft) { d.Event.ID = "A.b_c:d-9" }))
	taken(field("title", `"a\"\u00e4\ud83d\ude00\t"`), false, page(func(d *Draft) { d.Event.Title = "a\"ä😀\t" }))
	taken(field("title", `"one","title":"two"`), false, page(func(d *Draft) { d.Event.Title = "two" }))
	taken(field("user_id", `4711`), false, page(func(d *Draft) { d.UserID = "4711" }))
	taken(`{"type":"goal","name":"Sign-up"}`, false, func(d *Draft) { d.Event.Kind, d.Event.Name = schema.KindGoal, "Sign-up" })

	at := func(shift schema.Millis) func(d *Draft) {
		return page(func(d *Draft) { d.Event.OccurredAt += shift })
	}
	taken(field("occurred_at", `"2026-11-24T11:00:00Z"`), false, at(-3_600_000))
	taken(field("occurred_at", `"2026-11-24T12:00:00.123456+01:00"`), false, at(-3_599_877))
	taken(field("occurred_at", `"2026-11-24t11:00:00z"`), false, at(-3_600_000))
	taken(field("occurred_at", `1795521600000`), false, at(0))
	taken(field("occurred_at", `1795521600000.7`), false, at(0))
	taken(field("occurred_at", `"1795521599000"`), false, at(-1000))
	taken(field("occurred_at", `"2026-11-17T12:00:00Z"`), false, at(-7*86_400_000))
	taken(field("occurred_at", `"2026-11-24T12:05:00Z"`), false, at(300_000))
	taken(field("occurred_at", `1000,"sent_at":3000`), false, at(-2000))
	taken(field("sent_at", `3000`), false, at(0))
	taken(field("occurred_at", `"2030-01-01T00:00:00Z","sent_at":"2030-01-01T00:00:01Z"`), false, at(-1000))

	money := func(fields string, want schema.Micros, currency string) {
		t.Helper()
		taken(sale(fields), false, func(d *Draft) { d.Event.Kind, d.Event.Amount, d.Event.Currency = schema.KindSale, want, currency })
	}
	money(`,"amount":19.99`, 19_990_000, "EUR")
	money(`,"amount":"19.99","currency":"usd"`, 19_990_000, "USD")
	money(`,"amount":0.1`, 100_000, "EUR")
	money(`,"amount":0`, 0, "EUR")
	money(`,"amount":-0`, 0, "EUR")
	money(`,"amount":1e3,"currency":null`, 1_000_000_000, "EUR")
	money(`,"amount":123456789.123456`, 123_456_789_123_456, "EUR")
	money(`,"amount":1000000000`, schema.MaxMicros, "EUR")

	taken(sale(`,"amount":"5","order_id":1001,"items":[{"id":7,"name":"Lamp","category":"Light","price":"2.50","quantity":"2"},{}]`), false, func(d *Draft) {
		e := &d.Event
		e.Kind, e.Amount, e.Currency, e.OrderID = schema.KindSale, 5_000_000, "EUR", "1001"
		e.Items = []schema.Item{{ID: "7", Name: "Lamp", Category: "Light", Quantity: 2, Price: 2_500_000}, {Quantity: 1}}
	})
	taken(`{"type":"refund","order_id":"o","amount":"1"}`, true, func(d *Draft) {
		d.Event.Kind, d.Event.OrderID, d.Event.Amount, d.Event.Currency = schema.KindRefund, "o", 1_000_000, "EUR"
	})
	taken(field("props", `{"plan":"pro","n":1.50,"yes":true,"none":null,"plan":"max"}`), false, page(func(d *Draft) {
		d.Event.Props = []schema.Prop{{Key: "plan", Value: "max"}, {Key: "n", Value: "1.50"}, {Key: "yes", Value: "true"}}
	}))
	taken(field("gclid", `"Cj0KCQiA-abc_123","ScCid":"snap-1234567","wbraid":"","irclickid":"impact-0001"`), false, page(func(d *Draft) {
		d.Clicks = []traffic.ClickID{{Kind: "gclid", Value: "Cj0KCQiA-abc_123"}, {Kind: "sccid", Value: "snap-1234567"}, {Kind: "irclid", Value: "impact-0001"}}
	}))
	taken(field("ip", `"::ffff:203.0.113.7","user_agent":"Mozilla"`), true, page(func(d *Draft) {
		d.Addr, d.UserAgent = netip.MustParseAddr("203.0.113.7"), "Mozilla"
	}))
	contact := `"alexz@example.com","phone":"+1 (800) 555-0100"`
	taken(field("email", contact), true, same)
	taken(field("email", contact+`,"consent":{"ad_user_data":"denied"}`), true, page(func(d *Draft) { d.Event.ConsentAdUser = schema.ConsentDenied }))
	taken(field("email", contact+`,"consent":{"ad_user_data":"granted","analytics":"denied","ad_personalization":"granted"}`), true, page(func(d *Draft) {
		e := &d.Event
		e.ConsentAdUser, e.ConsentAnalytics, e.ConsentAdPerson = schema.ConsentGranted, schema.ConsentDenied, schema.ConsentGranted
		e.EmailHash, e.PhoneHash = pseudonym.Digest("alexz@example.com"), pseudonym.Digest("+18005550100")
	}))
}

// The values that Google documents.
func TestContactHashes(t *testing.T) {
	ends := func(sum, head, tail string) {
		t.Helper()
		if !strings.HasPrefix(sum, head) || !strings.HasSuffix(sum, tail) {
			t.Errorf("%s, want %s…%s", sum, head, tail)
		}
	}
	email, _ := pseudonym.NormalEmail("  AlexZ@Example.com ")
	ends(pseudonym.Digest(email), "509e9330", "fd8a")
	phone, _ := NormalPhone("+1 800 555 0100")
	ends(pseudonym.Digest(phone), "fb4f73a6", "7b30")
	for in, want := range map[string]string{
		"cloudy.sanfrancisco+shopping@gmail.com": "cloudysanfrancisco@gmail.com", "A.B+c@GoogleMail.com": "ab@googlemail.com",
		"a.b+c@example.com": "a.b+c@example.com", "a@b@c.de": "", "a b@c.de": "", "@c.de": "", "a@": "", "a@localhost": "", "": "", "+x@gmail.com": "",
	} {
		if got, ok := pseudonym.NormalEmail(in); got != want || ok != (want != "") {
			t.Errorf("NormalEmail(%q) = %q, %v", in, got, ok)
		}
	}
	for in, want := range map[string]string{
		"+18005550100": "+18005550100", "+49 (151) 123-456.78": "+4915112345678", "0049151": "", "+0123456789": "", "+1234567": "", "+1234567890123456": "", "+12345678x": "", "": "",
	} {
		if got, ok := NormalPhone(in); got != want || ok != (want != "") {
			t.Errorf("NormalPhone(%q) = %q, %v", in, got, ok)
		}
	}
	sum := sha256.Sum256([]byte("x"))
	if pseudonym.Digest("x") != hex.EncodeToString(sum[:]) {
		t.Error("hash is not SHA-256 in lower-case hex")
	}
}
