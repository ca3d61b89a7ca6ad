package collector

import (
	"errors"
	"net"
	"net/netip"

	"github.com/valyala/fasthttp"

	"noctra/collector/internal/ingest"
)

// maxHeader is the size of a request's head in bytes, the address included.
const maxHeader = 8 << 10

func (s *Service) newServer() *fasthttp.Server {
	c := s.config
	return &fasthttp.Server{
		Handler:                      s.handle,
		ErrorHandler:                 s.malformed,
		HeaderReceived:               s.listener.announce,
		Logger:                       silent{},
		SecureErrorLogMessage:        true,
		ReadBufferSize:               maxHeader,
		MaxRequestBodySize:           c.MaxBodyBytes,
		ReadTimeout:                  c.ReadTimeout,
		WriteTimeout:                 c.WriteTimeout,
		IdleTimeout:                  c.IdleTimeout,
		Concurrency:                  c.MaxConnections + 1, // the listener has the bound, and a better answer
		MaxRequestsPerConn:           c.MaxRequestsPerConn,
		CloseOnShutdown:              true,
		NoDefaultServerHeader:        true,
		NoDefaultContentType:         true,
		DisablePreParseMultipartForm: true,
	}
}

// silent: what fasthttp has to say names addresses of clients; metrics count the rest.
type silent struct{}

func (silent) Printf(string, ...any) {}

// handle answers one request. A panic costs that request alone.
func (s *Service) handle(ctx *fasthttp.RequestCtx) {
	defer func() {
		if cause := recover(); cause != nil {
			s.metrics.panics.Inc()
			s.log.Error("request ended in a panic", "error", panicText(cause))
			ctx.Response.Reset()
			a := refusal(500, "body", ingest.Internal, "The request could not be answered; this is a fault of the collector.")
			s.refuseUnread(ctx, a)
			a.write(ctx, nil)
			ctx.SetConnectionClose()
		}
		if s.listener.counts(int64(ctx.Request.Header.ContentLength())) {
			s.listener.ended(&ctx.Request.Header)
		}
		s.metrics.answered(ctx.Response.StatusCode())
	}()
	s.route(ctx)
	ctx.Response.Header.Set(fasthttp.HeaderXContentTypeOptions, "nosniff")
	if s.config.HSTS {
		ctx.Response.Header.Set(fasthttp.HeaderStrictTransportSecurity, "max-age=31536000; includeSubDomains")
	}
	if s.draining.Load() {
		ctx.SetConnectionClose()
	}
}

const (
	getMethods  = "GET, HEAD, OPTIONS"
	postMethods = "POST, OPTIONS"
)

// route lists what there is.
func (s *Service) route(ctx *fasthttp.RequestCtx) {
	path := ctx.Path()
	switch string(path) {
	case "/v1/events":
		switch {
		case ctx.IsPost():
			s.postEvents(ctx)
		case ctx.IsOptions():
			s.preflight(ctx, postMethods)
		default:
			wrongMethod(ctx, postMethods)
		}
		return
	case "/v1/pixel.gif":
		if s.reads(ctx) {
			s.getPixel(ctx)
		}
		return
	case postbackPath:
		if ctx.IsPost() || s.reads(ctx) {
			s.getPostback(ctx)
		}
		return
	case "/healthz":
		if s.reads(ctx) {
			plainText(ctx, 200, "ok\n")
		}
		return
	case "/readyz":
		if s.reads(ctx) {
			s.getReady(ctx)
		}
		return
	}
	if script, cache, ok := s.scripts.find(borrow(path)); ok {
		if s.reads(ctx) {
			s.sawScript(ctx, script.Version)
			serveScript(ctx, script, cache)
		}
		return
	}
	a := refusal(404, "body", ingest.NotFound, "There is nothing at this address.")
	a.write(ctx, nil)
}

// reads reports whether the request is a GET or HEAD, and answers it otherwise.
func (s *Service) reads(ctx *fasthttp.RequestCtx) bool {
	switch {
	case ctx.IsGet(), ctx.IsHead():
		return true
	case ctx.IsOptions():
		s.preflight(ctx, getMethods)
	default:
		wrongMethod(ctx, getMethods)
	}
	return false
}

func wrongMethod(ctx *fasthttp.RequestCtx, allowed string) {
	a := refusal(405, "body", ingest.MethodNotAllowed, "The address takes "+allowed+".")
	a.write(ctx, nil)
	ctx.Response.Header.Set(fasthttp.HeaderAllow, allowed)
}

func plainText(ctx *fasthttp.RequestCtx, status int, text string) {
	ctx.SetStatusCode(status)
	ctx.SetContentType("text/plain; charset=utf-8")
	ctx.Response.Header.Set(fasthttp.HeaderCacheControl, "no-store")
	ctx.SetBodyString(text)
}

func (s *Service) getReady(ctx *fasthttp.RequestCtx) {
	if s.problem() != nil { // the private server tells why; the public need not know
		plainText(ctx, 503, "not ready\n")
		return
	}
	plainText(ctx, 200, "ok\n")
}

// malformed answers what could not be read as a request; the connection ends with it.
func (s *Service) malformed(ctx *fasthttp.RequestCtx, err error) {
	ctx.Response.Reset()
	a := refusal(400, "body", ingest.RequestInvalid, "The request is not well-formed HTTP/1.1.")
	var small *fasthttp.ErrSmallBuffer
	var network net.Error
	switch {
	case errors.Is(err, fasthttp.ErrBodyTooLarge) && s.listener.counts(int64(ctx.Request.Header.ContentLength())):
		a = overloaded()
	case errors.Is(err, fasthttp.ErrBodyTooLarge):
		a = refusal(413, "body", ingest.BodyTooLarge, "The body is too large; send fewer events in a request.")
	case errors.As(err, &small):
		a = refusal(431, "body", ingest.RequestInvalid, "The head of the request is too large.")
	case errors.As(err, &network) && network.Timeout():
		a = refusal(408, "body", ingest.RequestInvalid, "The request did not arrive in time.")
	}
	if errors.Is(err, errReceiving) {
		a = overloaded()
	}
	s.listener.ended(&ctx.Request.Header)
	a.write(ctx, nil)
	s.refuseUnread(ctx, a)
	s.metrics.answered(a.status)
}

// readRequest notes what the head tells about the client. The strings borrow the request.
func (s *Service) readRequest(ctx *fasthttp.RequestCtx, w *work) {
	if w.who.itself() {
		return
	}
	h := &ctx.Request.Header
	w.request.UserAgent = borrow(h.UserAgent())
	w.request.Language = borrow(h.Peek(fasthttp.HeaderAcceptLanguage))
	remote, ok := ctx.RemoteAddr().(*net.TCPAddr)
	if !ok {
		return
	}
	addr, _ := netip.AddrFromSlice(remote.IP)
	w.request.Addr = s.proxies.Client(addr.Unmap(), joined(h.PeekAll(fasthttp.HeaderForwarded)), joined(h.PeekAll(fasthttp.HeaderXForwardedFor)))
}

// joined returns the values of a header that may stand several times.
func joined(values [][]byte) string {
	switch len(values) {
	case 0:
		return ""
	case 1:
		return borrow(values[0])
	}
	all := string(values[0])
	for _, v := range values[1:] {
		all += "," + string(v)
	}
	return all
}
