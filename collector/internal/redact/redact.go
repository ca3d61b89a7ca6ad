// Package redact takes personal data out of what a page says about itself: its
// URL and its title.
//
// Of a URL it keeps the host, the path and the query parameters on a list, and
// nothing else; in what it keeps, e-mail addresses, phone numbers and secrets
// become [email], [phone] and [token]. It knows forms, not meanings: a name
// written out stays. In the flow it stands before everything that writes: no
// text reaches Kafka, a log or a dead letter without having passed here.
package redact

import (
	"errors"
	"net/netip"
	"strings"
	"unicode/utf8"

	"noctra/schema"
)

// What stands in the place of what was found.
const (
	Email = "[email]"
	Phone = "[phone]"
	Token = "[token]"
)

// Reasons for which a URL is refused.
var (
	ErrText   = errors.New("url has control characters or is not UTF-8")
	ErrScheme = errors.New("url does not start with http:// or https://")
	ErrHost   = errors.New("url has no valid host name")
)

// Parts is a clean URL.
type Parts struct {
	Scheme   string // http or https
	Host     string // lower case, without user and port
	Port     string // without colon, usually empty
	Path     string // starts with a slash, as the sender escaped it
	Query    string // kept parameters in their order, without question mark
	Fragment string // in hash mode alone, without number sign
}

// String returns the parts as a URL.
func (p Parts) String() string {
	var b strings.Builder
	b.WriteString(p.Scheme + "://" + p.Host)
	for _, part := range [...][2]string{{":", p.Port}, {"", p.Path}, {"?", p.Query}, {"#", p.Fragment}} {
		if part[1] != "" {
			b.WriteString(part[0] + part[1])
		}
	}
	return b.String()
}

// Policy is what a site keeps of its URLs. It is immutable and safe for
// concurrent use.
type Policy struct {
	params map[string]treatment
	hash   bool
}

// treatment is what happens to the value of a parameter that is kept.
type treatment int

const (
	drop     treatment = iota // not on the list
	clean                     // redacted
	verbatim                  // a click id, which looks like a secret and is none
)

// Options are the choices of a site.
type Options struct {
	Params       []string // further query parameters to keep, in any case
	Hash         bool     // the site routes by fragment: keep it, cleaned like a path
	DropClickIDs bool     // the visitor did not agree to have them stored
}

var (
	campaignParams = [...]string{"utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "utm_id", "ref", "source", "gad_source"}
	clickParams    = schema.ClickParams()
)

// NewPolicy returns the policy for o.
func NewPolicy(o Options) *Policy {
	p := &Policy{params: map[string]treatment{}, hash: o.Hash}
	for _, name := range o.Params {
		p.params[strings.ToLower(name)] = clean
	}
	for _, name := range campaignParams {
		p.params[name] = clean
	}
	for _, name := range clickParams {
		p.params[name] = verbatim
		if o.DropClickIDs {
			p.params[name] = drop
		}
	}
	return p
}

// URL returns the clean parts of raw, or one of the Err values. Where nothing
// had to be changed, the parts are parts of raw and nothing is allocated.
func (p *Policy) URL(raw string) (Parts, error) {
	if !plain(raw) {
		return Parts{}, ErrText
	}
	scheme, rest, ok := strings.Cut(raw, "://")
	switch {
	case ok && strings.EqualFold(scheme, "https"):
		scheme = "https"
	case ok && strings.EqualFold(scheme, "http"):
		scheme = "http"
	default:
		return Parts{}, ErrScheme
	}
	authority, rest := cutBefore(rest, "/?#")
	parts := Parts{Scheme: scheme}
	if parts.Host, parts.Port, ok = host(authority); !ok {
		return Parts{}, ErrHost
	}
	rest, fragment, _ := strings.Cut(rest, "#")
	path, query, _ := strings.Cut(rest, "?")
	if parts.Path = Path(path); parts.Path == "" {
		parts.Path = "/"
	}
	parts.Query = p.query(query)
	if p.hash {
		parts.Fragment = p.fragment(fragment)
	}
	return parts, nil
}

// fragment cleans "/route?query" of a site that routes by hash.
func (p *Policy) fragment(fragment string) string {
	path, query, ok := strings.Cut(fragment, "?")
	if path = Path(path); !ok {
		return path
	}
	if query = p.query(query); query == "" {
		return path
	}
	return path + "?" + query
}

// Path cleans the segments of an escaped path.
func Path(path string) string {
	if !suspicious(path) {
		return path
	}
	segments, before := strings.Split(path, "/"), ""
	for i, segment := range segments {
		segments[i], before = escapedSegment(segment, before), segment
	}
	return strings.Join(segments, "/")
}

// Text cleans a title or any other text for people, such as a campaign's name.
func Text(text string) string {
	if !suspicious(text) {
		return text
	}
	return sweep(text)
}

// plain reports whether raw is UTF-8 without blanks and control characters.
func plain(raw string) bool {
	for i := 0; i < len(raw); i++ {
		if raw[i] <= ' ' || raw[i] == 0x7f {
			return false
		}
	}
	return utf8.ValidString(raw)
}

func cutBefore(s, chars string) (before, rest string) {
	if i := strings.IndexAny(s, chars); i >= 0 {
		return s[:i], s[i:]
	}
	return s, ""
}

// host splits an authority and drops the user.
func host(authority string) (name, port string, ok bool) {
	if i := strings.LastIndexByte(authority, '@'); i >= 0 {
		authority = authority[i+1:]
	}
	name = authority
	if i := strings.LastIndexByte(authority, ':'); i >= 0 && !strings.HasSuffix(authority, "]") {
		name, port = authority[:i], authority[i+1:]
	}
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	if len(port) > 5 || strings.ContainsFunc(port, notDigit) || !hostName(name) {
		return "", "", false
	}
	return name, port, true
}

// hostName reports whether name is a host name or an IPv6 address in brackets.
func hostName(name string) bool {
	if name == "" || len(name) > 253 {
		return false
	}
	if name[0] == '[' {
		addr, err := netip.ParseAddr(strings.TrimSuffix(name[1:], "]"))
		return err == nil && addr.Is6() && addr.Zone() == "" && name[len(name)-1] == ']'
	}
	return !strings.HasPrefix(name, ".") && !strings.Contains(name, "..") && !strings.HasSuffix(name, ".") && !strings.ContainsFunc(name, notHost)
}

func notDigit(r rune) bool { return r < '0' || r > '9' }

func notHost(r rune) bool {
	switch {
	case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '.', r == '-', r == '_':
		return false
	}
	return r < 0xa1
}
