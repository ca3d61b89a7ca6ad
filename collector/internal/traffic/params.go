package traffic

import (
	"net/url"
	"strings"
	"unicode/utf8"
)

// maxValue bounds a campaign value in bytes.
const maxValue = 200

// params is what the query of a page's URL holds for this package.
type params struct {
	utm              UTM
	sourceParam, ref string
	gadSource        string
	clicks           clicks
}

// read takes the parameters from the query of rawURL, and from the fragment,
// where sites that route by hash keep theirs. The first of a name wins.
func (p *params) read(rawURL string) {
	rest, fragment, _ := strings.Cut(rawURL, "#")
	if _, query, ok := strings.Cut(rest, "?"); ok {
		p.readQuery(query)
	}
	if _, query, ok := strings.Cut(fragment, "?"); ok {
		p.readQuery(query)
	} else if strings.HasPrefix(fragment, "utm_") {
		p.readQuery(fragment)
	}
}

func (p *params) readQuery(query string) {
	for query != "" {
		var pair string
		pair, query, _ = strings.Cut(query, "&")
		key, value, _ := strings.Cut(pair, "=")
		if value == "" || len(key) < 3 || len(key) > 12 {
			continue
		}
		if to := p.field(key); to != nil {
			if *to == "" {
				*to = clean(value)
			}
			continue
		}
		if kind := clickKind(key); kind != "" {
			p.clicks.add(kind, unescape(value))
		} else if strings.EqualFold(key, "gad_source") && p.gadSource == "" {
			p.gadSource = digits(value)
		}
	}
}

// field returns where the parameter key belongs, or nil.
func (p *params) field(key string) *string {
	if len(key) > 4 && strings.EqualFold(key[:4], "utm_") {
		switch name := key[4:]; {
		case strings.EqualFold(name, "source"):
			return &p.utm.Source
		case strings.EqualFold(name, "medium"):
			return &p.utm.Medium
		case strings.EqualFold(name, "campaign"):
			return &p.utm.Campaign
		case strings.EqualFold(name, "term"):
			return &p.utm.Term
		case strings.EqualFold(name, "content"):
			return &p.utm.Content
		case strings.EqualFold(name, "id"):
			return &p.utm.ID
		}
		return nil
	}
	switch key {
	case "source":
		return &p.sourceParam
	case "ref":
		return &p.ref
	}
	return nil
}

// clean decodes a value and makes it fit for a report: valid UTF-8 without
// control characters, trimmed, at most maxValue bytes.
func clean(value string) string {
	value = unescape(value)
	if !utf8.ValidString(value) {
		value = strings.ToValidUTF8(value, "")
	}
	if strings.ContainsFunc(value, isControl) {
		value = strings.Map(func(r rune) rune {
			if isControl(r) {
				return ' '
			}
			return r
		}, value)
	}
	value = strings.TrimSpace(value)
	if len(value) > maxValue {
		end := maxValue
		for end > 0 && !utf8.RuneStart(value[end]) {
			end--
		}
		value = strings.TrimSpace(value[:end])
	}
	return value
}

func isControl(r rune) bool { return r < 0x20 || r >= 0x7f && r < 0xa0 }

// unescape decodes a query value; a value with broken escapes stays as it is.
func unescape(value string) string {
	if !strings.ContainsAny(value, "%+") {
		return value
	}
	decoded, err := url.QueryUnescape(value)
	if err != nil {
		return value
	}
	return decoded
}

// digits returns value where it is one or two digits.
func digits(value string) string {
	if len(value) > 2 {
		return ""
	}
	for i := 0; i < len(value); i++ {
		if value[i] < '0' || value[i] > '9' {
			return ""
		}
	}
	return value
}

// lower returns s in lower case; a string that is so already is not copied.
func lower(s string) string { return strings.ToLower(s) }
