package admin

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"noctra/admin/internal/report"
)

// followed is a stream of a site; news is closed when it ends, and err says whether it was cut.
type followed struct {
	news   chan report.Live
	header http.Header
	err    error
}

func (r *rig) openStream(client *http.Client, site string) *followed {
	r.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	request, err := http.NewRequestWithContext(ctx, "GET", r.url+"/api/v1/sites/"+site+"/live", nil)
	if err != nil {
		r.t.Fatal(err)
	}
	patient := *client
	patient.Timeout = 0
	response, err := patient.Do(request)
	if err != nil {
		r.t.Fatal(err)
	}
	if response.StatusCode != 200 {
		r.t.Fatalf("stream: %d", response.StatusCode)
	}
	r.t.Cleanup(func() { cancel(); _ = response.Body.Close() })
	s := &followed{news: make(chan report.Live, 100), header: response.Header}
	go func() {
		defer close(s.news)
		lines := bufio.NewScanner(response.Body)
		lines.Buffer(nil, 1<<20)
		event := ""
		for lines.Scan() {
			name, value, _ := strings.Cut(lines.Text(), ": ")
			switch {
			case name == "event":
				event = value
			case name == "data" && event == "live":
				var l report.Live
				if json.Unmarshal([]byte(value), &l) == nil {
					s.news <- l
				}
			}
		}
		s.err = lines.Err()
	}()
	return s
}

// next waits for figures that yes accepts. That they come within two seconds is measured by noctra bench.
func (s *followed) next(t *testing.T, yes func(report.Live) bool) (report.Live, bool) {
	t.Helper()
	over := time.After(time.Minute)
	for {
		select {
		case l, ok := <-s.news:
			if !ok || yes(l) {
				return l, ok
			}
		case <-over:
			t.Fatal("no such figures within a minute")
		}
	}
}

func TestLiveStream(t *testing.T) {
	r := start(t, nil)
	demo := r.demo()
	client := r.signedIn()
	viewer := r.openStream(client, demo.SiteID)
	if viewer.header.Get("Content-Type") != "text/event-stream" || viewer.header.Get("Cache-Control") != "no-store" {
		t.Errorf("%v", viewer.header)
	}
	first, _ := viewer.next(t, func(report.Live) bool { return true })
	if first.Pageviews30m != 0 || len(first.Minutes) != 30 || first.LastEventAt != nil {
		t.Errorf("of an empty site: %+v", first)
	}
	insertEvents(t, r.config, demo.SiteID, time.Now(), 2)
	got, _ := viewer.next(t, func(l report.Live) bool { return l.Pageviews30m == 2 })
	if got.VisitorsNow != 2 || got.LastEventAt == nil || len(got.Pages) != 1 {
		t.Errorf("%+v", got)
	}

	// A second viewer gets the figures at once, and both are told of what is new.
	second := r.openStream(r.signedIn(), demo.SiteKey)
	second.next(t, func(l report.Live) bool { return l.Pageviews30m == 2 })
	insertEvents(t, r.config, demo.SiteID, time.Now(), 1)
	for _, viewer := range []*followed{viewer, second} {
		viewer.next(t, func(l report.Live) bool { return l.Pageviews30m == 3 })
	}
	if a := r.ask(client, "HEAD", "/api/v1/sites/"+demo.SiteID+"/live", ""); a.status != 200 {
		t.Errorf("HEAD: %d", a.status)
	}
	var fresh report.Freshness
	decode(t, r.ask(client, "GET", "/api/v1/sites/"+demo.SiteID+"/freshness", ""), 200, &fresh)
	if fresh.LastEventAt == nil || fresh.DelayMS == nil {
		t.Errorf("%+v", fresh)
	}
}

func TestTooManyStreams(t *testing.T) {
	r := start(t, func(c *Config) { c.MaxStreams = 1 })
	client := r.signedIn()
	r.openStream(client, r.demo().SiteID)
	a := r.ask(client, "GET", "/api/v1/sites/"+r.demo().SiteID+"/live", "")
	if p := a.problem(t); a.status != 503 || p.Code != "busy" || a.header.Get("Retry-After") == "" {
		t.Errorf("%d %+v", a.status, p)
	}
}

func TestStopWithOpenStream(t *testing.T) {
	r := start(t, nil)
	viewer := r.openStream(r.signedIn(), r.demo().SiteID)
	viewer.next(t, func(report.Live) bool { return true })
	if err := r.stop(); err != nil {
		t.Errorf("stop: %v", err)
	}
	for range viewer.news { // until the stream has ended
	}
	if viewer.err != nil { // it was waited for, and cut in the end
		t.Errorf("the stream: %v", viewer.err)
	}
}

// A sign-in that ended ends its streams; a database that is away does not.
func TestStillAllowed(t *testing.T) {
	r := start(t, nil)
	client := r.signedIn()
	request, err := http.NewRequestWithContext(t.Context(), "GET", r.url+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range client.Jar.Cookies(request.URL) {
		request.AddCookie(c)
	}
	if !r.stillAllowed(request, r.demo().SiteID) {
		t.Error("a good session is refused")
	}
	r.sql(`UPDATE sites SET state = 'deleted', erase_after = now()`)
	if r.stillAllowed(request, r.demo().SiteID) {
		t.Error("a site that is gone is still shown")
	}
	r.sql(`DELETE FROM sessions`)
	if r.stillAllowed(request, r.demo().SiteID) {
		t.Error("a session that is gone is still good")
	}
	r.pool.Close()
	if !r.stillAllowed(request, r.demo().SiteID) {
		t.Error("a database that is away ends streams")
	}
}
