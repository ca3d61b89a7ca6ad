package device

import "strings"

// tvTokens, consoleTokens and tabletTokens are found in headers of that class
// of device and in no other.
var (
	consoleTokens = [...]string{"Xbox", "PlayStation", "PLAYSTATION", "Nintendo"}
	tvTokens      = [...]string{
		"SMART-TV", "SmartTV", "Smart-TV", "SmartTv", "Smart TV", "TV Safari", "Android TV", "AndroidTV", "GoogleTV", "Google TV",
		"AppleTV", "Apple TV", "HbbTV", "NetCast", "Web0S", "webOS.TV", "BRAVIA", "Chromecast", "CrKey", "Roku", "TV BOX", "TVBOX",
		"MiTV", "MIBOX", "MiBOX", "; AFT", " AFT", "Vestel", "VIERA", "AQUOS-TV", "DTV", " TV ", " TV)", "TV;", "MagentaTV", "OMI/",
	}
	tabletTokens = [...]string{
		"iPad", "Tablet", "Nexus 7", "Nexus 9", "Nexus 10", "Pixel C", "SM-T", "SM-X", "SM-P", "GT-P", "GT-N8", "Lenovo TB", "TB-", "TB3", "TB2",
		"MediaPad", "MatePad", "MatePad", "; KF", "LG-V", "Galaxy Tab", "AGS", "BAH", "Redmi Pad", "Xiaomi Pad", "FBMD/iPad",
	}
	phoneSystems   = [...]string{"iOS", "KaiOS", "Windows Phone", "BlackBerry", "Symbian"}
	desktopSystems = [...]string{"Windows", "macOS", "Linux", "Chrome OS", "FreeBSD", "OpenBSD", "NetBSD"}
)

// class returns the kind of device of a person's header.
func class(ua, os string) string {
	switch {
	case containsAny(ua, consoleTokens[:]):
		return ClassConsole
	case os != "iOS" && os != "macOS" && containsAny(ua, tvTokens[:]):
		return ClassTV
	case os == "iPadOS":
		return ClassTablet
	case contains(phoneSystems[:], os):
		return ClassMobile
	case os == "Android" || os == "HarmonyOS" || os == "Tizen":
		return handheld(ua)
	case contains(desktopSystems[:], os):
		if strings.Contains(ua, "Tablet PC") || !strings.Contains(ua, "Tablet;") {
			return ClassDesktop
		}
		return ClassTablet
	case strings.Contains(ua, "Mobile"):
		return ClassMobile
	}
	return ""
}

// handheld tells phones from tablets: browsers on phones say Mobile, those on
// tablets do not, but a few tablets do and are known by model.
func handheld(ua string) string {
	switch {
	case strings.Contains(ua, " VR "):
		return ""
	case containsAny(ua, tabletTokens[:]):
		return ClassTablet
	case strings.Contains(ua, "Mobile"), strings.Contains(ua, "Opera Mini"), strings.Contains(ua, "Phone"):
		return ClassMobile
	}
	return ClassTablet
}

func containsAny(s string, tokens []string) bool {
	for _, t := range tokens {
		if strings.Contains(s, t) {
			return true
		}
	}
	return false
}

func contains(list []string, s string) bool {
	for _, v := range list {
		if v == s {
			return true
		}
	}
	return false
}
