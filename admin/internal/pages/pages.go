// Package pages serves the built pages of the dashboard: files with their compressed forms, and one
// index page for every address that is none.
//
// Files are read once, at the start. Security headers are the caller's.
package pages

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"time"
)

const (
	index   = "index.html"
	assets  = "assets/" // files with a hash in their names
	forever = "public, max-age=31536000, immutable"
	ask     = "no-cache"
	missing = "The dashboard's pages are not in this binary. Run `make web`, then build it again; the API works without them.\n"
)

// types of what the build makes; the machine's own table may lack some.
var types = map[string]string{
	".css": "text/css; charset=utf-8", ".html": "text/html; charset=utf-8", ".ico": "image/x-icon", ".js": "text/javascript; charset=utf-8",
	".json": "application/json", ".png": "image/png", ".svg": "image/svg+xml", ".txt": "text/plain; charset=utf-8",
	".webmanifest": "application/manifest+json", ".woff2": "font/woff2",
}

// encodings by how well they compress, with the endings of their files.
var encodings = []struct{ name, ending string }{{"br", ".br"}, {"gzip", ".gz"}}

// file is one file in all its forms; form "" is as it is.
type file struct {
	kind  string
	cache string
	tag   string
	forms map[string][]byte
}

// Handler answers GET and HEAD with the files.
type Handler struct {
	files map[string]*file
}

// New reads files. Without an index page every answer is 503 with a sentence that says what to do.
func New(files fs.FS) (*Handler, error) {
	h := &Handler{files: map[string]*file{}}
	all := map[string][]byte{}
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		all[name], err = fs.ReadFile(files, name)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read pages: %w", err)
	}
	for name, content := range all {
		if compressedOf(name, all) {
			continue
		}
		f := &file{kind: kindOf(name), cache: ask, forms: map[string][]byte{"": content}}
		if strings.HasPrefix(name, assets) {
			f.cache = forever
		}
		sum := sha256.Sum256(content)
		f.tag = base64.RawURLEncoding.EncodeToString(sum[:12])
		for _, e := range encodings {
			if form, ok := all[name+e.ending]; ok {
				f.forms[e.name] = form
			}
		}
		h.files[name] = f
	}
	return h, nil
}

// compressedOf says whether name is another file's compressed form.
func compressedOf(name string, all map[string][]byte) bool {
	for _, e := range encodings {
		if plain, ok := strings.CutSuffix(name, e.ending); ok && all[plain] != nil {
			return true
		}
	}
	return false
}

func kindOf(name string) string {
	ending := path.Ext(name)
	if kind := types[ending]; kind != "" {
		return kind
	}
	if kind := mime.TypeByExtension(ending); kind != "" {
		return kind
	}
	return "application/octet-stream"
}

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "Only GET and HEAD are answered here.", http.StatusMethodNotAllowed)
		return
	}
	name := strings.TrimPrefix(path.Clean("/"+r.URL.Path), "/")
	f := h.files[name]
	if f == nil && strings.HasPrefix(name, assets) {
		// A page that is older than the binary asks for a script that is gone: HTML would break it.
		http.Error(w, "There is no such file.", http.StatusNotFound)
		return
	}
	if f == nil {
		f = h.files[index]
	}
	if f == nil {
		w.Header().Set("Cache-Control", "no-store")
		http.Error(w, strings.TrimSuffix(missing, "\n"), http.StatusServiceUnavailable)
		return
	}
	f.serve(w, r)
}

func (f *file) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", f.kind)
	h.Set("Cache-Control", f.cache)
	form := ""
	if len(f.forms) > 1 {
		h.Set("Vary", "Accept-Encoding")
		form = f.choose(r.Header.Get("Accept-Encoding"))
	}
	tag := f.tag
	if form != "" {
		tag += "-" + form
		h.Set("Content-Encoding", form)
		r.Header.Del("Range") // parts of a compressed form are of no use to anybody
	}
	h.Set("ETag", `"`+tag+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(f.forms[form]))
}

// choose returns the best form that accept takes.
func (f *file) choose(accept string) string {
	for _, e := range encodings {
		if f.forms[e.name] != nil && accepts(accept, e.name) {
			return e.name
		}
	}
	return ""
}

// accepts says whether an Accept-Encoding header takes an encoding.
func accepts(header, encoding string) bool {
	for _, part := range strings.Split(header, ",") {
		name, params, _ := strings.Cut(part, ";")
		if !strings.EqualFold(strings.TrimSpace(name), encoding) {
			continue
		}
		weight, has := strings.CutPrefix(strings.ReplaceAll(params, " ", ""), "q=")
		return !has || strings.Trim(weight, "0.") != ""
	}
	return false
}
