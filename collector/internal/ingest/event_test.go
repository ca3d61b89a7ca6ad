package ingest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"noctra/schema"
)

// received is the collector's clock in these tests.
var received = schema.MillisOf(time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC))

func shop() *schema.Site { return &schema.Site{ID: 7, Workspace: 3, Currency: "EUR"} }

// decode runs one event through everything; server says that it came with a server key.
func decode(t testing.TB, text string, server bool) (*Draft, *Rejection) {
	t.Helper()
	spans, broken := NewSplitter(DefaultLimits()).Split([]byte(text), false)
	if broken != nil {
		return nil, broken
	}
	if len(spans) != 1 {
		t.Fatalf("%d events in %s", len(spans), text)
	}
	d, draft := NewDecoder(DefaultLimits()), &Draft{}
	if r := d.Parse(spans[0]); r != nil {
		return nil, r
	}
	if r := d.Event(Context{Site: shop(), Server: server, Received: received}, draft); r != nil {
		return nil, r
	}
	return draft, nil
}

// field returns a pageview with one more field.
func field(name, value string) string {
	return fmt.Sprintf(`{"type":"pageview","url":"https://shop.example/",%q:%s}`, name, value)
}

func sale(fields string) string { return `{"type":"sale"` + fields + `}` }

func TestRefused(t *testing.T) {
	long := func(n int) string { return `"` + strings.Repeat("x", n) + `"` }
	refused := func(text string, server bool, field string, code Code) {
		t.Helper()
		_, r := decode(t, text, server)
		if r == nil {
			t.Errorf("%.100s: taken", text)
			return
		}
		if r.Field != field || r.Code != code || r.Message == "" || !strings.HasSuffix(r.Message, ".") || len(r.Message) > 250 {
			t.Errorf("%.100s: %s %s %q, want %s %s", text, r.Field, r.Code, r.Message, field, code)
		}
	}
	refused(`{}`, false, "type", Required)
	refused(`{"type":null}`, false, "type", Required)
	refused(`{"type":1}`, false, "type", WrongType)
	refused(`{"type":"view"}`, false, "type", TypeUnknown)
	refused(`{"type":"Pageview"}`, false, "type", TypeUnknown)
	refused(`[[]]`, false, "body", EventInvalid)
	refused(`["pageview"]`, false, "body", EventInvalid)
	refused(`5`, false, "body", EventInvalid)
	refused(`{"type":"pageview"}`, false, "url", Required)
	refused(`{"type":"goal","name":""}`, false, "name", Required)
	refused(`{"type":"goal"}`, false, "name", Required)
	refused(`{"type":"interaction"}`, false, "name", Required)
	refused(`{"type":"goal","name":`+long(201)+`}`, false, "name", TooLong)

	refused(field("id", `7`), false, "id", WrongType)
	refused(field("id", `""`), false, "id", IDInvalid)
	refused(field("id", `"a b"`), false, "id", IDInvalid)
	refused(field("id", `"ä"`), false, "id", IDInvalid)
	refused(field("id", long(65)), false, "id", IDInvalid)
	refused(field("id", `"<script>"`), false, "id", IDInvalid)

	refused(`{"type":"pageview","url":`+long(2001)+`}`, false, "url", TooLong)
	refused(`{"type":"pageview","url":{}}`, false, "url", WrongType)
	refused(field("referrer", long(2001)), false, "referrer", TooLong)
	refused(field("title", long(2001)), false, "title", TooLong)
	refused(field("title", `["x"]`), false, "title", WrongType)
	refused(field("screen", long(65)), false, "screen", TooLong)
	refused(field("language", `1`), false, "language", WrongType)
	refused(field("time_zone", long(65)), false, "time_zone", TooLong)

	for _, name := range []string{"occurred_at", "sent_at"} {
		for _, value := range []string{`"yesterday"`, `""`, `true`, `{}`, `1e12`, `"2026-11-24"`, `"2026-13-24T12:00:00Z"`, `1234567890123456`, `"2026-11-24T12:00:00"`} {
			refused(field(name, value), false, name, TimeInvalid)
		}
	}
	refused(field("occurred_at", `"2026-11-17T11:59:59Z"`), false, "occurred_at", OccurredTooOld)
	refused(field("occurred_at", `"2026-11-24T12:05:01Z"`), false, "occurred_at", OccurredTooNew)
	refused(field("occurred_at", `1700000000`), false, "occurred_at", OccurredTooOld)

	refused(sale(``), false, "amount", Required)
	refused(sale(`,"amount":null`), false, "amount", Required)
	refused(sale(`,"amount":"ten"`), false, "amount", AmountInvalid)
	refused(sale(`,"amount":""`), false, "amount", AmountInvalid)
	refused(sale(`,"amount":"1,5"`), false, "amount", AmountInvalid)
	refused(sale(`,"amount":true`), false, "amount", WrongType)
	refused(sale(`,"amount":{}`), false, "amount", WrongType)
	refused(sale(`,"amount":-1`), false, "amount", AmountBounds)
	refused(sale(`,"amount":"-0.01"`), false, "amount", AmountBounds)
	refused(sale(`,"amount":0.0000001`), false, "amount", AmountPrecision)
	refused(sale(`,"amount":1000000000.000001`), false, "amount", AmountBounds)
	refused(sale(`,"amount":1e30`), false, "amount", AmountBounds)
	refused(sale(`,"amount":1,"currency":"XXX"`), false, "currency", CurrencyUnknown)
	refused(sale(`,"amount":1,"currency":""`), false, "currency", CurrencyUnknown)
	refused(sale(`,"amount":1,"currency":978`), false, "currency", WrongType)
	refused(sale(`,"amount":1,"order_id":`+long(201)), false, "order_id", TooLong)
	refused(sale(`,"amount":1,"items":{}`), false, "items", WrongType)
	refused(sale(`,"amount":1,"items":[1]`), false, "items", ItemsInvalid)
	refused(sale(`,"amount":1,"items":[{"price":"x"}]`), false, "items", ItemsInvalid)
	refused(sale(`,"amount":1,"items":[{"quantity":1.5}]`), false, "items", ItemsInvalid)
	refused(sale(`,"amount":1,"items":[{"quantity":-1}]`), false, "items", ItemsInvalid)
	refused(sale(`,"amount":1,"items":[`+strings.TrimSuffix(strings.Repeat(`{},`, 201), ",")+`]`), false, "items", ItemsInvalid)

	refused(`{"type":"refund","order_id":"o","amount":1}`, false, "type", NeedsServerKey)
	refused(`{"type":"refund","amount":1}`, true, "order_id", Required)
	refused(`{"type":"refund","order_id":"","amount":1}`, true, "order_id", Required)
	refused(`{"type":"refund","order_id":"o"}`, true, "amount", Required)
	for _, name := range []string{"email", "phone", "ip", "user_agent"} {
		refused(field(name, `"x"`), false, name, NeedsServerKey)
	}
	refused(field("ip", `"300.1.1.1"`), true, "ip", IPInvalid)
	refused(field("ip", `7`), true, "ip", IPInvalid)
	refused(field("ip", `"fe80::1%eth0"`), true, "ip", IPInvalid)
	refused(field("email", `"nobody"`), true, "email", EmailInvalid)
	refused(field("phone", `"0151 1234567"`), true, "phone", PhoneInvalid)

	refused(field("consent", `"granted"`), false, "consent", WrongType)
	refused(field("consent", `{"analytics":"yes"}`), false, "consent", ConsentInvalid)
	refused(field("consent", `{"ad_user_data":true}`), false, "consent", ConsentInvalid)
	refused(field("gclid", `"short"`), false, "gclid", ClickIDInvalid)
	refused(field("ScCid", `"with blank in it"`), false, "sccid", ClickIDInvalid)
	refused(field("gbraid", `1234567890`), false, "gbraid", WrongType)

	refused(field("props", `[]`), false, "props", WrongType)
	refused(field("props", `{"a":{}}`), false, "props", PropsInvalid)
	refused(field("props", `{"":"x"}`), false, "props", PropsInvalid)
	refused(field("props", `{`+long(301)+`:1}`), false, "props", PropsInvalid)
	refused(field("props", `{"a":`+long(2001)+`}`), false, "props", PropsInvalid)
	many := make([]string, 31)
	for i := range many {
		many[i] = fmt.Sprintf(`"k%d":1`, i)
	}
	refused(field("props", `{`+strings.Join(many, ",")+`}`), false, "props", PropsInvalid)

	refused(field("title", `"a\u0000b"`), false, "title", TextInvalid)
	refused(field("title", "\"a\x00b\""), false, "title", TextInvalid)
	refused(field("title", "\"a\nb\""), false, "title", TextInvalid)
	refused(field("title", "\"a\xffb\""), false, "title", TextInvalid)
	refused(field("title", `"\ud800"`), false, "title", TextInvalid)
	refused(field("title", `"\x41"`), false, "title", TextInvalid)
	refused(field("props", "{\"a\":\"\xff\"}"), false, "props", TextInvalid)
	refused(field("unknown", "\"\xff\""), false, "body", TextInvalid)
	refused(field("x", `[[[[[[[[1]]]]]]]]`), false, "body", TooDeep)
	refused(field("x", long(33<<10)), false, "body", EventTooLarge)
}
