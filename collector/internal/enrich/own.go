package enrich

import (
	"net/netip"

	"noctra/collector/internal/ingest"
	"noctra/collector/internal/rules"
	"noctra/collector/internal/sites"
	"noctra/schema"
)

// ExcludedAddress is why events from an address that the site leaves out are refused.
func ExcludedAddress() *ingest.Rejection {
	return &ingest.Rejection{Field: "ip", Code: ingest.Excluded, Message: "The site leaves events from this address out."}
}

// excluded refuses what the site leaves out.
func excluded(e *schema.Event, site *sites.Site, addr netip.Addr) *ingest.Rejection {
	switch {
	case site.Rules.ExcludesAddress(addr):
		return ExcludedAddress()
	case site.Rules.ExcludesPath(e.Path):
		return &ingest.Rejection{Field: "url", Code: ingest.Excluded, Message: "The site leaves events of this page out."}
	}
	return nil
}

// judge lets the site's own rules about bots have the last word.
func judge(e *schema.Event, site *sites.Site, agent string, addr netip.Addr) {
	switch site.Rules.Judge(rules.Visit{Agent: agent, Addr: addr, Referrer: e.Referrer, Host: e.Hostname, Path: e.Path}) {
	case rules.Mark:
		e.BotReasons = append(e.BotReasons, schema.BotSiteRule)
	case rules.Allow:
		e.BotReasons = e.BotReasons[:0]
	}
}
