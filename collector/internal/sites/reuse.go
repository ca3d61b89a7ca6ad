package sites

import (
	"reflect"
	"strings"

	"noctra/collector/internal/redact"
	"noctra/schema"
)

// same returns the site with exactly these settings, nil for none: of tens of thousands of sites one
// has changed, and the others need not be made again.
func (s *Snapshot) same(settings schema.Site) *Site {
	if s == nil {
		return nil
	}
	if site := s.sites[settings.PublicKey]; site != nil && reflect.DeepEqual(site.Site, settings) {
		return site
	}
	return nil
}

// policies are those of one snapshot, by the parameters that they let through: most sites let the same
// ones through.
type policies map[string]policyPair

type policyPair struct{ all, noClicks *redact.Policy }

func (p policies) of(params []string) policyPair {
	name := strings.Join(params, "\x00")
	pair, ok := p[name]
	if !ok {
		pair = policyPair{redact.NewPolicy(redact.Options{Params: params}), redact.NewPolicy(redact.Options{Params: params, DropClickIDs: true})}
		p[name] = pair
	}
	return pair
}
