package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
)

// visitor is somebody who is signed in to the admin service.
type visitor struct {
	client *http.Client
	url    string
	cookie string
}

func (p *product) visitor(session string) *visitor {
	u, err := url.Parse(p.AdminURL)
	if err != nil {
		return &visitor{client: http.DefaultClient, url: p.AdminURL}
	}
	transport := &http.Transport{MaxIdleConnsPerHost: 8}
	return &visitor{&http.Client{Transport: transport, Timeout: time.Minute}, p.AdminURL, "noctra_session_" + u.Port() + "=" + session}
}

// call sends a request and returns how long the answer took.
func (v *visitor) call(ctx context.Context, method, path, body string) (time.Duration, []byte, error) {
	request, err := http.NewRequestWithContext(ctx, method, v.url+path, strings.NewReader(body))
	if err != nil {
		return 0, nil, fmt.Errorf("%s %s: %w", method, path, err)
	}
	request.Header.Set("Cookie", v.cookie)
	request.Header.Set("Content-Type", "application/json")
	started := time.Now()
	answer, err := v.client.Do(request)
	if err != nil {
		return 0, nil, fmt.Errorf("%s %s: %w", method, path, err)
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	took := time.Since(started)
	if err == nil && answer.StatusCode >= http.StatusBadRequest {
		err = fmt.Errorf("%d: %s", answer.StatusCode, text)
	}
	if err != nil {
		return took, text, fmt.Errorf("%s %s: %w", method, path, err)
	}
	return took, text, nil
}

// page is one address to ask for.
type page struct {
	route string
	path  string
	judge bool
}

// pages lists what the description says that can be asked for, with places filled in. Streams and files
// are left out, and what names something of which there is nothing here.
func (v *visitor) pages(ctx context.Context, t *town) ([]page, error) {
	_, raw, err := v.call(ctx, http.MethodGet, "/api/openapi.json", "")
	if err != nil {
		return nil, err
	}
	var description struct {
		Paths map[string]map[string]json.RawMessage `json:"paths"`
	}
	if err := json.Unmarshal(raw, &description); err != nil {
		return nil, fmt.Errorf("read description: %w", err)
	}
	number := func(n int64) string { return strconv.FormatInt(n, 10) }
	places := strings.NewReplacer("/sites/{id}", "/sites/"+number(t.site), "{workspace_id}", number(t.workspace), "{account_id}", number(t.person))
	var all []page
	for route, methods := range description.Paths {
		path := places.Replace(route)
		if methods["get"] == nil || strings.Contains(path, "{") || strings.HasSuffix(path, "/live") || strings.HasSuffix(path, "/export") || strings.HasSuffix(path, "/file") {
			continue
		}
		figures := strings.HasSuffix(path, "/freshness") || strings.HasSuffix(path, "/ingestion") // of ClickHouse
		all = append(all, page{route, path, !figures})
	}
	slices.SortFunc(all, func(a, b page) int { return strings.Compare(a.route, b.route) })
	return all, nil
}

// walkRoutes asks for every page in turn, again and again, as two browsers do at a time. An address that
// is not answered is left out and said.
func (p *product) walkRoutes(ctx context.Context, t *town, rounds int, log io.Writer) ([]RouteTiming, error) {
	v := p.visitor(t.session)
	all, err := v.pages(ctx, t)
	if err != nil {
		return nil, err
	}
	timings := make([]RouteTiming, 0, len(all))
	var kept []page
	for _, page := range all {
		_, body, err := v.call(ctx, http.MethodGet, page.path, "") // not measured: plans and pages of memory
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil {
			_, _ = fmt.Fprintf(log, "  left out: %v\n", err)
		} else {
			kept, timings = append(kept, page), append(timings, RouteTiming{Path: page.route, Bytes: len(body), Page: page.judge})
		}
	}
	const browsers = 2
	took := make([][][]time.Duration, browsers)
	group, walking := errgroup.WithContext(ctx)
	for browser := range browsers {
		took[browser] = make([][]time.Duration, len(kept))
		group.Go(func() (err error) { return v.rounds(walking, kept, rounds/browsers, took[browser]) })
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	for i := range timings {
		timings[i].P50, timings[i].P95 = percentiles(slices.Concat(took[0][i], took[1][i]))
	}
	return timings, nil
}

func (v *visitor) rounds(ctx context.Context, pages []page, rounds int, took [][]time.Duration) error {
	var errs []error
	for range rounds {
		for i, page := range pages {
			d, _, err := v.call(ctx, http.MethodGet, page.path, "")
			took[i], errs = append(took[i], d), append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// percentiles in milliseconds.
func percentiles(all []time.Duration) (p50, p95 float64) {
	if len(all) == 0 {
		return 0, 0
	}
	slices.Sort(all)
	return milliseconds(all[len(all)/2]), milliseconds(all[len(all)*95/100])
}
