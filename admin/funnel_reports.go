package admin

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"noctra/admin/internal/report"
	"noctra/schema"
	"noctra/schema/goals"
)

// FunnelStepView is how far visitors came: one step.
type FunnelStepView struct {
	Name           string   `json:"name" example:"Order"`
	GoalID         string   `json:"goal_id,omitempty" doc:"Of a step that is a goal." example:"12"`
	GoalVersion    int32    `json:"goal_version,omitempty" doc:"Of a step that is a goal." example:"1"`
	Visitors       uint64   `json:"visitors" doc:"Who came to this step, or further." example:"97"`
	DropOff        uint64   `json:"drop_off" doc:"Who came to the step before and no further; of the first step: visitors who did not come to it." example:"32"`
	DropOffRate    float64  `json:"drop_off_rate" doc:"The same in per cent of the step before." example:"24.81"`
	Conversion     float64  `json:"conversion_rate" doc:"In per cent of the first step." example:"75.19"`
	StepConversion float64  `json:"step_conversion_rate" doc:"In per cent of the step before; of the first step: of all visitors." example:"75.19"`
	MedianSeconds  *float64 `json:"median_seconds" doc:"From the step before; null for the first, and where nobody came." example:"184.5"`
}

// FunnelFigures are the steps over one range.
type FunnelFigures struct {
	DateRange []string         `json:"date_range" doc:"The first and the last second, in the site's zone." example:"[\"2026-03-01T00:00:00+01:00\", \"2026-03-07T23:59:59+01:00\"]"`
	Visitors  uint64           `json:"visitors" doc:"All that filters let through." example:"1204"`
	Steps     []FunnelStepView `json:"steps"`
}

// FunnelMetaView says what the figures are.
type FunnelMetaView struct {
	Freshness     report.Freshness  `json:"freshness"`
	TimeZone      string            `json:"time_zone" example:"Europe/Berlin"`
	FunnelVersion int32             `json:"funnel_version,omitempty" doc:"Of the definition; none for a preview." example:"1"`
	WindowHours   int               `json:"window_hours" doc:"0: within one visit." example:"0"`
	Strict        bool              `json:"strict" example:"false"`
	VisitorsKnown string            `json:"visitors_known" enum:"visit,day,lasting,nobody" doc:"For how long one visitor can be seen: a window that is longer sees no more." example:"visit"`
	Warnings      []report.Warning  `json:"warnings,omitempty"`
	Goals         []report.GoalUsed `json:"goals,omitempty" doc:"Goals of filters."`
}

type funnelReportOutput struct {
	Body struct {
		FunnelFigures
		Comparison *FunnelFigures `json:"comparison,omitempty" doc:"The same over the range compared with."`
		Meta       FunnelMetaView `json:"meta"`
	}
}

type funnelQueryInput struct {
	InFunnel
	Body struct {
		DateRange any   `json:"date_range" doc:"A name such as 7d, or two dates, both inclusive; every step has to happen in it." example:"\"7d\""`
		Filters   []any `json:"filters,omitempty" doc:"As in a report: each event that takes part has to match." example:"[]"`
		Include   any   `json:"include,omitempty" doc:"comparisons and bots, as in a report." example:"{\"comparisons\": {\"mode\": \"previous_period\"}}"`
	}
}

type funnelPreviewInput struct {
	InSite
	Body struct {
		Steps       []StepView `json:"steps" minItems:"2" maxItems:"8" example:"[{\"name\": \"Basket\", \"match\": {\"kind\": \"page\", \"path\": \"/basket\"}}, {\"name\": \"Order\", \"match\": {\"kind\": \"sale\"}}]"`
		WindowHours int        `json:"window_hours,omitempty" minimum:"0" maximum:"2160" example:"0"`
		Strict      bool       `json:"strict,omitempty" example:"false"`
	}
}

func (s *Service) queryFunnel(ctx context.Context, in *funnelQueryInput) (*funnelReportOutput, error) {
	site, err := s.siteOf(ctx, callerOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	f, err := funnelOf(ctx, s.store, site.ID, in.FunnelID)
	if err != nil {
		return nil, err
	}
	body, err := json.Marshal(in.Body)
	if err != nil {
		return nil, fmt.Errorf("read question about funnel: %w", err)
	}
	return s.askFunnel(ctx, site, f, body)
}

func (s *Service) previewFunnel(ctx context.Context, in *funnelPreviewInput) (*funnelReportOutput, error) {
	site, err := s.siteOf(ctx, callerOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	all, err := goalsOf(ctx, s.store, site.ID)
	if err != nil {
		return nil, err
	}
	f := goals.Funnel{Name: "preview"}
	form := funnelForm{"", in.Body.Steps, &in.Body.WindowHours, &in.Body.Strict}
	if err := form.apply(&f, all); err != nil {
		return nil, err
	}
	return s.askFunnel(ctx, site, f, nil)
}

// askFunnel evaluates a funnel with the goals as they are now.
func (s *Service) askFunnel(ctx context.Context, site schema.Site, f goals.Funnel, body []byte) (*funnelReportOutput, error) {
	all, err := goalsOf(ctx, s.store, site.ID)
	if err != nil {
		return nil, err
	}
	steps, ok := f.Shape.Resolve(all)
	if !ok {
		return nil, refuse(conflict, "A goal of this funnel was deleted at this moment; look again.")
	}
	var answer *report.FunnelAnswer
	err = s.askReports(ctx, func(ctx context.Context) (err error) {
		answer, err = s.reports.Funnel(ctx, site, report.Funnel{Shape: f.Shape, Steps: steps, Defined: all, Body: body})
		return err
	})
	if err != nil {
		return nil, err
	}
	out := &funnelReportOutput{}
	out.Body.FunnelFigures = funnelFigures(answer, answer.Query.DateRange)
	if answer.Compared != nil {
		compared := funnelFigures(answer.Compared, *answer.Query.Compared)
		out.Body.Comparison = &compared
	}
	out.Body.Meta = FunnelMetaView{
		Freshness: answer.Meta.Freshness, TimeZone: answer.Meta.TimeZone, FunnelVersion: f.Version, WindowHours: f.Shape.Hours, Strict: f.Shape.Strict,
		VisitorsKnown: answer.Meta.Reach, Warnings: answer.Meta.Warnings, Goals: answer.Meta.Goals,
	}
	return out, nil
}

func funnelFigures(a *report.FunnelAnswer, span [2]string) FunnelFigures {
	out := FunnelFigures{DateRange: span[:], Visitors: a.Visitors, Steps: make([]FunnelStepView, len(a.Steps))}
	for i, step := range a.Steps {
		out.Steps[i] = FunnelStepView{
			Name: step.Name, Visitors: step.Visitors, DropOff: step.DropOff, DropOffRate: step.DropOffRate,
			Conversion: step.Conversion, StepConversion: step.StepConversion, MedianSeconds: step.MedianSeconds,
		}
		if step.Goal != nil {
			out.Steps[i].GoalID, out.Steps[i].GoalVersion = strconv.FormatInt(step.Goal.ID, 10), step.Goal.Version
		}
	}
	return out
}
