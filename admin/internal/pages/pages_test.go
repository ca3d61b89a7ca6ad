package pages_test

import (
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"noctra/admin/internal/pages"
)

func file(content string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(content)} }

func built() fstest.MapFS {
	return fstest.MapFS{
		"index.html": file("<html>"), "index.html.br": file("br of index"), "index.html.gz": file("gz of index"),
		"assets/app-1.js": file("script"), "assets/app-1.js.br": file("br"), "assets/app-1.js.gz": file("gz"),
		"assets/font-1.woff2": file("font"), "favicon.svg": file("<svg>"), "lonely.gz": file("archive"),
	}
}

type answer struct {
	status                            int
	body, kind, cache, encoding, vary string
}

func ask(t *testing.T, h *pages.Handler, method, path string, headers ...string) (answer, *httptest.ResponseRecorder) {
	t.Helper()
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	g := w.Header().Get
	return answer{w.Code, w.Body.String(), g("Content-Type"), g("Cache-Control"), g("Content-Encoding"), g("Vary")}, w
}

func TestFiles(t *testing.T) {
	h, err := pages.New(built())
	if err != nil {
		t.Fatal(err)
	}
	const html, js = "text/html; charset=utf-8", "text/javascript; charset=utf-8"
	const forever, vary = "public, max-age=31536000, immutable", "Accept-Encoding"
	for _, c := range []struct {
		path, accept string
		want         answer
	}{
		{"/", "", answer{200, "<html>", html, "no-cache", "", vary}},
		{"/", "gzip, deflate, br", answer{200, "br of index", html, "no-cache", "br", vary}},
		{"/sites/7?range=7d", "gzip", answer{200, "gz of index", html, "no-cache", "gzip", vary}},
		{"/index.html", "br;q=0, gzip;q=0.0, identity", answer{200, "<html>", html, "no-cache", "", vary}},
		{"/assets/app-1.js", "br", answer{200, "br", js, forever, "br", vary}},
		{"/assets/app-1.js.br", "br", answer{404, "There is no such file.\n", "text/plain; charset=utf-8", "", "", ""}},
		{"/assets/app-0.js", "br", answer{404, "There is no such file.\n", "text/plain; charset=utf-8", "", "", ""}},
		{"/assets/font-1.woff2", "br", answer{200, "font", "font/woff2", forever, "", ""}},
		{"/favicon.svg", "br", answer{200, "<svg>", "image/svg+xml", "no-cache", "", ""}},
		{"/lonely.gz", "", answer{200, "archive", "application/gzip", "no-cache", "", ""}},
		{"/../../etc/passwd", "", answer{200, "<html>", html, "no-cache", "", vary}},
		{"//evil.example", "", answer{200, "<html>", html, "no-cache", "", vary}},
	} {
		got, w := ask(t, h, "GET", c.path, "Accept-Encoding", c.accept)
		if got != c.want {
			t.Errorf("%s (%s):\n got %+v\nwant %+v", c.path, c.accept, got, c.want)
		}
		head, hw := ask(t, h, "HEAD", c.path, "Accept-Encoding", c.accept)
		if head.body != "" && got.status == 200 || head.status != got.status || hw.Header().Get("Content-Length") != w.Header().Get("Content-Length") {
			t.Errorf("HEAD %s: %+v", c.path, head)
		}
	}
}

func TestNotModified(t *testing.T) {
	h, err := pages.New(built())
	if err != nil {
		t.Fatal(err)
	}
	_, plain := ask(t, h, "GET", "/")
	_, small := ask(t, h, "GET", "/", "Accept-Encoding", "br")
	tag := small.Header().Get("ETag")
	if tag == "" || tag == plain.Header().Get("ETag") {
		t.Errorf("tags %s and %s", plain.Header().Get("ETag"), tag)
	}
	if got, _ := ask(t, h, "GET", "/", "Accept-Encoding", "br", "If-None-Match", tag); got.status != 304 || got.body != "" {
		t.Errorf("the same: %+v", got)
	}
	if got, _ := ask(t, h, "GET", "/", "If-None-Match", tag); got.status != 200 {
		t.Errorf("another form: %+v", got)
	}
	if got, _ := ask(t, h, "GET", "/", "Accept-Encoding", "br", "Range", "bytes=0-1"); got.status != 200 {
		t.Errorf("part of a compressed form: %+v", got)
	}
}

func TestNotBuilt(t *testing.T) {
	h, err := pages.New(fstest.MapFS{".placeholder": file("")})
	if err != nil {
		t.Fatal(err)
	}
	got, _ := ask(t, h, "GET", "/")
	if got.status != 503 || !strings.Contains(got.body, "make web") || got.cache != "no-store" {
		t.Errorf("%+v", got)
	}
	if got, _ := ask(t, h, "DELETE", "/"); got.status != 405 {
		t.Errorf("DELETE: %+v", got)
	}
}
