package ingest

import (
	"noctra/internal/pseudonym"
	"noctra/schema"
)

// Code says why something was refused. The set is closed: codes are labels of a metric and part
// of the surface, so none is ever renamed.
type Code string

// Codes about a whole request or body.
const (
	BodyEmpty           Code = "body_empty"
	BodyInvalid         Code = "body_invalid" // not JSON
	BodyTooLarge        Code = "body_too_large"
	EncodingUnsupported Code = "encoding_unsupported"
	EncodingInvalid     Code = "encoding_invalid" // the compressed bytes are damaged
	MediaUnsupported    Code = "media_type_unsupported"
	TooManyEvents       Code = "too_many_events"
	RequestInvalid      Code = "request_invalid" // malformed HTTP
	KeyUnknown          Code = "key_unknown"
	KeyExpired          Code = "key_expired"
	SignatureMissing    Code = "signature_missing"
	SignatureExpired    Code = "signature_expired"
	SignatureWrong      Code = "signature_wrong"
	OriginNotAllowed    Code = "origin_not_allowed"
	NotFound            Code = "not_found"
	MethodNotAllowed    Code = "method_not_allowed"
	KafkaUnavailable    Code = "kafka_unavailable"
	Overloaded          Code = "overloaded"
	NotReady            Code = "not_ready"
	Internal            Code = "internal_error"
	SpoolFull           Code = "spool_full"
	KafkaRetention      Code = "kafka_retention"
	RateLimited         Code = "rate_limited" // also of single events
)

// Codes about one event.
const (
	EventInvalid    Code = "event_invalid" // not an object
	EventTooLarge   Code = "event_too_large"
	TooDeep         Code = "too_deep"
	TextInvalid     Code = "text_invalid" // NUL, control characters, no UTF-8
	Required        Code = "required"
	WrongType       Code = "wrong_type"
	TooLong         Code = "too_long"
	TypeUnknown     Code = "type_unknown"
	IDInvalid       Code = "id_invalid"
	SiteUnknown     Code = "site_unknown"
	SiteForbidden   Code = "site_forbidden"
	SiteArchived    Code = "site_archived"
	HostNotAllowed  Code = "host_not_allowed"
	URLInvalid      Code = "url_invalid"
	TimeInvalid     Code = "time_invalid"
	OccurredTooOld  Code = "occurred_at_too_old"
	OccurredTooNew  Code = "occurred_at_too_new"
	AmountInvalid   Code = "amount_invalid"
	AmountPrecision Code = "amount_too_precise"
	AmountBounds    Code = "amount_out_of_range"
	CurrencyUnknown Code = "currency_unknown"
	ItemsInvalid    Code = "items_invalid"
	PropsInvalid    Code = "props_invalid"
	ConsentInvalid  Code = "consent_invalid"
	ClickIDInvalid  Code = "click_id_invalid"
	EmailInvalid    Code = "email_invalid"
	PhoneInvalid    Code = "phone_invalid"
	IPInvalid       Code = "ip_invalid"
	NeedsServerKey  Code = "needs_server_key"
	SaleFromBrowser Code = "sale_from_browser" // the site takes none
	Excluded        Code = "excluded"          // by the site's own rules
	KeptOut         Code = "kept_out"          // about somebody who is being erased; browsers are not told

	SignatureReplayed Code = "signature_replayed" // it came already with a request that was taken
	KeyScope          Code = "key_scope"          // the server key is for something else
	PartnerUnknown    Code = "partner_unknown"    // of a postback
)

// Codes returns all codes.
func Codes() []Code {
	return []Code{
		BodyEmpty, BodyInvalid, BodyTooLarge, EncodingUnsupported, EncodingInvalid, MediaUnsupported, TooManyEvents,
		RequestInvalid, KeyUnknown, OriginNotAllowed, NotFound, MethodNotAllowed, KafkaUnavailable, Overloaded, NotReady, Internal,
		SpoolFull, KafkaRetention, RateLimited,
		EventInvalid, EventTooLarge, TooDeep, TextInvalid, Required, WrongType, TooLong, TypeUnknown, IDInvalid,
		SiteUnknown, SiteForbidden, SiteArchived, HostNotAllowed, URLInvalid, TimeInvalid, OccurredTooOld, OccurredTooNew,
		AmountInvalid, AmountPrecision, AmountBounds, CurrencyUnknown, ItemsInvalid, PropsInvalid, ConsentInvalid,
		ClickIDInvalid, EmailInvalid, PhoneInvalid, IPInvalid, NeedsServerKey,
		SaleFromBrowser, Excluded, KeptOut,
		KeyExpired, SignatureMissing, SignatureExpired, SignatureWrong, SignatureReplayed, KeyScope, PartnerUnknown,
	}
}

// Rejection says why one event, or a whole body, was refused.
type Rejection struct {
	Index   int    // position of the event in the request
	ID      string // of the event where it gave one that can be shown, else empty
	Field   string // bare name of the field; body where it is none in particular
	Code    Code
	Message string        // one sentence with the value, shortened, and the rule
	Site    schema.SiteID // 0 when not known
}

// Limits bound what is taken. Lengths are in bytes.
type Limits struct {
	Events     int // in one request
	EventBytes int // JSON text of one event
	Depth      int // nesting of one event, itself included
	URL        int // also the referrer
	Props      int
	PropKey    int
	PropValue  int
}

// DefaultLimits returns the limits that the documentation states.
func DefaultLimits() Limits {
	return Limits{Events: 1000, EventBytes: 32 << 10, Depth: 8, URL: 2000, Props: 30, PropKey: 300, PropValue: 2000}
}

// Limits of single fields, in bytes, that are not configurable.
const (
	maxName    = 200
	maxTitle   = 2000
	maxWord    = 64                  // language, time_zone, screen
	maxPerson  = pseudonym.MaxPerson // visitor_id, user_id, email, phone, ip
	maxOrderID = 200
	maxItems   = 200
	maxItem    = 500 // each text of an item
	maxAgent   = 1000
)
