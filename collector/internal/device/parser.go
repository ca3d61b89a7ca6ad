// Package device tells browser, operating system, device class and automation
// from a User-Agent header.
//
// It knows the header alone: no client hints, no address, no behaviour, so a
// machine that copies a browser's header passes here and is left to the
// collector's other bot signals. In the flow it stands between the validated
// request and the event that is written to Kafka.
//
// Tables in this package come first, since mssola/useragent is measurably wrong
// on today's headers; it fills in what they do not know (see
// docs/decisions/0020). Results are kept in a
// bounded cache, since a few thousand headers make up nearly all traffic.
package device

import (
	"strings"

	"github.com/maypok86/otter/v2"
	"github.com/mssola/useragent"
)

// MaxUserAgent is the number of bytes of a header that are looked at. What
// follows is ignored, so that a cache entry and every field of Info are bounded.
const MaxUserAgent = 512

// maxVersion bounds BrowserVersion and OSVersion in bytes.
const maxVersion = 16

// Device classes. An unknown device has the empty class.
const (
	ClassDesktop = "desktop"
	ClassMobile  = "mobile"
	ClassTablet  = "tablet"
	ClassTV      = "tv"
	ClassConsole = "console"
	ClassBot     = "bot"
)

// Info is what a User-Agent header tells. Unknown fields are empty.
type Info struct {
	Browser        string // display name, such as "Samsung Internet"; ≤ 32 bytes
	BrowserVersion string // digits and dots, ≤ 16 bytes
	OS             string // display name, such as "macOS"; ≤ 32 bytes
	OSVersion      string // digits and dots or a Windows name such as "XP", ≤ 16 bytes
	Class          string // one of the Class constants
	Bot            string // one of the Bot constants; empty for people
}

// Parser parses headers behind a cache. It is safe for concurrent use.
type Parser struct {
	cache *otter.Cache[string, Info]
	bots  *botFinder
}

// NewParser returns a parser that remembers about cacheEntries headers (at
// most 1 KiB each). With 0 or less it remembers none.
func NewParser(cacheEntries int) *Parser {
	if cacheEntries <= 0 {
		return &Parser{bots: newBotFinder()}
	}
	return &Parser{bots: newBotFinder(), cache: otter.Must(&otter.Options[string, Info]{
		MaximumSize:     cacheEntries,
		InitialCapacity: min(cacheEntries, 1024),
	})}
}

// Parse returns what userAgent tells. It keeps no reference to userAgent, so
// the string may borrow the bytes of a request. A cached answer allocates
// nothing.
func (p *Parser) Parse(userAgent string) Info {
	if len(userAgent) > MaxUserAgent {
		userAgent = userAgent[:MaxUserAgent]
	}
	if p.cache == nil {
		return p.parse(strings.Clone(userAgent))
	}
	if info, ok := p.cache.GetIfPresent(userAgent); ok {
		return info
	}
	owned := strings.Clone(userAgent)
	info := p.parse(owned)
	p.cache.Set(owned, info)
	return info
}

// parse reads one header. Fields of the result may be parts of ua.
func (p *Parser) parse(ua string) Info {
	if bot := p.bots.reason(ua); bot != "" {
		return parseBot(ua, bot)
	}
	var info Info
	info.OS, info.OSVersion = system(ua)
	info.Browser, info.BrowserVersion = browser(ua)
	if info.OS == "" || info.Browser == "" {
		info.fill(mssolaGuess(ua))
	}
	if info.OSVersion != "" && info.Browser == "Safari" && frozenAppleSystem(info) {
		info.OSVersion = info.BrowserVersion
	}
	info.Class = class(ua, info.OS)
	return info
}

// fill takes from g what the tables did not tell.
func (info *Info) fill(g guess) {
	if info.OS == "" {
		info.OS, info.OSVersion = systemNames[g.os], version(g.osVersion)
	}
	if info.Browser == "" {
		info.Browser, info.BrowserVersion = browserNames[g.browser], version(g.browserVersion)
	}
}

// parseBot leaves the browser of a bot empty unless it drives a real one.
func parseBot(ua, reason string) Info {
	info := Info{Class: ClassBot, Bot: reason}
	if reason == BotHeadless || reason == BotMonitor {
		info.Browser, info.BrowserVersion = browser(ua)
		info.OS, info.OSVersion = system(ua)
	}
	return info
}

// frozenAppleSystem reports whether the header names the last system version
// that Apple's browser admits to. From version 26 on Safari and the system
// share their number, and the system's stays at 18.
func frozenAppleSystem(info Info) bool {
	if info.OS != "iOS" && info.OS != "iPadOS" {
		return false
	}
	return strings.HasPrefix(info.OSVersion, "18") && leadingNumber(info.BrowserVersion) >= 26
}

type guess struct{ browser, browserVersion, os, osVersion string }

// mssolaGuess reads ua with mssola/useragent, which is not written for hostile
// input: a panic there is an unknown header here.
func mssolaGuess(ua string) (g guess) {
	defer func() {
		if recover() != nil {
			g = guess{}
		}
	}()
	parsed := useragent.New(ua)
	g.browser, g.browserVersion = parsed.Browser()
	os := parsed.OSInfo()
	g.os, g.osVersion = os.Name, os.Version
	return g
}

// Names that mssola/useragent uses and this package keeps or renames. Others
// are parts of the sender's own text and are not taken over.
var (
	browserNames = map[string]string{
		"Chrome": "Chrome", "Chromium": "Chrome", "Safari": "Safari", "Firefox": "Firefox",
		"Edge": "Edge", "Opera": "Opera", "Internet Explorer": "Internet Explorer",
		"Android": "Android Browser", "Electron": "Electron", "Coc Coc": "Coc Coc",
	}
	systemNames = map[string]string{
		"Windows": "Windows", "Mac OS X": "macOS", "Linux": "Linux", "Android": "Android",
		"Ubuntu": "Linux", "iPhone OS": "iOS", "OS": "iPadOS", "CrOS": "Chrome OS",
	}
)
