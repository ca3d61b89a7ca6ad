package admin

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// The page has every route and every code of the description, examples that are whole, and nothing that
// the pages' policy refuses.
func TestReference(t *testing.T) {
	r := start(t, nil)
	a := r.ask(r.client, "GET", "/api/reference", "")
	if a.status != 200 || !strings.HasPrefix(a.header.Get("Content-Type"), "text/html") || a.header.Get("Content-Security-Policy") != policy {
		t.Fatalf("%d %v", a.status, a.header)
	}
	for _, route := range r.routes() {
		if !strings.Contains(a.body, `<code>`+route.path+`</code>`) || !strings.Contains(a.body, `id="`+route.name+`"`) {
			t.Errorf("%s is not there", route.name)
		}
	}
	for _, p := range problemCodes() {
		if !strings.Contains(a.body, `id="problem-`+p.Code+`"`) {
			t.Errorf("%s is not there", p.Code)
		}
	}
	if n := strings.Count(a.body, "<pre>curl "); n != len(r.routes()) {
		t.Errorf("%d commands for %d routes", n, len(r.routes()))
	}
	if found := regexp.MustCompile(` style=| on[a-z]+="|<script>|(src|href)="https?:`).FindString(a.body); found != "" {
		t.Errorf("%q is against the policy", found)
	}
	for _, href := range regexp.MustCompile(`href="#([^"]+)"`).FindAllStringSubmatch(a.body, -1) {
		if !strings.Contains(a.body, `id="`+href[1]+`"`) {
			t.Errorf("#%s leads nowhere", href[1])
		}
	}
	if css := r.ask(r.client, "GET", "/reference.css", ""); css.status != 200 || !strings.HasPrefix(css.header.Get("Content-Type"), "text/css") {
		t.Errorf("style: %d %v", css.status, css.header)
	}
}

// The colours are those of the dashboard, light and dark.
func TestReferenceColours(t *testing.T) {
	read := func(name string) string {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	tokens, own := read("web/src/styles/tokens.css"), read("assets/reference.css")
	light, dark, found := strings.Cut(tokens, "[data-theme=dark]")
	if !found {
		t.Fatal("the dashboard has no dark theme")
	}
	for _, c := range regexp.MustCompile(`--([a-z0-9-]+): light-dark\((#[0-9a-f]+), (#[0-9a-f]+)\)`).FindAllStringSubmatch(own, -1) {
		if !strings.Contains(light, "--"+c[1]+":"+c[2]+";") || !strings.Contains(dark, "--"+c[1]+":"+c[3]+";") {
			t.Errorf("%s is %s and %s, and not so in the dashboard", c[1], c[2], c[3])
		}
	}
}
