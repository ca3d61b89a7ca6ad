// Package live tells everybody who watches a site about its newest figures, soon after they change.
//
// A site that is watched is looked after by one goroutine, however many watch: it asks cheaply
// whether events came, and only then for the figures. A site that nobody watches costs nothing.
// The package knows no HTTP and no figures; what it hands on are bytes.
package live

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"noctra/internal/logs"
	"noctra/schema"
)

// Source is where figures come from.
type Source interface {
	// Mark returns something comparable that changes whenever events of the site came. It is asked
	// often, and must be cheap.
	Mark(ctx context.Context, site schema.Site) (any, error)
	// Figures returns the present figures, ready to be sent.
	Figures(ctx context.Context, site schema.Site) ([]byte, error)
}

// Errors of Join.
var (
	ErrFull   = errors.New("too many live streams")
	ErrClosed = errors.New("live streams have ended")
)

// Options of a Hub. Every field has to be set.
type Options struct {
	Every   time.Duration // how often a watched site is asked whether it changed
	Refresh time.Duration // how old figures may get without a change: minutes pass by themselves
	Timeout time.Duration // of one question
	Max     int           // viewers at a time
	Log     *slog.Logger
}

// Hub joins viewers and sites. It is safe for concurrent use.
type Hub struct {
	source Source
	opts   Options
	log    *logs.Throttled
	ctx    context.Context // ends with the hub; its goroutines outlive every single request
	end    context.CancelFunc
	group  sync.WaitGroup

	mu      sync.Mutex
	watches map[schema.SiteID]*watch
	viewers int
	closed  bool
}

// New returns a hub. Close ends it.
func New(source Source, opts Options) *Hub {
	ctx, end := context.WithCancel(context.Background())
	return &Hub{source: source, opts: opts, log: logs.Throttle(opts.Log, time.Minute, time.Now), ctx: ctx, end: end, watches: map[schema.SiteID]*watch{}}
}

// watch is a site with the viewers it has.
type watch struct {
	site    schema.Site
	viewers map[*Viewer]struct{}
	last    []byte // nil until the first answer
	stop    context.CancelFunc
}

// Viewer is one stream.
type Viewer struct {
	hub  *Hub
	site schema.SiteID
	news chan []byte // holds the newest figures alone
}

// Join begins to watch a site. The caller has to call Leave.
func (h *Hub) Join(site schema.Site) (*Viewer, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.closed:
		return nil, ErrClosed
	case h.viewers >= h.opts.Max:
		return nil, ErrFull
	}
	w := h.watches[site.ID]
	if w == nil {
		ctx, stop := context.WithCancel(h.ctx)
		w = &watch{site: site, viewers: map[*Viewer]struct{}{}, stop: stop}
		h.watches[site.ID] = w
		h.group.Go(func() { h.poll(ctx, w) })
	}
	v := &Viewer{hub: h, site: site.ID, news: make(chan []byte, 1)}
	w.viewers[v] = struct{}{}
	h.viewers++
	if w.last != nil {
		v.news <- w.last
	}
	return v, nil
}

// News gives the figures: those of now at once, then whenever they change. A viewer that is slow
// misses what is old. It is closed when the hub is.
func (v *Viewer) News() <-chan []byte { return v.news }

// Leave ends a viewer. It may be called more than once.
func (v *Viewer) Leave() {
	v.hub.mu.Lock()
	defer v.hub.mu.Unlock()
	w := v.hub.watches[v.site]
	if w == nil {
		return
	}
	if _, ok := w.viewers[v]; !ok {
		return
	}
	delete(w.viewers, v)
	v.hub.viewers--
	if len(w.viewers) == 0 {
		w.stop()
		delete(v.hub.watches, v.site)
	}
}

// Viewers returns how many there are.
func (h *Hub) Viewers() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.viewers
}

// Close ends all streams and returns when nothing is asked any more. It may be called more than once.
func (h *Hub) Close() {
	h.mu.Lock()
	if !h.closed {
		h.closed = true
		for _, w := range h.watches {
			for v := range w.viewers {
				close(v.news)
			}
		}
		clear(h.watches)
		h.viewers = 0
	}
	h.mu.Unlock()
	h.end()
	h.group.Wait()
}

// send hands figures to everybody who watches.
func (h *Hub) send(w *watch, figures []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.watches[w.site.ID] != w || bytes.Equal(w.last, figures) {
		return
	}
	w.last = figures
	for v := range w.viewers {
		select {
		case <-v.news: // what was not taken yet is old
		default:
		}
		v.news <- figures
	}
}
