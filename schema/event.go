package schema

import "time"

// Kind says what an event is a fact about. The numbers are on the wire and in ClickHouse: never
// renumber them.
type Kind uint8

const (
	KindUnknown     Kind = 0
	KindPageview    Kind = 1
	KindClick       Kind = 2 // an ad click that arrived with a click id or through our redirect
	KindSale        Kind = 3
	KindRefund      Kind = 4
	KindGoal        Kind = 5
	KindInteraction Kind = 6 // something done on a page: outbound link, download, form, engagement
	KindHeldSale    Kind = 7 // a sale that a browser reported and a server has to confirm; senders call it sale
)

var kindNames = [...]string{"", "pageview", "click", "sale", "refund", "goal", "interaction", "held_sale"}

// String returns the kind's name as senders and reports write it, or "" for an unknown kind.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return ""
}

// ParseKind returns the kind that senders call by that name; ok is false when there is none.
func ParseKind(name string) (k Kind, ok bool) {
	for i := 1; i <= int(KindInteraction); i++ {
		if kindNames[i] == name {
			return Kind(i), true
		}
	}
	return KindUnknown, false
}

// EngagementName is the name of the interaction that the tracker sends about time and scroll
// depth on a page. It lengthens a visit but does not end a bounce.
const EngagementName = "engagement"

// SiteID and WorkspaceID are the row ids of Postgres, 1 and up. 0 means none.
type (
	SiteID      uint64
	WorkspaceID uint64
	// VisitorID is a pseudonym, valid within one site. 0 means that the event belongs to nobody
	// known: it is counted, but makes no visit and no visitor.
	VisitorID uint64
	// UserHash is the site's own user id, hashed with the site's key. 0 means none.
	UserHash uint64
)

// Millis is a moment: milliseconds since 1970-01-01 UTC.
type Millis int64

// MillisOf returns t as Millis, cut to the millisecond.
func MillisOf(t time.Time) Millis { return Millis(t.UnixMilli()) }

// Time returns m as a time in UTC.
func (m Millis) Time() time.Time { return time.UnixMilli(int64(m)).UTC() }

// VisitorKind says how long a visitor id lasts.
type VisitorKind uint8

const (
	VisitorNone    VisitorKind = 0 // no visitor id
	VisitorDaily   VisitorKind = 1 // from a salt that is replaced each local day
	VisitorLasting VisitorKind = 2 // a first-party id, kept with consent
)

// Consent is one answer of a visitor. Unset means that the sender said nothing.
type Consent uint8

const (
	ConsentUnset   Consent = 0
	ConsentGranted Consent = 1
	ConsentDenied  Consent = 2
)

// Via says by which door an event came in.
type Via uint8

const (
	ViaUnknown Via = 0
	ViaBrowser Via = 1 // public site key
	ViaServer  Via = 2 // server key
	ViaPixel   Via = 3 // GET /v1/pixel.gif
	ViaCanary  Via = 4 // the product's own probe, kept out of every report
)

var viaNames = [...]string{"unknown", "browser", "server", "pixel", "canary"}

// String returns the door's name as ClickHouse has it; one that this version does not know is
// unknown.
func (v Via) String() string {
	if int(v) < len(viaNames) {
		return viaNames[v]
	}
	return viaNames[ViaUnknown]
}

// ParseVia returns the door with that name; ok is false when there is none.
func ParseVia(name string) (v Via, ok bool) {
	for i := range viaNames {
		if viaNames[i] == name {
			return Via(i), true
		}
	}
	return ViaUnknown, false
}

// ClickID is a platform's id of an ad click together with the parameter that carried it.
type ClickID struct {
	Kind  string // gclid, gbraid, wbraid, fbclid, …
	Value string // [A-Za-z0-9_-]{10,500}
}

// Prop is one custom property of an event.
type Prop struct{ Key, Value string }

// Item is one position of a sale or refund. Price is for one piece.
type Item struct {
	ID       string
	Name     string
	Category string
	Quantity int64
	Price    Micros
}

// Event is an accepted fact from a site, as it travels through Kafka. It never changes once
// it is accepted. Strings are valid UTF-8 without NUL; an empty string means not known.
type Event struct {
	ID        string // up to 64 of [A-Za-z0-9._:-]; unique within the site
	Site      SiteID
	Workspace WorkspaceID
	Kind      Kind
	Name      string // of goals and interactions
	Via       Via

	OccurredAt Millis // the sender's clock, corrected and bounded
	ReceivedAt Millis // the collector's clock

	Visitor     VisitorID
	VisitorKind VisitorKind
	User        UserHash

	Hostname string
	Path     string // without query and fragment, begins with /
	Query    string // what the allow-list left of it, without ?
	Title    string

	Referrer string // host and path, without scheme and query
	Source   string // display name: Google, newsletter, example.org
	Channel  string

	UTMSource, UTMMedium, UTMCampaign, UTMTerm, UTMContent, UTMID string

	ClickIDs []ClickID

	Country, Region, City                            string // ISO 3166-1 alpha-2; names
	Browser, BrowserVersion, OS, OSVersion, Device   string
	Screen, Language, TimeZone                       string
	BotReasons                                       []string // empty: taken for a human
	Props                                            []Prop
	OrderID                                          string
	Amount                                           Micros
	Currency                                         string // ISO 4217, upper case; set for sales and refunds
	Items                                            []Item
	ConsentAnalytics, ConsentAdUser, ConsentAdPerson Consent
	EmailHash, PhoneHash                             string // SHA-256, lower-case hex; only with ConsentAdUser granted

	// Unknown holds the fields that this version does not know, as they came, so that an event
	// which passes through an older service loses nothing.
	Unknown []byte
}

// PartitionKey is the number by which copies of an event find the same partition: a hash of
// site and id. It is also good as a 64-bit index key, not as proof that two events are one.
func (e *Event) PartitionKey() uint64 { return PartitionKey(e.Site, e.ID) }

// PartitionKey hashes site and event id: FNV-1a with a finaliser that spreads the low bits.
func PartitionKey(site SiteID, id string) uint64 {
	const prime = 1099511628211
	h := uint64(14695981039346656037)
	for i := 0; i < 64; i += 8 {
		h = (h ^ uint64(byte(site>>i))) * prime
	}
	for i := 0; i < len(id); i++ {
		h = (h ^ uint64(id[i])) * prime
	}
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	return h
}
