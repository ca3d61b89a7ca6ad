package collector

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/valyala/fasthttp"

	"noctra/schema"
)

// pixel is a transparent GIF of one point.
var pixel = []byte("GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;")

// refusedHeader says why a pixel counts nothing: an image has no other place for it.
const refusedHeader = "X-Noctra-Refused"

// getPixel answers GET /v1/pixel.gif: the parameters are one event. The image comes in any case,
// so that no page shows a broken one; the status tells what became of the event.
func (s *Service) getPixel(ctx *fasthttp.RequestCtx) {
	ctx.Response.Header.SetContentType("image/gif")
	ctx.Response.Header.Set(fasthttp.HeaderCacheControl, "no-store, private")
	ctx.Response.Header.Set("Cross-Origin-Resource-Policy", "cross-origin")
	ctx.Response.SetBodyRaw(pixel)
	if ctx.IsHead() {
		return
	}
	w := s.acquire(ctx)
	ended := false
	defer func() {
		if !ended {
			s.settle(ctx, w)
		}
	}()
	a := s.identify(ctx, w)
	w.request.Via = w.who.via(schema.ViaPixel)
	if a.status == 0 {
		a = s.admit(ctx, w, len(ctx.URI().QueryString()))
	}
	if a.status == 0 {
		s.readRequest(ctx, w)
		s.noteUse(w)
		w.answer = appendPixelEvent(w.answer[:0], ctx.QueryArgs(), ctx.Request.Header.Referer())
		a = s.take(w, w.answer, false)
	} else {
		a = s.refuse(w, a)
	}
	ctx.SetStatusCode(fasthttp.StatusOK)
	if a.accepted == 0 {
		ctx.SetStatusCode(a.status)
		ctx.Response.Header.Set(refusedHeader, string(a.rejected[0].Code)+" "+a.rejected[0].Field)
	}
	if a.retry > 0 {
		ctx.Response.Header.Set(fasthttp.HeaderRetryAfter, strconv.Itoa(a.retry))
	}
	ended = true
	s.release(w)
}

// appendPixelEvent writes the parameters as the JSON of an event: props.<key> are properties,
// consent.<purpose> the answers, type is pageview and url the page that shows the pixel unless
// they are given.
func appendPixelEvent(b []byte, args *fasthttp.Args, page []byte) []byte {
	var nested [2][]byte
	prefixes := [2]string{"props.", "consent."}
	hasType, hasURL := false, false
	b = append(b, '{')
	for key, value := range args.All() {
		if i := prefixOf(key, prefixes); i >= 0 {
			nested[i] = appendPair(nested[i], key[len(prefixes[i]):], value)
			continue
		}
		hasType = hasType || string(key) == "type"
		hasURL = hasURL || string(key) == "url"
		b = appendPair(b, key, value)
	}
	if !hasType {
		b = appendPair(b, []byte("type"), []byte("pageview"))
	}
	if !hasURL && len(page) > 0 {
		b = appendPair(b, []byte("url"), page)
	}
	for i, pairs := range nested {
		if len(pairs) > 0 {
			b = append(comma(b), `"`+strings.TrimSuffix(prefixes[i], ".")+`":{`...)
			b = append(append(b, pairs...), '}')
		}
	}
	return append(b, '}')
}

func prefixOf(key []byte, prefixes [2]string) int {
	for i, prefix := range prefixes {
		if bytes.HasPrefix(key, []byte(prefix)) && len(key) > len(prefix) {
			return i
		}
	}
	return -1
}

func comma(b []byte) []byte {
	if n := len(b); n > 0 && b[n-1] != '{' {
		return append(b, ',')
	}
	return b
}

// appendPair appends "key":"value". Items are a JSON array already; all else is text.
func appendPair(b, key, value []byte) []byte {
	b = appendText(comma(b), key)
	b = append(b, ':')
	if string(key) == "items" && len(value) > 0 && value[0] == '[' {
		return append(b, value...)
	}
	return appendText(b, value)
}

// appendText writes a JSON string with the bytes as they are, so that what may not be stored is
// found where all other events' is.
func appendText(b, text []byte) []byte {
	b = append(b, '"')
	for _, c := range text {
		if c == '"' || c == '\\' {
			b = append(b, '\\')
		}
		b = append(b, c)
	}
	return append(b, '"')
}
