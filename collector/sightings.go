package collector

import (
	"strings"

	"github.com/valyala/fasthttp"

	"noctra/collector/internal/ingest"
	"noctra/collector/internal/notes"
	"noctra/collector/internal/sites"
	"noctra/schema"
)

// sawRefusal notes what helps the owner of a site to see why a page's events are refused: the page's host
// where it is none of the site's, and the key where a page of the site names one that no site has.
func (s *Service) sawRefusal(w *work, code ingest.Code, named string) {
	switch {
	case w.who.itself():
	case code == ingest.OriginNotAllowed:
		s.noted.Saw(notes.Sighting{Site: w.who.denied, Kind: notes.HostNotAllowed, Host: strings.ToLower(w.who.host)}, w.received)
	case code == ingest.HostNotAllowed:
		s.noted.Saw(notes.Sighting{Site: w.site, Kind: notes.HostNotAllowed, Host: strings.ToLower(addressHost(w.draft.URL))}, w.received)
	case code == ingest.SiteUnknown && schema.ValidID(named):
		if site := w.who.sites.OwnerOf(w.who.host); site != nil {
			s.noted.Saw(notes.Sighting{Site: site.ID, Kind: notes.SiteUnknown, Host: strings.ToLower(w.who.host), Detail: named}, w.received)
		}
	}
}

// sawScript notes that a page loaded the script.
func (s *Service) sawScript(ctx *fasthttp.RequestCtx, version string) {
	host := addressHost(borrow(ctx.Request.Header.Referer()))
	if host == "" || !ctx.IsGet() {
		return
	}
	if site := s.sites.Snapshot().OwnerOf(host); site != nil {
		s.noted.Saw(notes.Sighting{Site: site.ID, Kind: notes.ScriptLoaded, Host: strings.ToLower(host), Detail: version}, schema.MillisOf(s.clock()))
	}
}

// addressHost returns the host of an address of a page, without port; empty for none.
func addressHost(address string) string {
	scheme, rest, _ := strings.Cut(address, "://")
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		rest = rest[:i]
	}
	return sites.OriginHost(scheme + "://" + rest)
}

// noteUse notes that a server key was used.
func (s *Service) noteUse(w *work) {
	if w.who.key != nil {
		s.noted.Used(w.who.key.ID, w.received)
	}
}
