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

// openStream follows a site; the channel is closed when the stream ends.
func (r *rig) openStream(client *http.Client, site string) (<-chan report.Live, http.Header) {
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
	news := make(chan report.Live, 100)
	go func() {
		defer close(news)
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
					news <- l
				}
			}
		}
	}()
	return news, response.Header
}

// next waits for figures that yes accepts.
func next(t *testing.T, news <-chan report.Live, limit time.Duration, yes func(report.Live) bool) (report.Live, bool) {
	t.Helper()
	over := time.After(limit)
	for {
		select {
		case l, ok := <-news:
			if !ok || yes(l) {
				return l, ok
			}
		case <-over:
			t.Fatalf("no such figures within %s", limit)
		}
	}
}

func TestLiveStream(t *testing.T) {
	r := start(t, nil)
	demo := r.demo()
	client := r.signedIn()
	news, header := r.openStream(client, demo.SiteID)
	if header.Get("Content-Type") != "text/event-stream" || header.Get("Cache-Control") != "no-store" {
		t.Errorf("%v", header)
	}
	first, _ := next(t, news, 2*time.Second, func(report.Live) bool { return true })
	if first.Pageviews30m != 0 || len(first.Minutes) != 30 || first.LastEventAt != nil {
		t.Errorf("of an empty site: %+v", first)
	}
	insertEvents(t, r.config, demo.SiteID, time.Now(), 2)
	at := time.Now()
	got, _ := next(t, news, 5*time.Second, func(l report.Live) bool { return l.Pageviews30m == 2 })
	if took := time.Since(at); took > 2*time.Second {
		t.Errorf("pushed after %s", took)
	}
	if got.VisitorsNow != 2 || got.LastEventAt == nil || len(got.Pages) != 1 {
		t.Errorf("%+v", got)
	}

	// A second viewer gets the figures at once, and both are told of what is new.
	second, _ := r.openStream(r.signedIn(), demo.SiteKey)
	next(t, second, time.Second, func(l report.Live) bool { return l.Pageviews30m == 2 })
	insertEvents(t, r.config, demo.SiteID, time.Now(), 1)
	for _, viewer := range []<-chan report.Live{news, second} {
		next(t, viewer, 3*time.Second, func(l report.Live) bool { return l.Pageviews30m == 3 })
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
	news, _ := r.openStream(r.signedIn(), r.demo().SiteID)
	next(t, news, 2*time.Second, func(report.Live) bool { return true })
	begin := time.Now()
	if err := r.stop(); err != nil {
		t.Errorf("stop: %v", err)
	}
	if took := time.Since(begin); took > 2*time.Second {
		t.Errorf("stop took %s", took)
	}
	for range news { // until the stream has ended
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
