package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"noctra/admin/internal/live"
	"noctra/schema"
)

// Times of live streams.
const (
	liveEvery    = 300 * time.Millisecond
	liveRefresh  = 5 * time.Second
	liveTimeout  = 10 * time.Second
	beatEvery    = 15 * time.Second // a comment keeps proxies from closing, and the sign-in is looked at again
	streamWrite  = 10 * time.Second // a browser that does not read for so long is gone
	streamsRetry = 5 * time.Second
)

// figures is the Source of live streams.
type figures struct{ s *Service }

// Mark implements live.Source.
func (f figures) Mark(ctx context.Context, site schema.Site) (any, error) {
	return f.s.reports.Mark(ctx, site)
}

// Figures implements live.Source.
func (f figures) Figures(ctx context.Context, site schema.Site) ([]byte, error) {
	now, err := f.s.reports.Live(ctx, site)
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(now)
	if err != nil {
		return nil, fmt.Errorf("write live figures: %w", err)
	}
	return text, nil
}

// live opens a stream: an event `live` with the figures at once, then whenever they change.
func (s *Service) live(ctx context.Context, in *InSite) (*huma.StreamResponse, error) {
	site, err := s.siteOf(ctx, callerOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	viewer, err := s.hub.Join(site)
	if errors.Is(err, live.ErrFull) {
		return nil, &fault{kind: busy, detail: "Too many live streams are open; try again in a moment.", wait: streamsRetry}
	}
	if err != nil {
		return nil, &fault{kind: stopping, detail: "The service is stopping; try again in a moment.", wait: time.Second}
	}
	return &huma.StreamResponse{Body: func(c huma.Context) {
		defer viewer.Leave()
		r, w := humago.Unwrap(c)
		stream := stream{w: w, control: http.NewResponseController(w)}
		still := func() bool { return s.stillAllowed(r, in.ID) }
		stream.run(r, viewer.News(), still)
	}}, nil
}

// stillAllowed asks again whether the request may be answered: a sign-in can end, and a key be
// revoked, while a stream is open. A database that is away ends nothing.
func (s *Service) stillAllowed(r *http.Request, site string) bool {
	who, err := s.authorize(r.Context(), s.credentialsOf(r), readReports)
	if err == nil {
		_, err = s.siteOf(r.Context(), who, site)
	}
	var f *fault
	return !errors.As(err, &f)
}

// stream writes server-sent events.
type stream struct {
	w       http.ResponseWriter
	control *http.ResponseController
}

// run hands on news until they end, the browser goes, or still says no.
func (s stream) run(r *http.Request, news <-chan []byte, still func() bool) {
	h := s.w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no") // nginx would hold events back
	s.w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return
	}
	if !s.write("retry: 1000\n\n") {
		return
	}
	beat := time.NewTicker(beatEvery)
	defer beat.Stop()
	for {
		text := ": still here\n\n"
		select {
		case <-r.Context().Done():
			return
		case figures, ok := <-news:
			if !ok {
				return
			}
			text = "event: live\ndata: " + string(figures) + "\n\n"
		case <-beat.C:
			if !still() {
				return
			}
		}
		if !s.write(text) {
			return
		}
	}
}

// write sends text now, with a deadline of its own instead of the server's.
func (s stream) write(text string) bool {
	if err := s.control.SetWriteDeadline(time.Now().Add(streamWrite)); err != nil {
		return false
	}
	if _, err := s.w.Write([]byte(text)); err != nil {
		return false
	}
	return s.control.Flush() == nil
}
