package demo

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// front sends records through the collector's front door, as a shop's back end would.
type front struct {
	endpoint string
	keys     keys
	client   *http.Client
	log      *slog.Logger
	metrics  *metrics
}

const (
	sendTimeout = 20 * time.Second
	minBackoff  = 500 * time.Millisecond
	maxBackoff  = 8 * time.Second
	maxAnswer   = 1 << 20 // bytes read of an answer
)

func newFront(collectorURL string, k keys, log *slog.Logger, m *metrics) *front {
	return &front{
		endpoint: strings.TrimSuffix(collectorURL, "/") + "/v1/events", keys: k, log: log, metrics: m,
		client: &http.Client{Timeout: sendTimeout},
	}
}

// send delivers the records, those of browsers each by itself, and returns when the collector has answered for all of
// them. While the collector is away or busy it repeats them under the same ids. It fails only when ctx ends or the
// collector refuses the request for good.
func (f *front) send(ctx context.Context, records []record) error {
	var server []record
	for _, r := range records {
		if !r.step.Browser {
			server = append(server, r)
			continue
		}
		if err := f.deliver(ctx, []record{r}, f.asBrowser(r)); err != nil {
			return err
		}
	}
	if len(server) == 0 {
		return nil
	}
	return f.deliver(ctx, server, http.Header{"Authorization": {"Bearer " + f.keys.ServerKey}})
}

// asBrowser is what a visitor's browser says of itself: no secret is among it.
func (f *front) asBrowser(r record) http.Header {
	return http.Header{"Origin": {"https://" + f.keys.Hostname}, "User-Agent": {r.visit.Person.Device.UserAgent}}
}

func (f *front) deliver(ctx context.Context, records []record, as http.Header) error {
	body, err := f.encode(records)
	if err != nil {
		return err
	}
	backoff := minBackoff
	for try := 1; ; try++ {
		wait, err := f.post(ctx, body, as, len(records))
		if err == nil || wait < 0 {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		f.metrics.retries.Inc()
		if try == 1 {
			f.log.Info("collector does not take events yet, repeating", "error", err.Error())
		}
		if err := pause(ctx, max(wait, backoff)); err != nil {
			return err
		}
		backoff = min(2*backoff, maxBackoff)
	}
}

func (f *front) encode(records []record) ([]byte, error) {
	events := make([]message, len(records))
	for i, r := range records {
		events[i] = f.keys.message(r)
	}
	var body bytes.Buffer
	zipped, err := gzip.NewWriterLevel(&body, gzip.BestSpeed)
	if err != nil {
		return nil, fmt.Errorf("compress events: %w", err)
	}
	if err := json.NewEncoder(zipped).Encode(map[string]any{"events": events}); err != nil {
		return nil, fmt.Errorf("encode events: %w", err)
	}
	if err := zipped.Close(); err != nil {
		return nil, fmt.Errorf("compress events: %w", err)
	}
	return body.Bytes(), nil
}

// post makes one request. With an error, wait is how long the collector asks for: below 0 when
// repeating is of no use.
func (f *front) post(ctx context.Context, body []byte, as http.Header, count int) (wait time.Duration, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, f.endpoint, bytes.NewReader(body))
	if err != nil {
		return -1, fmt.Errorf("send events: %w", err)
	}
	for name, values := range as {
		request.Header[name] = values
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Content-Encoding", "gzip")
	response, err := f.client.Do(request)
	if err != nil {
		return 0, fmt.Errorf("send events: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return 0, fmt.Errorf("read the collector's answer: %w", err)
	}
	switch status := response.StatusCode; {
	case status == http.StatusAccepted, status == http.StatusBadRequest:
		return 0, f.account(answer, count)
	case status == http.StatusUnauthorized, status == http.StatusForbidden, status == http.StatusTooManyRequests, status >= 500:
		// A collector that has just started may not know the demo's keys yet.
		seconds, _ := strconv.Atoi(response.Header.Get("Retry-After"))
		return time.Duration(max(seconds, 0)) * time.Second, fmt.Errorf("send events: collector answers %d", status)
	default:
		return -1, fmt.Errorf("send events: collector answers %d: %.200s", status, answer)
	}
}

// account counts what the collector took, and says in the log when it refused something: the demo
// sends nothing that should be.
func (f *front) account(raw []byte, count int) error {
	var answer struct {
		Accepted int `json:"accepted"`
		Rejected []struct {
			Field   string `json:"field"`
			Code    string `json:"code"`
			Message string `json:"message"`
		} `json:"rejected"`
	}
	if err := json.Unmarshal(raw, &answer); err != nil {
		return fmt.Errorf("read the collector's answer: %w", err)
	}
	f.metrics.sent.WithLabelValues("collector").Add(float64(answer.Accepted))
	f.metrics.refused.Add(float64(count - answer.Accepted))
	if len(answer.Rejected) > 0 {
		first := answer.Rejected[0]
		f.log.Warn("collector refuses events of the demo", "refused", len(answer.Rejected), "field", first.Field, "code", first.Code, "message", first.Message)
	}
	return nil
}

// pause waits; it fails when ctx ends first.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
