package admin

import (
	"fmt"
	"net"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // also where the machine has no zone files
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"

	"noctra/schema"
)

// What Postgres takes; the checks of the tables say the same.
const (
	mostHostnames = 100
	mostParams    = 100
	longestName   = 100
	longestParam  = 100
)

var (
	hostForm = regexp.MustCompile(`^(\*\.)?[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*$`)
	zoneForm = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_+/-]{0,63}$`)
)

// siteForm is a site as somebody asks for it.
type siteForm struct {
	Name         string
	Hostnames    []string
	TimeZone     string
	Currency     string
	IdentityMode string
	QueryParams  []string
	siteRules
}

// check puts f into the form that Postgres takes, and returns everything that is wrong with it.
func (f *siteForm) check() []FieldProblem {
	var problems []FieldProblem
	note := func(path, message string) { problems = append(problems, FieldProblem{path, message}) }
	f.Name = strings.TrimSpace(f.Name)
	if why := checkName(f.Name); why != "" {
		note("name", why)
	}
	hosts, why := cleanHosts(f.Hostnames)
	f.Hostnames = hosts
	for _, w := range why {
		note("hostnames", w)
	}
	f.TimeZone = strings.TrimSpace(f.TimeZone)
	if _, err := time.LoadLocation(f.TimeZone); err != nil || !zoneForm.MatchString(f.TimeZone) || f.TimeZone == "Local" {
		note("time_zone", fmt.Sprintf("%q is no time zone; take an IANA name such as Europe/Berlin.", short(f.TimeZone)))
	}
	f.Currency = strings.ToUpper(strings.TrimSpace(f.Currency))
	if !schema.ValidCurrency(f.Currency) {
		note("currency", fmt.Sprintf("%q is no currency; take an ISO 4217 code such as EUR.", short(f.Currency)))
	}
	if f.IdentityMode == "" {
		f.IdentityMode = string(schema.IdentityCookieless)
	}
	if !slices.Contains([]string{string(schema.IdentityCookieless), string(schema.IdentityConsented), string(schema.IdentityOff)}, f.IdentityMode) {
		note("identity_mode", fmt.Sprintf("%q is none of cookieless, consented, off.", short(f.IdentityMode)))
	}
	if f.QueryParams == nil {
		f.QueryParams = []string{}
	}
	if len(f.QueryParams) > mostParams {
		note("query_params", fmt.Sprintf("At most %d parameters can be kept.", mostParams))
	}
	for i, p := range f.QueryParams {
		if n := utf8.RuneCountInString(p); n < 1 || n > longestParam || !printable(p) {
			note(fmt.Sprintf("query_params[%d]", i), fmt.Sprintf("A parameter has 1 to %d characters.", longestParam))
		}
	}
	return append(problems, f.siteRules.check()...)
}

// checkName returns what is wrong with a name, empty for nothing.
func checkName(name string) string {
	switch n := utf8.RuneCountInString(name); {
	case n == 0:
		return "A name is needed."
	case n > longestName:
		return fmt.Sprintf("A name has at most %d characters.", longestName)
	case !printable(name):
		return "A name has no control characters."
	}
	return ""
}

// cleanHosts takes what people paste (addresses, capitals, other scripts) and returns host names.
func cleanHosts(given []string) (hosts, problems []string) {
	hosts = []string{}
	for _, raw := range given {
		host := cleanHost(raw)
		switch {
		case host == "":
		case len(host) > 253 || !hostForm.MatchString(host):
			problems = append(problems, fmt.Sprintf("%q is no host name such as shop.example or *.shop.example.", short(raw)))
		case !slices.Contains(hosts, host):
			hosts = append(hosts, host)
		}
	}
	if len(hosts) == 0 && len(problems) == 0 {
		problems = append(problems, "At least one host name is needed.")
	}
	if len(hosts) > mostHostnames {
		problems = append(problems, fmt.Sprintf("At most %d host names are possible.", mostHostnames))
	}
	return hosts, problems
}

func cleanHost(raw string) string {
	host := strings.ToLower(strings.TrimSpace(raw))
	if _, rest, ok := strings.Cut(host, "://"); ok {
		host = rest
	}
	host, _, _ = strings.Cut(host, "/")
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.TrimSuffix(host, ".")
	below, wild := strings.CutPrefix(host, "*.")
	if ascii, err := idna.Lookup.ToASCII(below); err == nil && wild {
		return "*." + ascii
	} else if err == nil {
		return ascii
	}
	return host
}

// checkEmail returns what is wrong with an address, empty for nothing.
func checkEmail(email string) string {
	parsed, err := mail.ParseAddress(email)
	if err != nil || parsed.Address != email || len(email) > 254 || strings.Count(email, "@") != 1 || strings.ContainsFunc(email, unicode.IsSpace) || !printable(email) {
		return fmt.Sprintf("%q is no e-mail address.", short(email))
	}
	return ""
}

func printable(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl)
}

// short cuts what is repeated in a message.
func short(s string) string {
	const most = 60
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most]) + "…"
}
