package ingest

import (
	"github.com/valyala/fastjson"

	"noctra/collector/internal/redact"
)

// Letter returns the event that was parsed as JSON, fit to be set aside: without address,
// agent, e-mail and phone, with clean URL, referrer and title. It is nil where there is no event.
func (d *Decoder) Letter(policy *redact.Policy) []byte {
	if d.object == nil {
		return nil
	}
	for _, name := range [...]string{"ip", "user_agent", "email", "phone"} {
		for d.object.Get(name) != nil {
			d.object.Del(name)
		}
	}
	var arena fastjson.Arena
	for _, name := range [...]string{"url", "referrer"} {
		d.replace(&arena, name, func(s string) string {
			parts, err := policy.URL(s)
			if err != nil {
				return ""
			}
			return parts.String()
		})
	}
	d.replace(&arena, "title", redact.Text)
	return appendObject(nil, d.object)
}

// replace changes the text of a field; one that is no text is emptied.
func (d *Decoder) replace(arena *fastjson.Arena, name string, change func(string) string) {
	v := d.object.Get(name)
	if v == nil {
		return
	}
	s, _ := stringOf(v)
	for d.object.Get(name) != nil {
		d.object.Del(name)
	}
	d.object.Set(name, arena.NewString(change(s)))
}
