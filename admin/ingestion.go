package admin

import (
	"context"
	"fmt"
	"time"

	"noctra/admin/internal/ingestion"
	"noctra/admin/internal/report"
)

type ingestionInput struct {
	ID       string    `path:"id" doc:"A site's number or its public key." maxLength:"64"`
	From     time.Time `query:"from" doc:"Time of receipt, RFC 3339; moved back to the beginning of its bucket. A day before to by default."`
	To       time.Time `query:"to" doc:"Time of receipt, RFC 3339; moved on to the end of its bucket. Now by default."`
	Interval string    `query:"interval" enum:"minute,hour,day" default:"hour" doc:"Length of a bucket, in UTC."`
}

type ingestionOutput struct{ Body *ingestion.Outcome }

// ingestion answers what became of a site's events.
func (s *Service) ingestion(ctx context.Context, in *ingestionInput) (*ingestionOutput, error) {
	who := callerOf(ctx)
	site, err := s.siteOf(ctx, who, in.ID)
	if err != nil {
		return nil, err
	}
	asked, problem := in.asked(s.now())
	if problem != nil {
		return nil, &fault{kind: invalidRequest, detail: "The request is not as it has to be; errors says where.", problems: []FieldProblem{*problem}}
	}
	ctx, cancel := context.WithTimeout(ctx, s.config.QueryTimeout)
	defer cancel()
	leave, err := s.slots.enter(ctx)
	if err != nil {
		return nil, &fault{kind: busy, detail: "Too many queries wait for ClickHouse; ask again in a moment.", wait: time.Second, cause: err}
	}
	defer leave()
	answer, err := ingestion.Read(ctx, s.reader, site.ID, asked)
	if err != nil {
		return nil, ofReport(report.Classify(err))
	}
	return &ingestionOutput{Body: answer}, nil
}

// asked is the range of the request.
func (in *ingestionInput) asked(now time.Time) (r ingestion.Range, problem *FieldProblem) {
	to := in.To
	if to.IsZero() {
		to = now
	}
	from := in.From
	if from.IsZero() {
		from = to.Add(-24 * time.Hour)
	}
	wrong := func(path, message string) (ingestion.Range, *FieldProblem) {
		return r, &FieldProblem{Path: path, Message: message}
	}
	if !from.Before(to) {
		return wrong("query.from", "from has to be before to.")
	}
	r = ingestion.Range{From: from, To: to, Interval: ingestion.Interval(in.Interval)}.Whole()
	oldest := now.Add(-ingestion.Kept).UTC()
	switch {
	case from.Before(oldest):
		return wrong("query.from", fmt.Sprintf("Figures are kept %d days: from may be %s at the earliest.", int(ingestion.Kept.Hours()/24), oldest.Format(time.RFC3339)))
	case to.After(now.Add(ingestion.Day.Length())):
		return wrong("query.to", "to may be a day ahead at most.")
	case r.Buckets() > ingestion.Most:
		return wrong("query.interval", fmt.Sprintf("That are %d buckets, and %d are the most; ask for a shorter time or a longer interval.", r.Buckets(), ingestion.Most))
	}
	return r, nil
}
