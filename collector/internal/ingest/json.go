package ingest

import (
	"unicode/utf8"

	"github.com/valyala/fastjson"
)

// AppendString appends s as a JSON string that is also harmless within HTML.
func AppendString(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c >= utf8.RuneSelf:
			r, n := utf8.DecodeRuneInString(s[i:])
			b = utf8.AppendRune(b, r)
			i += n
			continue
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c < ' ' || c == '<' || c == '>' || c == '&' || c == 0x7f:
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		default:
			b = append(b, c)
		}
		i++
	}
	return append(b, '"')
}

// appendValue appends v as JSON, with what text makes of its names and strings. fastjson's own writer
// escapes strings as Go does, which is not always JSON.
func appendValue(b []byte, v *fastjson.Value, text func(string) string) []byte {
	switch v.Type() {
	case fastjson.TypeString:
		s, _ := stringOf(v)
		return AppendString(b, text(s))
	case fastjson.TypeObject:
		object, _ := v.Object()
		return appendObject(b, object, text)
	case fastjson.TypeArray:
		b = append(b, '[')
		for i, element := range v.GetArray() {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendValue(b, element, text)
		}
		return append(b, ']')
	}
	return v.MarshalTo(b)
}

func appendObject(b []byte, object *fastjson.Object, text func(string) string) []byte {
	b = append(b, '{')
	first := true
	object.Visit(func(key []byte, v *fastjson.Value) {
		if !first {
			b = append(b, ',')
		}
		first = false
		b = append(AppendString(b, text(string(key))), ':')
		b = appendValue(b, v, text)
	})
	return append(b, '}')
}
