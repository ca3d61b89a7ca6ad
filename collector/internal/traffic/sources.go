package traffic

import (
	_ "embed" // the lists
	"strings"
	"sync"
)

//go:embed data/sources.tsv
var sourcesFile string

//go:embed data/referrer_spam.txt
var spamFile string

// category is the kind of a known source.
type category string

const (
	categorySearch    category = "search"
	categorySocial    category = "social"
	categoryVideo     category = "video"
	categoryShopping  category = "shopping"
	categoryAI        category = "ai"
	categoryEmail     category = "email"
	categoryAffiliate category = "affiliate"
	categoryAudio     category = "audio"
)

// source is where a visit came from; the category is empty for unknown ones.
type source struct {
	name     string
	category category
}

// lists are the embedded files, read once and never changed.
type lists struct {
	hosts map[string]source // by host or app
	wild  map[string]source // by what stands before a country's suffix: "google"
	words map[string]source // by spelling of utm_source
	spam  map[string]struct{}
}

var loadLists = sync.OnceValue(readLists)

func readLists() *lists {
	l := &lists{map[string]source{}, map[string]source{}, map[string]source{}, map[string]struct{}{}}
	for line := range strings.Lines(sourcesFile) {
		columns := strings.Split(strings.TrimRight(line, "\n"), "\t")
		if strings.HasPrefix(line, "#") || len(columns) != 4 {
			continue
		}
		src := source{columns[1], category(columns[0])}
		l.words[lower(src.name)] = src
		l.words[strings.ReplaceAll(lower(src.name), " ", "")] = src
		for _, host := range strings.Fields(columns[2]) {
			if stem, ok := strings.CutSuffix(host, ".*"); ok {
				l.wild[stem] = src
			} else {
				l.hosts[host] = src
			}
		}
		for _, word := range strings.Fields(columns[3]) {
			l.words[word] = src
		}
	}
	for line := range strings.Lines(spamFile) {
		if host := strings.TrimSpace(line); host != "" && !strings.HasPrefix(host, "#") {
			l.spam[host] = struct{}{}
		}
	}
	return l
}

// sourceOfHost names the source of a clean host, itself where it is unknown.
func sourceOfHost(host string) source {
	if src, ok := loadLists().find(host); ok {
		return src
	}
	return source{name: host}
}

// sourceOfWord names what a campaign calls its source.
func sourceOfWord(word string) source {
	l, key := loadLists(), lower(word)
	if src, ok := l.words[key]; ok {
		return src
	}
	if strings.Contains(key, ".") && !strings.ContainsAny(key, " /") {
		if src, ok := l.find(strings.TrimPrefix(key, "www.")); ok {
			return src
		}
	}
	return source{name: word}
}

// find looks for host, then for the domains above it.
func (l *lists) find(host string) (source, bool) {
	for domain := host; domain != ""; {
		if src, ok := l.hosts[domain]; ok {
			return src, true
		}
		if stem, ok := beforeCountry(domain); ok {
			if src, ok := l.wild[stem]; ok {
				return src, true
			}
		}
		_, domain, _ = strings.Cut(domain, ".")
	}
	return source{}, false
}

// beforeCountry cuts a top-level suffix from domain, if the rest may be a name
// in the list: "news.google" of news.google.co.uk, "yahoo" of yahoo.com.
func beforeCountry(domain string) (string, bool) {
	stem, last, ok := cutLast(domain)
	if !ok || len(last) != 2 && last != "com" && last != "net" && last != "org" {
		return "", false
	}
	if before, second, ok := cutLast(stem); ok && len(last) == 2 {
		switch second {
		case "co", "com", "net", "org", "ne", "or":
			stem = before
		}
	}
	return stem, true
}

func cutLast(domain string) (before, last string, ok bool) {
	i := strings.LastIndexByte(domain, '.')
	if i < 0 {
		return "", "", false
	}
	return domain[:i], domain[i+1:], true
}

// ReferrerSpam reports whether host, or a domain above it, is known for
// made-up visits. It takes a clean host such as Result.ReferrerHost.
func ReferrerSpam(host string) bool {
	spam := loadLists().spam
	for domain := host; domain != ""; {
		if _, ok := spam[domain]; ok {
			return true
		}
		_, domain, _ = strings.Cut(domain, ".")
	}
	return false
}
