package admin

import (
	"bytes"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

var referenceTemplate = template.Must(template.ParseFS(assets, "assets/reference.html"))

// referencePage is what the page at /api/reference shows. It is made of the description alone.
type referencePage struct {
	Cookie   string
	Groups   []referenceGroup
	Problems []ProblemCode
}

type referenceGroup struct {
	ID, Name   string
	Operations []referenceOperation
}

type referenceOperation struct {
	ID, Method, Class, Path, Summary, Description, Who string

	Parameters, Body, Fields referenceFields
	Curl, Answer             string
	Status                   int
	Media                    string
	Problems                 []ProblemCode
}

// referenceFields is a table of parameters or fields.
type referenceFields struct {
	Name string
	Rows []referenceField
}

type referenceField struct {
	Name, Type, Text, Rules string
	Needed                  bool
}

// groupNames are the headings by the first part of an address; one without is called by that part.
var groupNames = map[string]string{
	"query": "Reports", "conversions": "Conversions", "sales": "Conversions", "sites": "Sites", "api-keys": "API keys", "workspaces": "Workspaces", "invitations": "Invitations", "account": "Account",
	"me": "Who is signed in", "sign-out": "Who is signed in",
}

// groupOrder has the groups that come first.
var groupOrder = []string{"Reports", "Conversions", "Sites", "API keys", "Workspaces", "Invitations", "Account"}

// reference writes the page.
func (s *Service) reference(api *huma.OpenAPI) ([]byte, error) {
	page := referencePage{Cookie: s.cookieName(), Problems: problemCodes()}
	of := describer{api: api, url: s.config.publicURL().String(), cookie: s.cookieName()}
	for _, r := range s.routes() {
		first, _, _ := strings.Cut(strings.TrimPrefix(r.path, "/api/v1/"), "/")
		name := groupNames[first]
		if name == "" {
			name = strings.ToUpper(first[:1]) + strings.ReplaceAll(first[1:], "-", " ")
		}
		at := slices.IndexFunc(page.Groups, func(g referenceGroup) bool { return g.Name == name })
		if at < 0 {
			at = len(page.Groups)
			page.Groups = append(page.Groups, referenceGroup{ID: "group-" + first, Name: name})
		}
		page.Groups[at].Operations = append(page.Groups[at].Operations, of.operation(r, operationAt(api, r)))
	}
	slices.SortStableFunc(page.Groups, func(a, b referenceGroup) int { return groupRank(a.Name) - groupRank(b.Name) })
	var out bytes.Buffer
	if err := referenceTemplate.ExecuteTemplate(&out, "reference", page); err != nil {
		return nil, fmt.Errorf("write the API's reference: %w", err)
	}
	return out.Bytes(), nil
}

func groupRank(name string) int {
	if at := slices.Index(groupOrder, name); at >= 0 {
		return at
	}
	return len(groupOrder)
}

// describer turns what the description says into what people read.
type describer struct {
	api         *huma.OpenAPI
	url, cookie string
}

func (d describer) operation(r route, op *huma.Operation) referenceOperation {
	out := referenceOperation{
		ID: r.name, Method: r.method, Class: strings.ToLower(r.method), Path: r.path, Summary: r.summary, Description: op.Description, Who: whoMay(r),
		Status: r.status, Curl: d.curl(r, op), Parameters: d.parameters(op),
	}
	if schema := bodyOf(op); schema != nil {
		out.Body = referenceFields{"Body, application/json", d.fields("", schema, nil)}
	}
	for media, content := range op.Responses[strconv.Itoa(r.status)].Content {
		if out.Media != "" {
			out.Media += ", "
		}
		out.Media += media
		if content.Schema != nil && media == "application/json" {
			out.Answer = d.exampleText(content.Schema)
			out.Fields = referenceFields{"Fields of the answer", d.fields("", content.Schema, nil)}
		}
	}
	own := codesOf(r, op)
	for _, p := range problemCodes() {
		if slices.Contains(own[p.Status], kind(p.Code)) {
			out.Problems = append(out.Problems, p)
		}
	}
	return out
}

// whoMay says in words who may call a route.
func whoMay(r route) string {
	g := grants[r.need]
	switch {
	case r.need == beforeSignIn:
		return "Whoever asks; no sign-in is needed."
	case g.roles == nil:
		return "Whoever is signed in, for themselves."
	}
	roles := strings.ReplaceAll(strings.Join(g.roles, ", "), "_", " ")
	if g.keys {
		return "Members with the role " + roles + ", and API keys."
	}
	return "Members with the role " + roles + "; no API keys."
}

func (d describer) parameters(op *huma.Operation) referenceFields {
	out := referenceFields{Name: "Parameters"}
	for _, p := range op.Parameters {
		f := d.field(p.Name, p.Schema, p.Required)
		f.Type = p.In + ", " + f.Type
		if f.Text == "" {
			f.Text = p.Description
		}
		out.Rows = append(out.Rows, f)
	}
	return out
}

// serveReference serves the page and what it needs.
func (s *Service) serveReference(mux *http.ServeMux, api *huma.OpenAPI, font string) error {
	page, err := s.reference(api)
	if err != nil {
		return err
	}
	mux.HandleFunc("GET /api/reference", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-cache")
		http.ServeContent(w, r, "reference.html", time.Time{}, bytes.NewReader(page))
	})
	mux.HandleFunc("GET /reference.css", setUpFile("reference.css", font))
	return nil
}
