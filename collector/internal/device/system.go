package device

import "strings"

// systemToken says that a header containing token comes from the system name,
// whose version follows versionAt ("" when it is not told).
type systemToken struct {
	token, name, versionAt string
}

// systemTokens is searched from the top: systems that also claim another name
// for compatibility come before the one they claim.
var systemTokens = [...]systemToken{
	{"Windows Phone", "Windows Phone", "Windows Phone "},
	{"OpenHarmony", "HarmonyOS", "OpenHarmony "}, {"HarmonyOS", "HarmonyOS", "HarmonyOS "},
	{"KAIOS/", "KaiOS", "KAIOS/"}, {"Tizen", "Tizen", "Tizen "},
	{"Web0S", "webOS", "webOS.TV-"}, {"webOS", "webOS", "webOS/"}, {"NetCast", "webOS", ""},
	{"PlayStation", "PlayStation", ""}, {"PLAYSTATION", "PlayStation", ""}, {"Nintendo", "Nintendo", ""},
	{"AppleTV", "tvOS", ""}, {"Apple TV", "tvOS", ""}, {"Roku", "Roku", ""},
	{"Windows NT ", "Windows", "Windows NT "}, {"Windows", "Windows", ""},
	{"iPad", "iPadOS", " OS "}, {"iPhone", "iOS", " OS "}, {"iPod", "iOS", " OS "},
	{"CrOS ", "Chrome OS", ""},
	{"Android", "Android", "Android "}, {"Linux; U; Adr ", "Android", "Adr "},
	{"Mac OS X", "macOS", "Mac OS X "}, {"Macintosh", "macOS", ""},
	{"FreeBSD", "FreeBSD", ""}, {"OpenBSD", "OpenBSD", ""}, {"NetBSD", "NetBSD", ""},
	{"BlackBerry", "BlackBerry", ""}, {"BB10", "BlackBerry", ""}, {"Symbian", "Symbian", ""}, {"SymbOS", "Symbian", ""},
	{"Linux", "Linux", ""}, {"X11", "Linux", ""},
}

// windowsNames maps the kernel's version to the one that people know. From 10
// on browsers no longer tell: 11 says 10 too.
var windowsNames = map[string]string{
	"10.0": "10", "6.4": "10", "6.3": "8.1", "6.2": "8", "6.1": "7", "6.0": "Vista",
	"5.2": "XP", "5.1": "XP", "5.0": "2000",
}

// system returns the operating system's name and version.
func system(ua string) (name, ver string) {
	for i := range systemTokens {
		t := &systemTokens[i]
		if !strings.Contains(ua, t.token) {
			continue
		}
		if t.versionAt != "" {
			rest, _ := after(ua, t.versionAt)
			ver = version(rest)
		}
		return refineSystem(ua, t.name, ver)
	}
	return "", ""
}

// refineSystem corrects what a token alone gets wrong.
func refineSystem(ua, name, ver string) (string, string) {
	switch name {
	case "Windows":
		return name, windowsNames[ver]
	case "macOS":
		if strings.Contains(ua, "FBDV/iPad") || strings.Contains(ua, "Mobile/") {
			return "iPadOS", "" // an app on an iPad that asks for desktop pages
		}
	case "iOS":
		if strings.Contains(ua, "FBDV/iPad") {
			return "iPadOS", ver
		}
	}
	return name, ver
}
