package traffic

import (
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

const page = "https://shop.example/p"

// TestClassify reads testdata/classify.txt: query or fragment of the page,
// referrer, expected source and channel, separated by bars.
func TestClassify(t *testing.T) {
	file, err := os.ReadFile("testdata/classify.txt")
	if err != nil {
		t.Fatal(err)
	}
	cases, channels := 0, map[string]bool{}
	for line := range strings.Lines(string(file)) {
		if strings.HasPrefix(line, "#") || strings.TrimSpace(line) == "" {
			continue
		}
		c := strings.Split(line, "|")
		if len(c) != 4 {
			t.Fatalf("%q has %d columns", line, len(c))
		}
		for i := range c {
			c[i] = strings.TrimSpace(c[i])
		}
		r := Classify(Input{URL: page + c[0], Referrer: c[1], OwnHosts: []string{"shop.example", "*.shop.example", "www.other-shop.example"}})
		if got := r.Source + " | " + r.Channel; got != c[2]+" | "+c[3] {
			t.Errorf("%s from %q: got %s, want %s | %s", c[0], c[1], got, c[2], c[3])
		}
		cases++
		channels[r.Channel] = true
	}
	if cases < 120 || len(channels) != 19 {
		t.Errorf("%d cases and %d channels, want at least 120 and 19", cases, len(channels))
	}
}

func TestUTM(t *testing.T) {
	for name, c := range map[string]struct {
		query string
		want  UTM
	}{
		"all":                {"?utm_source=a&utm_medium=b&utm_campaign=c&utm_term=d&utm_content=e&utm_id=f", UTM{"a", "b", "c", "d", "e", "f"}},
		"in any case":        {"?UTM_Source=A&Utm_Medium=B", UTM{Source: "A", Medium: "B"}},
		"encoded":            {"?utm_campaign=summer%20sale+%C3%BC", UTM{Campaign: "summer sale ü"}},
		"the first wins":     {"?utm_source=a&utm_source=b", UTM{Source: "a"}},
		"empty is passed by": {"?utm_source=&utm_source=b", UTM{Source: "b"}},
		"broken escape":      {"?utm_source=%zz", UTM{Source: "%zz"}},
		"invalid UTF-8":      {"?utm_source=a%ffb", UTM{Source: "ab"}},
		"control characters": {"?utm_source=%00a%0ab%1f", UTM{Source: "a b"}},
		"too long":           {"?utm_source=" + strings.Repeat("%C3%BC", 150), UTM{Source: strings.Repeat("ü", 100)}},
		"unknown utm":        {"?utm_foo=a&utm_=b", UTM{}},
		"hash routing":       {"#/cart?utm_source=a", UTM{Source: "a"}},
		"fragment":           {"#utm_source=a", UTM{Source: "a"}},
		"query first":        {"?utm_source=a#/x?utm_source=b", UTM{Source: "a"}},
	} {
		if diff := cmp.Diff(c.want, Classify(Input{URL: page + c.query}).UTM); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestClickIDs(t *testing.T) {
	const value = "Cj0KCQ_iA-sunBhDEARIs"
	for _, kind := range Kinds() {
		r := Classify(Input{URL: page + "?x=1&" + kind + "=" + value})
		if diff := cmp.Diff([]ClickID{{kind, value}}, r.ClickIDs); diff != "" || r.Invalid != nil {
			t.Errorf("%s: invalid %v, %s", kind, r.Invalid, diff)
		}
		r = Classify(Input{URL: page + "?" + strings.ToUpper(kind) + "=too+short"})
		if diff := cmp.Diff([]string{kind}, r.Invalid); diff != "" || r.ClickIDs != nil {
			t.Errorf("%s: ids %v, %s", kind, r.ClickIDs, diff)
		}
	}
	type ids = []ClickID
	for name, c := range map[string]struct {
		query   string
		given   ids
		want    ids
		invalid []string
		gad     string
	}{
		"google's three are not mixed": {"?gclid=aaaaaaaaaa&gbraid=bbbbbbbbbb&wbraid=cccccccccc", nil, ids{{"gclid", "aaaaaaaaaa"}, {"gbraid", "bbbbbbbbbb"}, {"wbraid", "cccccccccc"}}, nil, ""},
		"the first wins":               {"?gclid=aaaaaaaaaa&gclid=bbbbbbbbbb", nil, ids{{"gclid", "aaaaaaaaaa"}}, nil, ""},
		"given by itself":              {"?gclid=aaaaaaaaaa&fbclid=bbbbbbbbbb", ids{{"GCLID", "zzzzzzzzzz"}}, ids{{"gclid", "zzzzzzzzzz"}, {"fbclid", "bbbbbbbbbb"}}, nil, ""},
		"given and invalid":            {"?gclid=aaaaaaaaaa", ids{{"gclid", "<script>alert(1)"}}, ids{{"gclid", "aaaaaaaaaa"}}, []string{"gclid"}, ""},
		"given and unknown":            {"", ids{{"fooclid", "aaaaaaaaaa"}}, nil, []string{"unknown"}, ""},
		"9 bytes":                      {"?gclid=aaaaaaaaa", nil, nil, []string{"gclid"}, ""},
		"500 bytes":                    {"?gclid=" + strings.Repeat("a", 500), nil, ids{{"gclid", strings.Repeat("a", 500)}}, nil, ""},
		"501 bytes":                    {"?gclid=" + strings.Repeat("a", 501), nil, nil, []string{"gclid"}, ""},
		"empty":                        {"?gclid=&gclid", nil, nil, nil, ""},
		"encoded":                      {"?gclid=aaaa%61aaaaa", nil, ids{{"gclid", "aaaaaaaaaa"}}, nil, ""},
		"gad_source is no click id":    {"?gad_source=1&gclid=aaaaaaaaaa", nil, ids{{"gclid", "aaaaaaaaaa"}}, nil, "1"},
		"gad_source of nonsense":       {"?gad_source=1x", nil, nil, nil, ""},
		"padding of instagram":         {"?igshid=MzRlODBiNWFlZA%3D%3D", nil, ids{{"igshid", "MzRlODBiNWFlZA"}}, nil, ""},
		"impact's own name":            {"?irclickid=aaaaaaaaaa", nil, ids{{"irclid", "aaaaaaaaaa"}}, nil, ""},
		"after a hash route":           {"#/x?gclid=aaaaaaaaaa", nil, ids{{"gclid", "aaaaaaaaaa"}}, nil, ""},
	} {
		r := Classify(Input{URL: page + c.query, ClickIDs: c.given})
		if diff := cmp.Diff(c.want, r.ClickIDs); diff != "" {
			t.Errorf("%s: ids %s", name, diff)
		}
		if diff := cmp.Diff(c.invalid, r.Invalid); diff != "" {
			t.Errorf("%s: invalid %s", name, diff)
		}
		if r.GadSource != c.gad {
			t.Errorf("%s: gad_source %q, want %q", name, r.GadSource, c.gad)
		}
	}
}

func TestReferrerHost(t *testing.T) {
	for referrer, want := range map[string]string{
		"":                                     "",
		"https://www.News.Example:8443/a?b#c":  "news.example",
		"https://user:secret@blog.example/":    "blog.example",
		"http://blog.example.":                 "blog.example",
		"https://www.example":                  "www.example",
		"https://blog.example?x=https://evil/": "blog.example",
		"https://blog.example\\@evil.example/": "blog.example",
		"android-app://com.linkedin.android/":  "com.linkedin.android",
		"ios-app://12345/https/x.example":      "12345",
		"https://[2001:db8::1]:443/x":          "[2001:db8::1]",
		"https://münchen.example/":             "münchen.example",
		"https://a b.example/":                 "",
		"https://<script>/":                    "",
		"https://[::/":                         "",
		"https://[evil]/":                      "",
		"https:///path":                        "",
		"javascript:alert(1)":                  "",
		"javascript://blog.example/%0aalert":   "",
		"data:text/html,x":                     "",
		"file:///etc/passwd":                   "",
		"about:blank":                          "",
		"blog.example/x":                       "",
		"https://" + strings.Repeat("a", 300):  "",
		"https://bad\xff.example/":             "",
		"https://shop.example/other":           "",
		"https://checkout.shop.example/":       "",
		"https://notshop.example/":             "notshop.example",
		"https://other-shop.example/":          "",
	} {
		r := Classify(Input{URL: page, Referrer: referrer, OwnHosts: []string{"*.shop.example", "www.other-shop.example"}})
		if r.ReferrerHost != want {
			t.Errorf("%q: got %q, want %q", referrer, r.ReferrerHost, want)
		}
		if internal := strings.Contains(referrer, "://") && strings.Contains(referrer, "shop.example") && !strings.Contains(referrer, "notshop"); r.Internal != internal {
			t.Errorf("%q: internal %v, want %v", referrer, r.Internal, internal)
		}
	}
}

func TestReferrerSpam(t *testing.T) {
	for host, want := range map[string]bool{
		"semalt.com": true, "semalt.semalt.com": true, "buttons-for-website.com": true, "": false, "notsemalt.com": false,
		"semalt.com.example": false, "google.com": false, "news.ycombinator.com": false,
	} {
		if got := ReferrerSpam(host); got != want {
			t.Errorf("%q: got %v, want %v", host, got, want)
		}
	}
}

// TestLists holds the embedded files to their form.
func TestLists(t *testing.T) {
	l := loadLists()
	if len(l.words) < 200 || len(l.hosts) < 300 || len(l.wild) < 15 || len(l.spam) < 200 {
		t.Errorf("%d words, %d hosts, %d wild, %d spam: too few", len(l.words), len(l.hosts), len(l.wild), len(l.spam))
	}
	for host, src := range l.hosts {
		if host != strings.ToLower(host) || notCleanHost(host) {
			t.Errorf("%s: host %q is not in its clean form", src.name, host)
		}
		if l.isSpam(host) {
			t.Errorf("%s: host %q is in the spam list too", src.name, host)
		}
	}
	seen := map[string]bool{}
	for line := range strings.Lines(sourcesFile) {
		c := strings.Split(strings.TrimRight(line, "\n"), "\t")
		if strings.HasPrefix(line, "#") {
			continue
		}
		if len(c) != 4 || seen[c[1]] {
			t.Errorf("line %q is malformed or names a source again", line)
			continue
		}
		seen[c[1]] = true
	}
}

func notCleanHost(host string) bool { return cleanHost(host) != host }

func (l *lists) isSpam(host string) bool { _, ok := l.spam[host]; return ok }

func FuzzClassify(f *testing.F) {
	for _, seed := range [][2]string{
		{page + "?utm_source=a&gclid=aaaaaaaaaaaa#x", "https://www.google.co.uk/"}, {"?&&==%%", "://"}, {"#?#", "https://@:.../"},
		{"https://[::1", "android-app://"}, {"\xff\x00?utm_source=\xff%ff", "http://\x00"},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, url, referrer string) {
		r := Classify(Input{URL: url, Referrer: referrer, OwnHosts: []string{"*.shop.example", ""}})
		for _, s := range []string{r.UTM.Source, r.UTM.Medium, r.UTM.Campaign, r.UTM.Term, r.UTM.Content, r.UTM.ID} {
			if len(s) > maxValue || !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
				t.Errorf("value %q", s)
			}
		}
		if r.Source == "" || r.Channel == "" || len(r.ReferrerHost) > maxHost || !utf8.ValidString(r.ReferrerHost) || len(r.Source) > maxHost {
			t.Errorf("source %q, channel %q, host %q", r.Source, r.Channel, r.ReferrerHost)
		}
		for _, id := range r.ClickIDs {
			if !ValidClickID(id.Value) || clickKind(id.Kind) != id.Kind {
				t.Errorf("click id %+v", id)
			}
		}
	})
}

func BenchmarkClassify(b *testing.B) {
	own := []string{"shop.example", "*.shop.example"}
	for name, in := range map[string]Input{
		"direct":   {URL: page, OwnHosts: own},
		"internal": {URL: page, Referrer: "https://shop.example/", OwnHosts: own},
		"search":   {URL: page, Referrer: "https://www.google.co.uk/", OwnHosts: own},
		"unknown":  {URL: page, Referrer: "https://some.blog.example/post", OwnHosts: own},
		"campaign": {URL: page + "?utm_source=facebook&utm_medium=cpc&utm_campaign=summer_sale&fbclid=IwAR0abcdefghijklmnop", Referrer: "https://l.facebook.com/", OwnHosts: own},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Classify(in)
			}
		})
	}
	b.Run("spam", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			ReferrerSpam("some.blog.example")
		}
	})
}
