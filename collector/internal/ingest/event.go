package ingest

import (
	"strings"
	"unicode/utf8"

	"github.com/valyala/fastjson"

	"noctra/collector/internal/traffic"
	"noctra/schema"
)

// Event checks the event that was parsed against every rule and writes it to draft. On a
// rejection the draft is of no use.
func (d *Decoder) Event(in Context, draft *Draft) *Rejection {
	draft.reset()
	draft.Event.Site, draft.Event.Workspace, draft.Event.ReceivedAt = in.Site.ID, in.Site.Workspace, in.Received
	for _, rule := range [...]func(*Decoder, Context, *Draft) *Rejection{
		(*Decoder).identify, (*Decoder).needsServer, (*Decoder).times, (*Decoder).page, (*Decoder).describe,
		(*Decoder).consent, (*Decoder).trade, (*Decoder).person, (*Decoder).clickIDs, (*Decoder).props,
	} {
		if r := rule(d, in, draft); r != nil {
			r.Site = in.Site.ID
			return r
		}
	}
	return nil
}

// identify reads id, type and name.
func (d *Decoder) identify(_ Context, draft *Draft) *Rejection {
	e, f := &draft.Event, &d.fields
	if f.id != nil {
		id, ok := stringOf(f.id)
		switch {
		case !ok:
			return d.reject("id", WrongType, "The id is %s, it has to be a string.", describe(f.id))
		case !schema.ValidID(id):
			return d.reject("id", IDInvalid, "The id %s is not 1 to %d characters of A-Z a-z 0-9 . _ : -.", Quote(id), schema.MaxIDLength)
		}
		e.ID = id
	}
	if f.kind == nil {
		return d.reject("type", Required, "The type is missing; it is one of pageview, click, sale, refund, goal, interaction.")
	}
	name, ok := stringOf(f.kind)
	if !ok {
		return d.reject("type", WrongType, "The type is %s, it has to be a string.", describe(f.kind))
	}
	if e.Kind, ok = schema.ParseKind(name); !ok {
		return d.reject("type", TypeUnknown, "The type %s is none of pageview, click, sale, refund, goal, interaction.", Quote(name))
	}
	if e.Kind != schema.KindGoal && e.Kind != schema.KindInteraction {
		return nil
	}
	var r *Rejection
	if e.Name, r = d.text("name", f.name, maxName); r == nil && e.Name == "" {
		r = d.reject("name", Required, "The name is missing; a %s needs one.", e.Kind)
	}
	return r
}

// needsServer refuses what only a server may say.
func (d *Decoder) needsServer(in Context, draft *Draft) *Rejection {
	if in.Server {
		return nil
	}
	if draft.Event.Kind == schema.KindRefund {
		return d.reject("type", NeedsServerKey, "A refund is taken with a server key only.")
	}
	for _, field := range [...]struct {
		name  string
		value *fastjson.Value
	}{{"email", d.fields.email}, {"phone", d.fields.phone}, {"ip", d.fields.ip}, {"user_agent", d.fields.userAgent}} {
		if field.value != nil {
			return d.reject(field.name, NeedsServerKey, "The field %s is taken with a server key only.", field.name)
		}
	}
	return nil
}

// page reads url and referrer. The host of the url is checked by who knows how to read it.
func (d *Decoder) page(in Context, draft *Draft) *Rejection {
	var r *Rejection
	if draft.URL, r = d.text("url", d.fields.url, d.limits.URL); r != nil {
		return r
	}
	if draft.URL == "" && draft.Event.Kind == schema.KindPageview {
		return d.reject("url", Required, "The url is missing; a pageview needs one.")
	}
	draft.Referrer, r = d.text("referrer", d.fields.referrer, d.limits.URL)
	return r
}

// describe reads what else is said of page and device.
func (d *Decoder) describe(_ Context, draft *Draft) *Rejection {
	e, f := &draft.Event, &d.fields
	for _, field := range [...]struct {
		to    *string
		name  string
		value *fastjson.Value
		most  int
	}{
		{&e.Title, "title", f.title, maxTitle}, {&e.Screen, "screen", f.screen, maxWord},
		{&e.Language, "language", f.language, maxWord}, {&e.TimeZone, "time_zone", f.timeZone, maxWord},
	} {
		if field.value == nil {
			continue
		}
		var r *Rejection
		if *field.to, r = d.text(field.name, field.value, field.most); r != nil {
			return r
		}
	}
	return nil
}

// text reads a string of at most most bytes; a field that is absent is empty.
func (d *Decoder) text(field string, v *fastjson.Value, most int) (string, *Rejection) {
	if v == nil {
		return "", nil
	}
	s, ok := stringOf(v)
	if !ok {
		return "", d.reject(field, WrongType, "The %s is %s, it has to be a string.", field, describe(v))
	}
	if len(s) > most {
		return "", d.reject(field, TooLong, "The %s has %d bytes, at most %d are taken.", field, len(s), most)
	}
	return s, nil
}

// word reads a string, or the digits of a number, as many systems number their users and orders.
func (d *Decoder) word(field string, v *fastjson.Value, most int) (string, *Rejection) {
	if v == nil || v.Type() != fastjson.TypeNumber {
		return d.text(field, v, most)
	}
	s := string(v.MarshalTo(nil))
	if len(s) > most {
		return "", d.reject(field, TooLong, "The %s has %d bytes, at most %d are taken.", field, len(s), most)
	}
	return s, nil
}

// consent reads the answers, and fills in those that are missing as the site says.
func (d *Decoder) consent(in Context, draft *Draft) *Rejection {
	if v := d.fields.consent; v != nil {
		if r := d.answers(v, &draft.Event); r != nil {
			return r
		}
	}
	mode := in.Site.ConsentMode
	if mode == schema.ConsentRequired || mode == schema.ConsentUnsetDenies && d.fields.consent == nil {
		draft.Event.DenyUnset()
	}
	return nil
}

func (d *Decoder) answers(v *fastjson.Value, e *schema.Event) *Rejection {
	object, err := v.Object()
	if err != nil {
		return d.reject("consent", WrongType, "The consent is %s, it has to be an object.", describe(v))
	}
	for _, answer := range [...]struct {
		to   *schema.Consent
		name string
	}{{&e.ConsentAnalytics, "analytics"}, {&e.ConsentAdUser, "ad_user_data"}, {&e.ConsentAdPerson, "ad_personalization"}} {
		given := object.Get(answer.name)
		if given == nil || given.Type() == fastjson.TypeNull {
			continue
		}
		switch word, _ := stringOf(given); word {
		case "granted":
			*answer.to = schema.ConsentGranted
		case "denied":
			*answer.to = schema.ConsentDenied
		default:
			return d.reject("consent", ConsentInvalid, "The consent %s is %s, it has to be granted or denied.", answer.name, Quote(string(given.MarshalTo(nil))))
		}
	}
	return nil
}

// clickIDs reads the click ids that stand by themselves. Empty ones are no ids.
func (d *Decoder) clickIDs(_ Context, draft *Draft) *Rejection {
	for _, click := range d.clicks {
		value, ok := stringOf(click.value)
		switch {
		case !ok:
			return d.reject(click.kind, WrongType, "The %s is %s, it has to be a string.", click.kind, describe(click.value))
		case value == "":
			continue
		}
		if click.kind == "igshid" { // base64, whose padding says nothing
			value = strings.TrimRight(value, "=")
		}
		if !traffic.ValidClickID(value) {
			return d.reject(click.kind, ClickIDInvalid, "The %s %s is not 10 to 500 characters of A-Z a-z 0-9 _ -.", click.kind, Quote(value))
		}
		draft.Clicks = append(draft.Clicks, traffic.ClickID{Kind: click.kind, Value: value})
	}
	return nil
}

// props reads the event's own properties: text, numbers and booleans, all kept as text.
func (d *Decoder) props(_ Context, draft *Draft) *Rejection {
	v := d.fields.props
	if v == nil {
		return nil
	}
	object, err := v.Object()
	if err != nil {
		return d.reject("props", WrongType, "The props are %s, they have to be an object.", describe(v))
	}
	if n := object.Len(); n > d.limits.Props {
		return d.reject("props", PropsInvalid, "The event has %d props, at most %d are taken.", n, d.limits.Props)
	}
	var refused *Rejection
	object.Visit(func(key []byte, v *fastjson.Value) {
		if refused == nil {
			refused = d.prop(string(key), v, draft)
		}
	})
	return refused
}

func (d *Decoder) prop(key string, v *fastjson.Value, draft *Draft) *Rejection {
	if key == "" || len(key) > d.limits.PropKey || !utf8.ValidString(key) {
		return d.reject("props", PropsInvalid, "The props have the key %s, a key has 1 to %d bytes.", Quote(key), d.limits.PropKey)
	}
	var value string
	switch v.Type() {
	case fastjson.TypeNull:
		return nil
	case fastjson.TypeString:
		value, _ = stringOf(v)
	case fastjson.TypeObject, fastjson.TypeArray:
		return d.reject("props", PropsInvalid, "The prop %s is %s, it has to be a string, a number or a boolean.", Quote(key), describe(v))
	default:
		value = string(v.MarshalTo(nil))
	}
	if len(value) > d.limits.PropValue {
		return d.reject("props", PropsInvalid, "The prop %s has %d bytes, at most %d are taken.", Quote(key), len(value), d.limits.PropValue)
	}
	props := &draft.Event.Props
	for i := range *props {
		if (*props)[i].Key == key {
			(*props)[i].Value = value
			return nil
		}
	}
	*props = append(*props, schema.Prop{Key: key, Value: value})
	return nil
}
