package admin

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"time"
)

// apiRequest is a request that is to be sent.
type apiRequest struct {
	op      operation
	what    string // in which place it was broken
	path    map[string]string
	query   string
	headers http.Header
	fields  map[string]any // of the body, nil where the operation takes none
	body    []byte
	params  []struct{ Name, In string }
}

// request makes a good request out of the description's examples.
func (f *apiFuzz) request(op operation, at place) *apiRequest {
	q := &apiRequest{op: op, what: "as in the examples", path: map[string]string{}, headers: http.Header{}, params: f.spec.details[op.ID].Parameters}
	places := at.places(op)
	for i := 0; i+1 < len(places); i += 2 {
		if strings.Contains(op.path, places[i]) {
			q.path[strings.Trim(places[i], "{}")] = places[i+1]
		}
	}
	for _, p := range q.params {
		if p.Name == "If-Match" {
			q.headers.Set("If-Match", "*")
		}
	}
	for i := 0; i+1 < len(at.headers); i += 2 {
		q.headers.Set(at.headers[i], at.headers[i+1])
	}
	if op.RequestBody == nil {
		return q
	}
	q.headers.Set("Content-Type", "application/json")
	media := op.RequestBody.Content["application/json"]
	if example, ok := media.Example.(map[string]any); ok {
		q.fields = maps.Clone(example)
		q.fields["site_id"] = at.site
	} else {
		q.fields, _ = f.example(op, "", media.Schema, at.scene).(map[string]any)
	}
	q.write()
	return q
}

func (q *apiRequest) write() {
	raw, err := json.Marshal(q.fields)
	if err != nil {
		panic(fmt.Sprintf("%s: %v", q.what, err))
	}
	q.body = raw
}

// url is the address, with the odd parts as they are.
func (q *apiRequest) url() string {
	at := q.op.path
	for name, value := range q.path {
		at = strings.ReplaceAll(at, "{"+name+"}", value)
	}
	if q.query != "" {
		at += "?" + q.query
	}
	return at
}

// String implements fmt.Stringer, without what shows who asks.
func (q *apiRequest) String() string {
	return fmt.Sprintf("%s %s %s", q.op.method, clipped(q.url()), clipped(string(q.body)))
}

// exchange sends a request. Of a stream, only the beginning is read.
func (f *apiFuzz) exchange(q *apiRequest) (reply, error) {
	request, err := http.NewRequestWithContext(f.t.Context(), q.op.method, f.url, strings.NewReader(string(q.body)))
	if err != nil {
		return reply{}, err
	}
	at, query, _ := strings.Cut(q.url(), "?")
	request.URL.Opaque = "//" + request.URL.Host + at
	request.URL.RawQuery = query
	request.Header = q.headers
	response, err := fuzzClient.Do(request)
	if err != nil {
		return reply{}, errors.Unwrap(err)
	}
	defer func() { _ = response.Body.Close() }()
	reader := io.Reader(response.Body)
	if response.Header.Get("Content-Type") == "text/event-stream" {
		reader = io.LimitReader(reader, int64(len("retry: ")))
	}
	text, err := io.ReadAll(reader)
	return reply{response.StatusCode, response.Header, string(text), response.Close}, err
}

var fuzzClient = &http.Client{Timeout: 2 * slowest, Transport: &http.Transport{MaxIdleConnsPerHost: 8, IdleConnTimeout: time.Second},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
