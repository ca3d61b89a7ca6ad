package redact

import (
	"net/url"
	"strings"
)

// query returns the parameters that are kept, in their order. A query that
// stays as it was is not copied.
func (p *Policy) query(query string) string {
	var b strings.Builder
	changed := false
	for at := 0; at < len(query); {
		pair := query[at:]
		if i := strings.IndexByte(pair, '&'); i >= 0 {
			pair = pair[:i]
		}
		kept, ok := p.pair(pair)
		if !changed && (!ok || kept != pair) {
			changed = true
			b.Grow(len(query))
			b.WriteString(strings.TrimSuffix(query[:at], "&"))
		}
		if changed && ok {
			if b.Len() > 0 {
				b.WriteByte('&')
			}
			b.WriteString(kept)
		}
		at += len(pair) + 1
	}
	if !changed {
		return strings.TrimSuffix(query, "&")
	}
	return b.String()
}

// pair cleans "name=value" and reports whether it is kept.
func (p *Policy) pair(pair string) (string, bool) {
	name, value, ok := strings.Cut(pair, "=")
	if !ok || value == "" {
		return "", false
	}
	switch p.params[strings.ToLower(name)] {
	case clean:
		if !suspicious(value) && !secretName(name) {
			return pair, true
		}
		if cleaned := escapedValue(value, name); cleaned != value {
			return name + "=" + cleaned, true
		}
		return pair, true
	case verbatim:
		return pair, clickID(value)
	}
	return "", false
}

// clickID reports whether value may be a click id; anything else that stands
// under its name is not kept.
func clickID(value string) bool {
	if len(value) > 500 {
		return false
	}
	for i := 0; i < len(value); i++ {
		if !letter(value[i]) && !digit(value[i]) && value[i] != '_' && value[i] != '-' {
			return false
		}
	}
	return true
}

// escapedSegment cleans an escaped path segment.
func escapedSegment(segment, before string) string {
	decoded := decode(segment)
	if swept := sweepSegment(decoded, before); swept != decoded {
		return brackets.Replace(url.PathEscape(swept))
	}
	return segment
}

// escapedValue cleans an escaped parameter. A plus between words is a blank,
// one before a digit may belong to a phone number.
func escapedValue(value, name string) string {
	decoded := decode(value)
	spaced := spaces(decoded)
	if swept := sweepValue(spaced, name); swept != spaced {
		return brackets.Replace(url.QueryEscape(swept))
	}
	return value
}

// spaces turns the pluses after letters and digits into blanks, those in what
// may be the first part of an e-mail address left out.
func spaces(s string) string {
	at := strings.LastIndexByte(s, '@')
	b := []byte(s)
	for i := max(1, at); i < len(b); i++ {
		if b[i] == '+' && (letter(b[i-1]) || digit(b[i-1])) {
			b[i] = ' '
		}
	}
	return string(b)
}

// brackets keeps the marks readable in what has been escaped.
var brackets = strings.NewReplacer("%5B", "[", "%5D", "]")

// decode undoes escapes, and escapes within escapes, since mail programs like
// to escape twice. Invalid UTF-8 is left out.
func decode(s string) string {
	for range 3 {
		next, err := url.PathUnescape(s)
		if err != nil || next == s {
			break
		}
		s = next
	}
	return strings.ToValidUTF8(s, "")
}
