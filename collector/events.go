package collector

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"time"

	"github.com/valyala/fasthttp"

	"noctra/collector/internal/enrich"
	"noctra/collector/internal/inflate"
	"noctra/collector/internal/ingest"
	"noctra/collector/internal/producer"
	"noctra/collector/internal/spool"
	"noctra/internal/failpoint"
	"noctra/schema"
)

// store is where accepted events go. It returns nil once they are safe.
type store interface {
	Send(m *producer.Messages) error
}

// postEvents answers POST /v1/events.
func (s *Service) postEvents(ctx *fasthttp.RequestCtx) {
	w := s.acquire(ctx)
	ended := false
	defer func() {
		if !ended {
			s.settle(ctx, w)
		}
	}()
	a := s.identify(ctx, w)
	if a.status == 0 {
		a = s.admit(ctx, w, len(ctx.Request.Body()))
	}
	if a.status == 0 {
		a = s.takeBody(ctx, w)
	} else {
		a = s.refuse(w, a)
	}
	if len(w.who.origin) > 0 && (w.who.site != nil || w.who.lastSite != nil) {
		allowOrigin(ctx, w.who.origin)
	}
	if w.who.signature.good && a.status == 202 {
		s.replays.note(w.who.signature.mac, w.received)
	}
	w.answer = a.write(ctx, w.answer)
	ended = true
	s.release(w)
}

// takeBody reads the body and takes its events.
func (s *Service) takeBody(ctx *fasthttp.RequestCtx, w *work) answerTo {
	lines, ok := mediaType(ctx.Request.Header.ContentType())
	if !ok {
		return s.refuse(w, refusal(415, "body", ingest.MediaUnsupported, "The content type is none of application/json, text/plain, application/x-ndjson."))
	}
	s.readRequest(ctx, w)
	if a := s.charge(w, 0); a.status != 0 {
		return s.refuse(w, a)
	}
	body := ctx.Request.Body()
	if !s.gate.enter(len(body), w.from(), &w.turn) {
		return s.refuse(w, overloaded())
	}
	defer s.gate.leave(&w.turn) // also after a panic
	if a := s.verify(w, body); a.status != 0 {
		return s.refuse(w, a)
	}
	s.noteUse(w)
	if encoding := ctx.Request.Header.ContentEncoding(); len(encoding) > 0 && !bytes.EqualFold(encoding, []byte("identity")) {
		opened, err := s.inflater.Open(strings.ToLower(strings.TrimSpace(string(encoding))), body)
		if err != nil {
			return s.refuse(w, s.inflateAnswer(err))
		}
		defer opened.Release()
		body = opened.Bytes
	}
	w.request.Via = w.who.via(schema.ViaBrowser)
	return s.take(w, body, lines)
}

func (s *Service) inflateAnswer(err error) answerTo {
	switch {
	case errors.Is(err, inflate.ErrUnsupported):
		return refusal(415, "body", ingest.EncodingUnsupported, "The content encoding is none of gzip, deflate, br, zstd.")
	case errors.Is(err, inflate.ErrTooLarge):
		return refusal(413, "body", ingest.BodyTooLarge, "The body is too large when decompressed; send fewer events in a request.")
	case errors.Is(err, inflate.ErrBusy):
		a := refusal(503, "body", ingest.Overloaded, "Too many compressed bodies are being read; send again in a moment.")
		a.retry = 1
		return a
	}
	return refusal(400, "body", ingest.EncodingInvalid, "The body is damaged: it does not decompress.")
}

// mediaType reads a Content-Type; lines says that it means one event per line.
func mediaType(header []byte) (lines, ok bool) {
	if i := bytes.IndexByte(header, ';'); i >= 0 {
		header = header[:i]
	}
	header = bytes.TrimSpace(header)
	switch {
	case len(header) == 0, bytes.EqualFold(header, []byte("application/json")), bytes.EqualFold(header, []byte("text/plain")):
		return false, true
	case bytes.EqualFold(header, []byte("application/x-ndjson")):
		return true, true
	}
	return false, false
}

// take takes the events of body and stores the good ones.
func (s *Service) take(w *work, body []byte, lines bool) answerTo {
	spans, broken := w.splitter.Split(body, lines)
	if broken != nil {
		status := 400
		if broken.Code == ingest.TooManyEvents {
			status = 413
		}
		return s.refuse(w, answerTo{status: status, rejected: []*ingest.Rejection{broken}})
	}
	if a := s.charge(w, len(spans)); a.status != 0 {
		return s.refuse(w, a)
	}
	s.ledger.arrive(len(spans))
	w.open = len(spans)
	s.metrics.batch.Observe(float64(len(spans)))
	for i, span := range spans {
		w.place = i
		if r := s.event(w, span); r != nil {
			r.Index, r.Site = i, w.site
			w.rejected = append(w.rejected, r)
		}
	}
	s.gate.leave(&w.turn)
	return s.store(w)
}

// store hands the good events over, and answers when they are safe.
func (s *Service) store(w *work) answerTo {
	accepted := w.messages.Len()
	s.refuseRejected(w)
	var counts *promise // is kept while the events are stored
	if accepted > 0 && len(w.rejected) > 0 {
		counts = s.ledger.await()
	}
	unsaid := w.hush()
	if accepted == 0 {
		return s.storeNone(w, unsaid)
	}
	begin := time.Now()
	if err := s.sendFairly(w); err != nil {
		a := unstored(err)
		s.refuseShares(w, a.rejected[0].Code)
		return a
	}
	failpoint.Hit(failpoint.CollectorStored)
	s.metrics.acknowledged.Observe(time.Since(begin).Seconds())
	s.ledger.accept(accepted)
	w.open -= accepted
	s.letters.post(w)
	if err := counts.wait(); err != nil {
		return unstored(err)
	}
	return answerTo{status: 202, accepted: accepted + unsaid, rejected: w.rejected, retry: w.retry}
}

// storeNone answers where nothing is to be stored; of unsaid events the sender does not hear.
func (s *Service) storeNone(w *work, unsaid int) answerTo {
	s.letters.post(w)
	a := answerTo{status: 202, accepted: unsaid, rejected: w.rejected, retry: w.retry}
	if unsaid == 0 {
		a.status = statusOf(w.rejected, w.who.key != nil)
	}
	if len(w.rejected) == 0 && unsaid == 0 || !lasting(a.status) {
		return a
	}
	if err := s.ledger.await().wait(); err != nil {
		return unstored(err)
	}
	return a
}

// send returns nil once the messages are safe.
func (s *Service) send(m *producer.Messages) error {
	if failpoint.Planted(failpoint.AckBeforeKafka) {
		go func(m *producer.Messages) { _ = s.sink.Send(m) }(m.Clone())
		return nil
	}
	return s.sink.Send(m)
}

// unstored is the answer to events that were good and found no place.
func unstored(err error) answerTo {
	a := refusal(503, "body", ingest.KafkaUnavailable, "The events could not be stored; send them again.")
	a.retry = retrySoon
	switch {
	case errors.Is(err, producer.ErrFull):
		return overloaded()
	case errors.Is(err, spool.ErrFull):
		a = refusal(503, "body", ingest.SpoolFull, "There is no room for events at the moment; send them again.")
		a.retry = retrySpool
	}
	return a
}

// event checks one event, completes it and adds it to the messages.
func (s *Service) event(w *work, span ingest.Span) *ingest.Rejection {
	d := w.decoder
	w.site = 0
	broken := d.Parse(span)
	key, r := d.SiteKey()
	if broken != nil && (r != nil || key == "" && w.who.site == nil) {
		return broken
	}
	if r != nil {
		return r
	}
	w.who.denied = 0
	site, r := w.who.of(d, key)
	if w.site = w.who.denied; site != nil {
		w.site = site.ID
	}
	switch {
	case broken != nil && r != nil:
		return broken
	case r != nil:
		s.sawRefusal(w, r.Code, key)
		return r
	}
	if r = broken; w.who.key == nil && site.Rules.ExcludesAddress(w.request.Addr) { // whatever it says: it is not kept
		r = enrich.ExcludedAddress()
		r.ID = d.ID()
	}
	if wait := s.siteRate.Take(site.ID, 1); wait > 0 {
		w.retry = max(w.retry, seconds(wait))
		return d.Reject("site", ingest.RateLimited, "Too many events come for this site; send again later.")
	}
	if r == nil {
		r = d.Event(ingest.Context{Site: &site.Site, Server: w.who.vouches(), Received: w.received}, &w.draft)
	}
	if r == nil {
		if r, w.scratch = s.enricher.Complete(context.Background(), &w.draft, site, &w.request, w.scratch); r != nil {
			r.ID = d.ID()
		}
	}
	if r != nil {
		s.sawRefusal(w, r.Code, key)
		if !w.who.probe && !keptOutName(d, site, 0) && r.Code != ingest.Excluded {
			s.letters.keep(w, r, site)
		}
		return r
	}
	e := &w.draft.Event
	if site.KeptOut.About(e) || keptOutName(d, site, e.OccurredAt) {
		return keptOut(d)
	}
	if e.ID == "" {
		if r := nameEvent(w, d); r != nil {
			return r
		}
		e.ID = borrow(w.ids)
	}
	w.messages.Next(e, w.who.sites.Layouts())
	w.took(site.ID)
	w.shareOf = site.ID
	return nil
}
