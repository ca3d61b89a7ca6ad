package ingest

import (
	"fmt"
	"net/netip"
	"strings"
	"unicode/utf8"
	"unsafe"

	"github.com/valyala/fastjson"

	"noctra/collector/internal/traffic"
	"noctra/schema"
)

// Draft is an event as far as its sender's words make it, before enrichment. Its strings are
// parts of the Decoder's buffer: they are valid until the next Parse.
type Draft struct {
	Event    schema.Event
	URL      string // as sent, its host belongs to the site
	Referrer string // as sent
	Clicks   []traffic.ClickID
	// What makes the visitor.
	VisitorID, UserID string
	Addr              netip.Addr // from a server, else not valid
	UserAgent         string     // from a server
}

// reset empties the draft and keeps the memory of its lists.
func (d *Draft) reset() {
	e := &d.Event
	*d = Draft{Clicks: d.Clicks[:0], Event: schema.Event{
		ClickIDs: e.ClickIDs[:0], BotReasons: e.BotReasons[:0], Props: e.Props[:0], Items: e.Items[:0],
	}}
}

// Context is what the rules depend on besides the event.
type Context struct {
	Site     *schema.Site
	Server   bool // came with a server key
	Received schema.Millis
}

// fields are the known fields of an event as they stand in its JSON, nil where absent or null.
type fields struct {
	id, kind, name, site                                    *fastjson.Value
	url, referrer, title, screen, language, timeZone, props *fastjson.Value
	occurredAt, sentAt                                      *fastjson.Value
	visitorID, userID                                       *fastjson.Value
	orderID, amount, currency, items                        *fastjson.Value
	consent, email, phone, ip, userAgent                    *fastjson.Value
}

// Decoder reads the texts of events. It may be used again, by one goroutine at a time.
type Decoder struct {
	limits  Limits
	parser  fastjson.Parser
	object  *fastjson.Object
	fields  fields
	clicks  []clickField
	visit   func(key []byte, v *fastjson.Value)
	scratch []byte
	large   bool
}

type clickField struct {
	kind  string
	value *fastjson.Value
}

// NewDecoder returns a Decoder that holds to limits.
func NewDecoder(limits Limits) *Decoder {
	d := &Decoder{limits: limits}
	d.visit = d.take // bound once: a method value made per event would be an allocation
	return d
}

// maxKept is the size of an event in bytes after which the parser's memory is given back.
const maxKept = 8 << 10

// Parse reads the event of span. The event, and all strings that come out of it, are valid until
// the next call.
func (d *Decoder) Parse(span Span) *Rejection {
	d.fields, d.clicks, d.object = fields{}, d.clicks[:0], nil
	switch span.Code {
	case BodyInvalid:
		return &Rejection{Field: "body", Code: BodyInvalid, Message: fmt.Sprintf("The line is not JSON: unexpected %s at byte %d.", found(span.Text, span.At), span.At)}
	case EventTooLarge:
		return &Rejection{Field: "body", Code: EventTooLarge, Message: fmt.Sprintf("The event has %d bytes, at most %d are taken.", len(span.Text), d.limits.EventBytes)}
	}
	if d.large {
		d.parser, d.large = fastjson.Parser{}, false
	}
	d.large = len(span.Text) > maxKept
	value, err := d.parser.ParseBytes(span.Text)
	if err != nil {
		return &Rejection{Field: "body", Code: BodyInvalid, Message: "The event is not JSON."}
	}
	if value.Type() != fastjson.TypeObject {
		return &Rejection{Field: "body", Code: EventInvalid, Message: fmt.Sprintf("The event is %s, it has to be a JSON object.", describe(value))}
	}
	d.object, _ = value.Object()
	d.object.Visit(d.visit)
	switch span.Code {
	case TooDeep:
		return d.reject("body", TooDeep, "The event is nested deeper than %d.", d.limits.Depth)
	case TextInvalid:
		field := fieldAt(span.Text, span.At)
		return d.reject(field, TextInvalid, "The field %s has NUL, a control character, a broken escape or bytes that are not UTF-8 at byte %d of the event.", field, span.At)
	}
	return nil
}

// take notes one field; of fields that stand twice the last counts, as in JavaScript.
func (d *Decoder) take(key []byte, v *fastjson.Value) {
	if v.Type() == fastjson.TypeNull {
		v = nil
	}
	if place := d.fields.place(key); place != nil {
		*place = v
		return
	}
	if v == nil || !mayBeClick(key) {
		return
	}
	if kind := clickKind(key); kind != "" {
		d.clicks = append(d.clicks, clickField{kind, v})
	}
}

// place returns where the field of that name is kept, nil for a name that is unknown.
func (f *fields) place(key []byte) **fastjson.Value {
	switch string(key) {
	case "id":
		return &f.id
	case "type":
		return &f.kind
	case "name":
		return &f.name
	case "site":
		return &f.site
	case "url":
		return &f.url
	case "referrer":
		return &f.referrer
	case "title":
		return &f.title
	case "screen":
		return &f.screen
	case "language":
		return &f.language
	case "time_zone":
		return &f.timeZone
	case "props":
		return &f.props
	case "occurred_at":
		return &f.occurredAt
	case "sent_at":
		return &f.sentAt
	case "visitor_id":
		return &f.visitorID
	case "user_id":
		return &f.userID
	case "order_id":
		return &f.orderID
	case "amount":
		return &f.amount
	case "currency":
		return &f.currency
	case "items":
		return &f.items
	case "consent":
		return &f.consent
	case "email":
		return &f.email
	case "phone":
		return &f.phone
	case "ip":
		return &f.ip
	case "user_agent":
		return &f.userAgent
	}
	return nil
}

// knownField reports whether an event may have a field of that name.
func knownField(name string) bool {
	var f fields
	return f.place([]byte(name)) != nil || clickKind([]byte(name)) != ""
}

// SiteKey returns the public key that the event names, empty for none.
func (d *Decoder) SiteKey() (string, *Rejection) {
	if d.fields.site == nil {
		return "", nil
	}
	key, ok := stringOf(d.fields.site)
	if !ok {
		return "", d.reject("site", WrongType, "The site is %s, it has to be a string with the site's public key.", describe(d.fields.site))
	}
	return key, nil
}

// ID returns what the event calls itself, as far as it can be shown: a copy of at most 64 bytes.
func (d *Decoder) ID() string {
	id, ok := stringOf(d.fields.id)
	if !ok {
		return ""
	}
	return shorten(id, schema.MaxIDLength)
}

// reject makes a rejection of the event that was parsed.
func (d *Decoder) reject(field string, code Code, format string, args ...any) *Rejection {
	return &Rejection{ID: d.ID(), Field: field, Code: code, Message: fmt.Sprintf(format, args...)}
}

// Reject makes a rejection of the event that was parsed, for a rule that the caller checks.
func (d *Decoder) Reject(field string, code Code, message string) *Rejection {
	return &Rejection{ID: d.ID(), Field: field, Code: code, Message: message}
}

// stringOf returns the content of a JSON string. It borrows the parser's buffer.
func stringOf(v *fastjson.Value) (string, bool) {
	if v == nil || v.Type() != fastjson.TypeString {
		return "", false
	}
	b, err := v.StringBytes()
	if err != nil || len(b) == 0 {
		return "", err == nil
	}
	return unsafe.String(&b[0], len(b)), true
}

// describe says what a value of the wrong type is.
func describe(v *fastjson.Value) string {
	switch v.Type() {
	case fastjson.TypeObject:
		return "an object"
	case fastjson.TypeArray:
		return "an array"
	case fastjson.TypeNumber:
		return "a number"
	case fastjson.TypeString:
		return "a string"
	case fastjson.TypeTrue, fastjson.TypeFalse:
		return "a boolean"
	}
	return "null"
}

// Quote returns value for a message: shortened, valid text, in quotes.
func Quote(value string) string {
	const most = 60
	if len(value) > most {
		return fmt.Sprintf("%q…", shorten(value, most))
	}
	return fmt.Sprintf("%q", strings.ToValidUTF8(value, "�"))
}

// shorten returns a copy of at most n bytes that does not end within a character.
func shorten(value string, n int) string {
	if len(value) > n {
		for n > 0 && !utf8.RuneStart(value[n]) {
			n--
		}
		value = value[:n]
	}
	return strings.ToValidUTF8(strings.Clone(value), "�")
}

// clickFields are the names of click ids, as package traffic knows them.
var clickFields = func() map[string]string {
	all := map[string]string{"irclickid": "irclid", "igsh": "igshid"}
	for _, kind := range traffic.Kinds() {
		all[kind] = kind
	}
	return all
}()

const maxClickName = 10

// mayBeClick sorts out most unknown names without hashing them.
func mayBeClick(key []byte) bool { return len(key) >= 4 && len(key) <= maxClickName }

func clickKind(key []byte) string {
	var lower [maxClickName]byte
	if !mayBeClick(key) {
		return ""
	}
	for i, c := range key {
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		lower[i] = c
	}
	return clickFields[string(lower[:len(key)])]
}
