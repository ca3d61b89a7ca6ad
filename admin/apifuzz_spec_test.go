package admin

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// apiSpec is the description that is served, ready to judge answers by.
type apiSpec struct {
	operations []operation
	schemas    map[string]schemaOf
	details    map[string]apiDetail          // by operation id
	compiled   map[string]*jsonschema.Schema // by place in the description
}

// apiDetail is what the fuzzing needs of an operation beside what the walk does.
type apiDetail struct {
	Parameters []struct{ Name, In string }
	Responses  map[string]struct {
		Content map[string]struct{ Schema any }
		Codes   []string `json:"x-codes"`
	}
}

// readSpec reads the description and compiles every schema of a body in it.
func readSpec(r *rig) apiSpec {
	r.t.Helper()
	s := apiSpec{details: map[string]apiDetail{}, compiled: map[string]*jsonschema.Schema{}}
	s.operations, s.schemas = r.described()
	slices.SortFunc(s.operations, func(a, b operation) int { return strings.Compare(a.ID, b.ID) })
	text := r.ask(r.client, "GET", "/api/openapi.json", "").body
	var doc struct {
		Paths map[string]map[string]apiDetail
	}
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		r.t.Fatal(err)
	}
	whole, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		r.t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	if err := compiler.AddResource("api.json", whole); err != nil {
		r.t.Fatal(err)
	}
	compile := func(steps ...string) {
		if s.compiled[pointer(steps...)], err = compiler.Compile("api.json#" + pointer(steps...)); err != nil {
			r.t.Fatal(err)
		}
	}
	for _, op := range s.operations {
		detail := doc.Paths[op.path][strings.ToLower(op.method)]
		s.details[op.ID] = detail
		if op.RequestBody != nil {
			compile(requestPlace(op)...)
		}
		for status, answer := range detail.Responses {
			for media, content := range answer.Content {
				if content.Schema != nil {
					compile(answerPlace(op, status, media)...)
				}
			}
		}
	}
	return s
}

func requestPlace(op operation) []string {
	return []string{"paths", op.path, strings.ToLower(op.method), "requestBody", "content", "application/json", "schema"}
}

func answerPlace(op operation, status, media string) []string {
	return []string{"paths", op.path, strings.ToLower(op.method), "responses", status, "content", media, "schema"}
}

// pointer writes a JSON pointer as the fragment of an address.
func pointer(steps ...string) string {
	var out strings.Builder
	for _, step := range steps {
		out.WriteString("/" + url.PathEscape(strings.NewReplacer("~", "~0", "/", "~1").Replace(step)))
	}
	return out.String()
}

// wrong says in what an answer is not one that the description has, empty for nothing.
func (s apiSpec) wrong(q *apiRequest, a reply) string {
	status := strconv.Itoa(a.status)
	answer, ok := s.details[q.op.ID].Responses[status]
	if !ok {
		return "no such status in the description"
	}
	media, _, _ := strings.Cut(a.header.Get("Content-Type"), ";")
	if len(answer.Content) == 0 {
		if media != "" || a.body != "" {
			return "an answer of " + media + " where the description has none"
		}
		return ""
	}
	if _, ok := answer.Content[media]; !ok {
		return fmt.Sprintf("media type %q is not in the description", media)
	}
	if schema := s.compiled[pointer(answerPlace(q.op, status, media)...)]; schema != nil {
		if err := fits(schema, []byte(a.body)); err != nil {
			return "not as its schema: " + err.Error()
		}
	}
	if a.status >= 400 {
		if !slices.Contains(answer.Codes, a.code()) {
			return fmt.Sprintf("code %q is not in the description: a line of ownCodes is missing", a.code())
		}
		return ""
	}
	return s.forbidden(q)
}

// forbidden says in what a request that was taken is not as its schema.
func (s apiSpec) forbidden(q *apiRequest) string {
	schema := s.compiled[pointer(requestPlace(q.op)...)]
	if schema == nil || len(q.body) == 0 {
		return ""
	}
	if err := fits(schema, q.body); err != nil {
		return "was taken, and the description forbids it: " + err.Error()
	}
	return ""
}

func fits(schema *jsonschema.Schema, body []byte) error {
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return err
	}
	return schema.Validate(value)
}
