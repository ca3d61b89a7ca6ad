package ingest

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/valyala/fastjson"

	"noctra/schema"
)

// Replay is what the event of a dead letter gets where it lacks it, so that it can be sent again.
type Replay struct {
	ID   string        // for an event without one
	Site string        // public key, for an event that names no site
	At   schema.Millis // when it was refused: what its times are counted from
}

// ErrNoSite says that an event names no site and nothing else does.
var ErrNoSite = errors.New("event names no site")

// Body returns the event of a letter's body as it is to be sent: the same at each call, so that
// a second replay is recognised. What was said about its time then holds when it is sent later:
// without occurred_at it occurred when it was refused, and sent_at, which would be taken as a
// clock that is off, is reckoned in and left out. Values that are wrong stay as they are.
func (r Replay) Body(body []byte) ([]byte, error) {
	if !json.Valid(body) { // what is not would take a whole request along; the parser is more lenient
		return nil, errors.New("read letter: body is not JSON")
	}
	value, err := fastjson.ParseBytes(body)
	if err != nil {
		return nil, fmt.Errorf("read letter: %w", err)
	}
	object, err := value.Object()
	if err != nil {
		return nil, fmt.Errorf("read letter: %w", err)
	}
	last := map[string]*fastjson.Value{}
	object.Visit(func(key []byte, v *fastjson.Value) {
		if last[string(key)] = v; v.Type() == fastjson.TypeNull {
			last[string(key)] = nil
		}
	})
	skip, add := map[string]bool{}, []byte(nil)
	if last["id"] == nil {
		skip["id"] = true
		add = AppendString(append(add, `,"id":`...), r.ID)
	}
	if last["site"] == nil {
		if r.Site == "" {
			return nil, ErrNoSite
		}
		skip["site"] = true
		add = AppendString(append(add, `,"site":`...), r.Site)
	}
	if occurred, ok := r.occurred(last["occurred_at"], last["sent_at"]); ok {
		skip["occurred_at"], skip["sent_at"] = true, true
		add = strconv.AppendInt(append(add, `,"occurred_at":`...), int64(occurred), 10)
	}
	b := []byte{'{'}
	object.Visit(func(key []byte, v *fastjson.Value) {
		if skip[string(key)] {
			return
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = append(AppendString(b, string(key)), ':')
		b = appendValue(b, v, keepText)
	})
	if len(b) == 1 && len(add) > 0 {
		add = add[1:] // nothing stands before the comma
	}
	return append(append(b, add...), '}'), nil
}

// occurred returns when the event occurred by the collector's clock, not ok where that would be
// what it says, or what it says is no time.
func (r Replay) occurred(occurredAt, sentAt *fastjson.Value) (schema.Millis, bool) {
	var d Decoder
	sent, refused := d.moment("sent_at", sentAt)
	if refused != nil {
		return 0, false
	}
	if occurredAt == nil {
		return r.At, true
	}
	at, refused := d.moment("occurred_at", occurredAt)
	if refused != nil || sentAt == nil {
		return 0, false
	}
	return at + r.At - sent, true
}
