package device

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	const (
		iPhone  = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
		windows = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
	)
	for name, c := range map[string]struct {
		ua   string
		want Info
	}{
		"empty":                        {"", Info{Class: ClassBot, Bot: BotEmpty}},
		"blanks":                       {"  ", Info{Class: ClassBot, Bot: BotEmpty}},
		"chrome on windows":            {windows + "Chrome/139.0.0.0 Safari/537.36", Info{"Chrome", "139.0.0.0", "Windows", "10", ClassDesktop, ""}},
		"windows xp":                   {"Mozilla/5.0 (Windows NT 5.1; rv:52.0) Gecko/20100101 Firefox/52.0", Info{"Firefox", "52.0", "Windows", "XP", ClassDesktop, ""}},
		"safari 26 on a frozen system": {iPhone + "Version/26.1 Mobile/15E148 Safari/604.1", Info{"Safari", "26.1", "iOS", "26.1", ClassMobile, ""}},
		"safari 18":                    {iPhone + "Version/18.6 Mobile/15E148 Safari/604.1", Info{"Safari", "18.6", "iOS", "18.6", ClassMobile, ""}},
		"instagram":                    {iPhone + "Mobile/22G86 Instagram 392.0.0.20.76 (iPhone16,1; iOS 18_6; en_US)", Info{"Instagram", "392.0.0.20.76", "iOS", "18.6", ClassMobile, ""}},
		"gptbot":                       {"Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)", Info{Class: ClassBot, Bot: BotAICrawler}},
		"headless chrome":              {"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/139.0.0.0 Safari/537.36", Info{"Headless Chrome", "139.0.0.0", "Linux", "", ClassBot, BotHeadless}},
		"curl":                         {"curl/8.11.1", Info{Class: ClassBot, Bot: BotHTTPLibrary}},
		"a phone called cubot":         {"Mozilla/5.0 (Linux; Android 13; CUBOT X70) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Mobile Safari/537.36", Info{"Chrome", "120.0.0.0", "Android", "13", ClassMobile, ""}},
		"a car":                        {"Mozilla/5.0 (X11; GNU/Linux) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36 Tesla/2024.44.25", Info{"Chrome", "120.0.0.0", "Linux", "", ClassDesktop, ""}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, NewParser(10).Parse(c.ua)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestParseKeepsNoReferenceToTheRequest(t *testing.T) {
	p := NewParser(10)
	header := []byte("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36")
	want := p.Parse(string(header))
	got := p.Parse(string(header))
	for i := range header {
		header[i] = 'x'
	}
	if diff := cmp.Diff(want, got); diff != "" || got.BrowserVersion != "139.0.0.0" {
		t.Errorf("the answer changed with the request: %s", diff)
	}
}

func TestCachedAnswerAllocatesNothing(t *testing.T) {
	p := NewParser(100)
	const ua = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15"
	p.Parse(ua)
	if n := testing.AllocsPerRun(1000, func() { p.Parse(ua) }); n > 0.1 {
		t.Errorf("%g allocations per cached answer", n)
	}
}

func TestCacheStaysBounded(t *testing.T) {
	p := NewParser(64)
	for i := range 10_000 {
		p.Parse("Mozilla/5.0 (X11; Linux) Gecko/1 Firefox/" + strings.Repeat("1", i%50) + string(rune('a'+i%26)) + strings.Repeat("2", i/50))
	}
	p.cache.CleanUp()
	if n := p.cache.EstimatedSize(); n > 64 {
		t.Errorf("the cache holds %d headers, want at most 64", n)
	}
}

func FuzzParse(f *testing.F) {
	for _, p := range people(f, "dev")[:50] {
		f.Add(p.ua)
	}
	for _, m := range machines(f, "dev")[:50] {
		f.Add(m.ua)
	}
	for _, ua := range []string{"", "Mozilla/5.0", "Mozilla/5.0 (", "Mozilla/5.0 (X11) Gecko", "Opera", "((((", "Mozilla/5.0 (compatible; MSIE", strings.Repeat("a", 9000), "\xff\xfe"} {
		f.Add(ua)
	}
	classes := []string{"", ClassDesktop, ClassMobile, ClassTablet, ClassTV, ClassConsole, ClassBot}
	f.Fuzz(func(t *testing.T, ua string) {
		info := NewParser(0).Parse(ua)
		for _, s := range []string{info.Browser, info.OS, info.BrowserVersion, info.OSVersion, info.Bot} {
			if len(s) > 32 || !utf8.ValidString(s) {
				t.Errorf("field %q of %q", s, ua)
			}
		}
		if len(info.BrowserVersion) > maxVersion || len(info.OSVersion) > maxVersion {
			t.Errorf("versions %q and %q are too long", info.BrowserVersion, info.OSVersion)
		}
		if !contains(classes, info.Class) {
			t.Errorf("class %q", info.Class)
		}
	})
}

func BenchmarkParse(b *testing.B) {
	set := people(b, "dev")
	b.Run("cached", func(b *testing.B) {
		p := NewParser(10_000)
		b.ReportAllocs()
		for i := range b.N {
			p.Parse(set[i%len(set)].ua)
		}
	})
	b.Run("cached in parallel", func(b *testing.B) {
		p := NewParser(10_000)
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for i := 0; pb.Next(); i++ {
				p.Parse(set[i%len(set)].ua)
			}
		})
	})
	b.Run("not cached", func(b *testing.B) {
		p := NewParser(0)
		b.ReportAllocs()
		for i := range b.N {
			p.Parse(set[i%len(set)].ua)
		}
	})
}
