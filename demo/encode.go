package demo

import (
	"crypto/sha256"
	"encoding/binary"
	"time"

	"noctra/demo/internal/crowd"
	"noctra/schema"
)

// record is one step together with the visit that it belongs to.
type record struct {
	visit *crowd.Visit
	step  *crowd.Step
}

// message is an event as the collector takes it from a server.
type message struct {
	ID         string            `json:"id"`
	Site       string            `json:"site"`
	Type       string            `json:"type"`
	Name       string            `json:"name,omitempty"`
	URL        string            `json:"url"`
	Referrer   string            `json:"referrer,omitempty"`
	Title      string            `json:"title,omitempty"`
	Screen     string            `json:"screen,omitempty"`
	Language   string            `json:"language,omitempty"`
	TimeZone   string            `json:"time_zone,omitempty"`
	Props      map[string]string `json:"props,omitempty"`
	OccurredAt int64             `json:"occurred_at"` // milliseconds
	IP         string            `json:"ip,omitempty"`
	UserAgent  string            `json:"user_agent,omitempty"`
	OrderID    string            `json:"order_id,omitempty"`
	Amount     string            `json:"amount,omitempty"`
	Currency   string            `json:"currency,omitempty"`
	Items      []item            `json:"items,omitempty"`
	Consent    *consent          `json:"consent,omitempty"`

	Gclid  string `json:"gclid,omitempty"`
	Gbraid string `json:"gbraid,omitempty"`
	Wbraid string `json:"wbraid,omitempty"`
}

type item struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Category string `json:"category"`
	Quantity int64  `json:"quantity"`
	Price    string `json:"price"`
}

type consent struct {
	Analytics string `json:"analytics"`
	AdUser    string `json:"ad_user_data"`
	AdPerson  string `json:"ad_personalization"`
}

// address is the page's address with its query.
func (k keys) address(s *crowd.Step) string {
	address := "https://" + k.Hostname + s.Path
	if s.Query != "" {
		address += "?" + s.Query
	}
	return address
}

// message writes r for the collector, which finds out the rest by itself.
func (k keys) message(r record) message {
	v, s := r.visit, r.step
	m := message{
		ID: s.ID, Site: k.SiteKey, Type: s.Kind.String(), Name: s.Name, URL: k.address(s), Title: s.Title,
		OccurredAt: s.At.UnixMilli(), Referrer: v.Origin.Referrer,
	}
	if s.Before != "" {
		m.Referrer = "https://" + k.Hostname + s.Before
	}
	for _, p := range s.Props {
		if m.Props == nil {
			m.Props = map[string]string{}
		}
		m.Props[p.Key] = p.Value
	}
	if p := v.Person; p != nil {
		m.IP, m.UserAgent = p.IP.String(), p.Device.UserAgent
		m.Screen, m.Language, m.TimeZone = p.Screen, p.Language, p.TimeZone
	}
	if o := s.Order; o != nil {
		m.OrderID, m.Amount, m.Currency = o.ID, o.Amount.String(), o.Currency
		for _, i := range o.Items {
			m.Items = append(m.Items, item{i.ID, i.Name, i.Category, i.Quantity, i.Price.String()})
		}
	}
	if s.Browser { // which says of itself no more than its header, and what it remembers of the ad
		m.IP, m.UserAgent = "", ""
		for _, id := range v.Origin.ClickIDs {
			switch id.Kind {
			case "gclid":
				m.Gclid = id.Value
			case "gbraid":
				m.Gbraid = id.Value
			case "wbraid":
				m.Wbraid = id.Value
			}
		}
	}
	switch v.Consent {
	case crowd.ConsentGranted:
		m.Consent = &consent{"granted", "granted", "granted"}
	case crowd.ConsentDenied:
		m.Consent = &consent{"denied", "denied", "denied"}
	}
	return m
}

// event writes r as the collector would have written it into Kafka on that day. It is for days
// that lie too far back for the collector.
func (k keys) event(r record, now time.Time) *schema.Event {
	v, s := r.visit, r.step
	e := &schema.Event{
		ID: s.ID, Site: k.siteID(), Workspace: schema.WorkspaceID(k.Workspace), Kind: s.Kind, Name: s.Name,
		Via: schema.ViaServer, OccurredAt: schema.MillisOf(s.At), ReceivedAt: schema.MillisOf(now),
		Hostname: k.Hostname, Path: s.Path, Query: s.Query, Title: s.Title, Props: s.Props,
		Source: "Direct", Channel: "Direct",
	}
	if s.Before == "" {
		o := v.Origin
		e.Referrer, e.Source, e.Channel, e.ClickIDs = o.ReferrerPlace, o.Source, o.Channel, o.ClickIDs
	}
	if s.Query != "" {
		u := v.Origin.UTM
		e.UTMSource, e.UTMMedium, e.UTMCampaign, e.UTMTerm, e.UTMContent = u.Source, u.Medium, u.Campaign, u.Term, u.Content
	}
	k.setPerson(e, v, s.At)
	if o := s.Order; o != nil {
		e.OrderID, e.Amount, e.Currency, e.Items = o.ID, o.Amount, o.Currency, o.Items
	}
	if s.Browser {
		e.Kind, e.ID, e.Via, e.ClickIDs = schema.KindHeldSale, "held:"+s.ID, schema.ViaBrowser, v.Origin.ClickIDs
	}
	setConsent(e, v.Consent)
	return e
}

func (k keys) setPerson(e *schema.Event, v *crowd.Visit, at time.Time) {
	p := v.Person
	if p == nil {
		return
	}
	e.Country, e.Screen, e.Language, e.TimeZone = p.Country, p.Screen, p.Language, p.TimeZone
	d := p.Device
	e.Browser, e.BrowserVersion, e.OS, e.OSVersion, e.Device = d.Browser, d.BrowserVersion, d.OS, d.OSVersion, d.Class
	if d.Bot != "" {
		e.BotReasons = []string{d.Bot}
	}
	// Cookieless: an address and a browser are one visitor for one day.
	sum := sha256.Sum256([]byte(at.UTC().Format(time.DateOnly) + k.SiteKey + p.IP.String() + d.UserAgent))
	e.Visitor, e.VisitorKind = schema.VisitorID(binary.LittleEndian.Uint64(sum[:])|1), schema.VisitorDaily
}

func setConsent(e *schema.Event, answer crowd.Consent) {
	switch answer {
	case crowd.ConsentGranted:
		e.ConsentAnalytics, e.ConsentAdUser, e.ConsentAdPerson = schema.ConsentGranted, schema.ConsentGranted, schema.ConsentGranted
	case crowd.ConsentDenied:
		e.ConsentAnalytics, e.ConsentAdUser, e.ConsentAdPerson = schema.ConsentDenied, schema.ConsentDenied, schema.ConsentDenied
		e.ClickIDs = nil // are not stored without consent to their use
	}
}
