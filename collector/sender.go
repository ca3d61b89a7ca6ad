package collector

import (
	"unsafe"

	"github.com/valyala/fasthttp"

	"noctra/collector/internal/ingest"
	"noctra/collector/internal/sites"
	"noctra/schema"
)

// sender is who sent a request, and for which sites it may.
type sender struct {
	sites  *sites.Snapshot
	key    *sites.ServerKey // nil for browsers
	site   *sites.Site      // of events that name none; nil for none
	origin []byte           // of a browser, as sent; empty for none
	probe  bool             // it is this process's own canary
	door   schema.Via       // by which a server says that the events came first; unknown: its own
	host   string           // of the origin

	denied schema.SiteID // the site that was asked for last, where it may know of the refusal; 0 for none

	signature signature

	lastKey  string // the site that was asked for last, and its answer
	lastSite *sites.Site
}

var bearer = []byte("Bearer ")

// identify finds out who sends. An answer with a status ends the request.
func (s *Service) identify(ctx *fasthttp.RequestCtx, w *work) answerTo {
	who := &w.who
	*who = sender{sites: s.sites.Snapshot()}
	if err := s.sites.Ready(); err != nil {
		a := refusal(503, "site", ingest.NotReady, "The sites are not known yet; send again in a moment.")
		a.retry = 1
		return a
	}
	header := &ctx.Request.Header
	if len(header.Peek(fasthttp.HeaderAuthorization)) > 0 || len(header.Peek(keyHeader)) > 0 {
		if a := s.identifyServer(ctx, w); a.status != 0 || who.probe {
			return a
		}
	} else if who.origin = header.Peek(fasthttp.HeaderOrigin); len(who.origin) > 0 {
		who.host = sites.OriginHost(string(who.origin))
	}
	named := ctx.QueryArgs().Peek("site")
	if len(named) == 0 {
		return answerTo{}
	}
	site, code := who.find(borrow(named))
	if code == "" {
		who.site = site
		return answerTo{}
	}
	s.sawRefusal(w, code, borrow(named))
	status := 403
	if code == ingest.SiteUnknown {
		status = 401
	}
	return refusal(status, "site", code, siteMessage(code, borrow(named), who))
}

// doorHeader names the door by which the events came first that a server sends: it then vouches for
// none of them, and each may say what it might have said at that door, and no more.
const doorHeader = "X-Noctra-Door"

// judge notes the door that a server names. An answer with a status ends the request.
func (w *sender) judge(name []byte) answerTo {
	if len(name) == 0 {
		return answerTo{}
	}
	door, _ := schema.ParseVia(string(name))
	if door != schema.ViaBrowser && door != schema.ViaPixel {
		return refusal(400, "body", ingest.RequestInvalid, "The header "+doorHeader+" names neither browser nor pixel.")
	}
	w.door = door
	return answerTo{}
}

// itself tells whether the head of the request and its address are about the sender alone, and not
// about whoever made the events.
func (w *sender) itself() bool { return w.key != nil || w.probe }

// vouches tells whether the events are a server's own.
func (w *sender) vouches() bool { return w.key != nil && w.door == schema.ViaUnknown }

// via is the door of the request's events, given that of requests without a server key.
func (w *sender) via(open schema.Via) schema.Via {
	switch {
	case w.probe:
		return schema.ViaCanary
	case w.key == nil:
		return open
	case w.door != schema.ViaUnknown:
		return w.door
	}
	return schema.ViaServer
}

// find returns the site with that public key, or why the sender may not send for it.
func (w *sender) find(publicKey string) (*sites.Site, ingest.Code) {
	if w.lastSite != nil && w.lastKey == publicKey {
		return w.lastSite, ""
	}
	w.denied = 0
	site := w.sites.Site(publicKey)
	switch {
	case w.key != nil && (site == nil || !w.key.Allows(site)):
		return nil, ingest.SiteForbidden // also where there is none: a key learns nothing about other workspaces
	case site == nil:
		return nil, ingest.SiteUnknown
	case site.Archived:
		w.denied = site.ID
		return nil, ingest.SiteArchived
	case len(w.origin) > 0 && !site.AllowsHost(w.host):
		w.denied = site.ID
		return nil, ingest.OriginNotAllowed
	}
	w.lastKey, w.lastSite = site.PublicKey, site
	return site, ""
}

// of returns the site of an event that names publicKey, empty for none.
func (w *sender) of(d *ingest.Decoder, publicKey string) (*sites.Site, *ingest.Rejection) {
	if publicKey == "" {
		if w.site != nil {
			return w.site, nil
		}
		return nil, d.Reject("site", ingest.Required, "The site is missing; name it by its public key.")
	}
	site, code := w.find(publicKey)
	if code != "" {
		return nil, d.Reject("site", code, siteMessage(code, publicKey, w))
	}
	return site, nil
}

func siteMessage(code ingest.Code, publicKey string, w *sender) string {
	switch code {
	case ingest.SiteForbidden:
		return "The server key may not send for the site " + ingest.Quote(publicKey) + "."
	case ingest.SiteArchived:
		return "The site " + ingest.Quote(publicKey) + " is archived and takes no events."
	case ingest.OriginNotAllowed:
		return "The origin " + ingest.Quote(string(w.origin)) + " is none of the site's host names."
	}
	return "The site " + ingest.Quote(publicKey) + " is not known."
}

// statusOf is the answer to a request of which nothing was accepted.
func statusOf(rejected []*ingest.Rejection, server bool) int {
	unknown, forbidden, replayed := 0, 0, 0
	for _, r := range rejected {
		switch r.Code {
		case ingest.RateLimited: // sent again, it may be taken
			return 429
		case ingest.SiteUnknown:
			unknown++
		case ingest.SignatureReplayed:
			replayed++
		case ingest.Required:
			if r.Field == "site" && !server {
				unknown++
			}
		case ingest.SiteForbidden, ingest.SiteArchived, ingest.OriginNotAllowed:
			forbidden++
		}
	}
	switch len(rejected) {
	case 0:
		return 400
	case unknown, replayed:
		return 401
	case forbidden:
		return 403
	}
	return 400
}

// borrow reads b as a string without a copy, for look-ups that keep nothing.
func borrow(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
