package collector

import (
	"github.com/valyala/fasthttp"

	"noctra/collector/internal/ingest"
	"noctra/schema"
)

// doorUnknown is the door of what could not be read as a request.
const doorUnknown = "unknown"

// refuse counts a request that is refused as a whole. An answer that does not ask for the same again
// comes when its count is safe.
func (s *Service) refuse(w *work, a answerTo) answerTo {
	s.gate.leave(&w.turn)
	s.ledger.refuseWhole(w.cell(w.whose(), a.rejected[0].Code))
	if !lasting(a.status) {
		return a
	}
	if err := s.ledger.await().wait(); err != nil {
		return unstored(err)
	}
	return a
}

// lasting tells whether an answer may wait for its counts. What there is no room or time for hears so
// at once; it is counted within a second, if nothing kills the process.
func lasting(status int) bool { return status < 500 && status != 408 && status != 429 }

// cell is what an event of w that is refused counts as.
func (w *work) cell(site schema.SiteID, reason ingest.Code) cell {
	return cell{site: site, minute: w.received - w.received%schema.MinuteMillis, door: w.door(), reason: reason}
}

func (w *work) door() string {
	if w.request.Via == schema.ViaUnknown {
		return w.who.via(schema.ViaBrowser).String()
	}
	return w.request.Via.String()
}

// whose is the site of a request as a whole, 0 when not known.
func (w *work) whose() schema.SiteID {
	if w.who.site != nil {
		return w.who.site.ID
	}
	return w.who.denied
}

// share is how many events of a site a request has.
type share struct {
	site schema.SiteID
	n    int
}

// took notes a good event of a site.
func (w *work) took(site schema.SiteID) {
	if n := len(w.shares); n > 0 && w.shares[n-1].site == site {
		w.shares[n-1].n++
		return
	}
	w.shares = append(w.shares, share{site, 1})
}

// refuseShares counts good events that found no place.
func (s *Service) refuseShares(w *work, reason ingest.Code) {
	for _, one := range w.shares {
		s.ledger.refuse(w.cell(one.site, reason), one.n)
		w.open -= one.n
	}
}

// refuseRejected counts the events that were not good.
func (s *Service) refuseRejected(w *work) {
	for _, r := range w.rejected {
		s.ledger.refuse(w.cell(r.Site, r.Code), 1)
	}
	w.open -= len(w.rejected)
}

type countedKey struct{}

// settle is for a panic, which leaves events that nobody answered for.
func (s *Service) settle(ctx *fasthttp.RequestCtx, w *work) {
	if w.open > 0 {
		s.ledger.refuse(w.cell(w.whose(), ingest.Internal), w.open)
		ctx.SetUserValue(countedKey{}, true)
	}
}

// refuseUnread counts a request that no handler has counted.
func (s *Service) refuseUnread(ctx *fasthttp.RequestCtx, a answerTo) {
	if ctx.UserValue(countedKey{}) != nil {
		return
	}
	now := schema.MillisOf(s.clock())
	s.ledger.refuseWhole(cell{minute: now - now%schema.MinuteMillis, door: doorUnknown, reason: a.rejected[0].Code})
}
