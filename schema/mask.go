package schema

import "strings"

// ClickParams returns the parameters of addresses, in lower case, that carry the click id of a platform.
func ClickParams() []string {
	return []string{"gclid", "gbraid", "wbraid", "dclid", "fbclid", "msclkid", "ttclid", "twclid", "li_fat_id", "rdt_cid",
		"epik", "sccid", "yclid", "irclid", "irclickid", "mc_cid", "igshid", "igsh"}
}

// Mask leaves the ends of a click id or hash: enough to tell two apart by eye, and too little to use it.
func Mask(id string) string {
	switch {
	case id == "":
		return ""
	case len(id) < 16:
		return id[:min(2, len(id)/3)] + "…"
	}
	return id[:4] + "…" + id[len(id)-4:]
}

// MaskClicks returns an address with its click ids masked, in the query and in the fragment.
func MaskClicks(address string) string {
	masked := strings.Builder{}
	for len(address) > 0 {
		end := strings.IndexAny(address, "?&#;")
		part, mark := address, ""
		if end >= 0 {
			part, mark = address[:end], address[end:end+1]
		}
		address = address[len(part)+len(mark):]
		if name, value, found := strings.Cut(part, "="); found && isClickParam(name) {
			part = name + "=" + Mask(value)
		}
		masked.WriteString(part)
		masked.WriteString(mark)
	}
	return masked.String()
}

func isClickParam(name string) bool {
	for _, one := range ClickParams() {
		if strings.EqualFold(name, one) {
			return true
		}
	}
	return false
}
