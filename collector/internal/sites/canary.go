package sites

import (
	"time"

	"noctra/collector/internal/identity"
	"noctra/collector/internal/redact"
	"noctra/schema"
)

// Canary returns the site of the product's own probes. It has no key, stands in no snapshot, and
// knows nobody.
func Canary() *Site {
	return &Site{
		Site: schema.Site{ID: schema.CanarySite, Name: schema.CanaryName, TimeZone: "UTC", Currency: "USD", IdentityMode: schema.IdentityOff},
		Zone: identity.NewZone(time.UTC), Keys: identity.KeysOf(nil),
		Policy: redact.NewPolicy(redact.Options{}), NoClicks: redact.NewPolicy(redact.Options{DropClickIDs: true}),
	}
}
