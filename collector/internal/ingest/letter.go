package ingest

import (
	"strings"

	"github.com/valyala/fastjson"

	"noctra/collector/internal/redact"
)

// Letter returns the event that was parsed as JSON, fit to be set aside: without address,
// agent, e-mail and phone, with clean id, URL, referrer and title, and without e-mails in any other
// place. It is nil where there is no event.
func (d *Decoder) Letter(policy *redact.Policy) []byte {
	if d.object == nil {
		return nil
	}
	b := []byte{'{'}
	d.object.Visit(func(key []byte, v *fastjson.Value) {
		change := withoutEmail
		switch string(key) {
		case "ip", "user_agent", "email", "phone":
			return
		case "title", "id":
			change = redact.Text
		case "url", "referrer":
			change = func(s string) string { return cleanURL(policy, s) }
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = append(AppendString(b, withoutEmail(string(key))), ':')
		if s, ok := stringOf(v); ok {
			b = AppendString(b, change(s))
			return
		}
		b = appendValue(b, v, withoutEmail)
	})
	return append(b, '}')
}

func keepText(s string) string { return s }

// withoutEmail leaves numbers alone, which are orders and amounts more often than phones.
func withoutEmail(s string) string {
	if strings.Contains(s, "@") {
		return redact.Text(s)
	}
	return s
}

// cleanURL is empty for what is no URL.
func cleanURL(policy *redact.Policy, s string) string {
	parts, err := policy.URL(s)
	if err != nil {
		return ""
	}
	return parts.String()
}
