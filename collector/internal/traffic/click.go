package traffic

import (
	"slices"
	"strings"
)

// ClickID is a platform's id of a click, together with which it is.
type ClickID struct {
	Kind  string // one of Kinds
	Value string // [A-Za-z0-9_-]{10,500}
}

// clickKinds are the kinds and what each tells. Ad means that the platform
// puts the parameter on paid clicks alone.
var clickKinds = [...]struct {
	kind, source string
	ad           bool
	channel      string // when nothing else is known; else as the source's channel
}{
	{"gclid", "Google", true, ""},
	{"gbraid", "Google", true, ""},
	{"wbraid", "Google", true, ""},
	{"dclid", "Google Ads", true, ChannelDisplay},
	{"fbclid", "Facebook", false, ""},
	{"msclkid", "Bing", true, ""},
	{"ttclid", "TikTok", true, ""},
	{"twclid", "X", true, ""},
	{"li_fat_id", "LinkedIn", true, ""},
	{"rdt_cid", "Reddit", true, ""},
	{"epik", "Pinterest", false, ""},
	{"sccid", "Snapchat", true, ""},
	{"yclid", "Yandex", true, ""},
	{"irclid", "Impact", false, ChannelAffiliates},
	{"mc_cid", "Mailchimp", false, ChannelEmail},
	{"igshid", "Instagram", false, ""},
}

// Kinds returns the kinds of click ids, in no order of importance.
func Kinds() []string {
	kinds := make([]string, len(clickKinds))
	for i := range clickKinds {
		kinds[i] = clickKinds[i].kind
	}
	return kinds
}

// Click ids have between minClickID and maxClickID bytes.
const (
	minClickID = 10
	maxClickID = 500
)

// ValidClickID reports whether value has the form of a click id.
func ValidClickID(value string) bool {
	if len(value) < minClickID || len(value) > maxClickID {
		return false
	}
	for i := 0; i < len(value); i++ {
		c := value[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '_' && c != '-' {
			return false
		}
	}
	return true
}

// clickKind returns the kind that a parameter's name stands for, or "".
func clickKind(key string) string {
	switch {
	case strings.EqualFold(key, "irclickid"):
		return "irclid"
	case strings.EqualFold(key, "igsh"):
		return "igshid"
	}
	for i := range clickKinds {
		if kind := clickKinds[i].kind; len(kind) == len(key) && strings.EqualFold(kind, key) {
			return kind
		}
	}
	return ""
}

// clicks collects the click ids of a URL. The zero value is ready.
type clicks struct {
	ids     []ClickID
	invalid []string
}

func (c *clicks) add(kind, value string) {
	if kind == "igshid" { // base64, whose padding says nothing
		value = strings.TrimRight(value, "=")
	}
	for i := range c.ids {
		if c.ids[i].Kind == kind {
			return
		}
	}
	if !ValidClickID(value) {
		c.refuse(kind)
		return
	}
	c.ids = append(c.ids, ClickID{kind, value})
}

func (c *clicks) refuse(kind string) {
	if !slices.Contains(c.invalid, kind) {
		c.invalid = append(c.invalid, kind)
	}
}

// merge puts the ids that the sender gave by themselves before those of the
// URL. Kinds that the product does not know are invalid.
func (c *clicks) merge(given []ClickID) (ids []ClickID, invalid []string) {
	if len(given) == 0 {
		return c.ids, c.invalid
	}
	var all clicks
	for _, id := range given {
		kind := clickKind(id.Kind)
		if kind == "" {
			all.refuse("unknown")
			continue
		}
		all.add(kind, id.Value)
	}
	for _, id := range c.ids {
		all.add(id.Kind, id.Value)
	}
	for _, kind := range c.invalid {
		all.refuse(kind)
	}
	return all.ids, all.invalid
}

// meaning is what click ids say about the source.
type meaning struct {
	name    string
	paid    bool
	channel string
}

// clickMeaning returns what the first ad click says, else the first click.
func clickMeaning(ids []ClickID, gadSource string) meaning {
	var found meaning
	for _, id := range ids {
		for i := range clickKinds {
			k := &clickKinds[i]
			if k.kind != id.Kind {
				continue
			}
			if k.ad {
				return meaning{k.source, true, k.channel}
			}
			if found.name == "" {
				found = meaning{k.source, false, k.channel}
			}
		}
	}
	if found.name == "" && gadSource != "" {
		return meaning{name: "Google", paid: true}
	}
	return found
}
