package admin

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"noctra/admin/internal/report"
)

type queryInput struct {
	RawBody []byte `contentType:"application/json"`
}

type queryOutput struct{ Body *report.Answer }

// queryExample stands in the description.
var queryExample = map[string]any{
	"site_id": "nst_4fJq8ZkP0sXbV2mTnC7y", "metrics": []string{"visitors", "pageviews"}, "date_range": "7d", "dimensions": []string{"time:day"},
}

// describeQuery says how the body is read: by the report engine itself.
func describeQuery(op *huma.Operation, limit int64) {
	op.MaxBodyBytes, op.BodyReadTimeout, op.SkipValidateBody = limit, 10*time.Second, true
	op.Description = "The request and the answer have the shape of Plausible's Stats API v2."
}

// queryBody documents the body.
func queryBody() *huma.RequestBody {
	list := func(of *huma.Schema) *huma.Schema { return &huma.Schema{Type: "array", Items: of} }
	text := &huma.Schema{Type: "string"}
	return &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/json": {Example: queryExample, Schema: &huma.Schema{
		Type: "object", Required: []string{"site_id", "metrics", "date_range"},
		Properties: map[string]*huma.Schema{
			"site_id":    {Type: "string", Description: "A site's public key or its number."},
			"metrics":    list(text),
			"date_range": {Description: `A name such as "7d", or two dates, both inclusive.`},
			"dimensions": list(text),
			"filters":    list(&huma.Schema{Type: "array"}),
			"order_by":   list(list(text)),
			"include":    {Type: "object"},
			"pagination": {Type: "object"},
		},
	}}}}
}

// query answers a report.
func (s *Service) query(ctx context.Context, in *queryInput) (*queryOutput, error) {
	who := callerOf(ctx)
	ref, err := report.SiteID(in.RawBody)
	if err != nil {
		return nil, ofReport(err)
	}
	site, err := s.siteOf(ctx, who, ref)
	if err != nil {
		return nil, err
	}
	defined, err := goalsOf(ctx, s.store, site.ID)
	if err != nil {
		return nil, err
	}
	out := &queryOutput{}
	err = s.askReports(ctx, func(ctx context.Context) (err error) {
		out.Body, err = s.reports.Query(ctx, site, in.RawBody, defined...)
		return err
	})
	if err != nil {
		return nil, err
	}
	out.Body.Meta.Canary = s.lastCanary()
	if out.Body.Meta.Notices, err = s.notices(ctx, site, out.Body.Query); err != nil {
		return nil, err
	}
	return out, nil
}

// askReports runs a question to ClickHouse when it is its turn, within the time of a query.
func (s *Service) askReports(ctx context.Context, ask func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, s.config.QueryTimeout)
	defer cancel()
	leave, err := s.slots.enter(ctx)
	if err != nil {
		return &fault{kind: busy, detail: "Too many queries wait for ClickHouse; ask again in a moment.", wait: time.Second, cause: err}
	}
	defer leave()
	begin := time.Now()
	err = ask(ctx)
	s.metrics.queries.WithLabelValues(result(err)).Observe(time.Since(begin).Seconds())
	if err != nil {
		return ofReport(err)
	}
	return nil
}

// result names how a query ended, for metrics.
func result(err error) string {
	if err == nil {
		return "ok"
	}
	return string(ofReport(err).kind)
}

// ofReport gives an error of the report engine its public answer.
func ofReport(err error) *fault {
	var wrong *report.Error
	var known *fault
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &wrong):
		f := &fault{kind: invalidQuery, detail: "The query has a mistake; errors says where."}
		for _, p := range wrong.Problems {
			f.problems = append(f.problems, FieldProblem(p))
		}
		if len(f.problems) > 1 {
			f.detail = fmt.Sprintf("The query has %d mistakes; errors says where.", len(f.problems))
		}
		return f
	case errors.Is(err, report.ErrTooExpensive):
		return &fault{kind: tooExpensive, detail: "The query takes more time or memory than it may; ask for fewer days or dimensions.", cause: err}
	case errors.Is(err, report.ErrUnavailable), errors.Is(err, context.DeadlineExceeded):
		return &fault{kind: clickHouseUnavailable, detail: "ClickHouse does not answer. Events are still collected; nothing is lost.", wait: 2 * time.Second, cause: err}
	case errors.Is(err, context.Canceled):
		return &fault{kind: busy, detail: "The request was given up.", cause: err}
	}
	return &fault{kind: internalError, detail: "Something went wrong here; the log has more.", cause: err}
}
