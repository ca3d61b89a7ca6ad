package collector

import (
	"context"
	"sync"

	"noctra/collector/internal/ingest"
	"noctra/collector/internal/producer"
	"noctra/collector/internal/redact"
	"noctra/collector/internal/sites"
	"noctra/schema"
)

// letters brings refused events of known sites to the topic of dead letters, as far as there is
// room: nobody waits for it, and what does not fit is counted.
type letters struct {
	sink    store
	metrics *metrics
	quota   *quota
	mu      sync.Mutex
	queue   []letter
	bytes   int
	wake    chan struct{}
}

type letter struct {
	at   schema.Millis
	key  uint64
	body []byte
}

const (
	lettersBytes = 8 << 20 // that wait
	lettersAtOne = 1000    // in one go
)

func newLetters(sink store, m *metrics, q *quota) *letters {
	return &letters{sink: sink, metrics: m, quota: q, wake: make(chan struct{}, 1)}
}

// keep writes the record of an event that was just refused, unless its site has had enough of them
// for the day. It is posted with the request's end.
func (l *letters) keep(w *work, r *ingest.Rejection, site *sites.Site) {
	if !l.quota.left(site.ID, w.received) {
		l.metrics.letters.WithLabelValues("over_limit").Inc()
		return
	}
	record := schema.DeadLetter{
		At: w.received, Site: site.ID, Stage: "collector", Reason: string(r.Code), Field: r.Field,
		Message: redact.Text(r.Message), EventID: redact.Text(r.ID), Body: w.decoder.Letter(site.NoClicks), Via: w.request.Via,
	}
	body := schema.AppendDeadLetter(nil, &record)
	l.quota.spend(site.ID, len(body))
	w.letters = append(w.letters, body)
}

// post queues the request's records.
func (l *letters) post(w *work) {
	if len(w.letters) == 0 {
		return
	}
	l.mu.Lock()
	dropped := 0
	for i, body := range w.letters {
		if l.bytes+len(body) > lettersBytes {
			dropped++
			continue
		}
		l.bytes += len(body)
		l.queue = append(l.queue, letter{w.received, uint64(w.received) + uint64(i), body})
	}
	l.mu.Unlock()
	l.metrics.letters.WithLabelValues("dropped").Add(float64(dropped))
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// run stores what is queued until ctx ends, and then once more.
func (l *letters) run(ctx context.Context) {
	for {
		ended := false
		select {
		case <-ctx.Done():
			ended = true
		case <-l.wake:
		}
		for l.flush() {
		}
		if ended {
			return
		}
	}
}

// flush stores some of the queue and reports whether more is left.
func (l *letters) flush() bool {
	l.mu.Lock()
	n := min(len(l.queue), lettersAtOne)
	some := l.queue[:n]
	l.queue = l.queue[n:]
	if len(l.queue) == 0 {
		l.queue = nil
	}
	left := len(l.queue) > 0
	l.mu.Unlock()
	if n == 0 {
		return false
	}
	var m producer.Messages
	m.Reset(some[n-1].at) // Kafka counts the thirty days from here
	size := 0
	for _, letter := range some {
		m.Add(letter.key, letter.body)
		size += len(letter.body)
	}
	result := "stored"
	if err := l.sink.Send(&m); err != nil {
		result = "failed"
	}
	l.mu.Lock()
	l.bytes -= size
	l.mu.Unlock()
	l.metrics.letters.WithLabelValues(result).Add(float64(n))
	return left
}
