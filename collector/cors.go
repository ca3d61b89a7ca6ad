package collector

import (
	"github.com/valyala/fasthttp"

	"noctra/collector/internal/sites"
)

// allowOrigin lets the page that sent the request read the answer.
func allowOrigin(ctx *fasthttp.RequestCtx, origin []byte) {
	h := &ctx.Response.Header
	h.SetBytesV(fasthttp.HeaderAccessControlAllowOrigin, origin)
	h.Set(fasthttp.HeaderAccessControlExposeHeaders, "Retry-After")
	h.Set(fasthttp.HeaderVary, "Origin")
}

// preflight answers OPTIONS: what the address allows, and to browsers whether the page may send.
// Without a site in the query any site's host names will do: the event itself is checked later.
func (s *Service) preflight(ctx *fasthttp.RequestCtx, methods string) {
	h := &ctx.Response.Header
	h.Set(fasthttp.HeaderAllow, methods)
	h.Set(fasthttp.HeaderVary, "Origin")
	ctx.SetStatusCode(fasthttp.StatusNoContent)
	origin := ctx.Request.Header.Peek(fasthttp.HeaderOrigin)
	if len(origin) == 0 || len(ctx.Request.Header.Peek(fasthttp.HeaderAccessControlRequestMethod)) == 0 {
		return
	}
	host, snapshot := sites.OriginHost(string(origin)), s.sites.Snapshot()
	allowed := snapshot.AllowsHost(host)
	if named := ctx.QueryArgs().Peek("site"); len(named) > 0 {
		site := snapshot.Site(borrow(named))
		allowed = site != nil && !site.Archived && site.AllowsHost(host)
	}
	if !allowed {
		ctx.SetStatusCode(fasthttp.StatusForbidden)
		return
	}
	h.SetBytesV(fasthttp.HeaderAccessControlAllowOrigin, origin)
	h.Set(fasthttp.HeaderAccessControlAllowMethods, methods)
	h.Set(fasthttp.HeaderAccessControlAllowHeaders, "Content-Type, Content-Encoding")
	h.Set(fasthttp.HeaderAccessControlMaxAge, "86400")
}
