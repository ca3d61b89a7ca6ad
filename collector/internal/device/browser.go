package device

import "strings"

// browserToken says that a header containing token comes from the browser
// name, whose version follows versionAt (token itself when that is empty).
type browserToken struct {
	token, name, versionAt string
}

// browserTokens is searched from the top: apps that embed an engine first, then
// browsers that also name the engine they are built on, then the engines' own.
var browserTokens = [...]browserToken{
	{"Barcelona ", "Threads", ""},
	{"Instagram ", "Instagram", ""}, {"Instagram/", "Instagram", ""},
	{"FBAN/Messenger", "Messenger", "FBAV/"}, {"FB_IAB/Orca", "Messenger", "FBAV/"}, {"FBAN/Orca", "Messenger", "FBAV/"},
	{"FB_IAB/MESSENGER", "Messenger", "FBAV/"}, {"FBAN/", "Facebook", "FBAV/"}, {"FB_IAB", "Facebook", "FBAV/"}, {"FBAV/", "Facebook", ""},
	{"[FB", "Facebook", "FBAV/"}, {"MetaIAB Facebook", "Facebook", "-"},
	{"musical_ly", "TikTok", "app_version/"}, {"trill_", "TikTok", "app_version/"}, {"BytedanceWebview", "TikTok", "app_version/"}, {"TikTok", "TikTok", "TikTok "},
	{"Snapchat", "Snapchat", "Snapchat/"},
	{"[Pinterest/", "Pinterest", "-"}, {"Pinterest for ", "Pinterest", "-"}, {"Pinterest/", "Pinterest", ""},
	{"LinkedInApp", "LinkedIn", "LinkedInApp]/"}, {"LinkedIn/", "LinkedIn", ""},
	{"Twitter for ", "Twitter", "Twitter for iPhone/"}, {"TwitterAndroid", "Twitter", "-"},
	{"Reddit/", "Reddit", "Reddit/Version "},
	{"MicroMessenger/", "WeChat", ""}, {"KAKAOTALK", "KakaoTalk", "KAKAOTALK/"}, {" Line/", "LINE", ""},
	{"NAVER(", "NAVER", "-"}, {"DaumApps/", "Daum", ""}, {"DaumDevice", "Daum", "-"}, {"Daum/", "Daum", ""},
	{"Viber/", "Viber", ""}, {"WhatsApp", "WhatsApp", "WhatsApp/"},
	{"GSA/", "Google App", ""},

	{"NetFront/", "NetFront", ""}, {"PlayStation", "PlayStation", "-"}, {"PLAYSTATION", "PlayStation", "-"},
	{"NintendoBrowser/", "Nintendo Browser", ""}, {"Nintendo ", "Nintendo Browser", "-"},
	{"KAIOS/", "KaiOS Browser", ""}, {"LG Browser/", "LG Browser", ""}, {"Web0S", "LG Browser", "-"}, {"LG NetCast", "LG Browser", "-"},

	{"YaBrowser/", "Yandex Browser", ""}, {"YaApp_", "Yandex Browser", "-"}, {"YaSearchBrowser/", "Yandex Browser", ""}, {"YandexSearch/", "Yandex Browser", ""},
	{"UCBrowser/", "UC Browser", ""}, {"UCWEB", "UC Browser", "-"}, {"UBrowser/", "UC Browser", ""},
	{"DuckDuckGo/", "DuckDuckGo", "Ddg/"}, {"Ddg/", "DuckDuckGo", ""},
	{"MiuiBrowser/", "MIUI Browser", ""}, {"HuaweiBrowser/", "Huawei Browser", ""}, {"SamsungBrowser/", "Samsung Internet", ""},
	{"VivoBrowser/", "vivo Browser", ""}, {"HeyTapBrowser/", "HeyTap Browser", ""}, {"OppoBrowser/", "HeyTap Browser", ""},
	{"Whale/", "Naver Whale", ""}, {"coc_coc_browser/", "Coc Coc", ""}, {"CocCocBrowser/", "Coc Coc", ""}, {"QQBrowser/", "QQ Browser", ""},
	{"Vivaldi/", "Vivaldi", ""}, {"Brave/", "Brave", ""}, {"Brave", "Brave", "Chrome/"},
	{"Ecosia", "Ecosia", "@"}, {"AlohaBrowser/", "Aloha", ""}, {"AlohaBrowserApp", "Aloha", "-"}, {"Puffin/", "Puffin", ""},
	{"Maxthon/", "Maxthon", ""}, {"Maxthon", "Maxthon", "Maxthon "}, {"MXiOS/", "Maxthon", ""}, {"MxBrowser/", "Maxthon", ""},
	{"OculusBrowser/", "Oculus Browser", ""}, {"PHX/", "Phoenix Browser", ""}, {"PhoenixBrowser/", "Phoenix Browser", ""}, {"Silk/", "Amazon Silk", ""},
	{"PaleMoon/", "Pale Moon", ""}, {"SeaMonkey/", "SeaMonkey", ""}, {"Waterfox/", "Waterfox", ""}, {"SznProhlizec/", "Seznam", ""},
	{"Avast/", "Avast Secure Browser", ""}, {"AVG/", "AVG Secure Browser", ""}, {"Electron/", "Electron", ""},
	{"MetaSr", "Sogou", "-"},

	{"Opera Mini/", "Opera Mini", ""}, {"OPiOS/", "Opera Mini", ""}, {"OPR/", "Opera", ""}, {"OPT/", "Opera", ""}, {"OPX/", "Opera", ""},
	{"OPRGX/", "Opera", ""}, {"Opera Mobi/", "Opera", "Version/"}, {"Opera/9.80", "Opera", "Version/"}, {"Opera/", "Opera", ""}, {"Opera ", "Opera", ""},
	{"EdgA/", "Edge", ""}, {"EdgiOS/", "Edge", ""}, {"Edg/", "Edge", ""}, {"Edge/", "Edge", ""},
	{"FxiOS/", "Firefox", ""}, {"Focus/", "Firefox", ""}, {"Klar/", "Firefox", ""}, {"Firefox/", "Firefox", ""},
	{"HeadlessChrome/", "Headless Chrome", ""}, {"CriOS/", "Chrome", ""},
	{"Trident/", "Internet Explorer", "rv:"}, {"MSIE ", "Internet Explorer", ""},
	{"; wv)", "Android WebView", "Chrome/"},
}

// browser returns the browser's name and version, or nothing when no token is
// known and the caller's guess has to do.
func browser(ua string) (name, ver string) {
	for i := range browserTokens {
		t := &browserTokens[i]
		rest, ok := after(ua, t.token)
		if !ok {
			continue
		}
		if t.versionAt != "" {
			rest, _ = after(ua, t.versionAt)
		}
		name, ver = t.name, version(rest)
		if name == "Opera" && strings.Contains(ua, "; wv)") {
			name = "Opera Mini"
		}
		return name, ver
	}
	return engineBrowser(ua)
}

// engineBrowser tells the browsers that carry nobody's token but the engine's.
func engineBrowser(ua string) (name, ver string) {
	if rest, ok := after(ua, "Chrome/"); ok {
		if strings.Contains(ua, "Android") && strings.Contains(ua, " Version/4.0 Chrome/") {
			return "Android WebView", version(rest)
		}
		return "Chrome", version(rest)
	}
	apple := strings.Contains(ua, "iPhone") || strings.Contains(ua, "iPad") || strings.Contains(ua, "iPod")
	if rest, ok := after(ua, "Version/"); ok && strings.Contains(ua, "AppleWebKit/") {
		if strings.Contains(ua, "Android") {
			return "Android Browser", version(rest)
		}
		if strings.Contains(ua, "Safari/") {
			return "Safari", version(rest)
		}
	}
	if apple && strings.Contains(ua, "AppleWebKit/") && !strings.Contains(ua, "Safari/") {
		return "iOS WebView", ""
	}
	return "", ""
}
