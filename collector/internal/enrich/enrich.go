// Package enrich completes an event with what its address, agent, URL and referrer tell, and
// leaves out what may not be kept.
//
// It asks the packages device, geo, traffic, redact and identity, in the order that privacy
// needs: what is stored is clean, what classifies may look at the raw text, and the address goes
// no further than this. In the flow it stands between the validated draft and Kafka.
package enrich

import (
	"context"
	"net/netip"
	"strings"

	"noctra/collector/internal/device"
	"noctra/collector/internal/geo"
	"noctra/collector/internal/identity"
	"noctra/collector/internal/ingest"
	"noctra/collector/internal/redact"
	"noctra/collector/internal/sites"
	"noctra/collector/internal/traffic"
	"noctra/schema"
)

// BotReferrerSpam is the reason of visits with a referrer that is known to be made up.
const BotReferrerSpam = "referrer_spam"

// Devices tells what an agent is.
type Devices interface {
	Parse(userAgent string) device.Info
}

// Places tells where an address is.
type Places interface {
	Lookup(addr netip.Addr) geo.Place
}

// Salts gives the salt of a day.
type Salts interface {
	Get(ctx context.Context, day identity.Day) identity.Salt
}

// Enricher completes events. It is safe for concurrent use.
type Enricher struct {
	Devices Devices
	Places  Places
	Salts   Salts
}

// Request is what the request of an event tells.
type Request struct {
	Via       schema.Via
	Addr      netip.Addr // of the client
	UserAgent string
	Language  string // Accept-Language
}

// Complete fills in what draft's event lacks, or says why it is refused. scratch is working
// memory; it is returned for the next call.
func (x *Enricher) Complete(ctx context.Context, d *ingest.Draft, site *sites.Site, req *Request, scratch []byte) (*ingest.Rejection, []byte) {
	e := &d.Event
	e.Via = req.Via
	addr, agent := req.Addr, req.UserAgent
	if req.Via == schema.ViaServer { // who sends says nothing about whom it is about
		addr, agent = d.Addr, d.UserAgent
	} else if e.Language == "" {
		e.Language = firstLanguage(req.Language)
	}
	if r := page(d, site); r != nil {
		return r, scratch
	}
	if r := excluded(e, site, addr); r != nil {
		return r, scratch
	}
	classify(d, site)
	x.machine(e, agent, addr)
	judge(e, site, agent, addr)
	if addr.IsValid() {
		place := x.Places.Lookup(addr)
		e.Country, e.Region, e.City = place.Country, place.Region, place.City
	}
	e.Title = redact.Text(e.Title)
	cleanProps(e, site)
	return nil, x.identify(ctx, d, site, addr, agent, scratch)
}

// page reads the URL and keeps what may be kept of it.
func page(d *ingest.Draft, site *sites.Site) *ingest.Rejection {
	if d.URL == "" {
		return nil
	}
	e := &d.Event
	policy := site.Policy
	if e.ConsentAdUser == schema.ConsentDenied {
		policy = site.NoClicks
	}
	parts, err := policy.URL(d.URL)
	if err != nil {
		return &ingest.Rejection{Field: "url", Code: ingest.URLInvalid, Message: "The url " + ingest.Quote(d.URL) + " is not taken: " + strings.TrimPrefix(err.Error(), "url ") + "."}
	}
	if e.Via != schema.ViaServer && !site.AllowsHost(parts.Host) {
		return &ingest.Rejection{Field: "url", Code: ingest.HostNotAllowed, Message: "The url's host " + ingest.Quote(parts.Host) + " is none of the site's host names."}
	}
	e.Hostname, e.Path, e.Query = parts.Host, parts.Path, parts.Query
	return nil
}

// classify finds campaign, click ids, source and channel.
func classify(d *ingest.Draft, site *sites.Site) {
	e := &d.Event
	r := traffic.Classify(traffic.Input{URL: d.URL, Referrer: d.Referrer, OwnHosts: site.Hostnames, ClickIDs: d.Clicks})
	e.Source, e.Channel = redact.Text(r.Source), r.Channel
	e.UTMSource, e.UTMMedium, e.UTMCampaign = redact.Text(r.UTM.Source), redact.Text(r.UTM.Medium), redact.Text(r.UTM.Campaign)
	e.UTMTerm, e.UTMContent, e.UTMID = redact.Text(r.UTM.Term), redact.Text(r.UTM.Content), redact.Text(r.UTM.ID)
	if e.ConsentAdUser != schema.ConsentDenied {
		for _, click := range r.ClickIDs {
			e.ClickIDs = append(e.ClickIDs, schema.ClickID{Kind: click.Kind, Value: click.Value})
		}
	}
	if r.ReferrerHost == "" {
		return
	}
	e.Referrer = r.ReferrerHost
	if parts, err := site.NoClicks.URL(d.Referrer); err == nil && parts.Path != "/" {
		e.Referrer += parts.Path
	}
	if traffic.ReferrerSpam(r.ReferrerHost) {
		e.BotReasons = append(e.BotReasons, BotReferrerSpam)
	}
}

// machine tells the device. A server that says nothing about an agent makes nobody a bot, nor does
// one that hands on what a browser sent, whose address is not known either; and a browser that somebody automates on the collector's own machine is a test, not a crawler.
func (x *Enricher) machine(e *schema.Event, agent string, addr netip.Addr) {
	if agent == "" && (e.Via == schema.ViaServer || !addr.IsValid()) {
		return
	}
	if addr.IsLoopback() {
		agent = strings.Replace(agent, "HeadlessChrome/", "Chrome/", 1)
	}
	info := x.Devices.Parse(agent)
	e.Browser, e.BrowserVersion, e.OS, e.OSVersion, e.Device = info.Browser, info.BrowserVersion, info.OS, info.OSVersion, info.Class
	if info.Bot != "" {
		e.BotReasons = append(e.BotReasons, info.Bot)
	}
}

// cleanProps takes personal data out of the properties that are URLs. What a site puts into the
// others is its own choice.
func cleanProps(e *schema.Event, site *sites.Site) {
	for i := range e.Props {
		value := e.Props[i].Value
		if !strings.HasPrefix(value, "http://") && !strings.HasPrefix(value, "https://") {
			continue
		}
		if parts, err := site.NoClicks.URL(value); err == nil {
			e.Props[i].Value = parts.String()
		}
	}
}

// firstLanguage returns the first language of an Accept-Language header.
func firstLanguage(header string) string {
	if i := strings.IndexAny(header, ",;"); i >= 0 {
		header = header[:i]
	}
	header = strings.TrimSpace(header)
	if len(header) > 35 || header == "*" {
		return ""
	}
	for i := 0; i < len(header); i++ {
		if c := header[i] | 0x20; (c < 'a' || c > 'z') && (c < '0' || c > '9') && header[i] != '-' {
			return ""
		}
	}
	return header
}

// identify makes the pseudonyms that the site's mode and the visitor's consent allow.
func (x *Enricher) identify(ctx context.Context, d *ingest.Draft, site *sites.Site, addr netip.Addr, agent string, scratch []byte) []byte {
	e := &d.Event
	if site.IdentityMode == schema.IdentityOff || e.ConsentAnalytics == schema.ConsentDenied && site.ConsentMode.Strict() {
		return scratch
	}
	consented := site.IdentityMode == schema.IdentityConsented && e.ConsentAnalytics != schema.ConsentDenied
	if consented || e.ConsentAnalytics == schema.ConsentGranted {
		e.User, scratch = site.Keys.User(d.UserID, scratch)
	}
	if consented && d.VisitorID != "" {
		if e.Visitor, scratch = site.Keys.Visitor(d.VisitorID, scratch); e.Visitor != 0 {
			e.VisitorKind = schema.VisitorLasting
			return scratch
		}
	}
	if !addr.IsValid() && agent == "" {
		return scratch
	}
	salt := x.Salts.Get(ctx, site.Zone.Day(e.OccurredAt))
	e.Visitor, scratch = identity.Daily(salt, site.ID, addr, agent, scratch)
	e.VisitorKind = schema.VisitorDaily
	return scratch
}
