package ingest

import (
	"strings"
	"time"

	"github.com/valyala/fastjson"

	"noctra/schema"
)

// How far occurred_at may be from the collector's clock, in milliseconds.
const (
	maxPast   = 7 * 24 * 60 * 60 * 1000
	maxFuture = 5 * 60 * 1000
)

// times reads occurred_at and sent_at. What the sender's clock showed when it sent says how far
// it is off; without it the sender's clock is taken as right.
func (d *Decoder) times(in Context, draft *Draft) *Rejection {
	f := &d.fields
	sent, r := d.moment("sent_at", f.sentAt)
	if r != nil {
		return r
	}
	if f.occurredAt == nil {
		draft.Event.OccurredAt = in.Received
		return nil
	}
	occurred, r := d.moment("occurred_at", f.occurredAt)
	if r != nil {
		return r
	}
	if f.sentAt != nil {
		occurred += in.Received - sent
	}
	switch {
	case occurred < in.Received-maxPast:
		return d.reject("occurred_at", OccurredTooOld, "The time %s is more than 7 days ago.", d.shown(f.occurredAt))
	case occurred > in.Received+maxFuture:
		return d.reject("occurred_at", OccurredTooNew, "The time %s is more than 5 minutes ahead.", d.shown(f.occurredAt))
	}
	draft.Event.OccurredAt = occurred
	return nil
}

func (d *Decoder) shown(v *fastjson.Value) string {
	if s, ok := stringOf(v); ok {
		return Quote(s)
	}
	return shorten(string(v.MarshalTo(nil)), 40)
}

// moment reads a time: RFC 3339, or milliseconds since 1970 as a number or its digits.
func (d *Decoder) moment(field string, v *fastjson.Value) (schema.Millis, *Rejection) {
	if v == nil {
		return 0, nil
	}
	at, ok := schema.Millis(0), false
	switch v.Type() {
	case fastjson.TypeNumber:
		d.scratch = v.MarshalTo(d.scratch[:0])
		at, ok = parseMillis(string(d.scratch))
	case fastjson.TypeString:
		s, _ := stringOf(v)
		at, ok = parseTime(s)
	}
	if !ok {
		return 0, d.reject(field, TimeInvalid, "The %s %s is no time; send RFC 3339 or Unix milliseconds.", field, d.shown(v))
	}
	return at, nil
}

// parseTime reads RFC 3339, or Unix milliseconds in digits.
func parseTime(s string) (schema.Millis, bool) {
	if at, ok := parseMillis(s); ok {
		return at, true
	}
	if len(s) < len("2006-01-02T15:04:05Z") || len(s) > 64 {
		return 0, false
	}
	if s[10] == 't' || s[10] == ' ' || s[len(s)-1] == 'z' { // RFC 3339, section 5.6
		s = s[:10] + "T" + strings.ToUpper(s[11:])
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return 0, false
	}
	return schema.MillisOf(t), true
}

// parseMillis reads a whole number of milliseconds; a fraction is cut, as high-resolution clocks
// of browsers give one. Numbers of more than 15 digits are no times.
func parseMillis(s string) (schema.Millis, bool) {
	digits, negative := s, false
	if digits != "" && digits[0] == '-' {
		digits, negative = digits[1:], true
	}
	whole, fraction, pointed := strings.Cut(digits, ".")
	if len(whole) == 0 || len(whole) > 15 || pointed && fraction == "" || len(fraction) > 30 {
		return 0, false
	}
	var n schema.Millis
	for i := 0; i < len(whole); i++ {
		if whole[i] < '0' || whole[i] > '9' {
			return 0, false
		}
		n = n*10 + schema.Millis(whole[i]-'0')
	}
	for i := 0; i < len(fraction); i++ {
		if fraction[i] < '0' || fraction[i] > '9' {
			return 0, false
		}
	}
	if negative {
		n = -n
	}
	return n, true
}
