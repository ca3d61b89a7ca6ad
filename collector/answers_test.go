package collector

import (
	"flag"
	"fmt"
	"os"
	"sort"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

const (
	page   = `{"id":"e1","type":"pageview","site":"` + shopKey + `","url":"https://shop.noctra.example/a"}`
	noSite = `{"id":"e2","type":"pageview","url":"https://shop.noctra.example/a"}`
)

// exchange is a request whose answer stands in the golden file.
type exchange struct {
	name, method, path string
	headers            []string
	body               string
}

func exchanges() []exchange {
	post := func(name, body string, headers ...string) exchange {
		return exchange{name, "POST", "/v1/events", headers, body}
	}
	get := func(name, path string, headers ...string) exchange { return exchange{name, "GET", path, headers, ""} }
	server := []string{"Authorization", "Bearer " + serverKey}
	wide := []string{"Authorization", "Bearer " + wideKey}
	origin := func(o string) []string { return []string{"Origin", o} }
	preflight := func(name, path, o string) exchange {
		return exchange{name, "OPTIONS", path, []string{"Origin", o, "Access-Control-Request-Method", "POST"}, ""}
	}
	pixelPath := "/v1/pixel.gif?site=" + shopKey + "&url=https://shop.noctra.example/a"
	return []exchange{
		post("one event", page),
		post("array", "["+page+","+page+"]"),
		post("empty array", "[]"),
		post("envelope", `{"events":[`+page+`]}`),
		post("lines", page+"\n"+page, "Content-Type", "application/x-ndjson"),
		post("lines, one broken", page+"\n{\"id\":\n"+page, "Content-Type", "application/x-ndjson"),
		post("beacon", page, "Content-Type", "text/plain;charset=UTF-8"),
		{"site in the query", "POST", "/v1/events?site=" + shopKey, nil, noSite},
		post("accepted in part", "["+page+`,{"id":"bad-1","type":"sale","site":"`+shopKey+`","amount":"<b>"}]`),
		post("nothing accepted", `{"id":"bad-2","type":"vote","site":"`+shopKey+`"}`),
		post("url of a stranger", `{"type":"pageview","site":"`+shopKey+`","url":"https://evil.example/"}`),
		post("url that is none", `{"type":"pageview","site":"`+shopKey+`","url":"javascript:alert(1)"}`),
		post("no body", ""),
		post("broken body", `{"id":`),
		post("no site", noSite),
		post("unknown site", `{"type":"pageview","site":"nst_x","url":"https://a.example/"}`),
		{"unknown site in the query", "POST", "/v1/events?site=nst_x", nil, noSite},
		post("archived site", `{"type":"pageview","site":"`+closedKey+`","url":"https://closed.example/"}`),
		post("mixed reasons", `[{"type":"pageview","site":"nst_x"},{"type":"sale","site":"`+shopKey+`"}]`),
		post("own origin", page, origin("https://shop.noctra.example")...),
		post("own origin with port", page, origin("http://127.0.0.1:8082")...),
		post("origin of a stranger", page, origin("https://evil.example")...),
		post("origin null", page, origin("null")...),
		{"origin of a stranger, site in the query", "POST", "/v1/events?site=" + shopKey, origin("https://evil.example"), noSite},
		post("server key", noSite, server...),
		post("server key, its site named", page, server...),
		post("server key, foreign site", `{"type":"goal","name":"g","site":"`+otherKey+`"}`, server...),
		post("server key, unknown site", `{"type":"goal","name":"g","site":"nst_x"}`, server...),
		post("server key of several sites", noSite, wide...),
		post("server key of several sites, one named", page, wide...),
		post("refund with a server key", `{"id":"r","type":"refund","order_id":"o","amount":"1.00"}`, server...),
		post("refund with the public key", `{"id":"r","type":"refund","site":"`+shopKey+`","order_id":"o","amount":"1.00"}`),
		post("unknown server key", page, "Authorization", "Bearer nsk_x"),
		post("other authorization", page, "Authorization", "Basic abc"),
		post("media type", page, "Content-Type", "application/xml"),
		post("encoding", page, "Content-Encoding", "compress"),
		post("damaged encoding", page, "Content-Encoding", "gzip"),
		get("get events", "/v1/events"),
		{"delete events", "DELETE", "/v1/events", nil, ""},
		preflight("preflight", "/v1/events", "https://shop.noctra.example"),
		preflight("preflight of a subdomain", "/v1/events", "https://a.b.other.example"),
		preflight("preflight of a stranger", "/v1/events", "https://evil.example"),
		preflight("preflight with site", "/v1/events?site="+shopKey, "https://shop.noctra.example"),
		preflight("preflight with another site", "/v1/events?site="+otherKey, "https://shop.noctra.example"),
		{"options", "OPTIONS", "/v1/events", nil, ""},
		{"options of the script", "OPTIONS", "/n.js", nil, ""},
		get("nothing there", "/v2/events"),
		get("pixel", pixelPath),
		get("pixel of a stranger", "/v1/pixel.gif?site=nst_x"),
		get("pixel refused", pixelPath+"&type=sale"),
		{"pixel head", "HEAD", pixelPath, nil, ""},
		{"pixel post", "POST", pixelPath, nil, ""},
		get("alive", "/healthz"),
		get("ready, without kafka", "/readyz"),
		get("unknown script", "/n-0.0.0.js"),
	}
}

// shown are the headers that the golden file has.
var shown = []string{"Allow", "Vary", "Content-Type", "Retry-After", "Cache-Control", refusedHeader, "Access-Control-Allow-Origin",
	"Access-Control-Allow-Methods", "Access-Control-Allow-Headers", "Access-Control-Max-Age", "Access-Control-Expose-Headers"}

func TestAnswers(t *testing.T) {
	r := start(t, nil)
	var b strings.Builder
	for _, x := range exchanges() {
		a := r.call(t, x.method, x.path, x.body, x.headers...)
		fmt.Fprintf(&b, "%s: %s %s\n  %d\n", x.name, x.method, x.path, a.Status)
		names := append([]string(nil), shown...)
		sort.Strings(names)
		for _, name := range names {
			if value := a.Header.Get(name); value != "" {
				fmt.Fprintf(&b, "  %s: %s\n", name, value)
			}
		}
		if strings.HasPrefix(a.Header.Get("Content-Type"), "application/json") || x.path == "/readyz" || x.path == "/healthz" {
			fmt.Fprintf(&b, "  %s\n", strings.TrimSpace(a.Body))
		}
		if got := a.Accepted + len(a.Rejected); a.Status == 202 && got == 0 {
			t.Errorf("%s: 202 for nothing", x.name)
		}
	}
	const file = "testdata/answers.txt"
	if *update {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(b.String(), "\n")); diff != "" {
		t.Error(diff)
	}
	r.conserved(t)
}
