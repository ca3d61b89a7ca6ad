// Package rules has what a site says about its own traffic: which addresses and pages it leaves out,
// and who is a bot whatever else speaks for it.
//
// Rules are compiled once per change of a site, and asked once per event; most sites have none, which
// costs nothing. The package refuses nothing and marks nothing itself: it only answers. In the flow
// it stands beside package enrich.
package rules

import (
	"net/netip"
	"strings"

	"noctra/schema"
)

// Rules are those of one site. They are immutable.
type Rules struct {
	addresses []netip.Prefix
	paths     globs
	bots      []bot
}

// bot is a rule about bots.
type bot struct {
	kind   schema.BotRuleKind
	text   string // of an agent in lower case; of a host without "*."
	below  bool   // the hosts below text, not text itself
	prefix netip.Prefix
	path   globs
	allow  bool
}

// Compile returns the rules of a site, nil where it has none. What is no rule of this version is left
// out: Postgres takes only rules that were checked.
func Compile(site *schema.Site) *Rules {
	if len(site.ExcludedAddresses)+len(site.ExcludedPaths)+len(site.BotRules) == 0 {
		return nil
	}
	r := &Rules{paths: compileGlobs(site.ExcludedPaths)}
	for _, text := range site.ExcludedAddresses {
		if prefix, err := netip.ParsePrefix(text); err == nil {
			r.addresses = append(r.addresses, prefix)
		}
	}
	for _, rule := range site.BotRules {
		if b, ok := compileBot(rule); ok {
			r.bots = append(r.bots, b)
		}
	}
	return r
}

func compileBot(rule schema.BotRule) (b bot, ok bool) {
	b = bot{kind: rule.Kind, text: rule.Value, allow: rule.Action == schema.BotAllow}
	switch rule.Kind {
	case schema.BotByAgent:
		b.text = strings.ToLower(rule.Value)
	case schema.BotByAddress:
		var err error
		b.prefix, err = netip.ParsePrefix(rule.Value)
		return b, err == nil
	case schema.BotByReferrer, schema.BotByHost:
		b.text, b.below = strings.CutPrefix(rule.Value, "*.")
		if rule.Kind == schema.BotByReferrer { // as referrers are stored
			b.text = strings.TrimPrefix(b.text, "www.")
		}
	case schema.BotByPath:
		b.path = compileGlobs([]string{rule.Value})
	default:
		return b, false
	}
	return b, b.text != ""
}

// ExcludesAddress reports whether events from addr are left out.
func (r *Rules) ExcludesAddress(addr netip.Addr) bool {
	if r == nil || !addr.IsValid() {
		return false
	}
	for _, prefix := range r.addresses {
		if prefix.Contains(addr) {
			return true
		}
	}
	return false
}

// ExcludesPath reports whether events of pages with that path are left out; an empty path is none.
func (r *Rules) ExcludesPath(path string) bool {
	return r != nil && path != "" && r.paths.match(path)
}

// Visit is what rules about bots look at.
type Visit struct {
	Agent    string
	Addr     netip.Addr
	Referrer string // host and path
	Host     string // of the page
	Path     string
}

// Verdict is what a site's rules say of a visit.
type Verdict uint8

// Verdicts.
const (
	Silent Verdict = iota // no rule fits
	Mark
	Allow
)

// Judge returns what the first rule that fits says.
func (r *Rules) Judge(v Visit) Verdict {
	if r == nil || len(r.bots) == 0 {
		return Silent
	}
	v.Agent = strings.ToLower(v.Agent)
	v.Referrer, _, _ = strings.Cut(v.Referrer, "/")
	for i := range r.bots {
		switch b := &r.bots[i]; {
		case !b.fits(&v):
		case b.allow:
			return Allow
		default:
			return Mark
		}
	}
	return Silent
}

func (b *bot) fits(v *Visit) bool {
	switch b.kind {
	case schema.BotByAgent:
		return strings.Contains(v.Agent, b.text)
	case schema.BotByAddress:
		return b.prefix.Contains(v.Addr)
	case schema.BotByReferrer:
		return b.isHost(v.Referrer)
	case schema.BotByHost:
		return b.isHost(v.Host)
	}
	return b.path.match(v.Path)
}

func (b *bot) isHost(host string) bool {
	if !b.below {
		return host == b.text
	}
	rest, ok := strings.CutSuffix(host, b.text)
	return ok && strings.HasSuffix(rest, ".")
}
