package admin

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
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
	known := map[string]string{"workspace_id": at.workspace, "id": at.site, "account_id": at.member, "invitation_id": at.invitation, "key_id": at.serverKey}
	if strings.Contains(op.path, "api-keys") {
		known["key_id"] = at.apiKey
	}
	for _, p := range q.params {
		switch {
		case p.In == "path" && known[p.Name] != "":
			q.path[p.Name] = known[p.Name]
		case p.In == "path":
			q.path[p.Name] = "1"
		case p.Name == "If-Match":
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
		q.fields = copied(example)
		q.fields["site_id"] = at.site
	} else {
		q.fields, _ = f.example(op, "", media.Schema, at.scene).(map[string]any)
	}
	q.write()
	return q
}

func copied(from map[string]any) map[string]any {
	to := make(map[string]any, len(from))
	for name, value := range from {
		to[name] = value
	}
	return to
}

func (q *apiRequest) write() {
	raw, err := json.Marshal(q.fields)
	if err != nil {
		panic(fmt.Sprintf("%s: %v", q.what, err))
	}
	q.body = raw
}

// breakAt breaks the request in one place.
func (q *apiRequest) breakAt(random *rand.Rand) {
	ways := []func(*rand.Rand){q.breakHeader, q.breakQuery}
	if len(q.path) > 0 {
		ways = append(ways, q.breakPath)
	}
	if q.op.RequestBody != nil {
		ways = append(ways, q.breakField, q.breakField, q.breakField, q.breakField, q.breakField, q.breakBody, q.breakMedia)
	}
	pick(random, ways)(random)
}

func pick[T any](random *rand.Rand, of []T) T { return of[random.IntN(len(of))] }

// breakField puts something else, or nothing, into one field, at any depth.
func (q *apiRequest) breakField(random *rand.Rand) {
	at, path := q.fields, ""
	for {
		names := sorted(at)
		if len(names) == 0 || random.IntN(20) == 0 {
			at["unknown_"+path] = json.RawMessage(pick(random, oddValues))
			q.what = "a field more in " + path
			break
		}
		name := pick(random, names)
		path += "." + name
		if below, ok := at[name].(map[string]any); ok && len(below) > 0 && random.IntN(2) == 0 {
			inner := copied(below)
			at[name] = inner
			at = inner
			continue
		}
		if random.IntN(8) == 0 {
			q.what = "without " + path
			delete(at, name)
			break
		}
		odd := pick(random, oddValues)
		if _, list := at[name].([]any); list && random.IntN(2) == 0 {
			odd = "[" + odd + "]"
		}
		q.what = fmt.Sprintf("%s = %s", path, clipped(odd))
		at[name] = json.RawMessage(odd)
		break
	}
	q.write()
}

func (q *apiRequest) breakBody(random *rand.Rand) {
	whole := string(q.body)
	q.what = "another body"
	q.body = []byte(pick(random, append(oddBodies, whole[:len(whole)/2], whole+"}", whole+whole, "\ufeff"+whole, whole[:1]+`"a":1,"a":2,`+whole[1:])))
}

func (q *apiRequest) breakMedia(random *rand.Rand) {
	q.headers.Set("Content-Type", pick(random, oddMedia))
	q.what = "Content-Type " + q.headers.Get("Content-Type")
}

func (q *apiRequest) breakHeader(random *rand.Rand) {
	h := pick(random, oddHeaders)
	q.headers.Set(h[0], h[1])
	q.what = "header " + h[0] + ": " + clipped(h[1])
}

func (q *apiRequest) breakQuery(random *rand.Rand) {
	var names []string
	for _, p := range q.params {
		if p.In == "query" {
			names = append(names, p.Name)
		}
	}
	if len(names) == 0 || random.IntN(10) == 0 {
		q.query = pick(random, oddQueries)
	} else {
		q.query = pick(random, names) + "=" + pick(random, oddWords)
		if random.IntN(4) == 0 {
			q.query += "&" + pick(random, names) + "=" + pick(random, oddWords)
		}
	}
	q.what = "query " + clipped(q.query)
}

func (q *apiRequest) breakPath(random *rand.Rand) {
	name := pick(random, sorted(q.path))
	for q.path[name] = ""; q.path[name] == ""; { // nothing would be another address
		q.path[name] = pick(random, oddWords)
	}
	q.what = "path " + name + " " + clipped(q.path[name])
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
