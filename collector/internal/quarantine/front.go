package quarantine

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"noctra/schema"
)

// Verdict is what the front door says about one event.
type Verdict struct {
	Code    string // empty: accepted
	Message string
}

// Front sends events to a collector as a server does. It is used by one goroutine at a time.
type Front struct {
	URL      string // of the collector
	Key      string // server key
	Log      *slog.Logger
	Patience time.Duration // most time to wait without an event settled
	client   http.Client
	wait     func(ctx context.Context, d time.Duration) error
}

const (
	requestTimeout = 30 * time.Second
	patience       = 10 * time.Minute
	retryDefault   = time.Second
	doorHeader     = "X-Noctra-Door" // as the collector reads it
	answerBytes    = 4 << 20
)

// NewFront returns a Front that gives up after ten minutes of waiting.
func NewFront(url, key string, log *slog.Logger) *Front {
	return &Front{
		URL: strings.TrimSuffix(url, "/"), Key: key, Log: log, Patience: patience, wait: wait,
		client: http.Client{
			Timeout:       requestTimeout,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // the key is for that address alone
		},
	}
}

// answer is what the collector said.
type answer struct {
	status   int
	retry    time.Duration
	Accepted int
	Rejected []struct {
		Index         int
		Code, Message string
	}
}

// each tells whether the answer speaks of each of n events.
func (a *answer) each(n int) bool { return a.Accepted+len(a.Rejected) == n }

// says is the answer in one line, for errors.
func (a *answer) says() string {
	if len(a.Rejected) == 0 {
		return fmt.Sprintf("status %d", a.status)
	}
	return fmt.Sprintf("status %d, %s: %s", a.status, a.Rejected[0].Code, a.Rejected[0].Message)
}

// later tells whether the same request may be taken at another time.
func (a *answer) later() bool {
	switch a.status {
	case http.StatusTooManyRequests, http.StatusRequestTimeout, http.StatusInternalServerError,
		http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// Send sends JSON events that came by a door, unknown for a server's own, and returns a verdict for each. It waits and sends again where it is
// told to; events need ids, so that none counts twice. On an error some may have been taken.
func (f *Front) Send(ctx context.Context, door schema.Via, events [][]byte) ([]Verdict, error) {
	verdicts := make([]Verdict, len(events))
	open := make([]int, len(events)) // indexes of those without a verdict
	for i := range open {
		open[i] = i
	}
	for waited := time.Duration(0); ; {
		part := make([][]byte, len(open))
		for i, n := range open {
			part[i] = events[n]
		}
		a, why := f.post(ctx, door, part)
		left, pause := open, retryDefault
		if why == nil {
			if a.status == http.StatusRequestEntityTooLarge && len(part) > 1 {
				return f.halves(ctx, door, events)
			}
			var err error
			if left, err = a.settle(open, verdicts); err != nil {
				return nil, err
			}
			pause, why = max(pause, a.retry), errors.New(a.says())
		}
		if len(left) == 0 {
			return verdicts, nil
		}
		if len(left) < len(open) {
			waited = 0
		}
		open = left
		if waited += pause; waited > f.Patience {
			return nil, fmt.Errorf("send %d events to %s: given up after %s: %w", len(open), f.URL, waited-pause, why)
		}
		f.Log.Warn("events are sent again", "events", len(open), "wait", pause.String(), "error", why.Error())
		if err := f.wait(ctx, pause); err != nil {
			return nil, fmt.Errorf("send %d events to %s: %w", len(open), f.URL, errors.Join(err, why))
		}
	}
}

// halves sends what is too large for one request in two.
func (f *Front) halves(ctx context.Context, door schema.Via, events [][]byte) ([]Verdict, error) {
	first, err := f.Send(ctx, door, events[:len(events)/2])
	if err != nil {
		return nil, err
	}
	second, err := f.Send(ctx, door, events[len(events)/2:])
	return append(first, second...), err
}

// settle notes the verdicts of the events in open and returns those that are to be sent again.
func (a *answer) settle(open []int, verdicts []Verdict) (left []int, err error) {
	n := len(open)
	switch {
	case a.each(n) && (n > 1 || len(a.Rejected) == 0 || !a.later()) && !a.stranger():
	case a.later():
		return open, nil
	default:
		return nil, fmt.Errorf("the collector refuses the request: %s", a.says())
	}
	for _, r := range a.Rejected {
		if r.Index < 0 || r.Index >= n {
			return nil, fmt.Errorf("the collector refuses event %d of %d", r.Index, n)
		}
		if r.Code == "rate_limited" {
			left = append(left, open[r.Index])
			continue
		}
		verdicts[open[r.Index]] = Verdict{Code: r.Code, Message: r.Message}
	}
	return left, nil
}

// stranger tells whether nothing would be taken, whatever is sent.
func (a *answer) stranger() bool {
	return len(a.Rejected) == 1 && (a.Rejected[0].Code == "key_unknown" || a.Rejected[0].Code == "not_found")
}

func (f *Front) post(ctx context.Context, door schema.Via, events [][]byte) (*answer, error) {
	body := append(append([]byte{'['}, bytes.Join(events, []byte(","))...), ']')
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, f.URL+"/v1/events", bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("ask %s: %w", f.URL, err)
	}
	request.Header.Set("Authorization", "Bearer "+f.Key)
	request.Header.Set("Content-Type", "application/json")
	if door != schema.ViaUnknown {
		request.Header.Set(doorHeader, door.String())
	}
	response, err := f.client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("send events: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	raw, err := io.ReadAll(io.LimitReader(response.Body, answerBytes))
	if err != nil {
		return nil, fmt.Errorf("read answer of %s: %w", f.URL, err)
	}
	a := &answer{status: response.StatusCode}
	if seconds, err := strconv.Atoi(response.Header.Get("Retry-After")); err == nil && seconds > 0 {
		a.retry = time.Duration(seconds) * time.Second
	}
	if err := json.Unmarshal(raw, a); err != nil && !a.later() {
		return &answer{status: response.StatusCode}, nil //nolint:nilerr // whoever answers so is no collector, and the status says more
	}
	return a, nil
}

func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
