package collector

import (
	"bytes"
	"strings"

	"github.com/valyala/fasthttp"

	"noctra/collector/tracker"
)

// scripts are the versions of the browser script.
type scripts struct {
	newest    tracker.Script
	byVersion map[string]tracker.Script
}

func loadScripts() scripts {
	s := scripts{newest: tracker.Newest(), byVersion: map[string]tracker.Script{}}
	for _, version := range tracker.Versions() {
		s.byVersion[version], _ = tracker.Version(version)
	}
	return s
}

// find returns the script of a path, and for how long it may be kept: n.js follows the newest
// version, n-<version>.js never changes.
func (s *scripts) find(path string) (script tracker.Script, cache string, ok bool) {
	if path == "/n.js" {
		return s.newest, "public, max-age=3600, stale-while-revalidate=86400", true
	}
	version, ok := strings.CutPrefix(path, "/n-")
	if !ok {
		return script, "", false
	}
	if version, ok = strings.CutSuffix(version, ".js"); !ok {
		return script, "", false
	}
	script, ok = s.byVersion[version]
	return script, "public, max-age=31536000, immutable", ok
}

// serveScript answers GET and HEAD of a script. Any page may load it, also with an integrity
// attribute, which needs CORS.
func serveScript(ctx *fasthttp.RequestCtx, script tracker.Script, cache string) {
	h := &ctx.Response.Header
	h.SetContentType("text/javascript; charset=utf-8")
	h.Set(fasthttp.HeaderCacheControl, cache)
	h.Set(fasthttp.HeaderETag, script.ETag)
	h.Set(fasthttp.HeaderVary, "Accept-Encoding")
	h.Set(fasthttp.HeaderAccessControlAllowOrigin, "*")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	if match := ctx.Request.Header.Peek(fasthttp.HeaderIfNoneMatch); etagMatches(match, script.ETag) {
		ctx.SetStatusCode(fasthttp.StatusNotModified)
		return
	}
	body := script.Body
	switch {
	case ctx.Request.Header.HasAcceptEncoding("br"):
		h.Set(fasthttp.HeaderContentEncoding, "br")
		body = script.Brotli
	case ctx.Request.Header.HasAcceptEncoding("gzip"):
		h.Set(fasthttp.HeaderContentEncoding, "gzip")
		body = script.Gzip
	}
	ctx.Response.SetBodyRaw(body)
}

func etagMatches(header []byte, etag string) bool {
	for one := range bytes.SplitSeq(header, []byte(",")) {
		one = bytes.TrimSpace(one)
		if string(one) == "*" || string(bytes.TrimPrefix(one, []byte("W/"))) == strings.TrimPrefix(etag, "W/") {
			return len(one) > 0
		}
	}
	return false
}
