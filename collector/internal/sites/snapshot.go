package sites

import (
	"crypto/sha256"
	"net/netip"
	"strings"
	"time"
	_ "time/tzdata" // also where the machine has no zone files

	"noctra/collector/internal/identity"
	"noctra/collector/internal/redact"
	"noctra/collector/internal/rules"
	"noctra/schema"
)

// Site is a site with what is made from its settings once, not per event.
type Site struct {
	schema.Site
	Zone     *identity.Zone
	Keys     identity.Keys
	Policy   *redact.Policy // of URLs
	NoClicks *redact.Policy // the same without click ids, where their storing was denied
	Rules    *rules.Rules   // nil for none
	KeptOut  *KeptOut       // people whose events are not taken; nil for nobody
}

// ServerKey is a key of a workspace's servers.
type ServerKey struct {
	ID        int64
	Workspace schema.WorkspaceID
	Hash      [sha256.Size]byte
	SiteIDs   []schema.SiteID // empty: all sites of the workspace
	Only      *Site           `json:"-"` // the one site in the key's scope, nil where there are none or several

	Expires  schema.Millis `json:",omitempty"` // from then on it is good no more; 0: never
	MustSign bool          `json:",omitempty"` // requests without a signature are refused
	Sealed   []byte        `json:",omitempty"` // signing secret, sealed; empty: none
	Postback bool          `json:",omitempty"` // it is for postbacks of partners, and for nothing else
}

// Allows reports whether the key may send for the site.
func (k *ServerKey) Allows(site *Site) bool {
	if site.Workspace != k.Workspace {
		return false
	}
	for _, id := range k.SiteIDs {
		if id == site.ID {
			return true
		}
	}
	return len(k.SiteIDs) == 0
}

// Snapshot is everything at one moment. It is immutable.
type Snapshot struct {
	sites    map[string]*Site // by public key
	keys     map[[sha256.Size]byte]*ServerKey
	numbered map[int64]*ServerKey
	hosts    map[string]*Site // of host names; "*.shop.example" as ".shop.example"
	zones    map[string]*identity.Zone
	source   Source // its sites share the memory of those above
}

// Source is what a Snapshot is made from.
type Source struct {
	Sites   []schema.Site
	Keys    []ServerKey
	Layouts schema.Layouts // none: not known
	Settled bool           `json:"-"` // no transaction was under way that could still show a change
	Erased  []Erased       `json:",omitempty"`
}

// newSnapshot makes a snapshot. Calendars, and sites whose settings are the same, are taken over from
// previous, which may be nil.
func newSnapshot(source Source, previous *Snapshot) *Snapshot {
	s := &Snapshot{
		sites:    make(map[string]*Site, len(source.Sites)),
		keys:     make(map[[sha256.Size]byte]*ServerKey, len(source.Keys)),
		numbered: make(map[int64]*ServerKey, len(source.Keys)),
		hosts:    make(map[string]*Site, len(source.Sites)),
		zones:    map[string]*identity.Zone{},
		source:   source,
	}
	scopes := map[schema.WorkspaceID][]*Site{}
	shared, kept := policies{}, keptOut(source.Erased)
	for i, settings := range source.Sites {
		site := previous.same(settings)
		if site == nil {
			policies := shared.of(settings.QueryParams)
			site = &Site{
				Site:     settings,
				Zone:     s.zone(settings.TimeZone, previous),
				Keys:     identity.KeysOf(settings.IdentityKey),
				Policy:   policies.all,
				NoClicks: policies.noClicks,
				Rules:    rules.Compile(&settings),
			}
		}
		s.zones[settings.TimeZone], source.Sites[i] = site.Zone, site.Site
		site = site.keepingOut(kept[site.ID])
		s.sites[site.PublicKey] = site
		if site.Archived {
			continue
		}
		scopes[site.Workspace] = append(scopes[site.Workspace], site)
		for _, host := range site.Hostnames {
			s.own(host, site)
		}
	}
	for _, key := range source.Keys {
		key.Only = only(&key, scopes[key.Workspace])
		s.keys[key.Hash], s.numbered[key.ID] = &key, &key
	}
	return s
}

func only(key *ServerKey, all []*Site) *Site {
	var found *Site
	for _, site := range all {
		if !key.Allows(site) {
			continue
		}
		if found != nil {
			return nil
		}
		found = site
	}
	return found
}

// zone returns the calendar of a time zone; a name that this machine does not know is UTC.
func (s *Snapshot) zone(name string, previous *Snapshot) *identity.Zone {
	if z, ok := s.zones[name]; ok {
		return z
	}
	if previous != nil && previous.zones[name] != nil {
		s.zones[name] = previous.zones[name]
		return s.zones[name]
	}
	location, err := time.LoadLocation(name)
	if err != nil {
		location = time.UTC
	}
	s.zones[name] = identity.NewZone(location)
	return s.zones[name]
}

// Site returns the site with that public key, nil for none.
func (s *Snapshot) Site(publicKey string) *Site { return s.sites[publicKey] }

// Key returns the server key with that secret, nil for none.
func (s *Snapshot) Key(secret []byte) *ServerKey { return s.keys[sha256.Sum256(secret)] }

// Layouts say in which partitions events are placed.
func (s *Snapshot) Layouts() schema.Layouts { return s.source.Layouts }

// Len returns the number of sites and of server keys.
func (s *Snapshot) Len() (sites, keys int) { return len(s.sites), len(s.keys) }

// Zones returns the calendars in use.
func (s *Snapshot) Zones() []*identity.Zone {
	all := make([]*identity.Zone, 0, len(s.zones))
	for _, zone := range s.zones {
		all = append(all, zone)
	}
	return all
}

// AllowsHost reports whether host belongs to any site that is not archived.
func (s *Snapshot) AllowsHost(host string) bool { return s.owner(host) != nil }

// OriginHost returns the host of an Origin header, without port. It is empty for what is none,
// such as "null".
func OriginHost(origin string) string {
	scheme, host, ok := strings.Cut(origin, "://")
	if !ok || scheme != "https" && scheme != "http" || strings.ContainsAny(host, "/?#@") {
		return ""
	}
	if addr, err := netip.ParseAddrPort(host); err == nil {
		return addr.Addr().String()
	}
	host, _, _ = strings.Cut(host, ":")
	return host
}
