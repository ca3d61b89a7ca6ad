package live_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"noctra/admin/internal/live"
	"noctra/schema"
)

// source is a site whose figures the test sets.
type source struct {
	mu             sync.Mutex
	mark           int
	figures        string
	err            error
	marks, fetches int
	late           map[int]string // figures from so many fetches on
}

func (s *source) Mark(context.Context, schema.Site) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.marks++
	return s.mark, s.err
}

func (s *source) Figures(context.Context, schema.Site) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fetches++
	if late, ok := s.late[s.fetches]; ok {
		s.figures = late
	}
	return []byte(s.figures), s.err
}

func (s *source) set(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

func (s *source) counts() (marks, fetches int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.marks, s.fetches
}

func hub(t *testing.T, s *source, change func(*live.Options)) *live.Hub {
	t.Helper()
	opts := live.Options{Every: 5 * time.Millisecond, Refresh: time.Hour, Timeout: time.Second, Max: 100, Log: slog.New(slog.DiscardHandler)}
	if change != nil {
		change(&opts)
	}
	h := live.New(s, opts)
	t.Cleanup(h.Close)
	return h
}

func join(t *testing.T, h *live.Hub, site schema.SiteID) *live.Viewer {
	t.Helper()
	v, err := h.Join(schema.Site{ID: site})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// expect takes what comes until it is want.
func expect(t *testing.T, v *live.Viewer, want string) {
	t.Helper()
	over := time.After(time.Minute)
	for {
		select {
		case got, ok := <-v.News():
			if string(got) == want {
				return
			}
			if !ok {
				t.Fatalf("the stream ended, want %q", want)
			}
		case <-over:
			t.Fatalf("nothing came, want %q", want)
		}
	}
}

// wait asks again until yes says so.
func wait(t *testing.T, what string, yes func() bool) {
	t.Helper()
	ticker := time.NewTicker(time.Millisecond)
	defer ticker.Stop()
	over := time.After(time.Minute)
	for !yes() {
		select {
		case <-over:
			t.Fatalf("%s: not within a minute", what)
		case <-ticker.C:
		}
	}
}

func TestOnePollerForAllViewers(t *testing.T) {
	s := &source{figures: "a"}
	h := hub(t, s, nil)
	var viewers []*live.Viewer
	for range 50 {
		viewers = append(viewers, join(t, h, 1))
	}
	for _, v := range viewers {
		expect(t, v, "a")
	}
	wait(t, "several looks", func() bool { marks, _ := s.counts(); return marks > 10 })
	if _, fetches := s.counts(); fetches > 3 { // one for the first mark, two for rows that show late
		t.Errorf("asked for figures %d times without a change", fetches)
	}
	s.set(func() { s.mark, s.figures = 1, "b" })
	for _, v := range viewers {
		expect(t, v, "b")
		v.Leave()
		v.Leave()
	}
	if n := h.Viewers(); n != 0 {
		t.Errorf("%d viewers are left", n)
	}
	marks, _ := s.counts()
	other := join(t, h, 2) // whoever watched site 1 would have asked meanwhile
	wait(t, "looks at another site", func() bool { now, _ := s.counts(); return now > marks+5 })
	other.Leave()
}

func TestRowsThatShowAfterTheirMark(t *testing.T) {
	s := &source{figures: "a", late: map[int]string{6: "b"}} // the mark changes before the fourth
	h := hub(t, s, nil)
	v := join(t, h, 1)
	expect(t, v, "a")
	wait(t, "settled", func() bool { _, fetches := s.counts(); return fetches == 3 })
	s.set(func() { s.mark = 1 })
	expect(t, v, "b")
}

func TestTimePasses(t *testing.T) {
	s := &source{figures: "a"}
	h := hub(t, s, func(o *live.Options) { o.Refresh = 20 * time.Millisecond })
	v := join(t, h, 1)
	expect(t, v, "a")
	wait(t, "settled", func() bool { _, fetches := s.counts(); return fetches > 3 })
	s.set(func() { s.figures = "b" })
	expect(t, v, "b")
}

func TestSourceFails(t *testing.T) {
	s := &source{err: errors.New("away")}
	h := hub(t, s, nil)
	v := join(t, h, 1)
	wait(t, "asked again", func() bool { marks, _ := s.counts(); return marks > 2 })
	s.set(func() { s.err, s.figures = nil, "back" })
	expect(t, v, "back")
}

func TestSlowViewerGetsTheNewest(t *testing.T) {
	s := &source{figures: "0"}
	h := hub(t, s, nil)
	slow, quick := join(t, h, 1), join(t, h, 1)
	for i := 1; i <= 5; i++ {
		figures := fmt.Sprint(i)
		s.set(func() { s.mark, s.figures = i, figures })
		expect(t, quick, figures)
	}
	got := string(<-slow.News())
	if got == "4" { // the quick one may have the fifth before it
		got = string(<-slow.News())
	}
	if got != "5" {
		t.Errorf("the slow one got %s", got)
	}
}

func TestFullAndClosed(t *testing.T) {
	s := &source{figures: "a"}
	h := hub(t, s, func(o *live.Options) { o.Max = 1 })
	v := join(t, h, 1)
	if _, err := h.Join(schema.Site{ID: 2}); !errors.Is(err, live.ErrFull) {
		t.Errorf("%v", err)
	}
	h.Close()
	for range v.News() { // until it is closed
	}
	v.Leave()
	h.Close()
	if _, err := h.Join(schema.Site{ID: 1}); !errors.Is(err, live.ErrClosed) {
		t.Errorf("%v", err)
	}
}
