package collector

import (
	"github.com/valyala/fasthttp"

	"noctra/collector/internal/enrich"
	"noctra/collector/internal/ingest"
	"noctra/collector/internal/producer"
	"noctra/schema"
)

// work is the memory of one request. It is pooled; nothing in it outlives the request but what
// the producer has copied.
type work struct {
	splitter *ingest.Splitter
	decoder  *ingest.Decoder
	draft    ingest.Draft
	messages producer.Messages
	who      sender
	request  enrich.Request
	received schema.Millis
	rejected []*ingest.Rejection
	shares   []share       // of good events
	site     schema.SiteID // of the event that is looked at, 0 when not known
	place    int           // of that event in the request
	open     int           // events that arrived and are not counted as accepted or refused
	letters  [][]byte
	ids      []byte
	answer   []byte
	scratch  []byte
	turn     turn
	shareOf  schema.SiteID // whose share the messages are counted against
	retry    int           // seconds after which events that were refused for the rate may come again
}

const (
	maxKeptMessages = 1 << 20 // bytes of memory that a request may leave behind
	maxKeptAnswer   = 256 << 10
)

func (s *Service) acquire(ctx *fasthttp.RequestCtx) *work {
	w, _ := s.works.Get().(*work)
	if w == nil {
		w = &work{splitter: ingest.NewSplitter(s.limits), decoder: ingest.NewDecoder(s.limits)}
	}
	w.received = schema.MillisOf(ctx.Time())
	if s.now != nil {
		w.received = schema.MillisOf(s.now())
	}
	w.messages.Reset(w.received)
	w.retry, w.open, w.shares = 0, 0, w.shares[:0]
	return w
}

// release gives w back. It is not called after a panic, when w may be half done.
func (s *Service) release(w *work) {
	if w.messages.Cap() > maxKeptMessages || cap(w.answer) > maxKeptAnswer {
		return
	}
	clear(w.rejected)
	clear(w.letters)
	w.rejected, w.letters, w.who, w.request = w.rejected[:0], w.letters[:0], sender{}, enrich.Request{}
	s.works.Put(w)
}
