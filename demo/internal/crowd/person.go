// Package crowd makes up the visitors of the demo shop: who they are, where they come from, which
// pages they walk through and what they buy. The same seed makes the same crowd.
//
// It sends nothing and knows no clock: the demo's history asks it for whole days, the demo's live
// traffic for one visit at a time.
package crowd

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/netip"
)

// Device is a browser on a machine, with what the collector reads from its header. The history
// that does not pass through the collector needs both.
type Device struct {
	UserAgent               string
	Browser, BrowserVersion string
	OS, OSVersion           string
	Class                   string
	Bot                     string // reason, empty for people
	Screens                 []string
	weight                  int
}

// Person is one visitor at one address.
type Person struct {
	IP       netip.Addr
	Country  string // ISO 3166-1 alpha-2, what the country database says of IP
	Language string
	TimeZone string
	Screen   string
	Device   *Device
}

const (
	chrome  = "Chrome"
	safari  = "Safari"
	firefox = "Firefox"
	windows = "Windows"
	android = "Android"
)

var (
	desktopScreens = []string{"1920x1080", "1920x1080", "2560x1440", "1536x864", "1440x900"}
	phoneScreens   = []string{"412x915", "384x832", "360x800"}
	iphoneScreens  = []string{"393x852", "390x844", "430x932"}
)

var devices = []Device{
	{"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/154.0.0.0 Safari/537.36", chrome, "154.0.0.0", windows, "10", "desktop", "", desktopScreens, 22},
	{"Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/154.0.0.0 Mobile Safari/537.36", chrome, "154.0.0.0", android, "10", "mobile", "", phoneScreens, 24},
	{"Mozilla/5.0 (iPhone; CPU iPhone OS 18_6_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Mobile/15E148 Safari/604.1", safari, "26.1", "iOS", "26.1", "mobile", "", iphoneScreens, 23},
	{"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/154.0.0.0 Safari/537.36", chrome, "154.0.0.0", "macOS", "10.15.7", "desktop", "", []string{"1512x982", "1728x1117"}, 7},
	{"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Safari/605.1.15", safari, "26.1", "macOS", "10.15.7", "desktop", "", []string{"1512x982", "1440x900"}, 6},
	{"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/154.0.0.0 Safari/537.36 Edg/154.0.0.0", "Edge", "154.0.0.0", windows, "10", "desktop", "", desktopScreens, 7},
	{"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:150.0) Gecko/20100101 Firefox/150.0", firefox, "150.0", windows, "10", "desktop", "", desktopScreens, 4},
	{"Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0", firefox, "150.0", "Linux", "", "desktop", "", desktopScreens, 2},
	{"Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/29.0 Chrome/136.0.0.0 Mobile Safari/537.36", "Samsung Internet", "29.0", android, "10", "mobile", "", phoneScreens, 4},
	{"Mozilla/5.0 (iPad; CPU OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Mobile/15E148 Safari/604.1", safari, "26.1", "iPadOS", "26.1", "tablet", "", []string{"820x1180", "1024x1366"}, 3},
}

var bots = []Device{
	{"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "", "", "", "", "bot", "crawler", nil, 4},
	{"Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)", "", "", "", "", "bot", "crawler", nil, 2},
	{"Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)", "", "", "", "", "bot", "ai_crawler", nil, 3},
	{"Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)", "", "", "", "", "bot", "seo_tool", nil, 2},
	{"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/150.0.0.0 Safari/537.36", "Headless Chrome", "150.0.0.0", "Linux", "", "bot", "headless", nil, 1},
}

// land is a country with networks of its large providers, /16 each.
type land struct {
	country, language, timeZone string
	networks                    [][2]byte
	weight                      int
}

var lands = []land{
	{"DE", "de-DE", "Europe/Berlin", [][2]byte{{84, 128}, {84, 160}, {87, 122}, {79, 192}}, 40},
	{"AT", "de-AT", "Europe/Vienna", [][2]byte{{84, 112}, {77, 116}}, 8},
	{"CH", "de-CH", "Europe/Zurich", [][2]byte{{85, 0}, {178, 192}}, 6},
	{"FR", "fr-FR", "Europe/Paris", [][2]byte{{90, 0}, {86, 192}, {82, 64}}, 10},
	{"NL", "nl-NL", "Europe/Amsterdam", [][2]byte{{84, 24}, {77, 160}}, 7},
	{"GB", "en-GB", "Europe/London", [][2]byte{{86, 128}, {81, 96}}, 7},
	{"US", "en-US", "America/New_York", [][2]byte{{73, 0}, {24, 0}, {98, 192}, {71, 192}}, 6},
	{"ES", "es-ES", "Europe/Madrid", [][2]byte{{88, 0}, {81, 32}}, 4},
	{"IT", "it-IT", "Europe/Rome", [][2]byte{{79, 0}, {87, 0}}, 4},
	{"PL", "pl-PL", "Europe/Warsaw", [][2]byte{{83, 0}, {31, 0}}, 3},
	{"PT", "pt-PT", "Europe/Lisbon", [][2]byte{{85, 240}, {2, 80}}, 2},
	{"BE", "nl-BE", "Europe/Brussels", [][2]byte{{81, 240}, {91, 176}}, 2},
	{"SE", "sv-SE", "Europe/Stockholm", [][2]byte{{90, 224}, {78, 64}}, 2},
	{"DK", "da-DK", "Europe/Copenhagen", [][2]byte{{87, 48}, {80, 160}}, 2},
	{"IE", "en-IE", "Europe/Dublin", [][2]byte{{86, 40}, {109, 76}}, 1},
	{"CA", "en-CA", "America/Toronto", [][2]byte{{70, 24}, {174, 88}}, 1},
	{"AU", "en-AU", "Australia/Sydney", [][2]byte{{58, 160}, {1, 120}}, 1},
}

// newPerson makes a visitor of a shop at home somewhere, empty for wherever its visitors come from.
func newPerson(r *rand.Rand, home string) *Person {
	l := &lands[weighted(r, len(lands), func(i int) int {
		if lands[i].country == home {
			return homeWeight
		}
		return lands[i].weight
	})]
	d := &devices[weighted(r, len(devices), func(i int) int { return devices[i].weight })]
	return &Person{
		IP: address(r, l.networks), Country: l.country, Language: l.language, TimeZone: l.timeZone,
		Screen: d.Screens[r.IntN(len(d.Screens))], Device: d,
	}
}

const homeWeight = 320 // beside some hundred of all lands

func newBot(r *rand.Rand) *Person {
	us := &lands[6]
	return &Person{IP: address(r, us.networks), Country: us.country, Device: &bots[weighted(r, len(bots), func(i int) int { return bots[i].weight })]}
}

func address(r *rand.Rand, networks [][2]byte) netip.Addr {
	n := networks[r.IntN(len(networks))]
	return netip.AddrFrom4([4]byte{n[0], n[1], byte(r.IntN(256)), byte(1 + r.IntN(254))})
}

// weighted returns an index below n, each as often as its weight.
func weighted(r *rand.Rand, n int, weight func(i int) int) int {
	total := 0
	for i := range n {
		total += weight(i)
	}
	at := r.IntN(total)
	for i := range n {
		if at -= weight(i); at < 0 {
			return i
		}
	}
	return n - 1
}

const tokenLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"

// token returns n characters as they stand in click ids.
func token(r *rand.Rand, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = tokenLetters[r.IntN(len(tokenLetters))]
	}
	return string(b)
}

// uuid7 returns an id of the tracker's form for that millisecond.
func uuid7(r *rand.Rand, millis int64) string {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], uint64(millis)<<16|7<<12|r.Uint64()&0xfff)
	binary.BigEndian.PutUint64(b[8:], r.Uint64()&^(3<<62)|2<<62)
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
