package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// NewSiteTiming is how long it took from the answer that made a site to the first event that a collector
// took for it, in seconds, and what the collector used for all of them.
type NewSiteTiming struct {
	Sites    int     `json:"sites"`
	P50      float64 `json:"p50_seconds"`
	Slowest  float64 `json:"slowest_seconds"`
	CPU      float64 `json:"collector_cpu_ms_each"`
	Resident int64   `json:"collector_resident_bytes"`
}

// newSites makes sites one after the other and sends each its first event until it is taken.
func (p *product) newSites(ctx context.Context, t *town, n int) (s NewSiteTiming, err error) {
	v := p.visitor(t.session)
	if err := await(ctx, time.Minute, time.Second, func() (bool, error) {
		known, err := p.counter(ctx, "collector", "noctra_collector_sites")
		return known >= float64(busySites), err
	}); err != nil {
		return s, fmt.Errorf("collector knows the sites: %w", err)
	}
	before, err := cpuSeconds(p.Pids["collector"])
	if err != nil {
		return s, err
	}
	var all []float64
	for i := range n {
		took, err := p.newSite(ctx, v, t.workspace, fmt.Sprintf("new%d.example", i))
		if err != nil {
			return s, err
		}
		all = append(all, took.Seconds())
	}
	after, err := cpuSeconds(p.Pids["collector"])
	if err != nil {
		return s, err
	}
	slices.Sort(all)
	s.Sites, s.P50, s.Slowest, s.CPU = n, all[n/2], all[n-1], (after-before)*1000/float64(n)
	s.Resident, err = residentBytes(p.Pids["collector"])
	return s, err
}

func (p *product) newSite(ctx context.Context, v *visitor, workspace int64, host string) (time.Duration, error) {
	body := fmt.Sprintf(`{"workspace_id": "%d", "name": "New", "hostnames": [%q], "time_zone": "UTC", "currency": "EUR"}`, workspace, host)
	_, answer, err := v.call(ctx, http.MethodPost, "/api/v1/sites", body)
	if err != nil {
		return 0, err
	}
	var site struct {
		PublicKey string `json:"public_key"`
	}
	if err := json.Unmarshal(answer, &site); err != nil {
		return 0, fmt.Errorf("read new site: %w", err)
	}
	event := fmt.Sprintf(`{"type": "pageview", "site": %q, "url": "https://%s/"}`, site.PublicKey, host)
	started := time.Now()
	err = await(ctx, time.Minute, 10*time.Millisecond, func() (bool, error) {
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, p.CollectorURL+"/v1/events", strings.NewReader(event))
		if err != nil {
			return false, err
		}
		request.Header.Set("Origin", "https://"+host)
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			return false, err
		}
		return answer.StatusCode == http.StatusAccepted, answer.Body.Close()
	})
	if err != nil {
		return 0, fmt.Errorf("first event of %s: %w", host, err)
	}
	return time.Since(started), nil
}
