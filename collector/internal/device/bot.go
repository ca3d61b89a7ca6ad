package device

import "strings"

// Reasons for which a header is a machine's.
const (
	BotCrawler     = "crawler"          // search engines, archives, research, advertising
	BotAICrawler   = "ai_crawler"       // collects text for, or reads on behalf of, a language model
	BotSEOTool     = "seo_tool"         // ranking, backlink and site audit tools
	BotMonitor     = "monitor"          // uptime, speed and synthetic checks
	BotHeadless    = "headless"         // browser automation
	BotHTTPLibrary = "http_library"     // programs that are no browser
	BotPreview     = "preview"          // link previews of messengers and social networks
	BotFeedReader  = "feed_reader"      // RSS, Atom and podcast readers
	BotScanner     = "scanner"          // security scanners
	BotEmpty       = "empty_user_agent" // no header, or blanks only
)

// notBrowsers start the headers of people although they lack "Mozilla/".
var notBrowsers = [...]string{
	"opera/", "ucweb", "nokia", "samsung-", "sonyericsson", "blackberry", "lg-", "mot-", "alcatel", "huawei", "zte", "micromax", "jiophone",
}

// botFinder tells machines from people. It is immutable and safe for
// concurrent use.
type botFinder struct {
	known            *matcher // groups as in botTokens
	words, libraries *matcher
}

func newBotFinder() *botFinder {
	groups := make([][]string, len(botTokens))
	for i, g := range botTokens {
		groups[i] = g.tokens
	}
	return &botFinder{newMatcher(groups...), newMatcher(botWords[:]), newMatcher(libraryTokens[:])}
}

// reason returns why ua belongs to a machine, or "" for a person's browser.
func (f *botFinder) reason(ua string) string {
	ua = strings.TrimSpace(ua)
	if ua == "" {
		return BotEmpty
	}
	var buf [MaxUserAgent]byte
	lower := lowerInto(buf[:0], ua)
	if group := f.known.first(lower); group >= 0 {
		return botTokens[group].reason
	}
	shaped := browserShaped(lower)
	switch {
	case !shaped && f.libraries.first(lower) >= 0:
		return BotHTTPLibrary
	case f.generic(lower):
		return BotCrawler
	case !shaped:
		return BotHTTPLibrary
	}
	return ""
}

// generic finds machines that no list knows by the words they use.
func (f *botFinder) generic(lower string) bool {
	if hasWord(lower, "bot") || hasWord(lower, "bots") {
		return true
	}
	return f.words.first(lower) >= 0 || mailAddress(lower)
}

// hasWord reports whether some word of s ends in word: "googlebot/2.1" does
// end in bot, "cubot x30" (a phone) is the one known exception.
func hasWord(s, word string) bool {
	for at := 0; ; {
		i := strings.Index(s[at:], word)
		if i < 0 {
			return false
		}
		i += at
		at = i + len(word)
		if at < len(s) && s[at] >= 'a' && s[at] <= 'z' {
			continue
		}
		if i >= 2 && s[i-2:i] == "cu" {
			continue
		}
		return true
	}
}

// mailAddress reports whether s holds name@host: operators of crawlers leave
// their address, browsers never do.
func mailAddress(s string) bool {
	at := strings.IndexByte(s, '@')
	if at < 1 || at+1 >= len(s) {
		return false
	}
	host := s[at+1:]
	dot := strings.IndexByte(host, '.')
	return dot > 0 && dot+1 < len(host) && isLetter(host[0]) && isLetter(host[dot+1]) && isLetter(s[at-1])
}

// browserShaped reports whether lower has the shape that every browser's
// header has: Mozilla, then a platform in parentheses, then an engine.
func browserShaped(lower string) bool {
	rest, ok := strings.CutPrefix(lower, "mozilla/")
	if !ok {
		for _, prefix := range notBrowsers {
			if strings.HasPrefix(lower, prefix) {
				return true
			}
		}
		return strings.Contains(lower, "ucbrowser/") || strings.Contains(lower, "midp-")
	}
	open := strings.IndexByte(rest, '(')
	if open < 0 || strings.HasPrefix(rest[open:], "(compatible)") {
		return false
	}
	for _, engine := range engines {
		if strings.Contains(rest, engine) {
			return true
		}
	}
	return false
}

// engines are the words of which a browser's header has at least one.
var engines = [...]string{"applewebkit/", "gecko", "trident/", "msie ", "presto", "khtml", "netfront", "opera", "goanna/", "(nintendo "}

// lowerInto appends the ASCII lower-case form of s to buf and returns it as a
// string. buf must have room for s.
func lowerInto(buf []byte, s string) string {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		buf = append(buf, c)
	}
	return string(buf)
}

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' }
