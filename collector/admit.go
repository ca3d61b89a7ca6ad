package collector

import (
	"math"
	"net/netip"
	"time"

	"github.com/valyala/fasthttp"

	"noctra/collector/internal/ingest"
)

// Seconds of Retry-After where they do not follow from a rate.
const (
	retrySoon      = 1
	retrySpool     = 5
	retryRetention = 30
	retryMost      = 60
)

// admit decides whether there is room for a request, before the work on it. size is the body's
// length. An answer with a status ends the request.
func (s *Service) admit(ctx *fasthttp.RequestCtx, w *work, size int) answerTo {
	if s.guard.Blocked() {
		a := refusal(503, "body", ingest.KafkaRetention, "Events that were not processed yet would be lost; nothing is taken until they are.")
		a.retry = retryRetention
		return a
	}
	if s.events.Full(size, false) && (s.keeper == nil || s.events.Works()) {
		s.readRequest(ctx, w)
		if s.events.Full(size, s.onTheWay.few(w.from(), int64(size), s.events.Window())) {
			return overloaded()
		}
	}
	return answerTo{}
}

// overloaded is the answer to what there is no room or time for.
func overloaded() answerTo {
	a := refusal(503, "body", ingest.Overloaded, "Too many events are on their way; send again in a moment.")
	a.retry = retrySoon
	return a
}

// charge counts events against the rate of the client's address. Servers have none: they send
// for many clients, and their key's sites have a rate.
func (s *Service) charge(w *work, events int) answerTo {
	if w.who.key != nil || !w.request.Addr.IsValid() {
		return answerTo{}
	}
	wait := s.addressRate.Take(network(w.request.Addr), events)
	if wait == 0 {
		return answerTo{}
	}
	a := refusal(429, "body", ingest.RateLimited, "Too many events come from this address; send again later.")
	a.retry = seconds(wait)
	return a
}

// network is what one client can be told by: its address, of IPv6 the /64 that it was given.
func network(addr netip.Addr) netip.Addr {
	if addr.Is4() {
		return addr
	}
	prefix, err := addr.WithZone("").Prefix(64)
	if err != nil {
		return addr
	}
	return prefix.Addr()
}

// seconds is a wait as Retry-After says it.
func seconds(wait time.Duration) int {
	return int(min(retryMost, max(1, math.Ceil(wait.Seconds()))))
}
