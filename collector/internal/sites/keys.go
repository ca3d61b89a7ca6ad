package sites

import (
	"strings"

	"noctra/schema"
)

// Ended tells whether the key's time is over.
func (k *ServerKey) Ended(now schema.Millis) bool { return k.Expires != 0 && now >= k.Expires }

// NumberedKey returns the server key with that number, nil for none. Whoever names it has shown nothing.
func (s *Snapshot) NumberedKey(id int64) *ServerKey { return s.numbered[id] }

// several stands for the sites of a host that several have.
var several = &Site{}

// own notes that a host, or all below a domain, belongs to a site.
func (s *Snapshot) own(host string, site *Site) {
	host = strings.TrimPrefix(strings.ToLower(host), "*")
	if other := s.hosts[host]; other != nil && other != site {
		site = several
	}
	s.hosts[host] = site
}

// OwnerOf returns the site that a host belongs to, nil where there are none or several.
func (s *Snapshot) OwnerOf(host string) *Site {
	if site := s.owner(host); site != several {
		return site
	}
	return nil
}

// owner returns the site of a host, several, or nil.
func (s *Snapshot) owner(host string) *Site {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if site := s.hosts[host]; site != nil {
		return site
	}
	for i := 1; i < len(host); i++ {
		if host[i] != '.' {
			continue
		}
		if site := s.hosts[host[i:]]; site != nil {
			return site
		}
	}
	return nil
}
