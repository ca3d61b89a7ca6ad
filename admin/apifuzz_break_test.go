package admin

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// broken is a way to break a request in one place.
type broken struct {
	what string
	do   func(*apiRequest)
}

// breaks are all ways to break a request of an operation: each odd value in each field, parameter and
// part of the address, each odd header, media type and body.
func breaks(q *apiRequest) []broken {
	all := slices.Concat(breakHeaders(), breakAddress(q))
	if q.op.RequestBody != nil {
		all = slices.Concat(all, breakFields(q), breakBodies())
	}
	return all
}

func breakHeaders() (all []broken) {
	for _, h := range oddHeaders {
		all = append(all, broken{"header " + h[0] + ": " + clipped(h[1]), func(q *apiRequest) { q.headers.Set(h[0], h[1]) }})
	}
	return all
}

func breakAddress(q *apiRequest) (all []broken) {
	for _, query := range oddQueries {
		all = append(all, broken{"query " + clipped(query), func(q *apiRequest) { q.query = query }})
	}
	for _, p := range q.params {
		for _, word := range oddWords {
			switch {
			case p.In == "query":
				all = append(all, broken{"query " + p.Name + "=" + clipped(word), func(q *apiRequest) { q.query = p.Name + "=" + word }})
			case p.In == "path" && word != "": // nothing would be another address
				all = append(all, broken{"path " + p.Name + " " + clipped(word), func(q *apiRequest) { q.path[p.Name] = word }})
			}
		}
	}
	return all
}

func breakFields(q *apiRequest) (all []broken) {
	for _, path := range fieldsOf(q.fields) {
		name := strings.Join(path, ".")
		all = append(all, broken{"without " + name, func(q *apiRequest) { q.put(path, "") }})
		for _, odd := range oddValues {
			all = append(all, broken{name + " = " + clipped(odd), func(q *apiRequest) { q.put(path, odd) }},
				broken{name + " = list of " + clipped(odd), func(q *apiRequest) { q.put(path, "["+odd+"]") }})
		}
	}
	for _, odd := range oddValues {
		all = append(all, broken{"a field more, " + clipped(odd), func(q *apiRequest) { q.put([]string{"unknown"}, odd) }})
	}
	return all
}

// fieldsOf are the paths of all fields of a body, at any depth.
func fieldsOf(fields map[string]any) (all [][]string) {
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		all = append(all, []string{name})
		if below, ok := fields[name].(map[string]any); ok {
			for _, path := range fieldsOf(below) {
				all = append(all, append([]string{name}, path...))
			}
		}
	}
	return all
}

// put sets one field to JSON, or takes it away where that is empty.
func (q *apiRequest) put(path []string, odd string) {
	q.fields = maps.Clone(q.fields)
	at := q.fields
	for _, name := range path[:len(path)-1] {
		inner, _ := at[name].(map[string]any)
		inner = maps.Clone(inner)
		at[name] = inner
		at = inner
	}
	last := path[len(path)-1]
	if at[last] = json.RawMessage(odd); odd == "" {
		delete(at, last)
	}
	q.write()
}

func breakBodies() (all []broken) {
	for _, media := range oddMedia {
		all = append(all, broken{"Content-Type " + media, func(q *apiRequest) { q.headers.Set("Content-Type", media) }})
	}
	for _, body := range oddBodies {
		all = append(all, broken{"body " + clipped(body), func(q *apiRequest) { q.body = []byte(body) }})
	}
	around := map[string]func(whole string) string{
		"half a body":       func(whole string) string { return whole[:len(whole)/2] },
		"a body and more":   func(whole string) string { return whole + "}" },
		"two bodies":        func(whole string) string { return whole + whole },
		"a byte order mark": func(whole string) string { return "\ufeff" + whole },
		"a field twice":     func(whole string) string { return `{"a": 1, "a": 2, ` + whole[1:] },
	}
	for _, what := range slices.Sorted(maps.Keys(around)) {
		all = append(all, broken{what, func(q *apiRequest) { q.body = []byte(around[what](string(q.body))) }})
	}
	return all
}
