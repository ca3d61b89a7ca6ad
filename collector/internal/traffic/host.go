package traffic

import (
	"net/netip"
	"strings"
	"unicode/utf8"
)

// maxHost is the longest host name in bytes.
const maxHost = 253

// referrerHost returns the host of a referrer in lower case, without user,
// port, "www." and trailing dot, and the name of an app for android-app://.
// Anything but the web and apps has none.
func referrerHost(referrer string) string {
	scheme, rest, ok := strings.Cut(referrer, "://")
	if !ok || len(scheme) > 11 {
		return ""
	}
	switch lower(scheme) {
	case "http", "https", "android-app", "ios-app":
		return cleanHost(rest)
	}
	return ""
}

// pageHost returns the host of the page's URL in the same form.
func pageHost(rawURL string) string {
	if _, rest, ok := strings.Cut(rawURL, "://"); ok {
		return cleanHost(rest)
	}
	return ""
}

// cleanHost reads the host that authority and path begin with.
func cleanHost(rest string) string {
	if i := strings.IndexAny(rest, "/?#\\"); i >= 0 {
		rest = rest[:i]
	}
	if i := strings.LastIndexByte(rest, '@'); i >= 0 {
		rest = rest[i+1:]
	}
	if i := strings.LastIndexByte(rest, ':'); i >= 0 && !strings.HasSuffix(rest, "]") {
		rest = rest[:i]
	}
	host := strings.TrimSuffix(rest, ".")
	if host == "" || len(host) > maxHost || !utf8.ValidString(host) {
		return ""
	}
	if strings.HasPrefix(host, "[") {
		return bracketed(lower(host))
	}
	if strings.ContainsFunc(host, notHost) {
		return ""
	}
	host = lower(host)
	if short := strings.TrimPrefix(host, "www."); strings.Contains(short, ".") {
		host = short
	}
	return host
}

// bracketed returns host where it is an IPv6 address in brackets.
func bracketed(host string) string {
	addr, err := netip.ParseAddr(strings.TrimSuffix(host[1:], "]"))
	if err != nil || !addr.Is6() || addr.Zone() != "" || !strings.HasSuffix(host, "]") {
		return ""
	}
	return host
}

// notHost reports whether r cannot stand in a host name: letters beyond ASCII
// can, in names that the sender has not encoded.
func notHost(r rune) bool {
	switch {
	case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '.', r == '-', r == '_':
		return false
	}
	return r < 0xa1
}

// own reports whether host belongs to the site.
func own(host string, in Input) bool {
	if host == pageHost(in.URL) {
		return true
	}
	for _, name := range in.OwnHosts {
		if suffix, ok := strings.CutPrefix(name, "*."); ok {
			if under(host, suffix) {
				return true
			}
		} else if host == strings.TrimPrefix(name, "www.") {
			return true
		}
	}
	return false
}

// under reports whether host is domain or one of its subdomains.
func under(host, domain string) bool {
	return strings.HasSuffix(host, domain) && (len(host) == len(domain) || host[len(host)-len(domain)-1] == '.')
}
