package bench

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/valyala/fasthttp"
)

// load is one round of requests from a fixed number of kept-alive connections, each of which
// sends its next request as soon as it has its answer.
type load struct {
	url         string
	connections int
	duration    time.Duration
	batch       int           // events a request; 1 sends a plain object
	pace        time.Duration // time between two requests of a connection, kept up whatever answers take; 0: as fast as it goes
	key         string        // server key, "" for none
	site        string
	firstID     uint64 // ids count up from here
}

// loadResult is what a round brought.
type loadResult struct {
	Requests int            `json:"requests"`
	Events   int            `json:"events_acknowledged"`
	Refused  map[string]int `json:"refused,omitempty"` // by status or error
	Seconds  float64        `json:"seconds"`
	P50      float64        `json:"p50_ms"`
	P99      float64        `json:"p99_ms"`

	P99Refused float64 `json:"p99_refused_ms,omitempty"`
	Bare       int     `json:"refused_without_retry_after,omitempty"`
	Slowest    float64 `json:"slowest_ms"` // acknowledged
	PerSecond  float64 `json:"events_per_second"`
	nextID     uint64
	acked      []idRange
}

// idRange is a run of ids that were all acknowledged.
type idRange struct{ first, count uint64 }

// run sends requests until the duration is over, and then waits for the answers that are due.
func (l load) run(ctx context.Context) (loadResult, error) {
	client := &fasthttp.HostClient{
		Addr: hostOf(l.url), MaxConns: l.connections, MaxIdleConnDuration: time.Minute,
		ReadTimeout: 30 * time.Second, WriteTimeout: 30 * time.Second, MaxIdemponentCallAttempts: 1,
		RetryIfErr: func(*fasthttp.Request, int, error) (bool, bool) { return false, false },
	}
	defer client.CloseIdleConnections()
	ctx, cancel := context.WithTimeout(ctx, l.duration)
	defer cancel()
	workers := make([]*worker, l.connections)
	var group sync.WaitGroup
	started := time.Now()
	for i := range workers {
		// Each connection has ids of its own, so that no counter is shared on the hot path.
		workers[i] = newWorker(l, client, l.firstID+uint64(i)<<idBitsPerWorker)
		workers[i].offset = l.pace * time.Duration(i) / time.Duration(l.connections)
		group.Go(func() { workers[i].run(ctx) })
	}
	group.Wait()
	return l.collect(workers, time.Since(started))
}

const idBitsPerWorker = 24 // 16 M events for each connection and round

func (l load) collect(workers []*worker, took time.Duration) (loadResult, error) {
	result := loadResult{Seconds: took.Seconds(), Refused: map[string]int{}}
	var latencies, refused []float64
	for _, w := range workers {
		result.Requests += w.requests
		result.Events += w.events
		latencies, refused = append(latencies, w.latencies...), append(refused, w.refusals...)
		result.Bare += w.bare
		for reason, n := range w.refused {
			result.Refused[reason] += n
		}
		result.acked = append(result.acked, w.acked...)
	}
	if result.Requests == 0 {
		return result, fmt.Errorf("load on %s: no request was answered: %v", l.url, result.Refused)
	}
	result.nextID = l.firstID + uint64(len(workers))<<idBitsPerWorker
	result.PerSecond = float64(result.Events) / result.Seconds
	slices.Sort(latencies)
	slices.Sort(refused)
	result.P50, result.P99, result.P99Refused = quantile(latencies, 0.50), quantile(latencies, 0.99), quantile(refused, 0.99)
	result.Slowest = quantile(latencies, 1)
	return result, nil
}

// worker is one connection.
type worker struct {
	load
	client  *fasthttp.HostClient
	request *fasthttp.Request
	answer  *fasthttp.Response
	body    []byte
	places  []int // where the ids stand in body
	next    uint64

	requests, events int
	latencies        []float64 // ms, of what was acknowledged
	refusals         []float64 // ms, of what was answered otherwise
	bare             int       // answers 429 and 503 without Retry-After
	offset           time.Duration
	refused          map[string]int
	acked            []idRange
}

func newWorker(l load, client *fasthttp.HostClient, firstID uint64) *worker {
	w := &worker{load: l, client: client, next: firstID, refused: map[string]int{}}
	w.body, w.places = requestBody(l.site, l.batch, int(firstID>>idBitsPerWorker))
	w.request, w.answer = &fasthttp.Request{}, &fasthttp.Response{}
	w.request.Header.SetMethod(fasthttp.MethodPost)
	w.request.SetRequestURI(l.url)
	w.request.Header.SetContentType("application/json")
	if l.key != "" {
		w.request.Header.Set("Authorization", "Bearer "+l.key)
	}
	return w
}

func (w *worker) run(ctx context.Context) {
	due := time.Now().Add(w.offset)
	for wait(ctx, time.Until(due)) {
		w.once()
		if w.pace == 0 {
			due = time.Now()
			continue
		}
		due = due.Add(w.pace)
	}
}

// wait reports whether ctx lasts for that long.
func wait(ctx context.Context, rest time.Duration) bool {
	if rest <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(rest)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// paceFor spreads that many events a second evenly over the connections.
func (l *load) paceFor(perSecond float64) {
	l.pace = time.Duration(float64(l.connections*l.batch) / perSecond * float64(time.Second))
}

// failed counts what was neither acknowledged nor refused as it should be.
func (r loadResult) failed() (n int) {
	for reason, times := range r.Refused {
		if reason != "429" && reason != "503" {
			n += times
		}
	}
	return n
}

func (w *worker) once() {
	first := w.next
	for _, at := range w.places {
		writeID(w.body[at:at+idLength], w.next)
		w.next++
	}
	w.request.SetBodyRaw(w.body)
	began := time.Now()
	if err := w.client.Do(w.request, w.answer); err != nil {
		w.refused[err.Error()]++
		return
	}
	w.requests++
	took := milliseconds(time.Since(began))
	if status := w.answer.StatusCode(); status/100 != 2 {
		w.refused[reason(status, w.answer.Body())]++
		w.refusals = append(w.refusals, took)
		if (status == 429 || status == 503) && len(w.answer.Header.Peek("Retry-After")) == 0 {
			w.bare++
		}
		return
	}
	w.latencies = append(w.latencies, took)
	w.events += w.batch
	if n := len(w.acked); n > 0 && w.acked[n-1].first+w.acked[n-1].count == first {
		w.acked[n-1].count += uint64(w.batch)
		return
	}
	w.acked = append(w.acked, idRange{first: first, count: uint64(w.batch)})
}

// reason names an answer that is none of the collector's by its text.
func reason(status int, body []byte) string {
	if status == fasthttp.StatusBadGateway {
		return "502 " + string(body)
	}
	return strconv.Itoa(status)
}

func hostOf(url string) string {
	uri := fasthttp.AcquireURI()
	defer fasthttp.ReleaseURI(uri)
	if err := uri.Parse(nil, []byte(url)); err != nil {
		return ""
	}
	return string(uri.Host())
}

// quantile of sorted values; 0 when there are none.
func quantile(sorted []float64, q float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(len(sorted)-1, int(q*float64(len(sorted))))]
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return quantile(sorted, 0.5)
}
