package admin

import (
	"context"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// route is one line of the table.
type route struct {
	need     permission
	method   string
	path     string
	name     string // operation id
	summary  string
	status   int // of success
	register func(huma.API, huma.Operation)
}

// routes lists everything under /api/v1, with who may call it.
func (s *Service) routes() []route {
	return slices.Concat(s.accountRoutes(), s.workspaceRoutes(), s.siteRoutes(), s.keyRoutes(), s.goalRoutes(), s.rightsRoutes(), s.conversionRoutes(), s.partnerRoutes(), s.attributionRoutes(), s.googleRoutes(), []route{
		{readReports, http.MethodPost, "/api/v1/query", "query", "Ask for a report", 200, handle(s, s.query)},
		{readReports, http.MethodGet, "/api/v1/sites/{id}/freshness", "freshness", "How far a site's events have come", 200, handle(s, s.freshness)},
		{readIngestion, http.MethodGet, "/api/v1/sites/{id}/ingestion", "ingestion", "What became of a site's events: received, refused and why, stored, repeated", 200, handle(s, s.ingestion)},
		{readReports, http.MethodGet, "/api/v1/sites/{id}/live", "live", "Follow a site's newest figures, as server-sent events", 200, handle(s, s.live)},
		{ownLogin, http.MethodGet, "/api/v1/me", "me", "Who is signed in, and their sites", 200, handle(s, s.me)},
		{ownLogin, http.MethodPost, "/api/v1/sign-out", "sign-out", "End this sign-in", 204, handle(s, s.signOut)},
	})
}

// handle gives a handler's errors their public answers.
func handle[I, O any](s *Service, h func(context.Context, *I) (*O, error)) func(huma.API, huma.Operation) {
	return func(api huma.API, op huma.Operation) {
		huma.Register(api, op, func(ctx context.Context, in *I) (*O, error) {
			var out *O
			try := func() (err error) {
				out, err = h(ctx, in)
				return err
			}
			err := error(nil)
			if op.Method == http.MethodGet {
				err = again(ctx, try)
			} else {
				err = try()
			}
			if err != nil {
				return nil, s.refused(ctx, err)
			}
			if out == nil { // an answer without a body
				out = new(O)
			}
			return out, nil
		})
	}
}

// creates says whether a route makes something, so that sending it again would make another.
func (r route) creates() bool { return r.method == http.MethodPost && r.status == http.StatusCreated }

// serveAPI registers the table on mux and returns the description of it all, as OpenAPI 3.1.
func (s *Service) serveAPI(mux *http.ServeMux) *huma.OpenAPI {
	config := huma.DefaultConfig("Noctra", "1")
	config.Info.Description = "Reports, sites, keys and accounts. Every problem is application/problem+json with a stable code."
	config.OpenAPIPath, config.DocsPath, config.SchemasPath = "", "", "" // served by serveDescription
	config.CreateHooks = nil
	config.Transformers = []huma.Transformer{publicProblem}
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"key":     {Type: "http", Scheme: "bearer", Description: "An API key, nak_…"},
		"session": {Type: "apiKey", In: "cookie", Name: s.cookieName(), Description: "The cookie that signing in sets"},
	}
	api := humago.New(mux, config)
	problem := config.Components.Schemas.Schema(problemType, true, "")
	for _, r := range s.routes() {
		op := s.describe(r)
		op.Responses["default"] = &huma.Response{} // so that huma adds none of its own
		r.register(api, op)
		made := operationAt(api.OpenAPI(), r)
		if r.name == "query" {
			made.RequestBody = queryBody() // registering replaces what stood there
		}
		describeProblems(r, made, problem)
		describeNulls(config.Components.Schemas, made)
		describeStreams(r, made)
		describeConversions(config.Components.Schemas, r, made)
	}
	config.Components.Schemas.Map()["Match"].Examples = []any{matchExample} // its fields never stand all together
	api.OpenAPI().Extensions = map[string]any{"x-problems": problemCodes()}
	delete(config.Components.Schemas.Map(), "ErrorModel") // huma's own form, which is never sent
	return api.OpenAPI()
}

// describe is what the description says of a route, besides its input and output.
func (s *Service) describe(r route) huma.Operation {
	op := huma.Operation{
		OperationID: r.name, Method: r.method, Path: r.path, Summary: r.summary, DefaultStatus: r.status,
		Security:    []map[string][]string{{"session": {}}},
		Middlewares: huma.Middlewares{s.guard(r)},
		Responses:   map[string]*huma.Response{},
		Extensions:  map[string]any{"x-permission": grants[r.need].name},
	}
	if r.need == beforeSignIn {
		op.Security = []map[string][]string{}
	}
	if grants[r.need].keys {
		op.Security = append(op.Security, map[string][]string{"key": {}})
	}
	if r.creates() {
		op.Parameters = append(op.Parameters, &huma.Param{
			Name: "Idempotency-Key", In: "header", Schema: &huma.Schema{Type: "string"}, Example: "0199d6f0-7a3c-7c41-b5d0-3d3a7f0f6c11",
			Description: "The same key with the same request gets the same answer for 24 hours, and makes nothing twice.",
		})
	}
	if r.name == "query" {
		describeQuery(&op, s.config.MaxQueryBytes)
	}
	return op
}
