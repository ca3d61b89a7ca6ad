package admin

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// bodyOf is the schema of a request's body, nil where there is none.
func bodyOf(op *huma.Operation) *huma.Schema {
	if op.RequestBody == nil || op.RequestBody.Content["application/json"] == nil {
		return nil
	}
	return op.RequestBody.Content["application/json"].Schema
}

// whole follows a reference.
func (d describer) whole(s *huma.Schema) *huma.Schema {
	if s != nil && s.Ref != "" {
		return d.api.Components.Schemas.SchemaFromRef(s.Ref)
	}
	return s
}

// fields lists what a body has, also inside of objects and lists, each by its place. within are the
// schemas around, so that one that holds itself ends.
func (d describer) fields(place string, s *huma.Schema, within []*huma.Schema) (all []referenceField) {
	s = d.whole(s)
	if s == nil || slices.Contains(within, s) {
		return nil
	}
	within = append(slices.Clone(within), s)
	if s.Items != nil {
		return d.fields(place+"[]", s.Items, within)
	}
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		of := s.Properties[name]
		if name == "$schema" {
			continue
		}
		at := strings.TrimPrefix(place+"."+name, ".")
		all = append(all, d.field(at, of, slices.Contains(s.Required, name)))
		all = append(all, d.fields(at, of, within)...)
	}
	return all
}

func (d describer) field(name string, s *huma.Schema, needed bool) referenceField {
	text := ""
	if s != nil {
		text = s.Description
	}
	s = d.whole(s)
	if s == nil {
		return referenceField{Name: name, Type: "anything", Needed: needed, Text: text}
	}
	if text == "" {
		text = s.Description
	}
	return referenceField{Name: name, Type: d.typeOf(s), Text: text, Rules: boundsOf(s), Needed: needed}
}

func (d describer) typeOf(s *huma.Schema) string {
	s = d.whole(s)
	switch {
	case s == nil || s.Type == "" && len(s.Properties) == 0:
		return "anything"
	case s.Items != nil:
		return "list of " + d.typeOf(s.Items)
	case s.Format == "date-time":
		return "time, RFC 3339"
	case s.Type == "":
		return "object"
	}
	return s.Type
}

// boundsOf says within which bounds a value has to be.
func boundsOf(s *huma.Schema) string {
	var rules []string
	note := func(format string, value any) { rules = append(rules, fmt.Sprintf(format, value)) }
	if len(s.Enum) > 0 {
		var names []string
		for _, e := range s.Enum {
			if e != nil {
				names = append(names, fmt.Sprint(e))
			}
		}
		note("One of %s.", strings.Join(names, ", "))
	}
	number := func(f *float64) string { return strconv.FormatFloat(*f, 'f', -1, 64) }
	if s.Minimum != nil {
		note("At least %s.", number(s.Minimum))
	}
	if s.Maximum != nil {
		note("At most %s.", number(s.Maximum))
	}
	if s.MinLength != nil && *s.MinLength > 0 {
		note("At least %d characters.", *s.MinLength)
	}
	if s.MaxLength != nil {
		note("At most %d characters.", *s.MaxLength)
	}
	if s.MaxItems != nil {
		note("At most %d entries.", *s.MaxItems)
	}
	if s.Pattern != "" {
		note("As %s.", s.Pattern)
	}
	if s.Default != nil {
		note("By default %v.", s.Default)
	}
	return strings.Join(rules, " ")
}

// example is a value out of the examples of the description.
func (d describer) example(s *huma.Schema, within []*huma.Schema) any {
	s = d.whole(s)
	switch {
	case s == nil || slices.Contains(within, s):
		return nil
	case len(s.Examples) > 0:
		return s.Examples[0]
	case s.Properties != nil:
		all := map[string]any{}
		for name, of := range s.Properties {
			if name == "$schema" {
				continue
			}
			if value := d.example(of, append(slices.Clone(within), s)); value != nil || slices.Contains(s.Required, name) {
				all[name] = value
			}
		}
		return all
	case s.Items != nil:
		if inner := d.example(s.Items, append(slices.Clone(within), s)); inner != nil {
			return []any{inner}
		}
		return []any{}
	case len(s.Enum) > 0:
		return s.Enum[0]
	}
	return map[string]any{"boolean": false, "integer": 0, "number": 0, "string": "…"}[s.Type]
}

func (d describer) exampleText(s *huma.Schema) string { return asJSON(d.example(s, nil)) }

func asJSON(value any) string {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(value); err != nil {
		return ""
	}
	return strings.TrimSpace(out.String())
}

// curl writes the request as a command.
func (d describer) curl(r route, op *huma.Operation) string {
	path, lines := r.path, []string{}
	for _, p := range op.Parameters {
		value := fmt.Sprint(d.example(p.Schema, nil))
		if p.Example != nil {
			value = fmt.Sprint(p.Example)
		}
		switch p.In {
		case "path":
			path = strings.ReplaceAll(path, "{"+p.Name+"}", value)
		case "header":
			lines = append(lines, "-H "+quotedForShell(p.Name+": "+value))
		}
	}
	switch {
	case grants[r.need].keys:
		lines = append(lines, "-H 'Authorization: Bearer nak_…'")
	case r.need != beforeSignIn:
		lines = append(lines, "-b '"+d.cookie+"=…'")
	}
	if body := bodyOf(op); body != nil {
		example := op.RequestBody.Content["application/json"].Example
		if example == nil {
			example = d.example(body, nil)
		}
		lines = append(lines, "-H 'Content-Type: application/json'", "-d "+quotedForShell(asJSON(example)))
	}
	first := "curl "
	if r.method != "GET" {
		first += "-X " + r.method + " "
	}
	return strings.Join(append([]string{first + d.url + path}, lines...), " \\\n  ")
}

func quotedForShell(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
