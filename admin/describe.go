package admin

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/danielgtaylor/huma/v2"
)

// describeNulls says that a field of a request that may be left out may also be null, which is read as
// the same.
func describeNulls(all huma.Registry, op *huma.Operation) {
	if op.RequestBody == nil {
		return
	}
	for _, media := range op.RequestBody.Content {
		allowNulls(all, media.Schema, map[*huma.Schema]bool{})
	}
}

func allowNulls(all huma.Registry, of *huma.Schema, seen map[*huma.Schema]bool) {
	if of != nil && of.Ref != "" {
		of = all.SchemaFromRef(of.Ref)
	}
	if of == nil || seen[of] {
		return
	}
	seen[of] = true
	for name, field := range of.Properties {
		if field.Ref == "" && field.Type != "" && !slices.Contains(of.Required, name) {
			field.Nullable = true
			if len(field.Enum) > 0 {
				field.Enum = append(slices.Clone(field.Enum), nil)
			}
		}
		allowNulls(all, field, seen)
	}
	allowNulls(all, of.Items, seen)
}

// operationAt finds what the description says of a route.
func operationAt(all *huma.OpenAPI, r route) *huma.Operation {
	at := all.Paths[r.path]
	for _, op := range []*huma.Operation{at.Get, at.Post, at.Put, at.Patch, at.Delete} {
		if op != nil && op.OperationID == r.name {
			return op
		}
	}
	return nil
}

// streams are the media types of answers that are written piece by piece.
var streams = map[string][]string{"live": {"text/event-stream"}, "export-audit": {"text/csv", "application/json"}, "load-export": {"application/zip"}, "list-conversions": {"text/csv"}}

func describeStreams(r route, op *huma.Operation) {
	for _, kind := range streams[r.name] {
		success := op.Responses[strconv.Itoa(r.status)]
		if success.Content == nil {
			success.Content = map[string]*huma.MediaType{}
		}
		success.Content[kind] = &huma.MediaType{}
	}
}

// describeProblems adds to the description of a route what it answers instead of what was asked for.
func describeProblems(r route, op *huma.Operation, schema *huma.Schema) {
	delete(op.Responses, "default")
	for status, codes := range codesOf(r, op) {
		slices.Sort(codes)
		op.Responses[strconv.Itoa(status)] = &huma.Response{
			Description: http.StatusText(status), Extensions: map[string]any{"x-codes": codes},
			Content: map[string]*huma.MediaType{"application/problem+json": {Schema: schema}},
		}
	}
}
