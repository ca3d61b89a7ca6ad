package admin

import (
	"context"
	"strconv"
	"time"

	"noctra/schema/goals"
)

// StepView is a step of a funnel.
type StepView struct {
	GoalID string       `json:"goal_id,omitempty" maxLength:"20" doc:"A goal of the site; or else a name and a match." example:"12"`
	Name   string       `json:"name,omitempty" maxLength:"400" example:"Basket"`
	Match  *goals.Match `json:"match,omitempty"`
}

// FunnelView is a funnel as the API shows it.
type FunnelView struct {
	ID          string     `json:"id" example:"4"`
	Name        string     `json:"name" example:"Basket to order"`
	Steps       []StepView `json:"steps" minItems:"2" maxItems:"8" example:"[{\"goal_id\": \"12\"}, {\"name\": \"Order\", \"match\": {\"kind\": \"sale\"}}]"`
	WindowHours int        `json:"window_hours" doc:"From the first step to the last at most, by visitor; 0: within one visit." example:"0"`
	Strict      bool       `json:"strict" doc:"Nothing else may happen between two steps." example:"false"`
	Version     int32      `json:"version" doc:"Grows by one with each change." example:"1"`
	CreatedAt   time.Time  `json:"created_at" example:"2026-03-01T09:30:00Z"`
	ChangedAt   time.Time  `json:"changed_at" example:"2026-03-01T09:30:00Z"`
}

// InFunnel is the funnel that an address names.
type InFunnel struct {
	InSite
	FunnelID int64 `path:"funnel_id" example:"4"`
}

type funnelsOutput struct {
	Body struct {
		Funnels    []FunnelView `json:"funnels"`
		NextCursor string       `json:"next_cursor,omitempty" doc:"There are more; ask for them with it." example:"YWZ0ZXIgMTc"`
	}
}

type funnelOutput struct {
	ETag string `header:"ETag"`
	Body FunnelView
}

type createFunnelInput struct {
	InSite
	Body struct {
		Name        string     `json:"name" maxLength:"400" doc:"Once per site, capitals or not." example:"Basket to order"`
		Steps       []StepView `json:"steps" minItems:"2" maxItems:"8" example:"[{\"name\": \"Basket\", \"match\": {\"kind\": \"page\", \"path\": \"/basket\"}}, {\"name\": \"Order\", \"match\": {\"kind\": \"sale\"}}]"`
		WindowHours int        `json:"window_hours,omitempty" minimum:"0" maximum:"2160" doc:"From the first step to the last at most, by visitor; 0, the default: within one visit." example:"0"`
		Strict      bool       `json:"strict,omitempty" doc:"Nothing else may happen between two steps; engagement is not counted as something." example:"false"`
	}
}

type changeFunnelInput struct {
	InFunnel
	InChange
	Body struct {
		Name        string     `json:"name,omitempty" maxLength:"400" doc:"What is left out stays as it is." example:"Basket to order"`
		Steps       []StepView `json:"steps,omitempty" minItems:"2" maxItems:"8" example:"[{\"name\": \"Basket\", \"match\": {\"kind\": \"page\", \"path\": \"/basket\"}}, {\"name\": \"Order\", \"match\": {\"kind\": \"sale\"}}]"`
		WindowHours *int       `json:"window_hours,omitempty" minimum:"0" maximum:"2160" example:"24"`
		Strict      *bool      `json:"strict,omitempty" example:"false"`
	}
}

type deleteFunnelInput struct {
	InFunnel
	InChange
}

func viewFunnel(f goals.Funnel) FunnelView {
	view := FunnelView{
		ID: strconv.FormatInt(f.ID, 10), Name: f.Name, Steps: make([]StepView, len(f.Shape.Steps)), WindowHours: f.Shape.Hours, Strict: f.Shape.Strict,
		Version: f.Version, CreatedAt: f.CreatedAt, ChangedAt: f.ChangedAt,
	}
	for i, step := range f.Shape.Steps {
		view.Steps[i] = StepView{Name: step.Name, Match: step.Match}
		if step.Goal != 0 {
			view.Steps[i].GoalID = strconv.FormatInt(step.Goal, 10)
		}
	}
	return view
}

func oneFunnel(f goals.Funnel, err error) (*funnelOutput, error) {
	if err != nil {
		return nil, err
	}
	return &funnelOutput{ETag: quoted(f.Tag()), Body: viewFunnel(f)}, nil
}

func (s *Service) listFunnels(ctx context.Context, in *listOfSiteInput) (*funnelsOutput, error) {
	site, err := s.siteOf(ctx, callerOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	p, err := in.page()
	if err != nil {
		return nil, err
	}
	all, err := funnelPage(ctx, s.store, site.ID, p)
	if err != nil {
		return nil, err
	}
	out := &funnelsOutput{}
	all, out.Body.NextCursor = cutPage(in.InPage, all, func(f goals.Funnel) int64 { return f.ID })
	out.Body.Funnels = viewsOf(all, viewFunnel)
	return out, nil
}

func (s *Service) funnel(ctx context.Context, in *InFunnel) (*funnelOutput, error) {
	site, err := s.siteOf(ctx, callerOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return oneFunnel(funnelOf(ctx, s.store, site.ID, in.FunnelID))
}

// funnelForm is a funnel as somebody asks for it; what is nil or empty was not said.
type funnelForm struct {
	name   string
	steps  []StepView
	hours  *int
	strict *bool
}

// apply puts what was said into f, and checks it against the goals of the site.
func (form funnelForm) apply(f *goals.Funnel, all []goals.Goal) error {
	var problems, more []goals.Problem
	if form.name != "" || f.Name == "" {
		f.Name, problems = goals.CheckName(form.name)
	}
	if form.steps != nil || f.Shape.Steps == nil {
		asked := make([]goals.Asked, len(form.steps))
		for i, step := range form.steps {
			asked[i] = goals.Asked(step)
		}
		f.Shape.Steps, more = goals.CheckSteps(asked, all)
		problems = append(problems, more...)
	}
	if form.hours != nil {
		f.Shape.Hours = *form.hours
		problems = append(problems, goals.CheckHours(f.Shape.Hours)...)
	}
	if form.strict != nil {
		f.Shape.Strict = *form.strict
	}
	return wrongDefinition("funnel", problems)
}

func (s *Service) createFunnel(ctx context.Context, in *createFunnelInput) (*funnelOutput, error) {
	site, err := s.siteOf(ctx, callerOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return oneFunnel(s.addFunnel(ctx, site, funnelForm{in.Body.Name, in.Body.Steps, &in.Body.WindowHours, &in.Body.Strict}))
}

func (s *Service) changeFunnel(ctx context.Context, in *changeFunnelInput) (*funnelOutput, error) {
	if err := in.needed(); err != nil {
		return nil, err
	}
	site, err := s.siteOf(ctx, callerOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return oneFunnel(s.setFunnel(ctx, site, changeOf{in.FunnelID, in.IfMatch}, funnelForm{in.Body.Name, in.Body.Steps, in.Body.WindowHours, in.Body.Strict}))
}

func (s *Service) deleteFunnel(ctx context.Context, in *deleteFunnelInput) (*struct{}, error) {
	site, err := s.siteOf(ctx, callerOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return nil, s.dropFunnel(ctx, site, changeOf{in.FunnelID, in.IfMatch})
}
