package schema

import (
	"strings"
	"time"
)

// IdentityMode says how far a site's visitors are recognised.
type IdentityMode string

const (
	IdentityCookieless IdentityMode = "cookieless" // daily salted hash, the default
	IdentityConsented  IdentityMode = "consented"  // first-party id
	IdentityOff        IdentityMode = "off"        // nobody is recognised
)

// Site is one tracked property, as far as collecting and reporting need it.
type Site struct {
	ID           SiteID
	Workspace    WorkspaceID
	PublicKey    string // nst_…; no secret, it stands in the page
	Name         string
	Hostnames    []string // exact names, or *.example.org for all below it; lower case
	TimeZone     string   // IANA name
	Currency     string   // ISO 4217
	IdentityMode IdentityMode
	IdentityKey  []byte   // 32 bytes; hashes visitor and user ids of this site
	QueryParams  []string // query parameters kept besides UTM and click ids
	Archived     bool

	// Empty where nobody set them, and in copies that a version without them wrote.
	ConsentMode       ConsentMode
	BotRules          []BotRule
	ExcludedAddresses []string // CIDR prefixes
	ExcludedPaths     []string // globs
	SalesFromBrowsers BrowserSales
	Postbacks         []Postback `json:",omitempty"` // of partners who report sales
}

// AllowsHost reports whether host (without port, any case) belongs to the site.
func (s *Site) AllowsHost(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	for _, h := range s.Hostnames {
		if h == host {
			return true
		}
		if below, ok := strings.CutPrefix(h, "*."); ok && strings.HasSuffix(host, "."+below) {
			return true
		}
	}
	return false
}

// MaxIDLength: an event id is 1 to MaxIDLength characters of A–Z a–z 0–9 . _ : -
const MaxIDLength = 64

// ValidID reports whether id may be an event id.
func ValidID(id string) bool {
	if id == "" || len(id) > MaxIDLength {
		return false
	}
	for i := 0; i < len(id); i++ {
		switch c := id[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case c == '.', c == '_', c == ':', c == '-':
		default:
			return false
		}
	}
	return true
}

// SaltLife is how long a salt of visitors' pseudonyms is kept after it was made.
const SaltLife = 48 * time.Hour
